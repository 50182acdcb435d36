"""Headers that every program of a kind includes, translated once per machine.

Reading the translated one takes less than reading the header; translating it takes longer than to
compile a small program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hwcompile.diagnostics import CompileError
from hwcompile.verify.cache import cache_root, cached, digest


@dataclass(frozen=True)
class Prelude:
    """A header, and when it is worth translating.

    Attributes:
        header: The file; programs include it first, or would not mind.
        programs: The kind of the cache's entries with programs.
        pays: Programs after which translating has taken less time than reading each time.
    """

    header: Path
    programs: str
    pays: int

    def options(
        self, command: Sequence[str], version: str, run: Callable[[Sequence[str]], object]
    ) -> list[str]:
        """Options that bring the translated header, once it pays; none where it can not be made.

        Args:
            command: Compiler and options of the programs.
            version: What the compiler says about itself.
            run: Runs a command; raises a CompileError when that fails.
        """
        programs = (cache_root() / self.programs).glob("[!.]*")
        if sum(1 for _ in islice(programs, self.pays)) < self.pays:
            return []
        clang = "clang" in version
        # Clang does what an empty program would take most of its time for, too; g++ can not.
        whole = ["-fpch-instantiate-templates"] if clang else []
        translate = [*command, *whole, "-x", "c++-header", str(self.header)]
        name = f"{self.header.name}.gch"

        def make(folder: Path) -> None:
            run([*translate, "-o", str(folder / name)])

        try:
            made = cached("prelude", digest([version, *translate]), make) / name
        except CompileError:
            return []
        return ["-include-pch", str(made)] if clang else ["-include", str(made.with_suffix(""))]
