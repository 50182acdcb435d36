"""Headers that every program of a kind includes, translated once per machine.

Reading the translated one takes less than reading the header; translating it takes longer than to
compile a small program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hwcompile.diagnostics import CompileError
from hwcompile.engine.cache import cache_root, cached, digest


@dataclass(frozen=True)
class Prelude:
    """A header, and when it is worth translating.

    Attributes:
        headers: The file, which programs include first, or would not mind; of several the first
            one that the compiler takes.
        programs: The kind of the cache's entries with programs.
        pays: Programs after which translating has taken less time than reading each time.
    """

    headers: tuple[Path, ...]
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
        for header in self.headers:
            with suppress(CompileError):
                made = _translated(header, command, version, run)
                if clang:
                    return ["-include-pch", str(made)]
                return ["-include", str(made.with_suffix(""))]
        return []


def _translated(
    header: Path, command: Sequence[str], version: str, run: Callable[[Sequence[str]], object]
) -> Path:
    """The translated header in the cache; raises a CompileError when the compiler refuses it."""
    # Clang does what an empty program would take most of its time for, too; g++ can not.
    whole = ["-fpch-instantiate-templates"] if "clang" in version else []
    translate = [*command, *whole, "-x", "c++-header", str(header)]
    name = f"{header.name}.gch"

    def make(folder: Path) -> None:
        run([*translate, "-o", str(folder / name)])

    text = header.read_text(encoding="utf-8")
    return cached("prelude", digest([version, *translate, text]), make) / name
