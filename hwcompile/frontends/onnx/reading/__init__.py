"""From a model file to plain nodes: what is read is whole, bounded and legal, or refused."""
