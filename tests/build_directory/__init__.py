"""The build directory: what is removed, what is kept, what is refused."""

from __future__ import annotations
