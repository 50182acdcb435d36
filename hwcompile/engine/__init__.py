"""Pieces of work that are done once and kept: where they run, and the cache on disk."""
