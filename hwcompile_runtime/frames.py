"""Frames over the link: integers in, integers out, as `verify` exchanges them with a simulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from hwcompile_runtime.diagnostics import CompileError, fail
from hwcompile_runtime.integers import IntArray
from hwcompile_runtime.link import Answer, BoardLink
from hwcompile_runtime.packets import MOST, PROTOCOL
from hwcompile_runtime.ports import StreamPort, StreamPorts

SILENT = 2000
"""Exchanges in a row that move nothing before the design counts as stuck."""
STUCK = 10.0
"""Seconds without anything that moves before the design counts as stuck."""


class BrokenRunError(CompileError):
    """A run that ended early.

    Attributes:
        outputs: Output name to what had come by then, int64 [frames, height, width, channels]; as
            many whole frames of every output as of the one with the fewest.
        frames: How many these are.
    """

    def __init__(self, reason: CompileError, outputs: Mapping[str, IntArray]) -> None:
        super().__init__(reason.diagnostics)
        self.outputs = dict(outputs)
        self.frames = min((len(array) for array in outputs.values()), default=0)


def run_frames(
    link: BoardLink,
    ports: StreamPorts,
    identity: str,
    inputs: Mapping[str, IntArray],
    *,
    patience: float = STUCK,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, IntArray]:
    """Send frames to a board and collect what it computes.

    Args:
        link: The conversation with the board.
        ports: The design's streams.
        identity: Sixteen hexadecimal digits that the design must show.
        inputs: For every input, int64 [frames, height, width, channels].
        patience: Seconds without anything that moves after which the design counts as stuck.
        clock: Seconds from any beginning.

    Returns:
        Output name to int64 [frames, height, width, channels].

    Raises:
        CompileError: HW0812 when the board holds another design.
        BrokenRunError: HW0813 when it is stuck, HW0871 when it sends more than the frames make,
            and those of the link.
    """
    _check_identity(link.hello(), identity)
    run = _Run.of(ports, inputs)
    silent, moved = 0, clock()
    try:
        while not run.complete:
            if run.step(link):
                silent, moved = 0, clock()
                continue
            silent += 1
            if silent > SILENT or clock() - moved > patience:
                raise fail(
                    "HW0813",
                    "the design on the board is stuck",
                    f"{silent:,} exchanges in a row moved nothing",
                    "reset the board",
                )
    except CompileError as error:
        raise BrokenRunError(error, run.outputs()) from error
    return run.outputs()


@dataclass
class _Run:
    """The bytes of a run: those of the inputs that are left, those of the outputs so far."""

    ports: StreamPorts
    inputs: list[memoryview]
    sizes: list[int]
    got: list[bytearray]
    turn: int = field(default=0)

    @classmethod
    def of(cls, ports: StreamPorts, inputs: Mapping[str, IntArray]) -> _Run:
        """The run of so many frames."""
        frames = len(next(iter(inputs.values())))
        waiting = [memoryview(port.pack(inputs[port.name]).tobytes()) for port in ports.inputs]
        sizes = [frames * port.packing.frame_bytes for port in ports.outputs]
        return cls(ports, waiting, sizes, [bytearray() for _ in sizes])

    @property
    def complete(self) -> bool:
        """True when every output has all its bytes."""
        return all(len(got) == size for got, size in zip(self.got, self.sizes, strict=True))

    def step(self, link: BoardLink) -> bool:
        """One exchange; true when it moved something."""
        source, sink = self._source(), self.turn % len(self.sizes)
        self.turn += 1
        answer = link.exchange(bytes(self.inputs[source][:MOST]), source, sink)
        self.inputs[source] = self.inputs[source][answer.taken :]
        self._keep(answer)
        return bool(answer.taken or answer.data)

    def _source(self) -> int:
        """The input whose turn it is, among those that have bytes."""
        ready = [index for index, data in enumerate(self.inputs) if data] or [0]
        return ready[self.turn % len(ready)]

    def _keep(self, answer: Answer) -> None:
        sink = answer.sink
        if sink < len(self.sizes):
            left = self.sizes[sink] - len(self.got[sink])
            self.got[sink] += answer.data[:left]
        else:
            left = 0
        if len(answer.data) > left:
            raise fail(
                "HW0871",
                f"the board sent {len(answer.data) - left:,} bytes more than these frames make",
                "it holds another design, or another program talks to it",
                "close other programs that use the port, reset the board, and run again",
            )

    def outputs(self) -> dict[str, IntArray]:
        """The frames that have come whole, of every output as many."""
        ports = self.ports.outputs
        whole = min(
            len(got) // port.packing.frame_bytes for got, port in zip(self.got, ports, strict=True)
        )
        return {
            port.name: _frames_of(got, port, whole)
            for got, port in zip(self.got, ports, strict=True)
        }


def _frames_of(got: bytearray, port: StreamPort, frames: int) -> IntArray:
    data = np.frombuffer(bytes(got[: frames * port.packing.frame_bytes]), np.uint8)
    return port.unpack(data.reshape(-1, port.packing.word_bytes))


def _check_identity(said: bytes, identity: str) -> None:
    expected = bytes.fromhex(identity)[::-1]
    if said == expected:
        return
    if said[:1] != bytes([PROTOCOL]):
        raise fail("HW0812", "the board speaks another version of the link", fix="build it again")
    raise fail(
        "HW0812",
        "the board holds another design",
        f"it says {said[::-1].hex()}, this build is {identity}",
        "hwcompile program DIR --board NAME",
    )
