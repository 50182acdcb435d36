"""Kernels, foldings, stages, FIFO depths: a graph becomes a plan."""

from __future__ import annotations
