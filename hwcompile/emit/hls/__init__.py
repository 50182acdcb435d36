"""The same instances as C++ for high-level synthesis: a configuration and a call for each."""
