"""When every word moves: exact cycles of a plan, its FIFO depths, and when its frames end."""

from __future__ import annotations
