"""One folder per source format: a model file becomes a graph on integers."""

from __future__ import annotations
