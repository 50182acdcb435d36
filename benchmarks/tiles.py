"""Convolutions as they are and in tiles (Winograd) on an FPGA: what both take, and which is chosen.

    python benchmarks/tiles.py [--only NAME ...] [--json FILE] [--markdown FILE]

Layers of 3 x 3 with random weights of 8 bits are planned for a board and a number of cycles, in
both forms, and synthesized with Yosys' `synth_ecp5`. The last column says which form the compiler
chooses where nothing is said. LUT and DSP are those of the layer without the link to the host.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.techniques import cells
from hwcompile.boards import load_board
from hwcompile.compiler import planned_network
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.conv.op import Conv
from hwcompile.options import CompileOptions
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.passes.tiles import tile_layers, with_tiles
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.technology.model import technology

BOARD = "colorlight_i5"
"""An ECP5 with 24,288 look-up tables and 28 DSP blocks."""


@dataclass(frozen=True)
class Layer:
    """A convolution with pads of 1, and what is asked of it."""

    channels: int
    filters: int
    side: int
    cycles: int

    @property
    def name(self) -> str:
        """Of rows."""
        return f"{self.channels} to {self.filters}, {self.side} x {self.side}"


LAYERS = (Layer(16, 16, 8, 4200), Layer(16, 16, 8, 12300), Layer(32, 32, 16, 46000))

TITLES = (
    "channels, map", "cycles asked", "form", "interval", "LUT predicted", "LUT", "DSP predicted",
    "DSP", "chosen",
)  # fmt: skip
TABLES = {"": TITLES}


@dataclass(frozen=True)
class Row:
    """A layer in one form."""

    layer: str
    cycles: int
    form: str
    interval_cycles: int
    lut_predicted: int
    lut: int
    dsp_predicted: int
    dsp: int
    chosen: str

    @property
    def line(self) -> list[str]:
        """As it is printed."""
        return [text if isinstance(text, str) else number(text) for text in asdict(self).values()]


def graph_of(layer: Layer) -> Graph:
    """The layer behind a host that sends bytes."""
    builder = Builder("layer")
    kind = TensorType((layer.side, layer.side, layer.channels), IntType(0, 255))
    value = builder.input("x", kind)
    shape = (layer.filters, 3, 3, layer.channels)
    weights = np.random.default_rng(0).integers(-128, 128, shape)
    conv = Conv(weights, 1, (1, 1), (1, 1), (1, 1, 1, 1), 0)
    return builder.build(builder.add("conv", conv, (value,), Origin("layer", "conv", "Conv")))


def rows(only: list[str]) -> Iterator[Row]:
    """Two rows for every layer that is asked for."""
    for layer in LAYERS:
        if only and layer.name not in only:
            continue
        plain = run_passes(graph_of(layer), LOWERING)
        options = CompileOptions(target_cycles=layer.cycles, board=BOARD)
        best, *_ = planned_network(plain, options)
        tiled = with_tiles(plain, tile_layers(plain))
        chosen = "tiles" if tile_layers(plain)[0].products in best.graph.types else "direct"
        for form, graph in {"direct": plain, "tiles": tiled}.items():
            yield measured(layer, form, graph, "yes" if form == chosen else "no")


def measured(layer: Layer, form: str, graph: Graph, chosen: str) -> Row:
    """Plan and synthesize a form."""
    with tempfile.TemporaryDirectory() as name:
        design = hwcompile.compile_graph(
            graph, Path(name) / "out", target_cycles=layer.cycles, board=BOARD, winograd=False
        )
        made = cells(design, Path(name))
    options = CompileOptions(target_cycles=layer.cycles, board=BOARD, winograd=False)
    plan, prediction, _ = planned_network(graph, options)
    found = estimate(plan, technology(load_board(BOARD).device.family))
    return Row(
        layer.name,
        layer.cycles,
        form,
        prediction.interval,
        round(found.total.lut - found.link.lut),
        made.lut,
        round(found.total.dsp),
        made.dsp,
        chosen,
    )


def main() -> None:
    """Measure and print."""
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=[], metavar="NAME")
    options = options_of.parse_args()
    found = list(rows(options.only))
    lines = [row.line for row in found]
    show(TITLES, lines, left=1)
    write(options, [asdict(row) for row in found], markdown(TITLES, lines, left=1))


if __name__ == "__main__":
    main()
