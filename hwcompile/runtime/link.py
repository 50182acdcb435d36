"""The host's end of the link to a board; `templates/library/hw_link.sv` is the other one.

The host asks, the board answers. A request that is not answered in time, or whose answer is
damaged, is repeated with the same sequence number; the board then repeats its answer and moves
nothing. So frames arrive once and in order whatever the line does.
"""

from __future__ import annotations

import time
from binascii import crc_hqx
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hwcompile.diagnostics import fail

SYNC = 0xA5
EXCHANGE, HELLO = 0x01, 0x02
BUSY, TAKEN, MET, LOST = 0x80, 0x81, 0x82, 0x83
HEADER = 5
MOST = 255
"""Bytes of payload in a packet."""
LONGEST = HEADER + MOST + 2
"""Bytes of the longest packet."""
PROTOCOL = 1


class Line(Protocol):
    """A serial line."""

    def write(self, data: bytes) -> object:
        """Send bytes."""

    def read(self, most: int) -> bytes:
        """At most so many bytes; none when none came within the line's own short time-out."""


@dataclass(frozen=True)
class Packet:
    """A packet without its synchronisation byte and its check."""

    kind: int
    sequence: int
    channels: int = 0
    payload: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the line."""
        body = bytes([self.kind, self.sequence, self.channels, len(self.payload)]) + self.payload
        return bytes([SYNC]) + body + crc_hqx(body, 0xFFFF).to_bytes(2, "big")


def timeout_of(baud: int) -> float:
    """Seconds after which a request at `baud` bits per second counts as lost.

    The longest request and the longest answer, and a quarter of a second for host and adapter.
    """
    return 0.25 + 2 * LONGEST * 10 / baud


def find_packet(data: bytearray) -> Packet | None:
    """Take the first intact packet from `data`, and everything before it.

    None when there is none yet; what can not become the start of one is dropped.
    """
    while True:
        start = data.find(SYNC)
        del data[: start if start >= 0 else len(data)]
        if len(data) < HEADER:
            return None
        size = HEADER + data[4] + 2
        if len(data) < size:
            # A damaged length must not hide the packet behind it.
            return _inside(data)
        body = bytes(data[1 : size - 2])
        if crc_hqx(body, 0xFFFF) == int.from_bytes(data[size - 2 : size], "big"):
            del data[:size]
            return Packet(body[0], body[1], body[2], body[4:])
        del data[0]


def _inside(data: bytearray) -> Packet | None:
    """An intact packet behind the first byte; `data` stays when there is none."""
    rest = data[1:]
    found = find_packet(rest) if SYNC in rest else None
    if found:
        data[:] = rest
    return found


class Link:
    """A conversation with a board.

    Attributes:
        retries: Requests that had to be repeated so far.
    """

    def __init__(
        self,
        line: Line,
        *,
        timeout: float = 0.5,
        attempts: int = 16,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use a line.

        Args:
            line: The serial line.
            timeout: Seconds until a request is repeated; the longest answer must fit. Later
                repetitions wait longer, up to four times, so a slow board is heard too.
            attempts: How often a request is sent before the link counts as dead.
            clock: Seconds from any beginning.
        """
        self.retries = 0
        self._line, self._timeout, self._attempts, self._clock = line, timeout, attempts, clock
        self._sequence = 0
        self._received = bytearray()

    def hello(self) -> bytes:
        """Reset the design and both ends; returns the board's eight bytes of identity."""
        # The longest packet that a killed host may have left unfinished ends by this.
        self._line.write(bytes(LONGEST))
        self._sequence = (self._sequence + 1) % 256
        return self._ask(Packet(HELLO, self._sequence)).payload

    def exchange(self, payload: bytes, source: int = 0, sink: int = 0) -> tuple[bool, bytes]:
        """Offer bytes to input `source` and fetch what output `sink` has.

        Returns:
            Whether the payload was taken (else offer it again), and the output's bytes.
        """
        self._sequence = (self._sequence + 1) % 256
        answer = self._ask(Packet(EXCHANGE, self._sequence, sink << 4 | source, payload))
        return answer.kind == TAKEN, answer.payload

    def _ask(self, request: Packet) -> Packet:
        """Send until the answer with the request's number comes.

        Raises:
            CompileError: HW0810 when none comes, HW0811 when the board lost count.
        """
        expected = (MET,) if request.kind == HELLO else (BUSY, TAKEN, LOST)
        for attempt in range(self._attempts):
            self.retries += attempt > 0
            self._line.write(request.encode())
            patience = min(1 + attempt // 4, 4)
            answer = self._listen(request.sequence, expected, patience * self._timeout)
            if answer and answer.kind == LOST:
                raise fail("HW0811", "the board was reset while it worked", fix="run it again")
            if answer:
                return answer
        raise fail(
            "HW0810",
            "the board does not answer",
            f"{self._attempts} requests stayed without an intact answer",
            "check the port, the baud rate, and that the board holds this design",
        )

    def _listen(self, sequence: int, kinds: tuple[int, ...], seconds: float) -> Packet | None:
        deadline = self._clock() + seconds
        while self._clock() < deadline:
            self._received += self._line.read(MOST)
            packet = find_packet(self._received)
            while packet:
                # Others are late answers to requests that were repeated.
                known = packet.kind == LOST or packet.sequence == sequence
                if packet.kind in kinds and known:
                    return packet
                packet = find_packet(self._received)
        self._received.clear()
        return None
