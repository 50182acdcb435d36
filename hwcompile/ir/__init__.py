"""Types, graph, verifier, text form."""

from __future__ import annotations
