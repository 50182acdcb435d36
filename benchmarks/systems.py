"""Networks over several boards: cut, simulated as one, integers and cycles compared.

    python benchmarks/systems.py [--frames N] [--noise P] [--json FILE] [--markdown FILE]

`frames` ran at level rtl and, with noise on the lines between the boards, at level boards; `wrong`
are those that differ from the network before the cut. `bits` of a frame cross the line, which is
busy with them for `line` cycles; `parts` are the cycles per frame of the parts.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.output import markdown, number, parser, show, write
from hwcompile.options import CompileOptions
from hwcompile.system.split import split
from hwcompile.system.verifying import verify_system

ROOT = Path(__file__).parents[1]
CASES = (("digits_cnn_int8", ("icebreaker", "icebreaker")),)
TITLES = [
    *("network", "boards", "cut behind", "bits", "line", "parts", "predicted", "measured"),
    *("frames", "wrong"),
]
TABLES = {"": TITLES}


@dataclass(frozen=True)
class Row:
    """A network over boards."""

    network: str
    boards: list[str]
    cuts: list[str]
    bits: list[int]
    line_cycles: list[int]
    part_cycles: list[int]
    predicted: int
    measured: int | None
    frames: int
    wrong: int

    def cells(self) -> list[str]:
        """As the table shows it."""

        def listed(values: list[int]) -> str:
            return ", ".join(number(value) for value in values)

        return [
            f"`{self.network}`",
            ", ".join(self.boards),
            ", ".join(f"`{value}`" for value in self.cuts),
            *(listed(self.bits), listed(self.line_cycles), listed(self.part_cycles)),
            *map(number, (self.predicted, self.measured, self.frames, self.wrong)),
        ]


def row(network: str, boards: tuple[str, ...], frames: int, noise: float) -> Row:
    """Cut a network and run it."""
    model = ROOT / "examples" / "digits" / f"{network}.onnx"
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "system"
        system, _ = split(model, folder, boards, CompileOptions())
        run = verify_system(folder, frames=frames, noise=noise)
    (chosen,) = (candidate for candidate in system.candidates if candidate.chosen)
    return Row(
        network,
        list(boards),
        chosen.values,
        chosen.bits,
        system.link_cycles,
        [part.interval_cycles for part in system.parts],
        system.interval_cycles,
        run.interval,
        frames,
        sum(run.wrong.values()),
    )


def main() -> int:
    """Run all cases."""
    options = parser(__doc__)
    options.add_argument("--frames", type=int, default=20)
    options.add_argument("--noise", type=float, default=0.002)
    asked = options.parse_args()
    found = [row(network, boards, asked.frames, asked.noise) for network, boards in CASES]
    lines = [each.cells() for each in found]
    show(TITLES, lines, left=3)
    write(asked, [asdict(each) for each in found], markdown(TITLES, lines, left=3))
    return int(any(each.wrong for each in found))


if __name__ == "__main__":
    raise SystemExit(main())
