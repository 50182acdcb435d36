"""The designs that a whole network can be built as: searched, and the best of them planned."""
