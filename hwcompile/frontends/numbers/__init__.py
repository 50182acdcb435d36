"""Chains of float operations become integer operations, exactly; knows no source format."""
