"""A remark on convolutions that are built in tiles."""

from __future__ import annotations

from hwcompile.ir.graph import Graph
from hwcompile.ops.conv.winograd import POSITIONS
from hwcompile.passes.tiles import PRODUCTS, TileLayer, tile_layers
from hwcompile.schedule.plan import Plan

MOST_NAMED = 4


def tile_notes(lowered: Graph, plan: Plan) -> tuple[str, ...]:
    """Say which convolutions of a graph a plan has in tiles, and what that spares."""
    built = {node.name for node in plan.graph.nodes if node.name.endswith(f"_{PRODUCTS}")}
    layers = [layer for layer in tile_layers(lowered) if layer.products in built] if built else []
    if not layers:
        return ()
    named = ", ".join(_counted(layer) for layer in layers[:MOST_NAMED])
    more = f" and {len(layers) - MOST_NAMED} more" if len(layers) > MOST_NAMED else ""
    why = "results are the same, and --no-winograd builds them as they are"
    return (f"convolutions in tiles of 2 x 2 outputs: {named}{more}; {why}",)


def _counted(layer: TileLayer) -> str:
    height, width, filters = layer.result.shape
    pairs = filters * layer.source.channels
    rows, columns = layer.tiles
    direct, tiles = height * width * 9 * pairs, rows * columns * POSITIONS * pairs
    return f"{layer.name} with {tiles:,} products instead of {direct:,}"
