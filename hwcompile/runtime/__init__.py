"""The host side of a board."""

from __future__ import annotations
