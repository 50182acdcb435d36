"""What the compiler may ask of a family, a kernel, and a kernel built at a site: `kernel.py`."""
