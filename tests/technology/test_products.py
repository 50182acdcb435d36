"""Which products go to DSP blocks: the table that the resource model counts from, against the flow.

The expectation is what Yosys makes when the flow runs it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from hwcompile.boards import Board, load_board
from hwcompile.build_directory import rtl_sources
from hwcompile.emit.interface import Interface
from hwcompile.families import family_names, family_of, fpga_family
from hwcompile.toolchains.build import stage_modules
from hwcompile.toolchains.synthesis import synthesize
from tests.cli.small import QONNX

BOARDS = {
    "ecp5": "ulx3s_25",
    "gowin": "tang_nano_9k",
    "ice40": "icebreaker",
    "nexus": "crosslink_nx_evn",
}
NEAR = [(4, 4), (4, 5), (3, 6), (5, 6), (2, 9), (4, 10), (8, 17), (4, 20), (4, 36), (4, 37)]
"""Factors on both sides of every limit of one of the tables."""
WIDE = [(2, 2), (2, 6), (3, 5), (2, 7), (5, 5), (3, 8), (8, 8), (9, 9), (3, 10), (4, 11), (7, 12)]
WIDE += [(16, 16), (18, 18), (16, 23), (8, 25), (15, 20), (3, 19), (2, 19), (2, 20), (19, 19)]
WIDE += [(6, 20), (7, 20), (20, 20), (19, 36), (30, 30)]


def with_many_blocks(name: str) -> Board:
    board = load_board(BOARDS[name])
    capacities = msgspec.structs.replace(board.capacities, dsp=1000)
    return msgspec.structs.replace(board, capacities=capacities)


def made_of(pairs: list[tuple[int, int]], board: Board, folder: Path) -> dict[str, int]:
    """DSP blocks of products of unsigned and of signed factors, each in a module of its own."""
    text, names = products_text(pairs, ("unsigned", "signed"))
    (folder / "products.sv").write_text(text)
    made = synthesize([folder / "products.sv"], "top", names, board, folder)
    return {name: made.modules[name].dsp for name in names}


def products_text(
    pairs: list[tuple[int, int]], signs: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """SystemVerilog of a module `top` of products, and the names of the modules in it."""
    modules, ports, uses = {}, [], []
    for sign in signs:
        for left, right in pairs:
            name = f"{sign}_{left}_{right}"
            bits = [f"[{width - 1}:0]" for width in (left, right, left + right)]
            modules[name] = (
                f"module {name} (input wire {sign} {bits[0]} a, input wire {sign} {bits[1]} b, "
                f"output wire {sign} {bits[2]} y);\n  assign y = a * b;\nendmodule\n"
            )
            ports.append(
                f"input wire {bits[0]} a_{name}, input wire {bits[1]} b_{name}, "
                f"output wire {bits[2]} y_{name}"
            )
            uses.append(f"  {name} u_{name} (.a(a_{name}), .b(b_{name}), .y(y_{name}));\n")
    top = f"module top (\n{', '.join(ports)}\n);\n{''.join(uses)}endmodule\n"
    return "".join(modules.values()) + top, tuple(modules)


def test_every_family_with_blocks_is_asked() -> None:
    """Of those with an open flow; `test_series_7` asks for the others."""
    found = map(fpga_family, family_names())
    assert set(BOARDS) == {each.name for each in found if each.flow and each.products.multipliers}


def compared(name: str, pairs: list[tuple[int, int]], folder: Path) -> None:
    board = with_many_blocks(name)
    table = family_of(board).products
    said = {
        f"{sign}_{left}_{right}": table.blocks(left, right)
        for sign in ("unsigned", "signed")
        for left, right in pairs
    }
    assert made_of(pairs, board, folder) == said
    assert all(table.blocks(right, left) == table.blocks(left, right) for left, right in pairs)


def test_the_table_is_what_the_flow_does_at_the_limits_of_gowin(tmp_path: Path) -> None:
    compared("gowin", NEAR, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", BOARDS)
def test_the_table_is_what_the_flow_does(name: str, tmp_path: Path) -> None:
    compared(name, [*NEAR, *WIDE], tmp_path)


def save_matmul(folder: Path) -> Path:
    """16 x 16 weights of 4 bits behind a quantizer of 4 bits."""
    weights = np.random.default_rng(5).integers(-8, 8, (16, 16)).astype(np.float32)
    constants = {"weights": weights, "scale": 0.25, "zero": 0.0, "four": 4.0, "one": 1.0}

    def quant(name: str, source: str, scale: str, target: str) -> onnx.NodeProto:
        inputs = [source, scale, "zero", "four"]
        return helper.make_node(
            "Quant",
            inputs,
            [target],
            name,
            domain=QONNX,
            signed=1,
            narrow=0,
            rounding_mode="ROUND",
        )

    graph = helper.make_graph(
        [
            quant("quant_in", "x", "scale", "xq"),
            quant("quant_w", "weights", "one", "wq"),
            helper.make_node("MatMul", ["xq", "wq"], ["y"], "fc"),
        ],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 16])],
        [
            numpy_helper.from_array(np.asarray(value, np.float32), name)
            for name, value in constants.items()
        ],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    path = folder / "product.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def test_a_narrow_product_is_predicted_where_synthesis_puts_it(tmp_path: Path) -> None:
    """4 x 4 bits on Gowin: once counted as a DSP block, which Yosys never made of it."""
    schedule = tmp_path / "schedule.toml"
    folding = 'kernel = "folded"\npe = 4\nsimd = 1\nstyle = "multiply"\n'
    schedule.write_text(f'[nodes."fc"]\n{folding}')
    board = load_board(BOARDS["gowin"])
    design = hwcompile.compile(
        save_matmul(tmp_path), tmp_path / "build", board=board.id, schedule=schedule
    )
    interface = Interface.read(design.directory)
    kept = tuple(stage_modules(interface))
    made = synthesize(rtl_sources(design.directory), interface.top, kept, board, tmp_path)
    said = design.report["design"]["fit"]["predicted"]
    assert (said["dsp"], made.use.dsp) == (0, 0)
