"""Designs of different versions in one system: one simulation, no name twice, exact integers."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.build_directory import rtl_sources
from hwcompile.design import Design
from hwcompile.diagnostics import Origin
from hwcompile.emit import library, shelves
from hwcompile.emit.finished import own_name
from hwcompile.emit.interface import packing_of
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.verify.verilator import find_tools, lint
from hwcompile_runtime.packing import pack, unpack

ORACLE = "numpy"

FRAMES = 5
MODULE = re.compile(r"^\s*(?:module|package)\s+(\w+)", re.MULTILINE)


def network(name: str, rows: int, columns: int, node: str = "fc") -> Graph:
    rng = np.random.default_rng(rows)
    builder = Builder(name)
    x = builder.input("x", TensorType((1, 1, columns), IntType(-8, 7)))
    op = Matmul(rng.integers(-7, 8, (1, rows, columns)))
    return builder.build(builder.add(node, op, (x,), Origin("file", node, "Op")))


def frames(design: Design) -> IntArray:
    (port,) = design.interface.inputs
    return np.random.default_rng(1).integers(-8, 8, (FRAMES, *port.shape))


@pytest.fixture
def another_version(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A library whose FIFO has other ports and whose matrix product is a cycle later."""
    renamed = {"ready_i": "take_i", "push_i": "put_i"}
    texts = {name: path.read_text() for name, path in shelves.source_files().items()}
    fifo = texts["hw_credit_fifo"]
    for old, new in renamed.items():
        fifo = re.sub(rf"\b{old}\b", new, fifo)
    assert fifo != texts["hw_credit_fifo"]
    original = shelves.source_text
    library._named.cache_clear()
    changed = {"hw_credit_fifo": fifo}
    monkeypatch.setattr(library, "source_text", lambda name: changed.get(name) or original(name))
    yield
    library._named.cache_clear()


def with_new_ports(design: Design) -> list[Path]:
    """The design's own sources with the FIFO's ports as the other version calls them."""
    found = rtl_sources(design.directory)
    pattern = re.compile(r"(__hw_credit_fifo #\(.*?\) \w+ \(.*?\);)", re.DOTALL)
    for path in found:
        text = path.read_text()
        ports = {".ready_i(": ".take_i(", ".push_i(": ".put_i("}

        def change(match: re.Match[str], ports: dict[str, str] = ports) -> str:
            said = match[0]
            for old, new in ports.items():
                said = said.replace(old, new)
            return said

        path.write_text(pattern.sub(change, text))
    return found


def bench(designs: list[Design]) -> str:
    """A top level with all designs, which feeds each its frames and prints what comes out."""
    lines = ["module both (input logic clk, input logic rst_n);"]
    for i, design in enumerate(designs):
        (source,), (sink,) = design.interface.inputs, design.interface.outputs
        beats = pack(frames(design), packing_of(source.format, source.tdata_bytes))
        width, out = 8 * source.tdata_bytes, 8 * sink.tdata_bytes
        lines += [
            f"  logic [{width - 1}:0] rom{i} [{len(beats)}];",
            *(f"  initial rom{i}[{n}] = {width}'h{b[::-1].tobytes().hex()};"
              for n, b in enumerate(beats)),
            f"  int n{i} = 0; logic ready{i}, valid{i}; logic [{out - 1}:0] data{i};",
            f"  {design.interface.top} u{i} (.aclk(clk), .aresetn(rst_n),",
            f"    .s_axis_tdata(n{i} < {len(beats)} ? rom{i}[n{i}] : '0),",
            f"    .s_axis_tvalid(n{i} < {len(beats)}), .s_axis_tready(ready{i}),",
            f"    .s_axis_tlast((n{i} + 1) % {source.format.words} == 0),",
            f"    .m_axis_tdata(data{i}), .m_axis_tvalid(valid{i}), .m_axis_tready(1'b1),",
            "    .m_axis_tlast(), .frame_error_o());",
            "  always_ff @(posedge clk) if (rst_n) begin",
            f"    if (n{i} < {len(beats)} && ready{i}) n{i} <= n{i} + 1;",
            f'    if (valid{i}) $display("{i} %h", data{i});',
            "  end",
        ]  # fmt: skip
    lines += ["endmodule"]
    clock = [
        "module run; logic clk = 0, rst_n = 0; both u (.*); always #1 clk = !clk;",
        "initial begin #9 rst_n = 1; #4000 $finish; end endmodule",
    ]
    return "\n".join([*lines, *clock]) + "\n"


def simulate(designs: list[Design], work: Path) -> list[IntArray]:
    """The frames that come out of each design when all are in one simulation."""
    tools = find_tools()
    (work / "run.sv").write_text(bench(designs))
    sources = [path for design in designs for path in rtl_sources(design.directory)]
    defines = [
        f'+define+{design.interface.top.upper()}_MEMORIES="{design.directory}/rtl"'
        for design in designs
    ]
    command = [str(tools.verilator), "--binary", "-Wno-fatal", "-Wall", "-Wno-DECLFILENAME"]
    command += ["--output-split", "0"]  # several files take a header that some builds do not find
    command += ["-CFLAGS", "-std=c++20 -fcoroutines -O0"]
    command += ["--top-module", "run", "-Mdir", str(work / "obj"), *defines]
    command += [str(path) for path in (*sources, work / "run.sv")]
    environment = {**os.environ, "VERILATOR_ROOT": str(tools.root), "CXX": tools.compiler}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "MODDUP" not in done.stderr
    run = subprocess.run([str(work / "obj/Vrun")], capture_output=True, text=True, cwd=work)
    found = []
    for i, design in enumerate(designs):
        (sink,) = design.interface.outputs
        lines = [line.split()[1] for line in run.stdout.splitlines() if line.startswith(f"{i} ")]
        beats = np.array([list(bytes.fromhex(line)[::-1]) for line in lines], np.uint8)
        form = packing_of(sink.format, sink.tdata_bytes)
        found.append(unpack(beats, form).reshape(FRAMES, *sink.shape))
    return found


def expected(design: Design) -> IntArray:
    (node,) = design.graph.nodes
    assert isinstance(node.op, Matmul)
    products = frames(design)[:, 0, 0] @ node.op.weights[0].T
    return np.asarray(products[:, None, None, :], np.int64)


def test_designs_of_two_versions_are_simulated_together(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = hwcompile.compile_graph(network("first", 5, 7), tmp_path / "first", fastest=True)
    second = hwcompile.compile_graph(network("second", 4, 6), tmp_path / "second", fastest=True)
    request.getfixturevalue("another_version")
    third = hwcompile.compile_graph(network("third", 3, 11), tmp_path / "third", fastest=True)
    (third.directory / "manifest.json").unlink()
    with_new_ports(third)
    designs = [first, second, third]
    names = [
        n for d in designs for p in rtl_sources(d.directory) for n in MODULE.findall(p.read_text())
    ]
    assert len(names) == len(set(names)) > 40
    for design, found in zip(designs, simulate(designs, tmp_path), strict=True):
        np.testing.assert_array_equal(found, expected(design))


def test_nodes_may_be_called_like_modules_of_the_library(tmp_path: Path) -> None:
    graph = network("hw_fifo", 3, 4, "hw_credit_fifo")
    design = hwcompile.compile_graph(graph, tmp_path / "build", fastest=True)
    lint(rtl_sources(design.directory), design.interface.top, ["-Wno-DECLFILENAME"])
    assert design.verify(levels=("rtl",), frames=3, boundaries=True).passed


def test_only_whole_words_outside_of_strings_get_the_name_of_the_design() -> None:
    text = 'hw_fifo #(.Name("hw_fifo")) u_hw_fifo (); hw_fifo_more x; hw_sparse_pkg::row_t y;'
    assert own_name(text, "net") == (
        'net__hw_fifo #(.Name("hw_fifo")) u_hw_fifo (); '
        "hw_fifo_more x; net__hw_sparse_pkg::row_t y;"
    )
