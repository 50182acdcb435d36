"""Models that live in memory, as other programs hold them: written to a file, then read as one."""
