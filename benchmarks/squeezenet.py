"""SqueezeNet as Deep Compression's authors published it: bits of weights and cycles, by layer.

    python benchmarks/squeezenet.py [--json FILE] [--markdown FILE] [--small] [--cycles N]

The network is imported with levels of 12 bits and compiled with a sparse kernel and a code book for
every layer, in enough PEs for `--cycles` per frame at 227 x 227. `image_bits` are those of the
programs and books in memory, `published_bits` those of the layer in the published file;
`bound_cycles` are products that are not zero, over lanes. `mismatches` are integers of level rtl
that differ from level reference, behind every layer, for pictures of 40 x 40 with the same kernels.
With `--small` 227 x 227 is planned only; without it, it also runs at the levels reference and hls.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.workloads import models_folder
from hwcompile.explore.encodings import weight_bits
from hwcompile.frontends.deep_compression.convert import UnpackedNetwork, import_deep_compression
from hwcompile.frontends.load import load_model
from hwcompile.ir.graph import Graph
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse import Programs, Sparse
from hwcompile.passes.pipelines import LOWERING, run_passes

FULL, REDUCED = 227, 40
WEIGHT_BITS = 12
CYCLES = 2_000_000
FRAMES = 2
NEAR = 1.1
"""Times the bound of cycles that a layer may take."""

FOLDER = "squeezenet_deep_compression"
WHOLE = "whole"
TITLES = (
    "layer", "weights", "PEs", "index", "image bits", "published", "interval", "bound",
    "mismatches",
)  # fmt: skip
TABLES = {"": TITLES}


@dataclass(frozen=True)
class PlannedLayer:
    """A layer and its kernel at full resolution.

    Attributes:
        name: Of its node.
        weights: That are not zero.
        built: The kernel.
        parameters: With which it was built.
    """

    name: str
    weights: int
    built: Programs
    parameters: dict[str, Any]

    @property
    def bound(self) -> int:
        """Cycles that products take if no lane ever waits."""
        return -(-self.weights * self.built.site.inputs[0].pixels // self.built.lanes)

    @property
    def image_bits(self) -> int:
        """Bits of programs and books."""
        return weight_bits(self.built)


def unpacked(size: int, folder: Path, bits: int = WEIGHT_BITS) -> tuple[Path, UnpackedNetwork]:
    """The network for pictures of a size, as a model in `folder`."""
    source = models_folder() / FOLDER
    text = (source / "SqueezeNet_deploy.prototxt").read_text(encoding="utf-8")
    network, target = folder / f"{size}.prototxt", folder / f"squeezenet_{size}.onnx"
    network.write_text(re.sub(r"(input_dim: )227", rf"\g<1>{size}", text), encoding="utf-8")
    weights = source / "compressed_SqueezeNet.net"
    x = frames(1, size)
    return target, import_deep_compression(
        weights, network, target, weight_bits=bits, calibration=x
    )


def frames(count: int, size: int) -> np.ndarray:
    """Random pictures, minus means as Caffe's network takes them."""
    return np.random.default_rng(8).integers(-123, 152, (count, 3, size, size)).astype(np.float32)


def lowered(path: Path) -> Graph:
    """The graph that kernels are chosen for."""
    return run_passes(load_model(path).graph, LOWERING)


def sparse_layers(graph: Graph, cycles: int) -> list[PlannedLayer]:
    """For every matrix the smallest sparse kernel that is fast enough and keeps its PEs busy."""
    found = []
    for node in graph.nodes:
        if isinstance(node.op, Matmul):
            inputs, outputs = (
                [graph.types[n] for n in names] for names in (node.inputs, node.outputs)
            )
            found.append(_smallest(node.name, Site(node.op, tuple(inputs), tuple(outputs)), cycles))
    return found


def _smallest(name: str, site: Site[Matmul], cycles: int) -> PlannedLayer:
    kernel = Sparse()
    weights = int(np.count_nonzero(site.op.weights))
    least = max(1, -(-weights * site.inputs[0].pixels // cycles))
    for index in ("smallest", "auto"):
        for pes in range(least, 2 * least + 2):
            parameters = {"pes": pes, "index": index, "encoding": "codebook"}
            if kernel.check(site, parameters) is not None:
                parameters["encoding"] = "auto"
            built = Programs(kernel, site, parameters)
            planned = PlannedLayer(name, weights, built, {"kernel": kernel.name} | parameters)
            if built.interval <= min(cycles, NEAR * planned.bound):
                return planned
    raise ValueError(f"no sparse kernel computes '{name}' in {cycles:,} cycles")


def schedule_of(layers: list[PlannedLayer]) -> dict[str, Any]:
    """A partial schedule with these kernels."""
    return {"nodes": {layer.name: layer.parameters for layer in layers}}


def published_bits(found: UnpackedNetwork) -> dict[str, int]:
    """Bits of every layer in the published file: count, levels, biases, codes and gaps."""
    return {
        layer.name: 8 * (4 + 4 * 256 + 4 * layer.shape[0] + layer.entries + -(-layer.entries // 2))
        for layer in found.layers
    }


def node_name(layer: str) -> str:
    """What a node of the graph is called whose layer has this name."""
    return layer.replace("/", "_")


def mismatches(layers: list[PlannedLayer], folder: Path) -> dict[str, int]:
    """By layer the integers at level rtl that are not those of level reference, at 40 x 40."""
    path, _ = unpacked(REDUCED, folder)
    design = hwcompile.compile(path, folder / "reduced", schedule=schedule_of(layers))
    x = frames(FRAMES, REDUCED)
    expected, found = (design.trace(x, level=level) for level in ("reference", "rtl"))
    streams = _streams_behind(lowered(path), set(found))
    return {
        layer.name: int(
            np.count_nonzero(found[streams[layer.name]] != expected[streams[layer.name]])
        )
        for layer in layers
    }


def _streams_behind(graph: Graph, streams: set[str]) -> dict[str, str]:
    """For every node the first stream at it or behind it: some kernels make two nodes at once."""
    found, nodes = {}, list(graph.nodes)
    for place, node in enumerate(nodes):
        later = (value for other in nodes[place:] for value in other.outputs)
        found[node.name] = next(value for value in later if value in streams)
    return found


def full_resolution(layers: list[PlannedLayer], path: Path, folder: Path, run: bool) -> int | None:
    """Plan the whole network, and compare levels reference and hls if asked for."""
    design = hwcompile.compile(path, folder / "full", schedule=schedule_of(layers), hls=run)
    interval = design.report["design"]["interval_cycles"]["predicted"]
    print(f"{FULL} x {FULL}: planned, a frame every {interval:,} cycles")
    if not run:
        return None
    x = frames(FRAMES, FULL)
    expected, found = (design.simulate(x, level=level).raw for level in ("reference", "hls"))
    wrong = sum(int(np.count_nonzero(found[name] != expected[name])) for name in expected)
    print(f"{FULL} x {FULL}: {FRAMES} frames at level hls, {wrong} integers not of level reference")
    return wrong


def rows(cycles: int, run: bool) -> list[dict[str, Any]]:
    """A row for each layer, and one for the whole network."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, said = unpacked(FULL, folder)
        layers = sparse_layers(lowered(path), cycles)
        published = {node_name(n): bits for n, bits in published_bits(said).items()}
        wrong = mismatches(layers, folder)
        hls = full_resolution(layers, path, folder, run)
    found = [_row(layer, published, wrong) for layer in layers]
    return [*found, _whole(found, hls)]


def _row(
    layer: PlannedLayer, published: Mapping[str, int], wrong: Mapping[str, int]
) -> dict[str, Any]:
    plan = layer.built.plan
    return {
        "layer": layer.name,
        "nnz": layer.weights,
        "pes": plan.settings.pes,
        "index": f"{plan.index_bits}-bit {'gaps' if plan.delta else 'places'}",
        "image_bits": layer.image_bits,
        "published_bits": published[layer.name],
        "cycles": layer.built.interval,
        "bound_cycles": layer.bound,
        "mismatches": wrong[layer.name],
    }


def _whole(found: list[dict[str, Any]], hls: int | None) -> dict[str, Any]:
    sums = {
        name: sum(row[name] for row in found)
        for name in ("nnz", "pes", "image_bits", "published_bits", "mismatches")
    }
    return {
        "layer": WHOLE,
        "nnz": sums["nnz"],
        "pes": sums["pes"],
        "index": "",
        "image_bits": sums["image_bits"],
        "published_bits": sums["published_bits"],
        "cycles": max(row["cycles"] for row in found),
        "bound_cycles": max(row["bound_cycles"] for row in found),
        "mismatches": sums["mismatches"] + (hls or 0),
    }


def main() -> int:
    """Measure, print the table, and write what is asked for."""
    options = parser(__doc__)
    options.add_argument("--small", action="store_true", help="do not run 227 x 227")
    options.add_argument("--cycles", type=int, default=CYCLES, help="per frame at 227 x 227")
    chosen = options.parse_args()
    found = []
    if (models_folder() / FOLDER).is_dir():
        found = rows(chosen.cycles, not chosen.small)
    else:
        print(f"skipped, there is no {models_folder() / FOLDER}")
    lines = [[row["layer"], *(_shown(v) for k, v in row.items() if k != "layer")] for row in found]
    show(TITLES, lines, left=1)
    write(chosen, found, markdown(TITLES, lines, left=1))
    return 0 if all(is_as_published(row) for row in found) else 1


def is_as_published(row: Mapping[str, Any]) -> bool:
    """Whether integers are equal and cycles near their bound, and of the whole also its bits."""
    small = row["layer"] != WHOLE or row["image_bits"] <= row["published_bits"]
    return not row["mismatches"] and row["cycles"] <= NEAR * row["bound_cycles"] and small


def _shown(value: object) -> str:
    return value if isinstance(value, str) else number(value)


if __name__ == "__main__":
    sys.exit(main())
