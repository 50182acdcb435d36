"""Constant matrices as adder graphs, beside the RTL that da4ml itself emits for them.

    python benchmarks/unrolled.py [--large] [--only WORD ...] [--family NAME ...] [--clock]
        [--json FILE] [--markdown FILE]

Random square matrices of 16, 32 and 64 rows with weights of 2, 4, 6 and 8 bits on signed inputs of
8 bits; and a network of the sizes that jet tagging uses, 16-64-32-32-5, with random weights of 6
bits on unsigned inputs of 6 bits: its row is the sum over its four matrices. `lut` is the kernel
`adder_graph` with registers behind every four adders, `lut_da4ml` what da4ml emits by its defaults
as one combinational circuit, synthesized by the same script: that of `hwcompile build` for ECP5,
Yosys' `synth_xilinx` for 7-series. With `--clock` the kernel is placed and routed alone on ECP5
where it is small enough (`LARGEST`). abc's proof that its mapping is equal is left out: it takes
hours. Without `--large` there are matrices of 16 rows for 7-series alone, in some minutes; with it
all rows, in an hour or two.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from da4ml.codegen import RTLModel
from da4ml.trace import FixedVariableArray, FixedVariableArrayInput, comb_trace

from benchmarks.area_units import SERIES_7
from benchmarks.clock_runs import timed
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.boards import load_board
from hwcompile.emit.alone import TOP, circuit_of
from hwcompile.families.flow import Use
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.toolchains.series_7 import cells_of, use_of
from hwcompile.toolchains.synthesis import synthesize

BOARD = "ulx3s_85"
FAMILIES = ("ecp5", SERIES_7)
LARGEST = 12_000
"""Look-up tables of a circuit that place and route takes a few minutes for."""

SIZES, BITS = (16, 32, 64), (2, 4, 6, 8)
JETS, JET_BITS = (16, 64, 32, 32, 5), 6

TITLES = ("matrix", "family", "bits", "LUT", "LUT da4ml", "FF", "stages", "fmax MHz")
TABLES = {"": TITLES, "--large --clock": TITLES}


@dataclass(frozen=True)
class Row:
    """A matrix, or several one after the other, for a family."""

    matrix: str
    family: str
    bits: int
    lut: int
    lut_da4ml: int
    ff: int
    stages: int
    fmax: float | None

    @property
    def line(self) -> list[str]:
        """As it is printed."""
        return [text if isinstance(text, str) else number(text) for text in asdict(self).values()]


@dataclass(frozen=True)
class Case:
    """Matrices [outputs, inputs] of a network without what stands between, and their inputs."""

    name: str
    bits: int
    matrices: tuple[IntArray, ...]
    element: IntType


def cases(*, large: bool) -> Iterator[Case]:
    """All of them, or small ones."""
    for size in SIZES if large else SIZES[:1]:
        for bits in BITS:
            rng = np.random.default_rng([size, bits])
            matrix = _random(rng, size, size, bits)
            yield Case(f"{size}x{size}", bits, (matrix,), IntType(-128, 127))
    if not large:
        return
    rng = np.random.default_rng(JET_BITS)
    layers = tuple(_random(rng, rows, columns, JET_BITS) for columns, rows in pairwise(JETS))
    yield Case("jets", JET_BITS, layers, IntType(0, (1 << JET_BITS) - 1))


def _random(rng: np.random.Generator, rows: int, columns: int, bits: int) -> IntArray:
    half = 1 << (bits - 1)
    return rng.integers(-half, half, (rows, columns))


def measure(case: Case, where: str, *, clock: bool) -> Row:
    """Synthesize both, matrix by matrix."""
    kernel = family("matmul").kernel("adder_graph")
    lut = peer = ff = stages = 0
    slowest: list[float | None] = []
    for matrix in case.matrices:
        site = Site.of(Matmul(matrix[None]), TensorType((1, 1, matrix.shape[1]), case.element))
        built = kernel.at(site, {})
        circuit = circuit_of(built)
        use = _use(circuit.sources(), where)
        lut, ff, stages = lut + use.lut, ff + use.ff, stages + built.timing.stages
        peer += _use(da4ml_sources(matrix, case.element), where).lut
        placed = clock and where == FAMILIES[0] and use.lut <= LARGEST
        cache = Path(tempfile.gettempdir()) / "hwcompile_unrolled"
        (found,) = timed([circuit], load_board(BOARD), cache) if placed else (None,)
        if found and found.problem:
            raise RuntimeError(found.problem)
        slowest.append(found.mhz if found else None)
    known = [mhz for mhz in slowest if mhz is not None]
    fmax = round(min(known), 1) if len(known) == len(slowest) else None
    return Row(case.name, where, case.bits, lut, peer, ff, stages, fmax)


def da4ml_sources(matrix: IntArray, element: IntType) -> dict[str, str]:
    """File name to text of what da4ml emits for a matrix by its defaults, the top module last."""
    count = matrix.shape[1]
    inputs = FixedVariableArrayInput((count,))
    word = inputs.quantize(int(element.signed), element.bits - int(element.signed), 0)
    outputs = word @ matrix.T.astype(np.float32)
    assert isinstance(outputs, FixedVariableArray)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        RTLModel(comb_trace(inputs, outputs), TOP, folder).write()
        found = sorted((Path(folder) / "src").rglob("*.v"), key=lambda path: path.stem == TOP)
        texts = {path.name: path.read_text() for path in found}
    # It brings modules for everything that it can do; some do not elaborate by themselves.
    main = texts[f"{TOP}.v"]
    return {name: text for name, text in texts.items() if f"{Path(name).stem} " in main}


def _use(sources: dict[str, str], where: str) -> Use:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in sources.items():
            (folder / file).write_text(text)
        if where == SERIES_7:
            return use_of(cells_of(folder, list(sources), TOP, proved=False))
        files = [folder / file for file in sources]
        return synthesize(files, TOP, (), load_board(BOARD), folder, proved=False).use


def rows(only: list[str], families: list[str], *, large: bool, clock: bool) -> Iterator[Row]:
    """A row for every case and family that is asked for."""
    for case in cases(large=large):
        for where in families:
            name = f"{case.name}_{case.bits}"
            if not only or any(word in name for word in only):
                found = measure(case, where, clock=clock)
                print(*found.line, flush=True)
                yield found


def main() -> int:
    """Measure and print; 1 where a graph takes more than da4ml's own circuit."""
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=[], metavar="WORD", help="as 16x16_4")
    options_of.add_argument("--large", action="store_true", help="larger ones too")
    options_of.add_argument("--family", nargs="+", choices=FAMILIES)
    options_of.add_argument("--clock", action="store_true", help="place and route small ones")
    options = options_of.parse_args()
    families = options.family or list(FAMILIES if options.large else FAMILIES[1:])
    found = list(rows(options.only, families, large=options.large, clock=options.clock))
    lines = [row.line for row in found]
    show(TITLES, lines, left=2)
    write(options, [asdict(row) for row in found], markdown(TITLES, lines, left=2))
    return int(any(row.lut > row.lut_da4ml for row in found))


if __name__ == "__main__":
    raise SystemExit(main())
