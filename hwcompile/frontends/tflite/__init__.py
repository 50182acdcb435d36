"""TensorFlow Lite models of integers: their meaning is that of TFLite's reference kernels."""

from __future__ import annotations
