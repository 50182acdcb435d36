"""Sparse matrix-vector engines, measured in RTL simulation: static schedule against queues.

    python benchmarks/sparse_engines.py [--pes N] [--density D] [--json FILE] [--markdown FILE]

The matrices are those of a published sparse LSTM (ESE, arXiv 1612.00694): four gates of 1024 rows
with 153 inputs and 512 recurrent ones, and a projection of 512 x 1024; 12-bit weights, 16-bit
activations without zeros; one tenth of the weights, kept by plain magnitude over all matrices, or
in equal shares for each processing element. Rows have unequal importance (log-normal, 0.3). A
gate's two parts are one matrix here. Cycles are those between the last two of a few vectors in a
row, summed over the matrices.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.output import markdown, number, parser, show, write
from hwcompile.diagnostics import Origin
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Parameters
from hwcompile.ops.matmul.op import Matmul
from hwcompile.schedule.planner import plan as make_plan
from hwcompile.schedule.time.tokens import simulate
from hwcompile.sparse.pruning import load_balanced, magnitude_of_all
from hwcompile.verify.simulator import compile_simulator

SHAPES = {f"gate {name}": (1024, 665) for name in "ifgo"} | {"projection": (512, 1024)}
ACTIVATION = IntType(-(1 << 15), (1 << 15) - 1)
VECTORS = 5


@dataclass(frozen=True)
class Row:
    """One engine on all matrices; field names are those of the JSON output.

    Attributes:
        workload: Whose matrices.
        pruning: `magnitude` over all matrices, or `balanced` over the PEs.
        kernel: `static` schedule of every multiplication, or `broadcast` of columns.
        index: How the static schedule stores columns; None for the broadcast.
        queue: Words of the broadcast's queues; None for the static schedule.
        entries: Weights that are left.
        bound_cycles: Entries over multipliers.
        cycles_per_frame: Measured, for one vector through all matrices.
        cycles_per_frame_predicted: The same, as predicted at compile time.
        utilisation: Entries over multipliers and measured cycles.
        frames: Vectors.
        mismatches: Elements that differ from the reference.
    """

    workload: str
    pruning: str
    kernel: str
    index: str | None
    queue: int | None
    entries: int
    bound_cycles: int
    cycles_per_frame: int
    cycles_per_frame_predicted: int
    utilisation: float
    frames: int
    mismatches: int


def matrices(pruning: str, density: float, pes: int) -> dict[str, IntArray]:
    """The pruned and quantized matrices by name."""
    rng = np.random.default_rng(1612)
    scores = [rng.normal(size=s) * rng.lognormal(0, 0.3, (s[0], 1)) for s in SHAPES.values()]
    if pruning == "magnitude":
        kept = magnitude_of_all(scores, density)
    else:
        kept = tuple(load_balanced(score, density, pes) for score in scores)
    found = {}
    for name, weights in zip(SHAPES, kept, strict=True):
        step = np.abs(weights).max() / 2047
        found[name] = np.where(weights != 0, np.trunc(weights / step + np.sign(weights)), 0)
    return {name: np.clip(w, -2047, 2047).astype(np.int64) for name, w in found.items()}


def measure(weights: IntArray, kernel: str, parameters: Parameters) -> tuple[int, int, int]:
    """Predicted and measured cycles between vectors, and mismatches against the reference."""
    builder = Builder("engine")
    kind = TensorType((1, 1, weights.shape[1]), ACTIVATION)
    source = builder.input("x", kind)
    origin = Origin("benchmark", "engine", "MatMul")
    (output,) = builder.add("y", Matmul(weights[None]), (source,), origin)
    choice = {"kernel": kernel, **parameters}
    plan, _ = make_plan(builder.build((output,)), schedule={"nodes": {"y": choice}})
    rng = np.random.default_rng(3)
    x = rng.integers(1, ACTIVATION.high, (VECTORS, *kind.shape)) * rng.choice([-1, 1])
    (expected,) = plan.graph.evaluate({"x": x}).values()
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(plan))
        result = compile_simulator(Path(folder)).run({"x": x})
    ends = result.output_cycles["y"].reshape(VECTORS, -1)[:, -1]
    foretold = simulate(plan, VECTORS).frame_ends
    wrong = int(np.count_nonzero(result.outputs["y"] != expected))
    return int(foretold[-1] - foretold[-2]), int(ends[-1] - ends[-2]), wrong


Engine = tuple[str, str | None, int | None]
"""Kernel, index and queue."""

ENGINES: tuple[Engine, ...] = (
    ("static", "auto", None),
    ("static", "run7", None),
    ("broadcast", None, 16),
    ("broadcast", None, 8),
)


def engine_row(pruning: str, engine: Engine, pes: int, density: float) -> Row:
    """Run one engine on all matrices, one after the other."""
    kernel, index, queue = engine
    parameters: dict[str, int | str] = {"pes": pes}
    parameters |= {} if queue is None else {"queue": queue}
    parameters |= {} if index is None else {"index": index}
    entries = predicted = measured = mismatches = 0
    for weights in matrices(pruning, density, pes).values():
        entries += int(np.count_nonzero(weights))
        one = measure(weights, "sparse" if kernel == "static" else kernel, parameters)
        predicted, measured = predicted + one[0], measured + one[1]
        mismatches += one[2]
    share = round(entries / pes / measured, 4)
    cycles = -(-entries // pes), measured, predicted
    return Row(
        *("ese_lstm", pruning, kernel, index, queue), entries, *cycles, share, VECTORS, mismatches
    )


TABLES = {
    "": (
        *("pruning", "kernel", "weights left", "bound", "predicted", "cycles"),
        *("multipliers useful", "mismatches"),
    )
}


def line(row: Row) -> list[str]:
    """A row as the table shows it."""
    kernel = f"{row.kernel}, index `{row.index}`"
    if row.queue is not None:
        kernel = f"{row.kernel}, queues of {row.queue}"
    cycles = row.bound_cycles, row.cycles_per_frame_predicted, row.cycles_per_frame
    counts = [number(value) for value in (row.entries, *cycles)]
    return [row.pruning, kernel, *counts, f"{100 * row.utilisation:.1f} %", number(row.mismatches)]


def main() -> int:
    """Print the table; fail on any difference from the reference."""
    options_of = parser(__doc__)
    options_of.add_argument("--pes", type=int, default=32)
    options_of.add_argument("--density", type=float, default=0.1)
    options = options_of.parse_args()
    rows = [
        engine_row(pruning, engine, options.pes, options.density)
        for pruning in ("magnitude", "balanced")
        for engine in ENGINES
    ]
    lines = [line(row) for row in rows]
    print(f"{options.pes} multipliers, {options.density:.0%} of the weights")
    show(TABLES[""], lines)
    write(options, [asdict(row) for row in rows], markdown(TABLES[""], lines))
    return 1 if any(row.mismatches for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
