"""A design whose weights stand in external memory, from the Python interface to verification."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwcompile import rnn
from hwcompile.build_directory import rewrite_files, rtl_sources
from hwcompile.design import Design, compile_graph
from hwcompile.diagnostics import CompileError
from hwcompile.ir.graph import Graph
from hwcompile.toolchains.vendor.wrapper import lite_wrapper
from hwcompile.verify.verilator import lint

ORACLE = "this project"
ORACLE_REASON = "the reference of the same design with its weights inside"

EXTERNAL = {"kernel": "static", "pes": 8, "lanes": 2, "weights": "external"}


def _graph() -> Graph:
    rng = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return np.where(rng.random(shape) < 0.4, rng.normal(size=shape) * 0.4, 0)

    wx, wr, bias, projection = weights(80, 6), weights(80, 10), weights(4, 20), weights(10, 20)
    return rnn.lstm(wx, wr, bias, projection=projection, steps=3, name="cell")


def compiled(folder: Path, **more: object) -> Design:
    return compile_graph(_graph(), folder, schedule={"nodes": {"cell": {**EXTERNAL, **more}}})


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return compiled(tmp_path_factory.mktemp("external") / "build")


def test_what_the_build_directory_says(design: Design) -> None:
    (port,) = design.interface.memories
    assert (port.name, port.prefix, port.status) == ("cell", "m_axi", "weights")
    image = (design.directory / port.file).read_bytes()
    memory = design.report["nodes"][0]["external_memory"]
    beat = port.data_bits // 8
    figures = design.report["design"]
    frame = 3 * len(image)  # steps of a frame
    assert memory == {
        "bytes": len(image),
        "rows": len(image) // beat,
        "bytes_per_row": beat,
        "bytes_per_frame": frame,
        "bytes_per_second": round(
            frame * figures["clock_mhz"] * 1e6 / figures["interval_cycles"]["predicted"]
        ),
        "loaded": None,
    }
    assert port.size == len(image)
    assert port.file in json.loads((design.directory / "manifest.json").read_text())["files"]
    assert 'weights = "external"' in design.schedule
    # Only the lanes' programs, constants and tables are on the chip.
    rows = [len(p.read_text().splitlines()[0]) for p in (design.directory / "rtl").glob("*.mem")]
    assert max(rows) * 4 < port.data_bits


def test_sources_are_clean(design: Design) -> None:
    lint(rtl_sources(design.directory), design.interface.top)


def test_frames_end_later_by_no_more_than_the_cycles_without_weights(design: Design) -> None:
    prompt = design.verify(frames=3, memory_latency=1)
    assert prompt.passed
    assert prompt.interval[0] == prompt.interval[1]
    assert prompt.starved == {"cell": 0}
    slow = design.verify(frames=3, memory_latency=300)
    assert slow.passed
    predicted, measured = slow.latency
    assert predicted is not None
    assert measured is not None
    assert measured > predicted
    assert f"'cell' waited {slow.starved['cell']:,} cycles for weights from external memory" in (
        slow.lines()
    )
    assert design.verify(frames=3, stall=0.3).passed


def test_two_layers_read_two_images(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    first = _graph()
    second = rnn.gru(*(rng.normal(size=s) * 0.4 for s in ((18, 10), (18, 6), (3, 6))), steps=3)
    graph = rnn.stack(first, second, name="both")
    nodes = {node.name: EXTERNAL for node in graph.nodes}
    design = compile_graph(graph, tmp_path / "build", schedule={"nodes": nodes})
    one, two = design.interface.memories
    assert (one.prefix, two.prefix) == ("m_axi_n_cell_0", "m_axi_gru_1")
    assert one.size != two.size
    lint(rtl_sources(design.directory), design.interface.top)
    outcome = design.verify(frames=3, memory_latency=40, stall=0.1)
    assert outcome.passed
    assert set(outcome.starved) == {one.name, two.name}


def test_a_board_without_such_a_port_is_refused(design: Design) -> None:
    with pytest.raises(CompileError, match=r"HW0816.*'icebreaker'.*'cell'"):
        design.build("icebreaker")
    assert not list(design.directory.glob("icebreaker/*.bin"))
    with pytest.raises(CompileError, match=r"HW0853.*'cell'"):
        lite_wrapper(design.interface, "0")


def test_a_wrong_image_is_seen(tmp_path: Path) -> None:
    design = compiled(tmp_path / "build")
    path = design.directory / design.interface.memories[0].file
    wrong = bytes(byte ^ 0x5A for byte in path.read_bytes())
    rewrite_files(design.directory, {design.interface.memories[0].file: wrong})
    assert not design.verify(frames=3).passed


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": "elsewhere"}, "neither 'on_chip' nor 'external'"),
        ({"prefetch": 2}, "from 4 to"),
        ({"weights": "on_chip", "prefetch": 64}, "prefetch needs weights = 'external'"),
        ({"pes": 80, "lanes": 1}, "use fewer PEs"),
        ({"weight": "external"}, "no parameter 'weight'"),
    ],
)
def test_what_can_not_be(tmp_path: Path, parameters: dict[str, object], message: str) -> None:
    with pytest.raises(CompileError, match=message):
        compiled(tmp_path / "build", **parameters)
    assert not (tmp_path / "build").exists()


@pytest.mark.slow
def test_mapped_to_an_fpga(tmp_path: Path) -> None:
    """The cells of an FPGA read the same image, with the same cycles."""
    rng = np.random.default_rng(2)
    graph = rnn.gru(*(rng.normal(size=s) * 0.4 for s in ((9, 2), (9, 3), (3, 3))), name="cell")
    chosen = {**EXTERNAL, "pes": 2, "lanes": 1, "prefetch": 16}
    design = compile_graph(graph, tmp_path / "build", schedule={"nodes": {"cell": chosen}})
    outcome = design.verify(levels=("reference", "netlist"), frames=2, board="ulx3s_25")
    assert outcome.passed
