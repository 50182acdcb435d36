"""What else could build a network, and what that would cost."""
