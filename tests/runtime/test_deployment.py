"""The runtime alone: a build directory's files, real numbers in and out, its own wheel.

The oracles of what the numbers are: ONNX Runtime for what `QuantizeLinear` makes of them, QONNX'
executor for `Quant`; and the compiler's level reference for whole networks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.toolchains.board_top import BAUD, identity
from hwcompile_runtime import Deployment
from hwcompile_runtime.__main__ import run_from_shell
from tests.cli import small
from tests.frontends.oracle import Model
from tests.protocol.test_designs import branches


def awkward(steps: np.ndarray) -> np.ndarray:
    """Numbers at, just above and just below every rounding tie, and far outside."""
    ties = (steps + np.float32(0.5)).astype(np.float32)
    near = [np.nextafter(ties, np.float32(sign * np.inf)) for sign in (-1, 1)]
    ends = np.array([0.0, -0.0, 1e-45, -1e-45, 1e30, -1e30, np.inf, -np.inf], np.float32)
    rng = np.random.default_rng(11)
    return np.concatenate([ties, *near, ends, rng.normal(0, 60, 301).astype(np.float32)])


def in_frames(values: np.ndarray, scale: float, *shape: int) -> np.ndarray:
    """All of the values, scaled, in whole frames."""
    size = int(np.prod(shape))
    count = -(-values.size // size)
    return np.resize(np.float32(scale) * values, (count, *shape)).astype(np.float32)


@pytest.mark.parametrize("scale", [0.125, 0.1, 0.0078431377, 3.7])
@pytest.mark.parametrize(("kind", "zero"), [(np.int8, 3), (np.uint8, 128), (np.int8, -128)])
def test_integers_are_those_of_onnx_runtime(
    scale: float, kind: type, zero: int, tmp_path: Path
) -> None:
    """Quantizing by `host.json` alone is ONNX Runtime's QuantizeLinear, ties and all."""
    m = Model()
    x = m.input(1, 3, 5, 4)
    q = m.op("QuantizeLinear", x, m.constant(scale), m.constant(zero, kind))
    real = m.op("DequantizeLinear", q, m.constant(scale), m.constant(zero, kind))
    y = m.op("Conv", real, m.weights(2, 3, 3, 2, scale=0.0625))
    path = m.save(tmp_path, m.quantize(m.op("Relu", y), 0.25, -128))
    design = hwcompile.compile(path, tmp_path / "build", fastest=True)
    network = Deployment.read(design.directory)

    model = onnx.load(path)
    del model.graph.output[:]
    element = onnx.TensorProto.INT8 if kind is np.int8 else onnx.TensorProto.UINT8
    model.graph.output.append(onnx.helper.make_tensor_value_info(q, element, (1, 3, 5, 4)))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    frames = in_frames(awkward(np.arange(-130, 258)), scale, 3, 5, 4)
    expected = np.concatenate([session.run(None, {"x": f[None]})[0] for f in frames])

    (values,) = network.quantize({"x": frames}).values()
    np.testing.assert_array_equal(values, expected.transpose(0, 2, 3, 1).astype(np.int64))
    assert len(np.unique(values)) > 200


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("tiny")
    return hwcompile.compile(small.save(folder), folder / "build", target_cycles=60)


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return hwcompile.compile_graph(
        branches(), tmp_path_factory.mktemp("forked") / "build", fastest=True
    )


def reals(design: Design, frames: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(9)
    return {
        host.source: rng.normal(0, 2, (frames, *host.source_shape[1:])).astype(np.float32)
        for host in design.host.inputs
    }


@pytest.mark.parametrize("which", ["tiny", "forked"])
def test_real_numbers_in_and_out(which: str, request: pytest.FixtureRequest) -> None:
    design = request.getfixturevalue(which)
    network, inputs = Deployment.read(design.directory), reals(design, 7)
    expected = design.simulate(inputs, level="reference", inputs_are="reals")
    codes = network.quantize(inputs)
    words = network.pack(codes)
    for port in network.ports.inputs:
        got = port.unpack(words[port.name])
        np.testing.assert_array_equal(got, codes[port.name])
    through = {port.name: port.pack(expected.raw[port.name]) for port in network.ports.outputs}
    outputs = network.dequantize(network.unpack(through))
    assert outputs.keys() == expected.real.keys()
    for name, values in outputs.items():
        assert values.dtype == expected.real[name].dtype
        np.testing.assert_array_equal(values, expected.real[name])
    again = network.run(inputs, lambda values: design.graph.evaluate(values))
    assert all(np.array_equal(again[name], outputs[name]) for name in outputs)


def test_the_identity_is_the_compilers(tiny: Design, forked: Design) -> None:
    for design in (tiny, forked):
        found = Deployment.read(design.directory).identity
        assert found == identity(design.directory, design.interface)


@pytest.fixture(scope="module")
def port(tiny: Design) -> Iterator[str]:
    with SimulatedPort(tiny.directory, load_board("icebreaker")) as simulated:
        yield simulated.name


def test_a_board_takes_real_numbers(tiny: Design, port: str) -> None:
    inputs = reals(tiny, 5)
    expected = tiny.simulate(inputs, level="reference", inputs_are="reals")
    with Deployment.read(tiny.directory).connect(port, BAUD) as board:
        for name, values in board.run(inputs).items():
            np.testing.assert_array_equal(values, expected.real[name])


@pytest.mark.parametrize("integers", [False, True])
def test_the_program_of_the_runtime(
    tiny: Design, port: str, tmp_path: Path, integers: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = reals(tiny, 3)
    expected = tiny.simulate(inputs, level="reference", inputs_are="reals")
    given = tiny.quantize(inputs) if integers else inputs
    np.save(tmp_path / "x.npy", *given.values())
    words = [str(tiny.directory), "--port", port, "--inputs", str(tmp_path / "x.npy")]
    words += ["--outputs", str(tmp_path / "y.npz"), *(["--integers"] if integers else [])]
    assert run_from_shell(words) == 0, capsys.readouterr().err
    with np.load(tmp_path / "y.npz") as got:
        (values,) = (got[name] for name in got.files)
    (wanted,) = (expected.raw if integers else expected.real).values()
    np.testing.assert_array_equal(values, wanted)


def test_the_program_refuses_in_words(
    tiny: Design, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(tmp_path), "--port", "none", "--inputs", "x.npy", "--outputs", "y.npz"]
    assert run_from_shell(words) == 2
    assert "HW0510" in capsys.readouterr().err
    assert run_from_shell([str(tiny.directory), *words[1:]]) == 2
    assert "x.npy" in capsys.readouterr().err


def test_wrong_inputs_are_refused(tiny: Design, forked: Design) -> None:
    network, inputs = Deployment.read(tiny.directory), reals(tiny, 2)
    with pytest.raises(ValueError, match="one array for each of: x"):
        network.quantize({"y": inputs["x"]})
    with pytest.raises(ValueError, match="a dictionary with one array for each of: x"):
        network.quantize(inputs["x"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"the model's input has shape \[1, 6\]"):
        network.quantize({"x": np.zeros((2, 7))})
    codes = network.quantize(inputs)
    with pytest.raises(ValueError, match="takes int"):
        network.pack({name: values + 99 for name, values in codes.items()})
    port = Deployment.read(forked.directory).ports.outputs[0]
    full = np.full((port.packing.words, port.packing.word_bytes), 255, np.uint8)
    with pytest.raises(CompileError, match="HW0603"):
        port.unpack(full)


@pytest.mark.parametrize("name", ["host.json", "interface.json"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d | {"schema": 9}, "HW0511.*schema 9, and this version reads schema 1"),
        (lambda d: {k: v for k, v in d.items() if k != "schema"}, "HW0510.*which `schema`"),
        (lambda d: d | {"schema": True}, "HW0510.*which `schema`"),
        (lambda d: [d], "HW0510.*which `schema`"),
    ],
)
def test_files_of_another_version_are_refused(
    name: str, change: object, said: str, tiny: Design, tmp_path: Path
) -> None:
    for file in ("host.json", "interface.json"):
        (tmp_path / file).write_bytes((tiny.directory / file).read_bytes())
    data = json.loads((tmp_path / name).read_text())
    assert callable(change)
    (tmp_path / name).write_text(json.dumps(change(data)))
    with pytest.raises(CompileError, match=said):
        Deployment.read(tmp_path)
