"""The host link: packets, noise, restarts; the whole board top level in simulation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwcompile
from hwcompile.boards import load_board
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.emit.interface import ports_of
from hwcompile.ir.types import IntArray
from hwcompile.runtime.noise import Noise
from hwcompile.runtime.simulated import SimulatedLine
from hwcompile.toolchains.board_top import identity
from hwcompile_runtime.frames import run_frames
from hwcompile_runtime.link import BoardLink, Line
from hwcompile_runtime.packets import EXCHANGE, Packet, find_packet
from tests.cli.running import type_command
from tests.toolchains import medium

FRAMES = 12

packets = st.builds(
    Packet,
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=255),
)


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("link")
    model = medium.save(folder)
    return hwcompile.compile(model, folder / "build", target_cycles=medium.TARGET_CYCLES)


@pytest.fixture
def line(design: Design) -> Iterator[SimulatedLine]:
    with SimulatedLine(design.directory, load_board("icebreaker")) as simulated:
        yield simulated


def frames_of(design: Design) -> dict[str, IntArray]:
    return {"x": np.random.default_rng(5).normal(0, 2, (FRAMES, 64)).astype(np.float32)}


def slow() -> float:
    """Nothing is lost on a quiet line, but a simulated board on a busy machine may be slow."""
    return time.monotonic() / 1000


def equal(design: Design, line: Line, link: BoardLink | None = None) -> BoardLink:
    """Run frames over the line and demand what level reference computes."""
    link = link or BoardLink(line, timeout=0.3, clock=slow)
    integers = design.quantize(frames_of(design))
    name = identity(design.directory, design.interface)
    got = run_frames(link, ports_of(design.interface), name, integers)
    expected = design.simulate(frames_of(design), level="reference").raw
    assert got.keys() == expected.keys()
    for key in expected:
        np.testing.assert_array_equal(got[key], expected[key])
    return link


class Noisy:
    """A line with noise in both directions."""

    def __init__(self, line: Line, seed: int, rate: float) -> None:
        self.line, self.noise = line, Noise(rate, seed)

    def write(self, data: bytes) -> object:
        return self.line.write(self.noise.spoil(data))

    def read(self, most: int) -> bytes:
        return self.noise.spoil(self.line.read(most))


def test_frames_over_the_line(design: Design, line: SimulatedLine) -> None:
    assert equal(design, line).retries == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_noise_costs_time_only(design: Design, line: SimulatedLine, seed: int) -> None:
    noisy = Noisy(line, seed, 1 / 400)
    link = equal(design, noisy, BoardLink(noisy, timeout=0.3, attempts=30))
    assert noisy.noise.hits > 0
    assert link.retries > 0


@pytest.mark.parametrize("sent", [1, 4, 20, 100])
def test_a_host_killed_inside_a_packet(design: Design, line: SimulatedLine, sent: int) -> None:
    first = BoardLink(line, timeout=0.3)
    first.hello()
    first.exchange(bytes(70))
    line.write(Packet(EXCHANGE, 3, 0, bytes(range(200))).encode()[:sent])
    assert equal(design, line).retries == 0


def test_a_reset_board_is_noticed(line: SimulatedLine) -> None:
    with pytest.raises(CompileError, match="HW0811"):
        BoardLink(line, timeout=0.3).exchange(b"")


def test_another_design(design: Design, line: SimulatedLine) -> None:
    with pytest.raises(CompileError, match=r"HW0812.*another design"):
        run_frames(BoardLink(line), ports_of(design.interface), "00" * 6 + "1101", {})


def test_a_repeated_request_moves_nothing(line: SimulatedLine) -> None:
    link = BoardLink(line, timeout=0.3)
    link.hello()
    request = Packet(EXCHANGE, 2, 0, bytes(64)).encode()
    answers = []
    for _ in range(3):
        line.write(request)
        data = bytearray()
        while not (answer := find_packet(data)):
            data += line.read(255)
        answers.append(answer)
    assert answers[0] == answers[1] == answers[2]


def test_a_dead_line() -> None:
    class Dead:
        def write(self, data: bytes) -> object:
            return None

        def read(self, most: int) -> bytes:
            return b""

    ticks = iter(range(1000))
    link = BoardLink(Dead(), timeout=3, attempts=6, clock=lambda: float(next(ticks)))
    with pytest.raises(CompileError, match="HW0810"):
        link.hello()
    assert link.retries == 3


@settings(deadline=None)
@given(packets, st.binary(max_size=40).filter(lambda noise: 0xA5 not in noise))
def test_a_packet_behind_noise(packet: Packet, noise: bytes) -> None:
    data = bytearray(noise + packet.encode())
    assert find_packet(data) == packet
    assert not data


@settings(deadline=None)
@given(packets, packets, st.data())
def test_a_damaged_packet_does_not_hide_the_next(
    broken: Packet, packet: Packet, data: st.DataObject
) -> None:
    text = bytearray(broken.encode())
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= 1 << data.draw(st.integers(0, 7))
    stream = text + packet.encode()
    found = []
    while one := find_packet(stream):
        found.append(one)
    assert packet in found
    assert broken not in found or broken == packet


def test_the_command(
    design: Design,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.save(tmp_path / "x.npy", frames_of(design)["x"])
    words = ("--inputs", tmp_path / "x.npy", "--port", "sim", "--board", "icebreaker")
    printed = type_command(monkeypatch, capsys, "run", design.directory, *words, "--check")
    assert printed.code == 0, printed.err
    assert f"reference: {FRAMES} frames compared, 0 differ" in printed.out
