"""What builds every node: kernels, foldings, width nodes, and the file that says so."""

from __future__ import annotations
