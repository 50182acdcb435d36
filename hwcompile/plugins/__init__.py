"""What other programs load to find this one; each module knows the program it is for."""
