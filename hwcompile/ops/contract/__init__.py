"""What the compiler asks an op's kernel: formats, timing, needs, and an instance to print."""
