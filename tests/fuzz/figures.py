"""What a part of the campaign counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figures:
    """Counts of one part.

    Attributes:
        part: Its name.
        counts: What was done, for example {"networks": 200, "refused": 3}.
        faults: What must be zero, for example {"wrong integers": 0}; name every kind at the start,
            so that the table shows the zero.
        least: A key of `counts` to the number that a whole campaign has to reach.
        cases: One line for every failure: what happened and the command that shows it again.
        seconds: Wall-clock time, filled in by the runner.
    """

    part: str
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    least: dict[str, int] = field(default_factory=dict)
    cases: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def fault(self, kind: str, text: str) -> None:
        """Count a failure and keep its line."""
        self.faults[kind] += 1
        self.cases.append(f"{kind}: {text}")

    @property
    def good(self) -> bool:
        """True when nothing is counted that must not be."""
        return not any(self.faults.values())

    @property
    def missing(self) -> dict[str, int]:
        """What a whole campaign would still have to do: key of `counts` to the number."""
        return {k: n - self.counts[k] for k, n in self.least.items() if self.counts[k] < n}

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        counters = {k: dict(getattr(self, k)) for k in ("counts", "faults")}
        return {**vars(self), **counters}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Figures:
        """The inverse of `to_json`."""
        counters = {k: Counter(data[k]) for k in ("counts", "faults")}
        return Figures(**{**data, **counters})
