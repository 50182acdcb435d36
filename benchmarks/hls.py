"""Networks as C++ for high-level synthesis: equality with the reference, and speed of simulation.

    python benchmarks/hls.py [--only NETWORK ...] [--frames N] [--tf2onnx PYTHON]
                             [--json FILE] [--markdown FILE]

Every row is a network that the documents name, and one call of `Design.verify` with the levels
reference, hls and rtl, which compares the outputs and what leaves every stage. Level hls compiles
the C++ with all warnings as errors, reads it with the lint, and runs it with numbers in machine
words, under sanitizers, and with the types of synthesis; what any of them finds is counted. Frames
per second are those of the compiled simulations of C++ and of SystemVerilog, without compiling, on
one core. Networks that are not part of the project are skipped when their folder is absent (see
tests/models.py); those of TensorFlow Lite need a Python with tf2onnx and TensorFlow.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.hls_networks import Network, networks
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.verify.frames import Frames
from hwcompile.verify.programs import OPTIMISED

LEVELS = ("reference", "hls", "rtl")

REFUSED = {"ese_lstm.external": "HW0430"}
"""Networks without C++, and the code that says so."""


@dataclass(frozen=True)
class Row:
    """One line of the table; field names are those of the JSON output.

    Attributes:
        network: Its id.
        frames: Compared at all levels.
        mismatches: Elements that differ from the reference, of both levels.
        warnings: Of the C++ compilers.
        sanitizers: What the sanitizers found, or programs that ended badly or differed.
        lint: What synthesis would refuse.
        cycles_agree: Whether the RTL took the predicted cycles.
        csim_frames_per_second: Of the C++.
        rtl_frames_per_second: Of the SystemVerilog.
        files: Of the HLS project.
        lines: Of these.
        seconds: For everything.
        refused: Why there is no C++; empty when there is.
    """

    network: str
    frames: int
    mismatches: int = 0
    warnings: int = 0
    sanitizers: int = 0
    lint: int = 0
    cycles_agree: bool = False
    csim_frames_per_second: float | None = None
    rtl_frames_per_second: float | None = None
    files: int = 0
    lines: int = 0
    seconds: float = 0.0
    refused: str = ""

    @property
    def clean(self) -> bool:
        """Nothing was found; a network that the documents say is refused is refused so."""
        if self.network in REFUSED:
            return self.refused.startswith(REFUSED[self.network])
        found = self.mismatches or self.warnings or self.sanitizers or self.lint or self.refused
        return self.cycles_agree and not found


def measure(network: Network, frames: int | None) -> Row:
    """Build a network, compare all levels, and time both simulations."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        design = network.build(Path(folder) / "build")
        inputs, count = frames_of(network, design, frames)
        row = Row(network.name, count)
        try:
            row = compared(row, design, inputs, "codes" if network.codes else "reals")
        except CompileError as error:
            print(error, file=sys.stderr)
            row = counted(row, error.diagnostics)
    return replace(row, seconds=round(time.perf_counter() - start, 1))


def frames_of(network: Network, design: Design, frames: int | None) -> tuple[Frames, int]:
    """A network's own frames, or random codes for every input; and how many."""
    if isinstance(network.inputs, np.ndarray):
        kept = network.inputs[:frames]
        return kept, len(kept)
    count, rng = frames or network.frames, np.random.default_rng(0)
    found = {}
    for host in design.host.inputs:
        element = design.graph.types[host.value].element
        shape = (count, *host.source_shape[1:])
        codes = rng.integers(element.low, element.high + 1, shape)
        found[host.source] = np.where(codes, codes, 1) if element.kind == "bipolar" else codes
    return found, count


def compared(row: Row, design: Design, inputs: Frames, inputs_are: str) -> Row:
    """The row of a design that level hls takes."""
    outcome = design.verify(levels=LEVELS, inputs=inputs, boundaries=True, inputs_are=inputs_are)
    print("\n".join(outcome.lines()), file=sys.stderr, flush=True)
    project = design.build_hls()
    texts = [path.read_text() for path in project.rglob("*") if path.is_file()]
    interval = int(design.report["design"]["interval_cycles"]["predicted"])
    times = max(1, -(-2 * int(OPTIMISED["-Og"]) // max(1, interval * row.frames)))
    often = repeated(inputs, times)
    seconds = {
        "hls": design.simulate(inputs, level="hls", inputs_are=inputs_are).seconds,
        "rtl": design.simulate(often, level="rtl", inputs_are=inputs_are).seconds / times,
    }
    return replace(
        row,
        mismatches=sum(m.count for found in outcome.mismatches.values() for m in found),
        cycles_agree=outcome.cycles_agree,
        csim_frames_per_second=round(row.frames / seconds["hls"], 2),
        rtl_frames_per_second=round(row.frames / seconds["rtl"], 2),
        files=len(texts),
        lines=sum(text.count("\n") for text in texts),
    )


def repeated(inputs: Frames, times: int) -> Frames:
    """The frames so often that the simulator is worth optimising: a user with many has that one."""
    if isinstance(inputs, np.ndarray):
        return np.concatenate([inputs] * times)
    assert isinstance(inputs, Mapping)
    return {name: np.concatenate([frames] * times) for name, frames in inputs.items()}


def counted(row: Row, found: Iterable[Diagnostic]) -> Row:
    """What level hls refused, each in its column."""
    for diagnostic in found:
        if diagnostic.code == "HW0620":
            row = replace(row, warnings=row.warnings + diagnostic.why.count("error:"))
        elif diagnostic.code in ("HW0621", "HW0623"):
            row = replace(row, sanitizers=row.sanitizers + 1)
        elif diagnostic.code == "HW0622":
            row = replace(row, lint=row.lint + 1)
        elif not row.refused:
            row = replace(row, refused=f"{diagnostic.code}: {diagnostic.why}")
    return row


TITLES = {
    "network": "network",
    "frames": "frames",
    "mismatches": "mismatches",
    "warnings": "warnings",
    "sanitizers": "sanitizer findings",
    "lint": "lint",
    "csim_frames_per_second": "C++ frames/s",
    "rtl_frames_per_second": "RTL frames/s",
    "files": "files",
    "lines": "lines",
}
TABLES = {"": tuple(TITLES.values())}


def line(row: Row) -> list[str]:
    """A row as documents show it."""
    values = asdict(row)
    if row.refused:
        return [f"`{row.network}`", number(row.frames), *["-"] * 7, row.refused]
    return [f"`{row.network}`", *(number(values[name]) for name in list(TITLES)[1:])]


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=[], help="networks whose names begin so")
    options_of.add_argument("--frames", type=int, help="for all networks")
    options_of.add_argument("--tf2onnx", default="", metavar="PYTHON")
    options = options_of.parse_args()
    console = Console(width=160, highlight=False)
    rows = []
    for network in networks(console.print, options.tf2onnx):
        if options.only and not network.name.startswith(tuple(options.only)):
            continue
        console.print(f"{network.name} ...", style="dim")
        rows.append(measure(network, options.frames))
        console.print(str(rows[-1]), style="dim")
        write(options, [asdict(row) for row in rows], "")
    lines = [line(row) for row in rows]
    show(TABLES[""], lines, left=1)
    write(options, [asdict(row) for row in rows], markdown(TABLES[""], lines, left=1))
    return 0 if all(row.clean for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
