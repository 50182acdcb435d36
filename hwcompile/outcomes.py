"""What runs and verifications of a design find."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.verify.compare import Mismatch


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


@dataclass(frozen=True)
class Verification:
    """Outcome of `Design.verify`.

    Attributes:
        frames: Frames compared.
        mismatches: Level to the first mismatch of every stream that differs.
        interval: (predicted, measured) cycles per frame; measured None without an RTL run.
        latency: (predicted, measured) cycles of the first frame.
        late: The first frame that did not end in the predicted cycle, with (predicted, measured)
            cycles from the first accepted word; None when all did. With kernels whose speed
            depends on the data, frames may end before.
        cycles: Clock cycles of the RTL run; None without one.
        seconds: Wall-clock time of the RTL run.
        starved: Stage to the cycles in which it waited for weights from external memory, of the
            last run; frames may end so many cycles later than predicted.
    """

    frames: int
    mismatches: dict[str, tuple[Mismatch, ...]]
    interval: tuple[int, int | None]
    latency: tuple[int, int | None]
    late: tuple[int, int, int] | None = None
    cycles: int | None = None
    seconds: float = 0.0
    starved: dict[str, int] = field(default_factory=dict)

    @property
    def cycles_agree(self) -> bool:
        """True when every frame ended in the predicted cycle, or after it by starved cycles."""
        return self.late is None

    @property
    def passed(self) -> bool:
        """True when no level differs anywhere and measured cycles equal predicted ones."""
        return not any(self.mismatches.values()) and self.cycles_agree

    def lines(self) -> list[str]:
        """What a person should read, one finding per line."""
        text = [
            f"{level}: {self.frames:,} frames, {sum(m.count for m in found):,} mismatches"
            for level, found in self.mismatches.items()
        ]
        text += [f"  {mismatch}" for found in self.mismatches.values() for mismatch in found]
        for name, (predicted, measured) in (("interval", self.interval), ("latency", self.latency)):
            if measured is not None:
                text.append(f"{name}: {predicted:,} cycles predicted, {measured:,} measured")
        text += [
            f"'{stage}' waited {count:,} cycles for weights from external memory"
            for stage, count in self.starved.items()
        ]
        if self.late:
            frame, predicted, measured = self.late
            text.append(
                f"frame {frame} ended in cycle {measured:,}, not in the predicted {predicted:,}"
            )
        return text

    def record(self, report: dict[str, Any]) -> None:
        """Fill in `report.json` data: what each level found, and measured cycles."""
        design = report["design"]
        for level, found in self.mismatches.items():
            design["levels"][level] = {
                "frames": self.frames,
                "mismatches": sum(m.count for m in found),
            }
        for key, (_, measured) in (
            ("interval_cycles", self.interval),
            ("latency_cycles", self.latency),
        ):
            if measured is not None:
                design[key]["measured"] = measured
