"""One file per graph pass; pipelines.py names the sequences."""

from __future__ import annotations
