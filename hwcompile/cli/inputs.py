"""What the commands that take frames say about them."""

from __future__ import annotations

INPUTS_ARE = (
    "reals: the model's numbers; codes: the network's integers. Without it reals, and integers "
    "only where both mean the same."
)
"""Help of `--inputs-are`."""
