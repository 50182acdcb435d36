"""What users can say about a bitstream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypedDict

from hwcompile.limits import BAUD as BAUDS
from hwcompile.limits import PLACE_SEEDS, whole
from hwcompile.toolchains.board_top import BAUD
from hwcompile.toolchains.clock_choice import OSCILLATOR

SEEDS = 8
"""Seeds of place and route that are tried until the clock is met."""


class BuildKeywords(TypedDict, total=False):
    """Keywords of `Design.build`; `BuildOptions` says what they mean."""

    seeds: int
    baud: int
    clock: str
    swappable: bool
    link: str
    progress: Callable[[str], None] | None


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How a bitstream is made.

    Attributes:
        seeds: Seeds of place and route to try until the clock is met.
        baud: Bits per second of the link to the host.
        clock: "oscillator", a frequency in MHz, or "auto": the fastest that place and route meets.
        swappable: Weights can be exchanged later, see `swap.update_weights`: memories of many rows
            go to blocks of memory, and nothing is simplified because of their contents.
        link: "uart" or "spi"; "" for the board's usual one.
        progress: Called with each step as it starts.
    """

    seeds: int = SEEDS
    baud: int = BAUD
    clock: str = OSCILLATOR
    swappable: bool = False
    link: str = ""
    progress: Callable[[str], None] | None = None

    def checked(self) -> BuildOptions:
        """The same with every number in its range.

        Raises:
            CompileError: HW0001.
        """
        seeds, baud = whole("--seeds", self.seeds, PLACE_SEEDS), whole("--baud", self.baud, BAUDS)
        return replace(self, seeds=seeds, baud=baud)

    def step(self, name: str) -> None:
        """Say that a step starts."""
        if self.progress is not None:
            self.progress(name)
