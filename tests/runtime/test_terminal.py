"""The digits network on a simulated iCEBreaker, behind a pseudo-terminal: noise, killed clients."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.runtime.noise import Noise
from hwcompile.runtime.session import BoardRun, run_on_board
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.toolchains.board_top import BAUD, identity
from hwcompile.toolchains.record import BuildRecord
from tests.cli.running import Outcome, type_command
from tests.models import ROOT

DIGITS = ROOT / "examples" / "digits"
IMAGES = 20

MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    """The design of the iCEBreaker example: the binary network, small enough for an UP5K."""
    folder = tmp_path_factory.mktemp("digits")
    model = DIGITS / "digits_mlp_w1a1.onnx"
    return hwcompile.compile(model, folder / "build", target_cycles=2000, clock_mhz=12)


@pytest.fixture(scope="module")
def images(design: Design) -> Path:
    path = design.directory.parent / "images.npy"
    np.save(path, (np.load(DIGITS / "test_split.npz")["images"][:IMAGES] / 16).astype(np.float32))
    return path


@pytest.fixture
def port(design: Design) -> Iterator[SimulatedPort]:
    with SimulatedPort(design.directory, load_board("icebreaker")) as simulated:
        yield simulated


def command(design: Design, images: Path, port: str, *more: object) -> tuple[object, ...]:
    where = ("--inputs", images, "--port", port, "--board", "icebreaker")
    return ("run", design.directory, *where, "--check", *more)


def right(outcome: Outcome) -> int:
    """Demand equal results; returns the retries."""
    assert outcome.code == 0, outcome.out + outcome.err
    assert f"reference: {IMAGES} frames compared, 0 differ" in outcome.out
    found = re.search(r"([\d,]+) retries", outcome.out)
    assert found, outcome.out
    return int(found[1].replace(",", ""))


def run(design: Design, images: Path, port: str) -> BoardRun:
    integers = design.quantize(images)
    ran = run_on_board(design.directory, load_board("icebreaker"), port, BAUD, integers)
    for name, expected in design.graph.evaluate(integers).items():
        np.testing.assert_array_equal(ran.outputs[name], expected)
    return ran


def test_twenty_digits(
    design: Design, images: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    assert right(type_command(monkeypatch, capsys, *command(design, images, "sim"))) == 0


def test_twenty_digits_through_noise(
    design: Design, images: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    words = command(design, images, "sim", "--noise", 0.001, "--noise-seed", 7)
    assert right(type_command(monkeypatch, capsys, *words)) > 0


@pytest.mark.parametrize(("noise", "count"), [(0.001, 20), (0.01, 10), (0.02, 5)])
def test_noise_never_costs_more_than_time(
    design: Design, images: Path, noise: float, count: int
) -> None:
    """At one byte in a hundred the longest packet has a chance of 7 %: packets must shrink."""
    integers = {name: array[:count] for name, array in design.quantize(images).items()}
    board = load_board("icebreaker")
    ran = run_on_board(design.directory, board, "sim", BAUD, integers, noise=noise, seed=9)
    for name, expected in design.graph.evaluate(integers).items():
        np.testing.assert_array_equal(ran.outputs[name], expected)
    assert ran.retries > 0


@pytest.mark.parametrize("after", [300, 600, 900])
def test_a_client_killed_in_the_middle_of_a_frame(
    design: Design, images: Path, port: SimulatedPort, after: int
) -> None:
    """The first client dies when the board has heard so many bytes; a packet holds 6.5 frames."""
    many = images.with_name("many.npy")
    np.save(many, np.tile(np.load(images), (50, 1, 1, 1)[: np.load(images).ndim]))
    words = [str(word) for word in command(design, many, port.name)]
    client = subprocess.Popen([sys.executable, "-m", "hwcompile", *words], cwd=ROOT)
    try:
        while port.received < after and client.poll() is None:
            time.sleep(0.0005)
        assert client.poll() is None
    finally:
        client.kill()
        client.wait()
    frame = sum(p.format.words * p.tdata_bytes for p in design.interface.inputs)
    assert after < port.received < 50 * IMAGES * frame
    run(design, images, port.name)


def test_a_client_killed_inside_a_packet(design: Design, images: Path, port: SimulatedPort) -> None:
    run(design, images, port.name)
    with Path(port.name).open("wb", buffering=0) as terminal:
        terminal.write(bytes([0xA5, 0x01, 0x77, 0x00, 0xFF, 1, 2, 3]))
    run(design, images, port.name)  # without a retry: test_link, whose clock is not the machine's


def test_the_board_as_a_command(design: Design, images: Path) -> None:
    words = ("simulate-board", str(design.directory), "--board", "icebreaker", "--noise", "0.001")
    server = subprocess.Popen(
        [sys.executable, "-m", "hwcompile", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        name = server.stdout.readline().strip()
        run(design, images, name)
        run(design, images, name)
        server.send_signal(signal.SIGINT)
        assert "bytes received" in server.communicate(timeout=30)[0]
        assert server.returncode == 0
    finally:
        server.kill()
        server.wait()


def test_the_board_may_be_left_out(
    design: Design, images: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    """When there is a bitstream for one board."""
    words = ("run", design.directory, "--inputs", images, "--port", "sim", "--check")
    missing = type_command(monkeypatch, capsys, *words)
    assert missing.code == 2
    assert "HW0836" in missing.err
    record = BuildRecord(57600, 208, identity(design.directory, design.interface), 1, "12")
    folders = [design.directory / name for name in ("icebreaker", "icestick")]
    for folder in folders:
        folder.mkdir()
        record.write(folder)
        outcome = type_command(monkeypatch, capsys, *words)
        assert (outcome.code == 0) == (folder == folders[0]), outcome.err
    assert "icebreaker, icestick" in outcome.err
    for folder in folders:
        shutil.rmtree(folder)


def test_noise_is_for_simulated_lines(design: Design, images: Path) -> None:
    board, integers = load_board("icebreaker"), design.quantize(images)
    with pytest.raises(CompileError, match="HW0831"):
        run_on_board(design.directory, board, "/dev/null", BAUD, integers, noise=0.1)


def test_a_port_that_is_not_there(design: Design, images: Path) -> None:
    board, integers = load_board("icebreaker"), design.quantize(images)
    with pytest.raises(CompileError, match="HW0814"):
        run_on_board(design.directory, board, "/dev/no-such-port", BAUD, integers)


def test_noise() -> None:
    data = bytes(range(256)) * 40
    for flips_only in (False, True):
        noise = Noise(0.01, 3, flips_only=flips_only)
        spoilt = noise.spoil(data)
        assert 50 < noise.hits < 200
        assert spoilt != data
        assert (len(spoilt) == len(data)) == flips_only
        assert Noise(0.01, 3, flips_only=flips_only).spoil(data) == spoilt
    assert Noise(0.0).spoil(data) == data
