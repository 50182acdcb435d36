"""Abstract values of tensors, what is pending on them, and the interpreter that carries them."""
