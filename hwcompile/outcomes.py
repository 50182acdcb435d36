"""What runs of a design find."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.ir.types import IntArray


@dataclass(frozen=True)
class Result:
    """Outputs of a run at one level.

    Attributes:
        raw: Output of the network to integers, int64 [frames, height, width, channels].
        real: Output of the model to real numbers in the model's shape, [frames, ...].
        cycles: Clock cycles of the whole run; None at level reference.
        seconds: Wall-clock time of the run.
        output_cycles: Output name to the cycle of each delivered word, int64 [words].
    """

    raw: dict[str, IntArray]
    real: dict[str, np.ndarray[Any, Any]]
    cycles: int | None = None
    seconds: float = 0.0
    output_cycles: dict[str, IntArray] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write an .npz: `raw` and `real`, or `<output>.raw`, `<output>.real` when several."""
        arrays: dict[str, Any] = {}
        for kind, values in (("raw", self.raw), ("real", self.real)):
            for name, array in values.items():
                arrays[kind if len(values) == 1 else f"{name}.{kind}"] = array
        np.savez_compressed(path, **arrays)
