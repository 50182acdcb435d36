"""Sparse LSTMs on the statically scheduled engine, next to published accelerators.

    python benchmarks/ese.py [--only ese|channels|balanced|sr1] [--frames N]
                             [--json FILE] [--markdown FILE]

Cycles are measured in RTL simulation in steady state, every phase of a time step included, and
results are compared with the integer reference element by element. A frame is a time step, of all
channels if there are several; utilisation counts multiplications by weights that are not zero.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.output import markdown, number, parser, show, write
from benchmarks.recurrent import Workload, ese, ese_balanced, ese_channels, sr1
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ops.contract.site import Site
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.lstm.static import LstmEngine, LstmStatic
from hwcompile.schedule.planner import plan
from hwcompile.verify.simulator import compile_simulator


@dataclass
class Row:
    """One line of the table; field names are those of the JSON output.

    Attributes:
        workload: `ese_lstm`: 10 % of the weights are left; `sr1_lstm`: two layers, one in 13.
        kernel: `static`, or `published` where a paper says it.
        design: Whose, and on how many multipliers.
        cycles_per_frame: Cycles between consecutive results.
        cycles_per_frame_predicted: The same, as predicted at compile time.
        utilisation: Share of the multipliers' cycles with a non-zero weight.
        pruning: `magnitude` alone, or `balanced` over the PEs.
        phases: Phase name to cycles and utilisation.
        weight_bits: Stored weights with their columns and ends of rows.
        read_bits: Of these, how many a frame reads.
        channels: Sequences in step.
        frames: Simulated.
        mismatches: Elements that differ from the reference.
    """

    workload: str
    kernel: str
    design: str
    cycles_per_frame: int
    cycles_per_frame_predicted: int | None
    utilisation: float
    pruning: str = "magnitude"
    phases: dict[str, tuple[int, float]] = field(default_factory=dict)
    weight_bits: int | None = None
    read_bits: int | None = None
    channels: int = 1
    frames: int | None = None
    mismatches: int | None = None


# Cycles at 200 MHz from the papers' times per frame (82.7 us for ESE); utilisation from the number
# of non-zeros of the same matrices. ESE's times per matrix are not repeated here.
PUBLISHED: dict[str, Row] = {
    "ese": Row(
        "ese_lstm", "published", "ESE, 32 PEs per channel", 16540, None, 0.614, "balanced",
        channels=32,
    ),
    "sr1": Row("sr1_lstm", "published", "CSB-RNN, 512 multipliers", 1316, None, 0.91, "structured"),
}  # fmt: skip


def measure(work: Workload, frames: int) -> Row:
    """Build a workload, simulate it, and compare results and cycles."""
    schedule = {"nodes": {n: {"kernel": "static", **p} for n, p in work.parameters.items()}}
    built, prediction = plan(work.graph, schedule=schedule)
    rng = np.random.default_rng(0)
    kind = work.graph.types["x"]
    x = np.clip(np.rint(rng.normal(size=(frames, *kind.shape)) / kind.scale[0]), -32768, 32767)
    inputs = {"x": x.astype(np.int64)}
    (name,) = work.graph.outputs
    expected = work.graph.evaluate(inputs)[name]
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(built))
        result = compile_simulator(Path(folder)).run(inputs)
    ends = result.output_cycles[name].reshape(frames, -1)[:, -1]
    row = _describe(work, int(ends[-1] - ends[-2]), prediction.interval)
    row.frames = frames
    row.mismatches = int(np.count_nonzero(result.outputs[name] != expected))
    return row


def _describe(work: Workload, cycles: int, predicted: int) -> Row:
    """The row without results: phases, utilisation, sizes."""
    phases: dict[str, tuple[int, float]] = {}
    entries = bits = read = pes = channels = 0
    for node in work.graph.nodes:
        op, kinds = node.op, work.graph.input_types(node)
        assert isinstance(op, Lstm)
        engine = LstmEngine(LstmStatic(), Site.of(op, *kinds), work.parameters[node.name])
        found = engine.describe()
        tag = "" if len(work.graph.nodes) == 1 else f"{node.name} "
        phases[f"{tag}gates"] = (found.gates_cycles, round(found.gates_utilisation, 4))
        phases[f"{tag}projection"] = (
            found.projection_cycles,
            round(found.projection_utilisation, 4),
        )
        entries += found.gates_entries + found.projection_entries
        bits += found.weight_bits
        read += found.read_bits
        pes += found.pes
        channels = found.channels
    design = f"hwcompile, {pes} PEs" + (" per channel" if channels > 1 else "")
    share = round(entries / (pes * cycles), 4)
    return Row(
        *(work.workload, "static", design, cycles, predicted, share),
        *(work.pruning, phases, bits, read, channels),
    )


TITLES = (
    *("workload", "kernel", "design", "pruning", "cycles", "predicted", "utilisation", "phases"),
    *("weight bytes", "read per frame", "channels", "frames", "mismatches"),
)
TABLES = {
    "": (
        *("workload", "design", "pruning", "channels"),
        *("cycles per step", "multipliers useful", "steps", "mismatches"),
    )
}


def full(row: Row) -> list[str]:
    """A row for the terminal."""
    phases = "\n".join(f"{n} {c:,} ({u:.1%})" for n, (c, u) in row.phases.items())
    sizes = (None if n is None else -(-n // 8) for n in (row.weight_bits, row.read_bits))
    cycles = row.cycles_per_frame, row.cycles_per_frame_predicted
    values = (*cycles, f"{row.utilisation:.1%}", phases, *sizes)
    words = row.workload, row.kernel, row.design, row.pruning
    return [*words, *map(number, (*values, row.channels, row.frames, row.mismatches))]


def line(row: Row) -> list[str]:
    """A row as documents show it."""
    design = row.design + (", published" if row.kernel == "published" else "")
    words = f"`{row.workload}`", design, row.pruning, number(row.channels)
    counts = number(row.frames), number(row.mismatches)
    return [*words, number(row.cycles_per_frame), f"{100 * row.utilisation:.1f} %", *counts]


WORKLOADS = {"ese": ese, "channels": ese_channels, "balanced": ese_balanced, "sr1": sr1}


def main() -> int:
    """Measure, print, and fail on any difference from reference or prediction."""
    options_of = parser(__doc__)
    options_of.add_argument("--frames", type=int, default=20)
    options_of.add_argument("--only", choices=tuple(WORKLOADS))
    options = options_of.parse_args()
    rows = []
    for name, build in WORKLOADS.items():
        if options.only in (None, name):
            Console(highlight=False).print(f"{name} ...", style="dim")
            rows += [PUBLISHED[name]] if name in PUBLISHED else []
            rows.append(measure(build(), options.frames))
    show(TITLES, [full(row) for row in rows], left=4)
    text = markdown(TABLES[""], [line(row) for row in rows], left=3)
    write(options, [asdict(row) for row in rows], text)
    return 1 if any(row.mismatches or _surprising(row) for row in rows) else 0


def _surprising(row: Row) -> bool:
    """Whether measured and predicted cycles differ."""
    return row.cycles_per_frame_predicted not in (None, row.cycles_per_frame)


if __name__ == "__main__":
    sys.exit(main())
