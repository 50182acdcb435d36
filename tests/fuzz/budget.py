"""How much a part may do, and with which random numbers."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PATIENCE = 10
"""How many times the least number of cases a part does until it has reached what it is to."""


@dataclass
class Budget:
    """Time, size and seed of one part.

    Attributes:
        part: Its name; parts with the same seed draw different numbers.
        seed: Seed of the campaign.
        seconds: Wall-clock time that the part goes on for when it has done the least.
        share: Which part of the least to do at all, 1 for a whole campaign.
        folder: Scratch folder; everything below it is removed at the end.
        failures: Where minimized cases are written.
        only: Numbers of the cases to run; empty for all.
    """

    part: str
    seed: int
    seconds: float
    share: float
    folder: Path
    failures: Path
    only: tuple[int, ...] = ()
    start: float = field(default_factory=time.monotonic)

    def rng(self, case: int) -> np.random.Generator:
        """The random numbers of one case."""
        return np.random.default_rng([self.seed, zlib.crc32(self.part.encode()), case])

    def scaled(self, least: int) -> int:
        """How many of `least` this budget asks for."""
        return max(1, round(least * self.share))

    def cases(self, least: int, done: Callable[[], bool] = lambda: True) -> Iterator[int]:
        """Numbers of cases: `least` times the share, and more while there is time.

        Args:
            least: How many at least.
            done: False while what the cases are to reach is not reached; they go on for it, up to
                `PATIENCE` times as many.
        """
        if self.only:
            yield from self.only
            return
        case = 0
        self.failures.mkdir(parents=True, exist_ok=True)
        end = self.scaled(least)
        while (
            case < end
            or time.monotonic() - self.start < self.seconds
            or (case < PATIENCE * end and not done())
        ):
            self.running.write_text(str(case))
            yield case
            case += 1
        self.running.unlink()

    @property
    def running(self) -> Path:
        """A file that holds the number of the case that runs, should it end the process."""
        return self.failures / f"{self.part}.running"

    def again(self, case: int) -> str:
        """The command line that runs one case again."""
        return f"python -m tests.fuzz --only {self.part} --seed {self.seed} --case {case}"

    def keep(self, name: str, contents: bytes) -> Path:
        """Write a file of a failure and return its path."""
        self.failures.mkdir(parents=True, exist_ok=True)
        path = self.failures / f"{self.part}-{self.seed}-{name}"
        path.write_bytes(contents)
        return path
