"""Runs that end early: every one is a paragraph, and the frames that came are kept.

What the frames must be is computed by level reference, which the front ends' tests hold against
ONNX Runtime; how the line breaks is made here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.emit.interface import ports_of
from hwcompile.runtime.simulated import SimulatedLine
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.toolchains.board_top import BAUD, identity
from hwcompile_runtime.frames import BrokenRunError, run_frames
from hwcompile_runtime.link import LEAST, BoardLink, Line
from hwcompile_runtime.packets import EXCHANGE, HELLO, MET, MOST, TAKEN, Packet, find_packet
from hwcompile_runtime.serial_port import PortLine, open_port
from tests.cli import small
from tests.cli.running import type_command

FRAMES = 400


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("broken")
    return hwcompile.compile(small.save(folder), folder / "build", fastest=True)


@pytest.fixture
def line(design: Design) -> Iterator[SimulatedLine]:
    with SimulatedLine(design.directory, load_board("icebreaker")) as simulated:
        yield simulated


class Cut:
    """A line that is unplugged when so many bytes have come back."""

    def __init__(self, line: Line, after: int) -> None:
        self.line, self.left = line, after

    def write(self, data: bytes) -> object:
        return self.line.write(data)

    def read(self, most: int) -> bytes:
        if self.left <= 0:
            raise OSError(19, "No such device")
        data = self.line.read(most)
        self.left -= len(data)
        return data


class Made:
    """A board that answers every intact request as `answer` says."""

    def __init__(self, answer: Callable[[Packet], bytes]) -> None:
        self.answer, self.data, self.waiting = answer, bytearray(), b""

    def write(self, data: bytes) -> object:
        self.data += data
        while request := find_packet(self.data):
            self.waiting += self.answer(request)
        return len(data)

    def read(self, most: int) -> bytes:
        data, self.waiting = self.waiting[:most], self.waiting[most:]
        return data


def integers_of(design: Design, frames: int) -> dict[str, np.ndarray]:
    x = np.random.default_rng(2).normal(size=(frames, 6)).astype(np.float32)
    return design.quantize({"x": x})


def polite(design: Design, answer: Callable[[Packet], Packet]) -> Made:
    """A board that shows the design's identity, and answers exchanges as `answer` says."""
    said = bytes.fromhex(identity(design.directory, design.interface))[::-1]

    def reply(request: Packet) -> bytes:
        if request.kind == HELLO:
            return Packet(MET, request.sequence, request.channels, said).encode()
        return answer(request).encode()

    return Made(reply)


def run(design: Design, link: BoardLink, frames: int = FRAMES) -> dict[str, np.ndarray]:
    said = identity(design.directory, design.interface)
    return run_frames(link, ports_of(design.interface), said, integers_of(design, frames))


def test_an_unplugged_board_leaves_the_frames_that_came(
    design: Design, line: SimulatedLine
) -> None:
    with pytest.raises(BrokenRunError) as caught:
        run(design, BoardLink(Cut(line, 300), timeout=0.5))
    assert str(caught.value) == (
        "error[HW0870]: the line to the board broke, because [Errno 19] No such device. "
        "Try: plug the board in again and start the run again."
    )
    assert 0 < caught.value.frames < FRAMES
    for name, expected in design.graph.evaluate(integers_of(design, FRAMES)).items():
        got = caught.value.outputs[name]
        assert len(got) == caught.value.frames
        np.testing.assert_array_equal(got, expected[: len(got)])


def test_unplugged_before_the_first_frame(design: Design) -> None:
    board = polite(design, lambda r: Packet(TAKEN, r.sequence, r.channels))
    with pytest.raises(CompileError, match="HW0870"):
        run(design, BoardLink(Cut(board, 0)))
    with pytest.raises(BrokenRunError) as caught:
        run(design, BoardLink(Cut(board, 19)))
    assert caught.value.frames == 0


def test_a_port_that_fails_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pyserial lets errors of the terminal's settings through."""
    import termios

    class Gone:
        in_waiting = 0

        def read(self, most: int) -> bytes:
            raise termios.error(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        PortLine(Gone()).read(9)


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_the_command_writes_the_frames_that_came(
    json: tuple[str, ...],
    design: Design,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    many = 20 * FRAMES
    np.save(tmp_path / "x.npy", np.random.default_rng(2).normal(size=(many, 6)).astype(np.float32))
    with SimulatedPort(design.directory, load_board("icebreaker")) as port:
        name = port.name
        closing = threading.Event()

        def close_later() -> None:
            while port.received < 3000:
                time.sleep(0.001)
            monkeypatch.setattr(PortLine, "read", gone)
            closing.set()

        def gone(self: PortLine, most: int) -> bytes:
            raise OSError(5, "Input/output error")

        closer = threading.Thread(target=close_later)
        closer.start()
        words = ("--inputs", tmp_path / "x.npy", "--port", name, "--board", "icebreaker")
        more = ("--outputs", tmp_path / "y.npz", *json)
        printed = type_command(monkeypatch, capsys, "run", design.directory, *words, *more)
        closer.join()
    assert closing.is_set()
    assert printed.code == 2
    assert "HW0870" in printed.err
    got = np.load(tmp_path / "y.npz")["raw"]
    assert 0 < len(got) < many
    said = f"{len(got):,} of {many:,} frames came before the run ended early."
    assert said in (printed.err if json else printed.out)
    assert not json or printed.out == ""  # standard output is for the answer
    (expected,) = design.graph.evaluate(design.quantize(tmp_path / "x.npy")).values()
    np.testing.assert_array_equal(got, expected[: len(got)])


def test_more_bytes_than_the_frames_make(design: Design) -> None:
    board = polite(
        design, lambda r: Packet(TAKEN, r.sequence, r.channels, bytes(r.most), len(r.payload))
    )
    with pytest.raises(BrokenRunError) as caught:
        run(design, BoardLink(board), frames=3)
    (port,) = design.interface.outputs
    surplus = MOST - 3 * port.format.words * port.tdata_bytes
    assert str(caught.value) == (
        f"error[HW0871]: the board sent {surplus} bytes more than these frames make, because it "
        "holds another design, or another program talks to it. Try: close other programs that use "
        "the port, reset the board, and run again."
    )
    assert caught.value.frames == 3


def test_bytes_of_an_output_that_is_not_there(design: Design) -> None:
    board = polite(design, lambda r: Packet(TAKEN, r.sequence, 0x70, b"12", len(r.payload)))
    with pytest.raises(BrokenRunError, match=r"HW0871.* 2 bytes more"):
        run(design, BoardLink(board), frames=3)


def test_a_design_that_takes_nothing(design: Design) -> None:
    board = polite(design, lambda r: Packet(TAKEN, r.sequence, r.channels))
    with pytest.raises(BrokenRunError, match=r"HW0813.*2,001 exchanges in a row moved nothing"):
        run(design, BoardLink(board), frames=3)


def test_a_stale_answer_to_hello_is_not_ours() -> None:
    """What an earlier client asked for has another number and other channels."""
    said = bytes(range(8))

    def answer(request: Packet) -> bytes:
        stale = Packet(MET, request.sequence, request.channels ^ 0x40, bytes(8)).encode()
        return stale + Packet(MET, request.sequence, request.channels, said).encode()

    assert BoardLink(Made(answer)).hello() == said


def test_packets_shrink_with_repetitions_and_grow_again() -> None:
    lose = True

    def answer(request: Packet) -> bytes:
        sizes.append((len(request.payload), request.most))
        if lose and len(sizes) < 7:
            return b""
        return Packet(TAKEN, request.sequence, request.channels, b"", len(request.payload)).encode()

    ticks = count(0, 0.01)
    sizes: list[tuple[int, int]] = []
    link = BoardLink(Made(answer), timeout=0.1, clock=lambda: float(next(ticks)))
    assert link.exchange(bytes(300)).taken == LEAST
    assert sizes == [(n, n) for n in (255, 127, 63, 31, 15, 8, 8)]
    lose = False
    while link.size < MOST:
        link.exchange(bytes(300))
    assert [n for n, _ in sizes[7::4]] == [8, 16, 32, 64, 128]


def ask(line: SimulatedLine, request: Packet) -> Packet:
    line.write(request.encode())
    data, end = bytearray(), time.monotonic() + 5
    while time.monotonic() < end:
        data += line.read(255)
        if answer := find_packet(data):
            return answer
    raise AssertionError(f"no answer to {request}")


def test_a_repetition_may_ask_for_less(design: Design, line: SimulatedLine) -> None:
    """The rest comes next, and all of it is what a run brings."""
    link = BoardLink(line)
    expected = run(design, link, frames=12)
    (port,) = design.interface.inputs
    from hwcompile.verify.beats import from_beats, to_beats

    payload = to_beats(integers_of(design, 12)[port.name], port).tobytes()
    hello = ask(line, Packet(HELLO, 9, 0, b"", 255))
    assert len(hello.payload) == 8
    first = ask(line, Packet(EXCHANGE, 10, 0, payload, 255, 8))
    assert first.taken == len(payload)
    again = ask(line, Packet(EXCHANGE, 10, 0, payload[:5], 3))
    assert again.taken == len(payload)
    assert again.payload == first.payload[:3]
    got, number, arrived = bytes(again.payload), 11, 3
    (out,) = design.interface.outputs
    while len(got) < 12 * out.format.words * out.tdata_bytes:
        answer = ask(line, Packet(EXCHANGE, number, 0xF0, b"", 7, arrived))
        # Output 15 is not there: it is not asked before the bytes that are left have gone.
        assert len(answer.payload) <= 7
        if answer.channels >> 4 == 15:
            answer = ask(line, Packet(EXCHANGE, number + 1, 0, b"", 7, len(answer.payload)))
            number += 1
        got, number, arrived = got + answer.payload, number + 1, len(answer.payload)
    beats = np.frombuffer(got, np.uint8).reshape(-1, out.tdata_bytes)
    np.testing.assert_array_equal(from_beats(beats, out), expected[out.name])


def test_an_acknowledgement_of_bytes_that_were_not_sent(
    design: Design, line: SimulatedLine
) -> None:
    BoardLink(line).hello()
    ask(line, Packet(HELLO, 9, 0, b"", 255))
    assert ask(line, Packet(EXCHANGE, 10, 0, b"", 255, 9)).kind == 0x83


def test_a_port_that_takes_no_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pseudo-terminal that nobody reads is full after some thousand bytes."""
    import os

    master, client = os.openpty()
    monkeypatch.setattr("hwcompile_runtime.serial_port.JAM", 0.3)
    try:
        with open_port(os.ttyname(client), BAUD) as line:
            link = BoardLink(line, timeout=0.02)
            with pytest.raises(OSError, match="timeout"):
                line.write(bytes(200_000))
            with pytest.raises(CompileError, match=r"HW08(70|10)"):
                link.hello()
    finally:
        os.close(master)
        os.close(client)
