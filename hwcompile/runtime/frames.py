"""Frames over the link: integers in, integers out, as `verify` exchanges them with a simulator."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.emit.interface import Interface
from hwcompile.ir.types import IntArray
from hwcompile.runtime.link import MOST, PROTOCOL, Link
from hwcompile.verify.beats import from_beats, to_beats

SILENT = 2000
"""Exchanges in a row that move nothing before the design counts as stuck."""


def run_frames(
    link: Link, interface: Interface, identity: str, inputs: Mapping[str, IntArray]
) -> dict[str, IntArray]:
    """Send frames to a board and collect what it computes.

    Args:
        link: The conversation with the board.
        interface: The design's ports.
        identity: Sixteen hexadecimal digits that the design must show.
        inputs: For every input, int64 [frames, height, width, channels].

    Returns:
        Output name to int64 [frames, height, width, channels].

    Raises:
        CompileError: HW0812 when the board holds another design, HW0813 when it is stuck, and
            those of the link.
    """
    _check_identity(link.hello(), identity)
    frames = len(next(iter(inputs.values())))
    waiting = [to_beats(inputs[port.name], port).tobytes() for port in interface.inputs]
    sizes = [frames * port.format.words * port.tdata_bytes for port in interface.outputs]
    outputs = [bytearray() for _ in sizes]
    silent = turn = 0
    while any(len(got) < size for got, size in zip(outputs, sizes, strict=True)):
        source, sink = _turn(waiting, turn), turn % len(sizes)
        payload = waiting[source][:MOST]
        taken, data = link.exchange(payload, source, sink)
        if taken:
            waiting[source] = waiting[source][len(payload) :]
        outputs[sink] += data
        silent = 0 if data or (taken and payload) else silent + 1
        turn += 1
        if silent > SILENT:
            raise fail("HW0813", "the design on the board is stuck", fix="reset the board")
    return {
        port.name: from_beats(np.frombuffer(got, np.uint8).reshape(-1, port.tdata_bytes), port)
        for port, got in zip(interface.outputs, outputs, strict=True)
    }


def _turn(waiting: list[bytes], turn: int) -> int:
    """The input whose turn it is, among those that have bytes."""
    ready = [index for index, data in enumerate(waiting) if data] or [0]
    return ready[turn % len(ready)]


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
