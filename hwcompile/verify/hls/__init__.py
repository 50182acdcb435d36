"""Level `hls`: the C++ of a design, compiled with the compilers that are there."""
