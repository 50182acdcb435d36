"""iCE40 bitstreams read back: configuration bits to cells, nets and memory contents."""

from __future__ import annotations
