"""The host's end of the link to a board; `templates/library/link/hw_link.sv` is the other one.

The host asks, the board answers. A request that is not answered in time, or whose answer is
damaged, is repeated with the same sequence number; the board then repeats its answer and moves
nothing. So frames arrive once and in order as long as no damaged packet passes for an intact one:
`hwcompile_runtime.packets` says how likely that is.

Long packets do not get through much noise. A repetition therefore offers and asks for half as much,
down to `LEAST` bytes each way, and packets grow again while all goes well. Nothing is lost by it:
the answer says how many bytes the board took, whichever of the requests it was that arrived, and
the next request how many bytes of the answer did.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hwcompile_runtime.diagnostics import CompileError, fail
from hwcompile_runtime.packets import (
    EXCHANGE,
    HELLO,
    LONGEST,
    LOST,
    MET,
    MOST,
    TAKEN,
    Packet,
    find_packet,
)

LEAST = 8
"""Bytes of payload below which packets do not shrink."""
GROWTH = 4
"""Requests in a row that must be answered at once before packets grow again."""
QUICK = 0.03
"""Seconds for which an answer is waited for at least; a board drops a broken request in 2 ms."""
SLACK = 4
"""A request counts as lost after so many times the time that answers took lately."""


class Line(Protocol):
    """A serial line; both functions may raise OSError when it breaks."""

    def write(self, data: bytes) -> object:
        """Send bytes."""

    def read(self, most: int) -> bytes:
        """At most so many bytes; none when none came within the line's own short time-out."""


@dataclass(frozen=True)
class Answer:
    """What an exchange moved.

    Attributes:
        taken: Bytes of the payload that the board took, from its beginning; offer the others again.
        sink: The output from which `data` is. It can be another one than was asked for, when
            bytes of that one were left over.
        data: Bytes of that output.
    """

    taken: int
    sink: int
    data: bytes


def timeout_of(baud: int) -> float:
    """Seconds after which a request at `baud` bits per second counts as lost.

    The longest request and the longest answer, and a quarter of a second for host and adapter.
    """
    return 0.25 + 2 * LONGEST * 10 / baud


class BoardLink:
    """A conversation with a board.

    Attributes:
        retries: Requests that had to be repeated so far.
        size: Bytes of payload in a packet at present.
    """

    def __init__(
        self,
        line: Line,
        *,
        timeout: float = 0.5,
        attempts: int = 24,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use a line.

        Args:
            line: The serial line.
            timeout: Seconds until a request is repeated; the longest answer must fit. A board that
                has answered faster is waited for less long at first. Later repetitions wait
                longer, up to three times, so a slow board is heard too.
            attempts: How often a request is sent before the link counts as dead; two thirds of it
                for hello.
            clock: Seconds from any beginning.
        """
        self.retries, self.size = 0, MOST
        self._line, self._timeout, self._attempts, self._clock = line, timeout, attempts, clock
        self._sequence, self._arrived, self._good = 0, 0, 0
        self._round = timeout
        self._received = bytearray()

    def hello(self) -> bytes:
        """Reset the design and both ends; returns the board's eight bytes of identity.

        Raises:
            CompileError: HW0810 without an answer, HW0870 when the line breaks.
        """
        # The longest packet that a killed host may have left unfinished ends by this.
        self._write(bytes(LONGEST))
        # An answer to a host before this one must not count as ours.
        self._sequence, channels = secrets.token_bytes(2)
        self._arrived = 0
        return self._ask(HELLO, channels, b"").payload

    def exchange(self, payload: bytes, source: int = 0, sink: int = 0) -> Answer:
        """Offer at most 255 bytes to input `source` and fetch what output `sink` has.

        Raises:
            CompileError: HW0810 without an answer, HW0811 when the board lost count, HW0870 when
                the line breaks.
        """
        self._sequence = (self._sequence + 1) % 256
        answer = self._ask(EXCHANGE, sink << 4 | source, payload[: self.size])
        return Answer(answer.taken, answer.channels >> 4, answer.payload)

    def _ask(self, kind: int, channels: int, payload: bytes) -> Packet:
        """Send until the answer with the request's number comes."""
        # Hello and its answer are short.
        attempts = self._attempts if kind == EXCHANGE else -(-2 * self._attempts // 3)
        for attempt in range(attempts):
            if attempt:
                self.retries += 1
                self._shrink()
            offered = payload[: self.size]
            most = MOST if kind == HELLO else self.size
            request = Packet(kind, self._sequence, channels, offered, most, self._arrived)
            sent = self._clock()
            self._write(request.encode())
            answer = self._listen(request, len(payload), self._patience(attempt))
            if not answer:
                continue
            if answer.kind == LOST:
                raise fail("HW0811", "the board was reset while it worked", fix="run it again")
            self._arrived = len(answer.payload)
            if not attempt:
                self._grow(self._clock() - sent)
            return answer
        raise fail(
            "HW0810",
            "the board does not answer",
            f"{attempts} requests stayed without an intact answer",
            "check the port, the baud rate, and that the board holds this design, built by this "
            "version of hwcompile",
        )

    def _patience(self, attempt: int) -> float:
        """Seconds for which the answer to a request is waited for."""
        learned = max(SLACK * self._round, QUICK) * 1.25 ** min(attempt, 24)
        return min(learned, (1 + min(attempt // 8, 2)) * self._timeout)

    def _shrink(self) -> None:
        self.size, self._good = max(self.size // 2, LEAST), 0

    def _grow(self, seconds: float) -> None:
        """Learn from a request that was answered at once, after so many seconds."""
        self._round = max(seconds, 0.9 * self._round if self._good else seconds)
        self._good += 1
        if self._good % GROWTH == 0:
            self.size = min(2 * self.size, MOST)

    def _listen(self, request: Packet, offered: int, seconds: float) -> Packet | None:
        deadline = self._clock() + seconds
        while self._clock() < deadline:
            self._received += self._read()
            while packet := find_packet(self._received):
                # Others are late answers to requests that were repeated.
                if _answers(request, offered, packet):
                    return packet
        self._received.clear()
        return None

    def _write(self, data: bytes) -> None:
        try:
            self._line.write(data)
        except OSError as error:
            raise _broken(error) from error

    def _read(self) -> bytes:
        try:
            return self._line.read(MOST)
        except OSError as error:
            raise _broken(error) from error


def _answers(request: Packet, offered: int, packet: Packet) -> bool:
    """True when a packet answers a request whose longest version offered so many bytes."""
    if request.kind == HELLO:
        same = (packet.sequence, packet.channels) == (request.sequence, request.channels)
        return packet.kind == MET and same
    if packet.kind == LOST:
        return True
    same = packet.sequence == request.sequence and not (packet.channels ^ request.channels) & 15
    return packet.kind == TAKEN and same and packet.taken <= offered


def _broken(error: OSError) -> CompileError:
    return fail(
        "HW0870",
        "the line to the board broke",
        " ".join(str(error).split()) or type(error).__name__,
        "plug the board in again and start the run again",
    )
