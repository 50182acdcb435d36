"""A network over several boards: where it is cut, how the parts are joined, how the whole runs."""
