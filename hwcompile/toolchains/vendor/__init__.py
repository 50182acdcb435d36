"""Projects for vendors' tools: wrappers with AXI ports, scripts, drivers."""

from __future__ import annotations
