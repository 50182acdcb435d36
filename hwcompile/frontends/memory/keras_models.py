"""Models of Keras and HGQ2 in memory: the file that Keras saves, which hls4ml converts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwcompile.frontends.memory.packages import quiet, stem


def write_keras(model: Any, example: object, folder: Path) -> Path:
    """`model.save` in the folder; layers, weights and precisions are those of the model."""
    path = folder / f"{stem(str(model.name))}.keras"
    with quiet():
        model.save(path)
    return path
