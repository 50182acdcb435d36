"""What a report says about speed, where it is very slow and where there is nothing to be fast.

The figures are divisions done by hand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.timing import Access
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reshape.op import Reshape
from hwcompile.rates import frames_per_second, rate_text
from hwcompile.report.console import report_console
from hwcompile.report.table import report_table
from hwcompile.schedule.time.network import Channel, Network, Process
from hwcompile.schedule.time.prediction import predict

ORIGIN = Origin("m.onnx", "layer", "Gather")


@pytest.mark.parametrize(
    ("clock", "interval", "rate", "text"),
    [
        (100, 64, 1562500.0, "1,562,500"),
        (100, 14976, 6677.4, "6,677"),
        (48, 1_000_000, 48.0, "48.0"),
        (100, 1_234_567, 81.0, "81.0"),
        (100, 30_000_000, 3.333, "3.33"),
        (100, 4_613_734_400, 0.02167, "0.0217"),
        (0.001, 10**13, 1e-10, "1e-10"),
        (10**6, 1, 1e12, "1,000,000,000,000"),
    ],
)
def test_a_rate_is_never_zero(clock: float, interval: int, rate: float, text: str) -> None:
    assert frames_per_second(clock, interval) == rate
    assert rate_text(rate) == text


def printed(design: hwcompile.design.Design) -> str:
    console = report_console()
    with console.capture() as capture:
        console.print(report_table(design.report))
    return capture.get()


def graph(kind: str) -> Graph:
    builder = Builder("idle")
    x = builder.input("x", TensorType((1, 5, 3), IntType(-2, 1)))
    ops: dict[str, Op] = {
        "wires": Reshape((1, 3, 5)),
        "moved": Gather(np.arange(15)[::-1].reshape(1, 5, 3).copy(), 0),
        "computed": Matmul(np.array([[[1, -1, 2]]])),
    }
    return builder.build(builder.add("layer", ops[kind], (x,), ORIGIN))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("wires", "is only wires and FIFOs"), ("moved", "only moves elements"), ("computed", "")],
)
def test_a_design_that_computes_nothing_says_so(tmp_path: Path, kind: str, said: str) -> None:
    made = graph(kind)
    design = hwcompile.compile_graph(made, tmp_path / "b", fastest=True, allow_host=True)
    assert len(design.notes) == bool(said)
    assert (f"this design {said} and computes nothing" in "".join(design.notes)) == bool(said)
    assert ("frames/s" in printed(design)) == (kind != "wires")
    assert ("no operator is hardware" in printed(design)) == (kind == "wires")
    assert (design.report["design"]["frames_per_second"] is None) == (kind == "wires")
    page = (tmp_path / "b" / "report.html").read_text(encoding="utf-8")
    assert ("no operator is hardware" in page) == (kind == "wires")


def test_a_design_without_hardware_is_refused(tmp_path: Path) -> None:
    with pytest.raises(hwcompile.CompileError, match="HW0286"):
        hwcompile.compile_graph(graph("wires"), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_more_than_2_32_cycles_is_predicted() -> None:
    """Two processes by hand: three words of 2^33 cycles each."""
    words = np.ones(3, dtype=np.int64)
    network = Network(
        {"a": Channel("a", 2, 1, 3, True), "b": Channel("b", 2, 3, 3, True)},
        (
            Process("x", words, {}, {"a": np.cumsum(words)}),
            Process("y", words << 33, {"a": Access.stream(words)}, {"b": np.cumsum(words)}),
            Process("output y", words, {"b": Access.stream(words)}, {}),
        ),
        ("x",),
        ("b",),
    )
    prediction = predict(network)
    assert prediction.interval == 3 << 33
    assert prediction.latency == 1 + (2 << 33) + 3 + 1
    assert prediction.ends.first(3).tolist() == [(n << 33) + 4 for n in (2, 5, 8)]
