"""Runs a build at a level and compares levels."""

from __future__ import annotations
