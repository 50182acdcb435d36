"""The generated PYNQ driver: its bytes against the RTL, its calls against a model of pynq."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hwcompile.boards import load_board
from hwcompile.design import compile_graph
from hwcompile.emit.interface import Interface
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray
from hwcompile.schedule.planner import plan
from hwcompile.toolchains.board_top import identity
from hwcompile.toolchains.vendor.project import build_project
from hwcompile.toolchains.vendor.wrapper import Wrapper, dma_wrapper
from hwcompile_runtime import packing
from tests.protocol.test_designs import branches
from tests.schedule.test_planner import cnn
from tests.vendor.recurrent import recurrent
from tests.vendor.wrapped import run

FRAMES = 4


def module_of(folder: Path, name: str) -> ModuleType:
    """A module of a project, with its own `packing` beside it."""
    sys.path.insert(0, str(folder))
    try:
        for stale in ("packing", name):
            sys.modules.pop(stale, None)
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


class Built:
    """A build directory, its project for a board, and the modules in it."""

    def __init__(self, directory: Path, graph: Graph) -> None:
        design = compile_graph(graph, directory / "build", target_cycles=400)
        directory, self.graph, self.design = design.directory, design.graph, design
        self.prediction = plan(design.graph, schedule=directory / "schedule.toml")[1]
        self.directory = directory
        self.folder = build_project(directory, load_board("pynq_z2")).folder
        self.driver = module_of(self.folder, "driver")
        interface = Interface.read(directory)
        self.wrapper = dma_wrapper(interface, identity(directory, interface))

    def inputs(self, frames: int, seed: int = 4) -> dict[str, IntArray]:
        rng = np.random.default_rng(seed)
        types = {name: self.graph.types[name] for name in self.graph.inputs}
        return {
            name: rng.choice(kind.element.values(), size=(frames, *kind.shape))
            for name, kind in types.items()
        }


@pytest.fixture(scope="module", params=["cnn", "branches"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    graph = cnn(6, (4,), 3) if request.param == "cnn" else branches()
    return Built(tmp_path_factory.mktemp(request.param), graph)


def test_the_drivers_bytes_are_those_of_the_rtl(built: Built, tmp_path: Path) -> None:
    """Bytes of the driver's pack go through the RTL; its unpack makes the reference of them."""
    frames = built.inputs(FRAMES)
    expected = built.graph.evaluate(frames)
    for bus in built.wrapper.inputs:
        data = built.driver.pack_input(bus.port.name, frames[bus.port.name])
        ours = packing.pack(frames[bus.port.name], bus.packing)
        assert data.tobytes() == ours.tobytes(), "what the bench sends is what the driver makes"
    passed = run(
        built.directory,
        built.wrapper,
        tmp_path,
        frames,
        expected,
        bench="bench_axi",
        interval=built.prediction.interval,
        timeout_cycles=20 * built.prediction.latency + 2000,
    )
    assert len(passed) == 15
    received = json.loads((tmp_path / "received.json").read_text())
    for bus, packets in zip(built.wrapper.outputs, received, strict=True):
        data = np.frombuffer(bytes.fromhex("".join(packets)), np.uint8)
        got = built.driver.unpack_output(bus.port.name, data)
        np.testing.assert_array_equal(got, expected[bus.port.name])


class Board:
    """What `pynq` offers, in front of a model of the design that computes the reference."""

    def __init__(self, built: Built, damage: dict[str, int] | None = None) -> None:
        self.built, wrapper = built, built.wrapper
        self.registers = {r.offset: r.value for r in wrapper.registers.registers}
        self.registers |= {wrapper.registers[n].offset: v for n, v in (damage or {}).items()}
        self.sent: dict[int, np.ndarray[Any, Any]] = {}
        self.waiting: dict[int, np.ndarray[Any, Any]] = {}
        self.writes: list[tuple[str, int, int]] = []
        self.freed = self.allocated = 0
        count = max(len(wrapper.inputs), len(wrapper.outputs))
        self.overlay = SimpleNamespace(
            network=SimpleNamespace(read=self.registers.__getitem__, write=self._write),
            **{f"dma_{index}": self._dma(index) for index in range(count)},
        )
        self.module = SimpleNamespace(Overlay=lambda name: self.overlay, allocate=self._allocate)

    def _write(self, offset: int, value: int) -> None:
        self.writes.append(("network", offset, value))
        if self.built.wrapper.registers["CONTROL"].offset != offset:
            self.registers[offset] = value

    def _allocate(self, shape: tuple[int, ...], dtype: Any) -> Any:
        self.allocated += 1
        buffer = np.zeros(shape, dtype).view(_Buffer)
        buffer.board = self
        return buffer

    def _dma(self, index: int) -> SimpleNamespace:
        started: list[str] = []
        found = SimpleNamespace(
            started=started,
            read=lambda offset: 0,
            write=lambda offset, value: self.writes.append((f"dma_{index}", offset, value)),
        )
        if index < len(self.built.wrapper.inputs):
            found.sendchannel = SimpleNamespace(
                transfer=lambda buffer: self.sent.__setitem__(index, np.array(buffer)),
                wait=lambda: None,
                start=lambda: started.append("send"),
            )
        if index < len(self.built.wrapper.outputs):
            found.recvchannel = SimpleNamespace(
                transfer=lambda buffer: self.waiting.__setitem__(index, buffer),
                wait=lambda: self._receive(index),
                start=lambda: started.append("receive"),
            )
        return found

    def _receive(self, index: int) -> None:
        """One packet of as many frames as the register says: the transfer ends with it."""
        wrapper: Wrapper = self.built.wrapper
        frames = {
            bus.port.name: packing.unpack(self.sent[bus.index], bus.packing).reshape(
                -1, *bus.port.shape
            )
            for bus in wrapper.inputs
        }
        results = self.built.graph.evaluate(frames)
        bus = wrapper.outputs[index]
        count = self.registers[wrapper.registers["PACKET_FRAMES"].offset]
        data = packing.pack(results[bus.port.name][:count], bus.packing).reshape(-1)
        self.waiting[index][: len(data)] = data


class _Buffer(np.ndarray[Any, Any]):
    board: Board

    def freebuffer(self) -> None:
        self.board.freed += 1


@pytest.fixture
def board(built: Built, monkeypatch: pytest.MonkeyPatch) -> Board:
    model = Board(built)
    monkeypatch.setitem(sys.modules, "pynq", model.module)
    return model


@pytest.mark.parametrize("count", [1, 3])
def test_the_driver_runs_frames(built: Built, board: Board, count: int) -> None:
    network = built.driver.Network()
    frames = built.inputs(count)
    results = network.run_integers(frames)
    expected = built.graph.evaluate(frames)
    assert results.keys() == {bus.port.name for bus in built.wrapper.outputs}
    for name, values in results.items():
        np.testing.assert_array_equal(values, expected[name])
    assert board.freed == board.allocated == len(built.wrapper.inputs + built.wrapper.outputs)


def test_a_reset_takes_the_engines_first(built: Built, board: Board) -> None:
    built.driver.Network().reset()
    engines = [f"dma_{i}" for i in range(max(map(len, (built.graph.inputs, built.graph.outputs))))]
    assert [name for name, _, _ in board.writes] == [*engines, "network"]
    assert board.writes[-1] == ("network", built.wrapper.registers["CONTROL"].offset, 1)
    assert board.overlay.dma_0.started == ["send", "receive"]


def test_another_bitstream_is_refused(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Board(built, {"DESIGN_LOW": 5})
    monkeypatch.setitem(sys.modules, "pynq", model.module)
    with pytest.raises(RuntimeError, match="holds another design: DESIGN_LOW is 0x5"):
        built.driver.Network()


def test_wrong_frames_are_refused_before_they_are_sent(built: Built, board: Board) -> None:
    network = built.driver.Network()
    name = built.graph.inputs[0]
    frames = built.inputs(2)
    with pytest.raises(ValueError, match="frames of shape"):
        network.run_integers({**frames, name: frames[name][:, :1]})
    high = built.graph.types[name].element.high
    with pytest.raises(ValueError, match="takes int"):
        network.run_integers({**frames, name: np.full_like(frames[name], high + 1)})
    with pytest.raises(ValueError, match="as many frames"):
        network.run_integers({})
    assert board.allocated == 0
    assert not board.waiting


def test_weights_are_put_into_memory_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, design = recurrent(tmp_path / "build")
    folder = build_project(design.directory, load_board("pynq_z2")).folder
    image = np.fromfile(folder / design.interface.memories[0].file, np.uint8)
    name = identity(design.directory, design.interface)
    wrapper = dma_wrapper(design.interface, name)
    driver = module_of(folder, "driver")

    class Weights(np.ndarray[Any, Any]):
        device_address = 0x1000_0000
        flushed = False

        def flush(self) -> None:
            type(self).flushed = True

    writes: list[tuple[int, int]] = []
    values = {r.offset: r.value for r in wrapper.registers.registers}
    channel = SimpleNamespace(start=lambda: None)
    dma = SimpleNamespace(
        read=lambda offset: 0, write=lambda *words: None, sendchannel=channel, recvchannel=channel
    )

    def write(offset: int, value: int) -> None:
        assert Weights.flushed, "weights are in memory before the design hears of them"
        writes.append((offset, value))

    network = SimpleNamespace(read=values.__getitem__, write=write)
    module = SimpleNamespace(
        Overlay=lambda bitfile: SimpleNamespace(network=network, dma_0=dma),
        allocate=lambda shape, dtype: np.zeros(shape, dtype).view(Weights),
    )
    monkeypatch.setitem(sys.modules, "pynq", module)
    loaded = driver.Network()
    np.testing.assert_array_equal(loaded.weights[0], image)
    registers = wrapper.registers
    assert writes == [
        (registers["MEM0_BASE"].offset, 0x1000_0000),
        (registers["CONTROL"].offset, 1),
    ]
    monkeypatch.setattr(Weights, "device_address", 0x1_0000_0000)
    with pytest.raises(RuntimeError, match="can not read weights at 0x100000000"):
        driver.Network()


def test_the_driver_takes_and_gives_real_numbers(built: Built, board: Board) -> None:
    """What it makes of them is what the design makes of them, quantized and all."""
    rng = np.random.default_rng(8)
    reals = {
        host.source: rng.normal(0, 3, (3, *host.source_shape[1:]))
        for host in built.design.host.inputs
    }
    expected = built.design.simulate(reals, level="reference", inputs_are="reals").real
    results = built.driver.Network().run(reals)
    assert results.keys() == expected.keys()
    for name, values in results.items():
        assert values.dtype == expected[name].dtype
        np.testing.assert_array_equal(values, expected[name])


def test_the_driver_stands_for_itself(built: Built, tmp_path: Path) -> None:
    """On the board there is numpy, and no compiler: the project's files are all it imports."""
    text = (built.folder / "driver.py").read_text()
    compile(text, "driver.py", "exec")
    copy = tmp_path / "board"
    names = ("driver.py", "host.json", "interface.json", "hwcompile_runtime")
    copy.mkdir()
    for name in names:
        source = built.folder / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    code = (
        "import sys, driver\n"
        "found = {n.split('.')[0] for n in sys.modules if 'hwcompile' in n}\n"
        "assert found == {'hwcompile_runtime'}, found\n"
        "assert sys.modules['hwcompile_runtime'].__file__.startswith(sys.argv[1])\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    words = [sys.executable, "-c", code, str(copy)]
    done = subprocess.run(
        words, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
