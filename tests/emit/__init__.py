"""What is emitted, held to the text on file."""

from __future__ import annotations
