"""Images that weights are loaded from: bits by kind beside entropy, and cycles of loading.

    python benchmarks/loaded.py [--json FILE] [--markdown FILE]

Layers of `techniques_layers.py` are compiled with `weights = "loaded"`, the image `huffman`, and
run at level rtl: outputs are compared with level reference, and the cycles until the first word is
accepted, less those in which memory was waited for, with those that were predicted. Layers of
SqueezeNet as Deep Compression's authors published it are not run: their images hold all places in
the code book, those of zeros included, and `published` is what the file takes for the layer.
`entropy`, `code` and `with head` are bits per weight: the bound, the code, and all of the image.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.squeezenet import FOLDER, FULL, lowered, node_name, published_bits, unpacked
from benchmarks.techniques_layers import LAYERS, PLAIN, SHAPE, Layer, save
from benchmarks.workloads import models_folder
from hwcompile.ir.graph import Graph
from hwcompile.ops.contract.loaded_memory import LoadedMemory
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.folded import Folded
from hwcompile.ops.matmul.op import Matmul

FOLDING: dict[str, int | str] = {"kernel": "folded", "pe": 4, "simd": 4}
LOADED: dict[str, int | str] = {"weights": "loaded", "image": "huffman"}
BOOK: dict[str, int | str] = {"pe": 1, "simd": 1, "encoding": "codebook"}
FRAMES = 3
MOST_ABOVE = 0.1
"""Bits per weight by which the Huffman code of the technique of row 19 may be above its entropy."""

NORMAL = Layer(
    19, "32 levels, uniform steps",
    lambda r: np.clip(np.rint(r.normal(0, 4, SHAPE)), -16, 15).astype(np.int64), lambda w: 0,
)  # fmt: skip
"""Weights of a trained layer: near a normal distribution, in steps that are all the same."""

TITLES = (
    "layer", "weights", "entropy", "code", "with head", "plain", "bitmap", "huffman",
    "published", "loading", "measured", "mismatches",
)  # fmt: skip
TABLES = {"": TITLES}


def layers() -> Iterator[dict[str, Any]]:
    """Techniques whose weights are few numbers, or mostly one."""
    for layer in sorted((PLAIN, *LAYERS, NORMAL), key=lambda one: one.row):
        if layer.row in (0, 8, 19, 21):
            yield _run(layer)


def _run(layer: Layer) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save(layer, folder / "layer.onnx")
        planned = hwcompile.compile(folder / "layer.onnx", folder / "planned")
        (node,) = (n["name"] for n in planned.report["nodes"] if n["kernel"].startswith("matmul."))
        schedule = {"nodes": {node: FOLDING | LOADED}}
        design = hwcompile.compile(folder / "layer.onnx", folder / "build", schedule=schedule)
        outcome = design.verify(frames=FRAMES)
        (read,) = (n["external_memory"] for n in design.report["nodes"] if n["external_memory"])
        load = outcome.timings["rtl"].load
        waited = sum(outcome.starved.values())
        found = read["loaded"]
        return {
            "layer": f"{layer.row}: {layer.name}",
            "weights": found["lanes"],
            "entropy": found["entropy"],
            "code": found["bits_per_lane"],
            **_sizes(found["sizes"], found["lanes"]),
            "published_bits": None,
            "load_cycles": found["load_cycles"],
            "measured_cycles": load[1] - waited if load else None,
            "mismatches": sum(m.count for found in outcome.mismatches.values() for m in found),
        }


def _sizes(sizes: dict[str, int], weights: int) -> dict[str, Any]:
    bits = {f"{kind}_bits": 8 * size for kind, size in sizes.items()}
    return {"with_head": bits["huffman_bits"] / weights, **bits}


def squeezenet() -> Iterator[dict[str, Any]]:
    """Every layer's places in its code book, as one image, and all of them together."""
    with tempfile.TemporaryDirectory() as name:
        path, said = unpacked(FULL, Path(name))
        published = {node_name(n): bits for n, bits in published_bits(said).items()}
        found = [_layer(n, memory, published[n]) for n, memory in book_images(lowered(path))]
    yield from (row for row in found if row["layer"] in ("conv1", "fire9_conv3x3_2", "conv_final"))
    yield _whole(found)


def book_images(graph: Graph) -> Iterator[tuple[str, LoadedMemory]]:
    """Every matrix with its image, weight after weight, as places in its code book."""
    for node in graph.nodes:
        if isinstance(node.op, Matmul):
            inputs, outputs = (
                tuple(graph.types[n] for n in names) for names in (node.inputs, node.outputs)
            )
            memory = Folded().at(Site(node.op, inputs, outputs), BOOK | LOADED).instance.external
            if isinstance(memory, LoadedMemory):
                yield node.name, memory


def _layer(name: str, memory: LoadedMemory, published: int) -> dict[str, Any]:
    return {
        "layer": name,
        "weights": memory.lanes,
        "entropy": memory.entropy,
        "code": memory.bits_per_lane,
        **_sizes(memory.sizes(), memory.lanes),
        "published_bits": published,
        "load_cycles": memory.load_cycles,
        "measured_cycles": None,
        "mismatches": None,
    }


def _whole(found: list[dict[str, Any]]) -> dict[str, Any]:
    weights = sum(row["weights"] for row in found)
    names = ("plain_bits", "bitmap_bits", "huffman_bits", "published_bits", "load_cycles")
    sums = {name: sum(row[name] for row in found) for name in names}
    means = {
        name: float(np.average([row[name] for row in found], weights=[r["weights"] for r in found]))
        for name in ("entropy", "code")
    }
    return {
        "layer": "SqueezeNet, all layers", "weights": weights, **means,
        "with_head": sums["huffman_bits"] / weights, **sums, "measured_cycles": None,
        "mismatches": None,
    }  # fmt: skip


def is_right(row: dict[str, Any]) -> bool:
    """Whether outputs and cycles are the expected ones, and codes as short as they should be."""
    ran = row["mismatches"] is None or (
        row["mismatches"] == 0 and row["measured_cycles"] == row["load_cycles"]
    )
    short = row["layer"][:2] != "19" or row["code"] <= row["entropy"] + MOST_ABOVE
    return bool(ran and short)


def main() -> int:
    """Measure, print the table, and write what is asked for."""
    options = parser(__doc__).parse_args()
    found = list(layers())
    if (models_folder() / FOLDER).is_dir():
        found += squeezenet()
    else:
        print(f"SqueezeNet is skipped, there is no {models_folder() / FOLDER}")
    order = (
        "weights", "entropy", "code", "with_head", "plain_bits", "bitmap_bits",
        "huffman_bits", "published_bits", "load_cycles", "measured_cycles", "mismatches",
    )  # fmt: skip
    lines = [[row["layer"], *(number(row[name]) for name in order)] for row in found]
    show(TITLES, lines, left=1)
    write(options, found, markdown(TITLES, lines, left=1))
    return 0 if all(map(is_right, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
