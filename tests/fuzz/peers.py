"""Hostile peers behind a serial port: whatever they send, a run ends in words, soon and small.

A peer is a thread at the other end of a pseudo-terminal, which the real client opens by its name.
It never computes the design's frames, so every run must be refused; how it answers is random.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

from hwcompile.emit.interface import AxisPort, Interface, ports_of
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile_runtime.deployment import identity_of
from hwcompile_runtime.frames import STUCK, run_frames
from hwcompile_runtime.link import BoardLink, timeout_of
from hwcompile_runtime.packets import HELLO, LOST, MET, TAKEN, Packet, find_packet
from hwcompile_runtime.serial_port import open_port
from tests.fuzz.attempts import HANG_SECONDS, attempt
from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures

RUNS = 66
BAUD = 115_200
QUICK = 0.03
"""Seconds of a link's time-out in all rounds but the first, which is run as `hwcompile run` is."""
MEMORY = 4_000_000
"""Bytes of Python objects that a run may take at most."""
FAULTS = ("wrong integers accepted", "tracebacks", "hangs", "runs that take memory")

BYTE = IntType(0, 255)
INTERFACE = Interface(
    "top",
    (AxisPort("x", "s_axis", StreamFormat(7, 3, 2, BYTE), (1, 7, 3)),),
    (AxisPort("y", "m_axis", StreamFormat(5, 2, 1, BYTE), (1, 5, 2)),),
)
IDENTITY = identity_of("0123456789abcdef", ports_of(INTERFACE))
SAID = bytes.fromhex(IDENTITY)[::-1]

Peer = Callable[[bytes], bytes]
"""What it has received since it was asked last, to what it sends."""


def _met(request: Packet, said: bytes = SAID) -> bytes:
    return Packet(MET, request.sequence, request.channels, said).encode()


def _answering(answer: Callable[[Packet], bytes], said: bytes = SAID) -> Peer:
    """A peer that says hello as it should, and answers exchanges as `answer` says."""
    data = bytearray()

    def peer(got: bytes) -> bytes:
        data.extend(got)
        out = b""
        while request := find_packet(data):
            out += _met(request, said) if request.kind == HELLO else answer(request)
        return out

    return peer


def _taken(request: Packet, payload: bytes, taken: int, sink: int = 0) -> bytes:
    return Packet(TAKEN, request.sequence, sink << 4, payload, taken).encode()


def silent(rng: np.random.Generator) -> Peer:
    """Says nothing."""
    return lambda got: b""


def echo(rng: np.random.Generator) -> Peer:
    """Sends everything back."""
    return lambda got: got


def noise(rng: np.random.Generator) -> Peer:
    """Sends random bytes without end."""
    return lambda got: rng.bytes(int(rng.integers(1, 2000)))


def flood(rng: np.random.Generator) -> Peer:
    """Sends one byte, or one packet, without end."""
    lost = Packet(LOST, 0).encode()
    text = (b"\xa5" * 999, bytes(999), b"\xa5\x81\x01\x00\xff\x00\xff" * 99, lost * 40)
    chosen = text[int(rng.integers(4))]
    return lambda got: chosen


def halves(rng: np.random.Generator) -> Peer:
    """Cuts every answer."""
    whole = _answering(lambda r: _taken(r, rng.bytes(3), len(r.payload)))
    return lambda got: (out := whole(got))[: int(rng.integers(0, max(1, len(out))))]


def replays(rng: np.random.Generator) -> Peer:
    """Answers, and sends all its earlier answers again and again."""
    whole = _answering(lambda r: _taken(r, b"", min(1, len(r.payload))))
    said: list[bytes] = []

    def peer(got: bytes) -> bytes:
        if out := whole(got):
            said.append(out)
        return b"".join([*said[-20:], out]) if got or rng.integers(3) == 0 else b""

    return peer


def liar(rng: np.random.Generator) -> Peer:
    """Answers with numbers that can not be."""
    return _answering(
        lambda r: _taken(
            r, rng.bytes(int(rng.integers(256))), int(rng.integers(256)), int(rng.integers(16))
        )
    )


def greedy(rng: np.random.Generator) -> Peer:
    """Takes every input and gives nothing, or gives without end what nobody asked for."""
    if rng.integers(2):
        return _answering(lambda r: _taken(r, b"", len(r.payload)))
    return _answering(lambda r: _taken(r, bytes(255), 0))


def lazy(rng: np.random.Generator) -> Peer:
    """Answers properly that it took nothing, as late as it may."""

    def answer(request: Packet) -> bytes:
        time.sleep(0.1)
        return _taken(request, b"", 0)

    return _answering(answer)


def stranger(rng: np.random.Generator) -> Peer:
    """Holds another design, or none."""
    return _answering(lambda r: b"", rng.bytes(int(rng.integers(0, 20))))


def leaver(rng: np.random.Generator) -> Peer:
    """Hangs up in mid-run: see `behind`."""
    left = int(rng.integers(0, 6))
    inner = _answering(lambda r: _taken(r, b"", len(r.payload)))

    def peer(got: bytes) -> bytes:
        nonlocal left
        left -= bool(got)
        if left < 0:
            raise EOFError
        return inner(got)

    return peer


PEERS: dict[str, Callable[[np.random.Generator], Peer]] = {
    peer.__name__: peer
    for peer in (
        silent, echo, noise, flood, halves, replays, liar, greedy, lazy, stranger, leaver,
    )
}  # fmt: skip


@contextlib.contextmanager
def behind(peer: Peer) -> Iterator[str]:
    """The name of a port with a peer behind it."""
    master, client = os.openpty()
    name = os.ttyname(client)
    os.set_blocking(master, False)
    over = threading.Event()

    def pump() -> None:
        with contextlib.suppress(EOFError):
            while not over.is_set():
                ready, _, _ = select.select([master], [], [], 0.005)
                with contextlib.suppress(OSError):
                    got = os.read(master, 4096) if ready else b""
                    os.write(master, peer(got))
        os.close(master)

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        yield name
    finally:
        over.set()
        thread.join()
        os.close(client)


def client(name: str, timeout: float, patience: float) -> dict[str, IntArray]:
    """What `hwcompile run` does with a port."""
    frames = {"x": np.arange(8 * 7 * 3).reshape(8, 1, 7, 3) % 256}
    with open_port(name, BAUD) as line:
        link = BoardLink(line, timeout=timeout)
        return run_frames(link, ports_of(INTERFACE), IDENTITY, frames, patience=patience)


def run(budget: Budget) -> Figures:
    """One run of the client against each peer in turn."""
    figures = Figures("peers", least={"runs": budget.scaled(RUNS)})
    figures.faults.update(dict.fromkeys(FAULTS, 0))
    names = list(PEERS)
    for number in budget.cases(RUNS):
        kind = names[number % len(names)]
        run_one(kind, number, budget.rng(number), figures, quick=number >= len(names))
    return figures


def run_one(
    kind: str, number: int, rng: np.random.Generator, figures: Figures, *, quick: bool
) -> None:
    """Run the client against one peer and count what came of it."""
    limits = (QUICK, 1.0) if quick else (timeout_of(BAUD), STUCK)
    started = time.monotonic()
    tracemalloc.start()
    with behind(PEERS[kind](rng)) as name:
        tried = attempt(lambda: client(name, *limits))
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    figures.counts["runs"] += 1
    text = f"case {number}: {kind}: {tried.text}"
    if tried.kind == "refused":
        figures.counts[tried.value.diagnostics[0].code] += 1
        figures.counts["refused"] += 1
    elif tried.kind == "right":
        # Whole frames of random bytes can not be told from computed ones.
        figures.counts["forged"] += 1
        if kind not in ("liar", "halves", "noise"):
            figures.fault(FAULTS[0], text)
    else:
        figures.fault(tried.kind, text)
    if peak > MEMORY:
        figures.fault(FAULTS[3], f"case {number}: {kind}: {peak:,} bytes")
    if time.monotonic() - started > HANG_SECONDS + 5:
        figures.fault("hangs", text)
