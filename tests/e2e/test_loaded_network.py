"""A convolutional network whose weights are loaded once, from schedule to verification."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.build_directory import rewrite_files, rtl_sources
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.report.console import report_console
from hwcompile.report.external import external_reads, loads
from hwcompile.report.table import report_table
from hwcompile.sparse.huffman import entropy
from hwcompile.toolchains import testbench
from hwcompile.toolchains.vectors import FRAMES
from hwcompile.verify.verilator import lint
from tests.e2e.oracles import onnxruntime_tensors
from tests.e2e.test_digits import DIGITS, split
from tests.e2e.test_external_network import CONV, HEIGHT, WIDTH, _expected, _graph
from tests.toolchains.test_testbench import make

ORACLE = ("numpy", "ONNX Runtime")
ORACLE_REASON = "sums over windows and products of matrices; the operators of a published format"

RNG = np.random.default_rng(12)
CHOSEN = {"kernel": "folded", "weights": "loaded"}
NODES = {
    "conv": {**CHOSEN, "pe": 3, "simd": 4, "image": "huffman"},
    "dense": {**CHOSEN, "pe": 3, "simd": 3, "prefetch": 40},
}


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("loaded") / "build"
    return hwcompile.compile_graph(_graph(), folder, schedule={"nodes": NODES})


def test_it_equals_numpy(design: Design) -> None:
    x = RNG.integers(-8, 8, (5, HEIGHT, WIDTH, 2))
    for level in ("reference", "rtl"):
        (found,) = design.simulate(x, level=level).raw.values()
        np.testing.assert_array_equal(found.reshape(5, 7), _expected(x))
    assert design.verify(frames=4, stall=0.3).passed


@pytest.mark.parametrize("latency", [1, 300])
def test_it_loads_in_the_predicted_cycles(latency: int, design: Design) -> None:
    outcome = design.verify(frames=4, memory_latency=latency)
    assert outcome.passed
    assert outcome.interval[0] == outcome.interval[1]
    timing = outcome.timings["rtl"]
    assert timing.starved == 0
    assert timing.load is not None
    predicted, measured = timing.load
    assert predicted == measured
    ports = design.interface.memories
    assert predicted == max(port.load_cycles + outcome.starved[port.name] for port in ports)
    assert f"loading: {predicted:,} cycles predicted, {measured:,} measured" in outcome.lines()


def test_frames_take_as_long_as_with_weights_on_the_chip(design: Design, tmp_path: Path) -> None:
    nodes = {
        name: {key: value for key, value in given.items() if key in ("kernel", "pe", "simd")}
        for name, given in NODES.items()
    }
    inside = hwcompile.compile_graph(_graph(), tmp_path / "build", schedule={"nodes": nodes})
    one, other = design.report["design"], inside.report["design"]
    for part in ("latency_cycles", "interval_cycles"):
        assert one[part]["predicted"] == other[part]["predicted"]
    assert one["frame_ends"] == other["frame_ends"]


def test_the_report_says_what_is_loaded(design: Design) -> None:
    read = {node["name"]: node["external_memory"] for node in design.report["nodes"]}
    conv, dense = read["conv"], read["dense"]
    assert (conv["bytes_per_frame"], dense["bytes_per_second"]) == (0, 0)
    assert conv["loaded"]["kind"] == "huffman"
    # A fold of 3 steps of 3 x 4 weights of 4 bits, nothing of which is padding.
    assert (conv["loaded"]["lanes"], conv["loaded"]["lane_bits"]) == (36, 4)
    shares = np.unique(CONV, return_counts=True)[1]
    assert conv["loaded"]["entropy"] == pytest.approx(entropy(shares), abs=1e-3)
    assert conv["loaded"]["entropy"] <= conv["loaded"]["bits_per_lane"]
    sizes = dense["loaded"]["sizes"]
    assert dense["loaded"]["kind"] == "plain"
    assert dense["bytes"] == min(sizes.values()) == sizes["plain"]
    # 3 folds of 16 steps of 3 x 3 bits, and a first beat, one of room and a last one.
    assert dense["bytes"] == 4 * (3 * 16 * 9 // 32 + 3)
    for port in design.interface.memories:
        assert port.size == (design.directory / port.file).stat().st_size
    assert external_reads(design.report) is None
    found = loads(design.report)
    assert found is not None
    assert found.bytes == conv["bytes"] + dense["bytes"]
    assert found.cycles == max(port.load_cycles for port in design.interface.memories)
    line = f"{found.bytes:,} bytes loaded once (huffman, plain), in {found.cycles:,} cycles"
    console = report_console()
    with console.capture() as shown:
        console.print(report_table(design.report))
    assert line in shown.get()
    told = [node["arithmetic"] for node in design.report["nodes"]]
    assert any(f"loaded once from {conv['bytes']:,} bytes (huffman)" in words for words in told)
    lint(rtl_sources(design.directory), design.interface.top)


def test_a_bench_waits_for_loading(design: Design) -> None:
    bench = testbench.testbench_files(design.directory)[f"{design.interface.top}_tb.sv"]
    (limit,) = map(int, re.findall(r"Limit = (\d+);", bench))
    figures = design.report["design"]
    frames = FRAMES * figures["interval_cycles"]["predicted"]
    frames += figures["latency_cycles"]["predicted"]
    slowest = max(port.load_cycles for port in design.interface.memories)
    assert limit == testbench.PATIENCE * (frames + slowest) + testbench.LEAST


@pytest.mark.slow
def test_the_bench_in_systemverilog_loads_and_passes(design: Design) -> None:
    testbench.write_testbench(design.directory)
    done = make(design.directory, "sv")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_there_is_no_decoder_in_cpp(design: Design) -> None:
    with pytest.raises(CompileError, match=r"HW0430.*'conv'.*loaded from an image"):
        design.verify(levels=("reference", "hls"), frames=2)


def test_a_damaged_image_is_refused_by_the_hardware(tmp_path: Path, design: Design) -> None:
    folder = tmp_path / "build"
    damaged = hwcompile.compile_graph(_graph(), folder, schedule={"nodes": NODES})
    file = damaged.interface.memories[1].file
    wrong = bytearray((damaged.directory / file).read_bytes())
    wrong[17] ^= 4
    rewrite_files(damaged.directory, {file: bytes(wrong)})
    with pytest.raises(CompileError, match=r"HW0602.*the design reports a failed read"):
        damaged.verify(frames=2)


@pytest.mark.slow
def test_the_int8_digits_equal_onnx_runtime(tmp_path: Path) -> None:
    nodes = {
        name: {**CHOSEN, "pe": pe, "simd": simd, "image": image}
        for name, pe, simd, image in (
            ("conv1", 4, 3, "bitmap"), ("conv2", 4, 8, "huffman"), ("conv3", 4, 7, "auto"),
            ("head", 2, 4, "plain"),
        )
    }  # fmt: skip
    path = DIGITS / "digits_cnn_int8.onnx"
    design = hwcompile.compile(path, tmp_path / "build", schedule={"nodes": nodes})
    images = split()[0][:20]
    (scores,) = design.simulate(images, level="rtl").real.values()
    given = {"image": images}
    (oracle,) = onnxruntime_tensors(path, given, ["head_out"], optimized=True, exact_products=True)
    np.testing.assert_array_equal(scores.reshape(oracle.shape), oracle)
    assert design.verify(inputs=images).passed


@pytest.mark.slow
def test_mapped_to_an_fpga(design: Design) -> None:
    """The cells of an FPGA load the same images, with the same cycles."""
    outcome = design.verify(levels=("reference", "netlist"), frames=2, board="ulx3s_25")
    assert outcome.passed
