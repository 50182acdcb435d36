"""What compression techniques cost: bits, cycles, logic and DSP blocks, beside a plain int8 layer.

    python benchmarks/techniques.py [--only WORD ...] [--rows ROW ...] [--json FILE]
                                    [--markdown FILE]

Each layer of `techniques_layers.py` and each network of `techniques_networks` is compiled without
any hint, run at the levels reference, hls and rtl against an outside executor or the technique's
own formula, and synthesized with plain `synth_ecp5`. `multipliers` are cells of Yosys that
multiply, before it looks for other ways; those of networks include what rounds between layers. JSON
has `beside_lut` for layers that must take less logic than lanes of another style with the same
folding.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.techniques_layers import (
    CHANNELS,
    LAYERS,
    PLAIN,
    SIZE,
    Layer,
    Weights,
    binary_levels,
    save,
)
from benchmarks.techniques_networks import all_networks
from benchmarks.techniques_networks.network import FRAMES, Frames, Network
from hwcompile.build_directory import rtl_sources
from hwcompile.design import Design
from hwcompile.emit.interface import Interface
from hwcompile.emit.opened import read_plan
from hwcompile.explore.encodings import weight_bits
from hwcompile.families.programs import run_logged
from hwcompile.ir.graph import Graph
from hwcompile.ops.contract.built import Built
from hwcompile.schedule.plan import Plan

LEVELS = ("reference", "hls", "rtl")
NEAR = 1.05
"""Times the ideal bits of weights, and times the bound of cycles, that count as met."""

TITLES = (
    "row", "technique", "kernel", "frames", "mismatches", "interval", "bound", "multipliers", "DSP",
    "LUT", "bits", "ideal", "plain LUT", "plain DSP", "verdict",
)  # fmt: skip
TABLES = {"": TITLES}

_CALL = """
import sys
from pyosys import libyosys
libyosys.run_pass("script layer.ys", libyosys.Design())
"""


@dataclass(frozen=True)
class Cells:
    """What Yosys makes of a design: products it saw, and cells of `synth_ecp5`."""

    multipliers: int
    dsp: int
    lut: int


def compiled(layer: Layer, folder: Path) -> tuple[Design, Weights]:
    """A layer's design in `folder`, and its weights."""
    weights = save(layer, folder / "layer.onnx")
    design = hwcompile.compile(folder / "layer.onnx", folder / "build", target_cycles=layer.cycles)
    return design, weights


def beside(layer: Layer, folder: Path) -> Design:
    """The design of the same layer in `folder` with the same folding, and its other style."""
    save(layer, folder / "layer.onnx")
    design = hwcompile.compile(
        folder / "layer.onnx", folder / "planned", target_cycles=layer.cycles
    )
    built, *_ = products(read_plan(design.directory))
    lines = (design.directory / "schedule.toml").read_text().splitlines()
    folding = f"simd = {built.parameters['simd']}"
    (place,) = (n for n, line in enumerate(lines) if line == folding)
    lines.insert(place + 1, f'style = "{layer.beside}"')
    (folder / "beside.toml").write_text("\n".join(lines) + "\n")
    return hwcompile.compile(
        folder / "layer.onnx", folder / "beside", schedule=folder / "beside.toml"
    )


def mismatches(layer: Layer, design: Design, weights: Weights) -> int:
    """Outputs of any level that are not ONNX Runtime's, in some frames with extremes."""
    random = np.random.default_rng(7)
    x = random.integers(-128, 128, (FRAMES, CHANNELS, SIZE, SIZE))
    x[0], x[1] = -128, 127
    reads = x.astype(np.float32)
    if layer.levels:
        reads = binary_levels(reads, layer.levels)
    expected = _convolution(reads, weights, 0 if layer.levels else 1)
    found = 0
    for level in LEVELS:
        (y,) = design.simulate(x.astype(np.float32), level=level).real.values()
        found += int(np.count_nonzero(np.asarray(y) != expected))
    return found


def _convolution(x: np.ndarray, weights: Weights, pad: int) -> np.ndarray:
    real = numpy_helper.from_array((weights * 2.0**-4).astype(np.float32), "w")
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], pads=[pad] * 4)
    ports = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in ("x", "y")]
    graph = helper.make_graph([node], "conv", ports[:1], ports[1:], [real])
    opsets = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (y,) = session.run(None, {"x": x})
    return np.asarray(y)


def products(planned: Plan) -> list[Built[Any]]:
    """Kernels of the convolution in a plan.

    The first one has the weights; with levels of weights or of inputs, another one multiplies sums
    by these.
    """
    return [
        part.built
        for stage in planned.stages
        for part in stage.parts
        if part.built.site.op.family in ("matmul", "depthwise")
    ]


def cells(design: Design, folder: Path, flow: str = "synth_ecp5") -> Cells:
    """Synthesize a design with plain `synth_ecp5`, or count the tables of another flow of Yosys."""
    top = Interface.read(design.directory).top
    script = [
        *(f"read_verilog -sv {file}" for file in rtl_sources(design.directory)),
        f"hierarchy -top {top}",
        "proc",
        "flatten",
        "opt",
        "tee -q -o products.json stat -json",
        f"{flow} -top {top}",
        "tee -q -o cells.json stat -json",
    ]
    (folder / "layer.ys").write_text("\n".join(script) + "\n")
    memories = design.directory / "rtl"
    for file in memories.glob("*.mem"):
        (folder / file.name).write_bytes(file.read_bytes())
    run_logged([sys.executable, "-c", _CALL], "yosys", folder, folder / "yosys.log")
    products, made = (_counted(folder / f"{name}.json") for name in ("products", "cells"))
    lut = made.get("LUT4", 0) + 2 * made.get("CCU2C", 0) + 6 * made.get("TRELLIS_DPR16X4", 0)
    lut = lut if flow == "synth_ecp5" else sum(n for kind, n in made.items() if "LUT" in kind)
    return Cells(products.get("$mul", 0), made.get("MULT18X18D", 0), lut)


def _counted(path: Path) -> dict[str, int]:
    kinds = json.loads(path.read_text())["design"]["num_cells_by_type"]
    return {k: int(v["count"] if isinstance(v, dict) else v) for k, v in kinds.items()}


def bound(layer: Layer, built: Built[Any]) -> int:
    """Cycles that products take on as many lanes, if none has an idle cycle."""
    matrix = built.site.op.weights
    work = int(np.count_nonzero(matrix)) if layer.sparse else matrix.size
    return -(-built.site.inputs[0].pixels * work // built.lanes)


def measured(layer: Layer, folder: Path, plain: Cells | None) -> dict[str, Any]:
    """The row of a layer.

    Args:
        layer: One of `LAYERS`.
        folder: An empty one.
        plain: Cells of `PLAIN`; None for the row of `PLAIN` itself.
    """
    design, weights = compiled(layer, folder)
    built, *more = products(read_plan(design.directory))
    made = cells(design, folder)
    row = {
        "row": layer.row,
        "name": layer.name,
        "kernel": built.kernel.name,
        "frames": FRAMES,
        "mismatches": mismatches(layer, design, weights),
        "interval_cycles": built.interval,
        "bound_cycles": bound(layer, built),
        "multipliers": made.multipliers,
        "dsp": made.dsp,
        "lut": made.lut,
        "weight_bits": sum(weight_bits(one) for one in (built, *more)),
        "ideal_bits": round(layer.ideal_bits(weights)),
        "baseline_lut": plain.lut if plain else made.lut,
        "baseline_dsp": plain.dsp if plain else made.dsp,
    }
    met = is_met(layer, row)
    if layer.beside:
        other = beside(layer, folder)
        lut = cells(other, folder).lut
        row |= {"beside": layer.beside, "beside_lut": lut}
        met = met and made.lut < lut
    return row | {"verdict": "met" if met else "missed"}


def is_met(layer: Layer, row: dict[str, Any]) -> bool:
    """Whether outputs are equal and bits, cycles and multipliers are what the technique says."""
    said = layer.multipliers is None or max(row["multipliers"], row["dsp"]) <= layer.multipliers
    small = row["weight_bits"] <= NEAR * row["ideal_bits"]
    soon = row["interval_cycles"] <= NEAR * row["bound_cycles"]
    return not row["mismatches"] and said and small and soon


@dataclass(frozen=True, eq=False)
class Run:
    """A network at all levels.

    Attributes:
        design: Its build directory.
        parts: What is planned, in order.
        mismatches: Outputs of any level that are not those of the technique's formula or executor.
        predicted: Cycles per frame.
        measured: Cycles per frame in RTL.
        agree: The end of every frame, interval and latency are the predicted ones.
    """

    design: Design
    parts: tuple[Built[Any], ...]
    mismatches: int
    predicted: int
    measured: int | None
    agree: bool

    @property
    def weighted(self) -> tuple[Built[Any], ...]:
        """Those that hold weights, or work without holding the weights that they have."""
        families = ("matmul", "depthwise", "truth_table")
        return tuple(one for one in self.parts if weight_bits(one) or one.op.family in families)

    @property
    def weight_bits(self) -> int:
        """Of all memories of weights, their indices and code books."""
        return sum(weight_bits(one) for one in self.parts)

    @property
    def kernels(self) -> str:
        """Names of the kernels with weights, each once."""
        return ", ".join(dict.fromkeys(one.kernel.name for one in self.weighted))


def run(network: Network, folder: Path) -> Run:
    """Compile a network in `folder`, an empty one, and run it at every level."""
    path = folder / "network.onnx"
    graph = network.build(path)
    design = _compiled(graph, path, network, folder / "build")
    inputs = network.inputs(path)
    expected = network.outputs(path, inputs)
    found = sum(_unequal(design, level, inputs, expected) for level in LEVELS)
    verified = design.verify(inputs=inputs)
    planned = read_plan(design.directory)
    parts = tuple(part.built for stage in planned.stages for part in stage.parts)
    interval = verified.interval
    return Run(design, parts, found, *interval, verified.passed)


def _compiled(graph: Graph | None, path: Path, network: Network, target: Path) -> Design:
    if graph is not None:
        return hwcompile.compile_graph(graph, target, **network.options)
    return hwcompile.compile(path, target, **network.options)


def _unequal(design: Design, level: str, inputs: Frames, expected: Frames) -> int:
    found = design.simulate(inputs, level=level).real
    if found.keys() != expected.keys():
        raise ValueError(f"outputs {sorted(found)} are compared with {sorted(expected)}")
    for name, y in found.items():
        if y.size != expected[name].size:
            raise ValueError(f"'{name}': {y.shape} is compared with {expected[name].shape}")
    return sum(
        int(np.count_nonzero(np.asarray(y) != np.reshape(expected[name], y.shape)))
        for name, y in found.items()
    )


def measured_network(network: Network, folder: Path) -> dict[str, Any]:
    """The row of a network, in two empty folders within `folder`."""
    own, other = folder / "own", folder / "plain"
    own.mkdir()
    found = run(network, own)
    made = cells(found.design, own)
    plain = None
    if network.plain is not None:
        other.mkdir()
        graph = network.plain(other / "network.onnx")
        design = _compiled(graph, other / "network.onnx", network, other / "build")
        plain = cells(design, other)
    row = {
        "row": network.row,
        "name": network.name,
        "kernel": found.kernels,
        "frames": len(next(iter(network.inputs(own / "network.onnx").values()))),
        "mismatches": found.mismatches,
        "interval_cycles": found.measured,
        "bound_cycles": network.bound,
        "multipliers": made.multipliers,
        "dsp": made.dsp,
        "lut": made.lut,
        "weight_bits": found.weight_bits,
        "ideal_bits": None if network.ideal_bits is None else round(network.ideal_bits),
        "baseline_lut": plain and plain.lut,
        "baseline_dsp": plain and plain.dsp,
    }
    met = found.agree and not found.mismatches and not complaints(network, row)
    return row | {"verdict": "met" if met else "missed"}


def complaints(network: Network, row: dict[str, Any]) -> list[str]:
    """What a technique says and a row does not hold; columns that are not there are not judged."""
    said: dict[str, float | None] = {
        "multipliers": network.multipliers,
        "dsp": network.multipliers,
        "weight_bits": network.ideal_bits and NEAR * network.ideal_bits,
        "interval_cycles": network.bound and NEAR * network.bound,
        **{gain: row.get(f"baseline_{gain}", 0) - 1 for gain in network.gains if gain in row},
    }
    return [
        f"{name}: {row[name]}, and {most} at most"
        for name, most in said.items()
        if most is not None and name in row and row[name] > most
    ]


def rows(words: Collection[str], numbers: Collection[int]) -> Iterator[dict[str, Any]]:
    """A row for each layer and network that is chosen, by row; in front that of `PLAIN`.

    Args:
        words: Parts of names; none stands for all.
        numbers: Of rows; none stands for all.
    """

    def wanted(entry: Layer | Network) -> bool:
        named = not words or any(word in entry.name for word in words)
        return named and (not numbers or entry.row in numbers)

    entries: list[Layer | Network] = [*LAYERS, *all_networks()]
    chosen = [entry for entry in entries if wanted(entry)]
    plain = None
    if not chosen or any(isinstance(entry, Layer) for entry in chosen):
        with tempfile.TemporaryDirectory() as name:
            row = measured(PLAIN, Path(name), None)
        plain = Cells(row["multipliers"], row["dsp"], row["lut"])
        yield row
    for entry in sorted(chosen, key=lambda entry: entry.row):
        with tempfile.TemporaryDirectory() as name:
            if isinstance(entry, Network):
                yield measured_network(entry, Path(name))
            else:
                yield measured(entry, Path(name), plain)


def row_numbers(text: str) -> range:
    """Rows of one word of the command line: `7`, or `30-39`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> int:
    """Measure, print the table, and write what is asked for."""
    options = parser(__doc__)
    options.add_argument("--only", nargs="+", default=[], metavar="WORD", help="parts of names")
    options.add_argument(
        "--rows", nargs="+", default=[], type=row_numbers, metavar="ROW", help="7 or 30-39"
    )
    chosen = options.parse_args()
    numbers = [number for part in chosen.rows for number in part]
    found = []
    for row in rows(chosen.only, numbers):
        print(f"row {row['row']}, {row['name']}: {row['verdict']}", file=sys.stderr, flush=True)
        found.append(row)
    columns = [key for key in found[0] if key != "row"]
    lines = [[str(row["row"]), *(number(row[key]) for key in columns)] for row in found]
    show(TITLES, lines, left=3)
    write(chosen, found, markdown(TITLES, lines, left=3))
    return 0 if all(row["verdict"] == "met" for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
