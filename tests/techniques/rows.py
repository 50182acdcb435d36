"""What every test of a technique asks of its layer or its network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.techniques import (
    Run,
    bound,
    cells,
    compiled,
    complaints,
    mismatches,
    products,
    run,
)
from benchmarks.techniques_layers import LAYERS, Layer
from benchmarks.techniques_networks import all_networks
from benchmarks.techniques_networks.network import Network
from hwcompile.boards import load_board
from hwcompile.build_directory import rtl_sources
from hwcompile.compiler import planned_network
from hwcompile.design import Design
from hwcompile.emit.interface import Interface
from hwcompile.emit.opened import read_plan
from hwcompile.explore.encodings import weight_bits
from hwcompile.ops.contract.built import Built
from hwcompile.options import CompileOptions
from hwcompile.toolchains.synthesis import synthesize


def layer_of(row: int, word: str = "") -> Layer:
    """The layer of a row whose name holds a word."""
    (found,) = (layer for layer in LAYERS if layer.row == row and word in layer.name)
    return found


def check(layer: Layer, folder: Path, bits: int) -> Built[Any]:
    """Outputs are ONNX Runtime's at every level; bits and cycles are what the technique says.

    Args:
        layer: With weights of the technique.
        folder: An empty one.
        bits: Of the weights as memories hold them, tables included.

    Returns:
        The kernel of the convolution.
    """
    design, weights = compiled(layer, folder)
    built, *more = products(read_plan(design.directory))
    assert mismatches(layer, design, weights) == 0
    assert sum(weight_bits(one) for one in (built, *more)) == bits
    assert bits <= 1.05 * layer.ideal_bits(weights)
    assert built.interval <= 1.05 * bound(layer, built)
    return built


def planned_products(path: Path, cycles: int) -> list[Built[Any]]:
    """Kernels of the convolution of a file, as they are planned for `cycles` per frame at most."""
    planned, *_ = planned_network(path, CompileOptions(target_cycles=cycles))
    return products(planned)


def network_of(row: int, word: str = "") -> Network:
    """The network of a row whose name holds a word."""
    (found,) = (
        network for network in all_networks() if network.row == row and word in network.name
    )
    return found


def check_network(network: Network, folder: Path) -> Run:
    """Outputs are the executor's or the formula's at every level, cycles are the predicted ones.

    And products in the plan, bits of weights and cycles are what the technique says. What synthesis
    makes of it, `check_synthesis` asks.

    Args:
        network: Of the table.
        folder: An empty one.

    Returns:
        What was found.
    """
    found = run(network, folder)
    assert found.mismatches == 0
    assert found.agree
    assert found.measured == found.predicted
    products = sum(each.count for one in found.parts for each in one.needs.products)
    row = {
        "multipliers": products,
        "weight_bits": found.weight_bits,
        "interval_cycles": found.measured,
    }
    assert complaints(network, row) == []
    return found


def check_synthesis(design: Design, most: int, folder: Path) -> None:
    """Neither plain `synth_ecp5` nor the project's own synthesis for an ECP5 has more products.

    Args:
        design: With its RTL.
        most: Multipliers of Yosys, and DSP blocks, that there may be.
        folder: An empty one.
    """
    made = cells(design, folder)
    assert max(made.multipliers, made.dsp) <= most
    sources = rtl_sources(design.directory)
    top = Interface.read(design.directory).top
    assert synthesize(sources, top, (), load_board("ulx3s_85"), folder).use.dsp <= most
