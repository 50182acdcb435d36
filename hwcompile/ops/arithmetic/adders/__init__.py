"""Products with a constant matrix as adders that share partial sums."""
