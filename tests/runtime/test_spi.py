"""The link over SPI: the board's top level behind a simulated controller with random pauses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace

import msgspec
import numpy as np
import pytest

import hwcompile
from hwcompile.boards import Board, load_board, with_link
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.emit.shelves import source_text
from hwcompile.runtime.session import run_on_board
from hwcompile.runtime.simulated import SPI_HALF
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.toolchains.board_top import BAUD
from hwcompile.verify.verilator import lint
from hwcompile_runtime.link import BoardLink
from hwcompile_runtime.packets import EXCHANGE, Packet
from hwcompile_runtime.serial_port import open_port
from hwcompile_runtime.spi import SpiLine, bus_exchange, simulated_exchange
from tests.cli import small
from tests.models import ROOT

DIGITS = ROOT / "examples" / "digits"
MHZ = Fraction(12)
SPI = with_link(load_board("icebreaker"), "spi")


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("digits")
    model = DIGITS / "digits_mlp_w1a1.onnx"
    return hwcompile.compile(model, folder / "build", target_cycles=2000, clock_mhz=12)


@pytest.fixture
def port(design: Design) -> Iterator[SimulatedPort]:
    with SimulatedPort(design.directory, SPI) as simulated:
        yield simulated


def run(design: Design, port: str, board: Board = SPI, noise: float = 0.0) -> int:
    """Run twenty digits and demand what level reference computes; returns the retries."""
    images = np.load(DIGITS / "test_split.npz")["images"][:20] / 16
    integers = design.quantize(images.astype(np.float32))
    ran = run_on_board(design.directory, board, port, BAUD, integers, noise=noise, seed=3)
    for name, expected in design.graph.evaluate(integers).items():
        np.testing.assert_array_equal(ran.outputs[name], expected)
    return ran.retries


def test_twenty_digits(design: Design) -> None:
    assert run(design, "sim") == 0


def test_twenty_digits_through_noise(design: Design) -> None:
    assert run(design, "sim", noise=0.0005) > 0


def test_a_host_killed_inside_a_packet(design: Design, port: SimulatedPort) -> None:
    with open_port(port.name, BAUD) as line:
        bus = SpiLine(simulated_exchange(line))
        first = BoardLink(bus, timeout=0.5)
        first.hello()
        first.exchange(bytes(70))
        bus.write(Packet(EXCHANGE, 3, 0, bytes(range(200))).encode()[:50])
    assert run(design, port.name) == 0


def test_the_bus_is_as_fast_as_the_device_says() -> None:
    text = source_text("hw_spi")
    assert f"at least {SPI_HALF} cycles" in text


def test_boards_have_the_links_of_their_files(design: Design) -> None:
    with pytest.raises(CompileError, match=r"HW0803.*'spi', but uart.*\[spi\]"):
        design.build("icestick", link="spi")
    only = msgspec.structs.replace(SPI, id="only")
    assert run(design, "sim", only) == 0


def test_a_bitstream(tmp_path: Path) -> None:
    """The record in the board's folder tells `run` that the link is SPI."""
    tiny = hwcompile.compile(small.save(tmp_path), tmp_path / "build", fastest=True)
    built = tiny.build("icebreaker", link="spi")
    pins = (built.folder / "pins.pcf").read_text()
    assert "set_io spi_miso 17" in pins
    assert "uart" not in pins
    frames = {"x": np.random.default_rng(2).normal(size=(3, 6)).astype(np.float32)}
    integers = tiny.quantize(frames)
    ran = run_on_board(tiny.directory, load_board("icebreaker"), "sim", BAUD, integers)
    for name, expected in tiny.graph.evaluate(integers).items():
        np.testing.assert_array_equal(ran.outputs[name], expected)
    with pytest.raises(CompileError, match=r"HW0611.*--link uart"):
        tiny.simulate(frames, level="bitstream", board="icebreaker")
    files = (tiny.directory / "rtl" / "files.f").read_text().split()
    sources = [tiny.directory / "rtl" / name for name in files]
    top = built.folder / "board_top.sv"
    lint([*sources, *built.folder.glob("*__hw_*.sv"), top], "board_top")


class Echo:
    """Stands for pyftdi and spidev: records how it was opened, and returns what it is sent."""

    def __init__(self, **options: object) -> None:
        self.opened: list[object] = [options]

    def configure(self, url: str) -> None:
        self.opened.append(url)

    def get_port(self, **options: object) -> Echo:
        self.opened.append(options)
        return self

    def exchange(self, data: bytes, size: int, *, duplex: bool) -> bytes:
        assert duplex
        assert size == len(data)
        return data

    def open(self, bus: int, device: int) -> None:
        self.opened.append((bus, device))

    def close(self) -> None:
        self.opened.append("closed")

    def xfer2(self, data: list[int]) -> list[int]:
        return data


def test_the_hosts_own_buses(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Echo] = []

    def make(**options: object) -> Echo:
        made.append(Echo(**options))
        return made[-1]

    monkeypatch.setitem(sys.modules, "pyftdi.spi", SimpleNamespace(SpiController=make))
    monkeypatch.setitem(sys.modules, "pyftdi", ModuleType("pyftdi"))
    monkeypatch.setitem(sys.modules, "spidev", SimpleNamespace(SpiDev=make))
    for name in ("ftdi://ftdi:2232h/1", "/dev/spidev1.2"):
        with bus_exchange(name, MHZ, 1) as exchange:
            line = SpiLine(exchange)
            line.write(b"abc")
            assert line.read(9) == b"\0abc"
            assert line.read(9) == bytes(9)
    ftdi, spidev = made
    speed = {"cs": 1, "freq": 1_200_000, "mode": 0}
    assert ftdi.opened == [{"cs_count": 2}, "ftdi://ftdi:2232h/1", speed, "closed"]
    assert spidev.opened == [{}, (1, 2), "closed"]
    assert vars(spidev)["max_speed_hz"] == 1_200_000
    with pytest.raises(CompileError, match="HW0814"), bus_exchange("/dev/spidev", MHZ, 0):
        pass
