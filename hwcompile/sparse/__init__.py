"""Sparse matrices as programs: packing of rows, encodings of columns, pruning, bounds.

Pure functions on numpy arrays; what hardware makes of them is decided elsewhere.
"""
