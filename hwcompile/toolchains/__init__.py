"""Synthesis, place and route, packing: one file per family."""

from __future__ import annotations
