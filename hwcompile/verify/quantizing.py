"""From what a user gives to the integers of the network's inputs, a block of frames at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.verify.frames import Frames, GivenFrames, given_frames
from hwcompile.verify.sources import Block, FrameSource
from hwcompile_runtime.host import HostInput, as_frames

Array = np.ndarray[Any, Any]

REALS, CODES = "reals", "codes"
"""What inputs can be: real numbers, or the network's integers in the model's layout."""

_EXACT = 1 << 24
"""Integers up to this size are float32 numbers."""


def quantized_source(
    hosts: Sequence[HostInput], inputs: Frames, inputs_are: str | None = None
) -> FrameSource:
    """The integers that the host makes of frames.

    Args:
        hosts: What the host computes for every input of the network.
        inputs: See `Frames`.
        inputs_are: "reals", "codes", or None: real numbers, and integers where both mean the same.

    Raises:
        CompileError: HW0632 for integers that could be either, HW0635 for another word than
            these, HW0636 for codes of an input that the network takes in several ways, and those
            of `given_frames`. Values are checked when the frames are made: HW0630, HW0637.
    """
    if inputs_are not in (None, REALS, CODES):
        what = f"--inputs-are is '{inputs_are}'"
        raise fail("HW0635", what, "it says what the numbers in the frames mean", "reals or codes")
    given = given_frames(inputs, {host.source: host.source_shape for host in hosts})
    for host in hosts:
        if inputs_are == CODES:
            _check_single(host, hosts)
        elif inputs_are is None and _integers(given, host) and not _either_way(host):
            raise _ambiguous(host)

    def make() -> Iterator[Block]:
        first = 0
        for block in given.blocks():
            done = {host.value: _run(host, block[host.source], inputs_are, first) for host in hosts}
            yield done
            first += len(next(iter(done.values())))

    return FrameSource(given.frames, make)


def _run(host: HostInput, frames: Array, inputs_are: str | None, first: int) -> IntArray:
    """The network's integers of a block; `first` is the number of its first frame."""
    element = host.quantizer.element
    if inputs_are == CODES:
        return _checked(host, codes_of(host, _whole_numbers(host, frames, first)), first)
    if inputs_are is None and frames.dtype.kind in "iub" and _fits(frames, element):
        return codes_of(host, frames)  # exact, also where float32 is not
    try:
        return _checked(host, host.run(frames), first)
    except ValueError as error:  # a model that takes integers
        raise _no_code(host, frames, first) from error


def codes_of(host: HostInput, frames: Array) -> IntArray:
    """The network's integers of frames that hold them in the model's layout.

    Args:
        host: What the host computes for the input; only its layout and its fill count here.
        frames: Integers [frames, ...] in the model's shape.
    """
    flat = as_frames(frames, host.source_shape).astype(np.int64)
    flat = flat.reshape(len(flat), -1)
    nowhere = host.index < 0
    fill = host.run(_full(host, 0)) if nowhere.any() else 0
    chosen: IntArray = np.where(nowhere, fill, flat[:, np.maximum(host.index, 0)])
    return chosen


def _checked(host: HostInput, values: IntArray, first: int) -> IntArray:
    element = host.quantizer.element
    if element.contains(values):
        return values
    wrong = (values < element.low) | (values > element.high)
    if element == BIPOLAR:
        wrong = np.abs(values) != 1
    place = np.argwhere(wrong)[0]
    frame, value = first + int(place[0]), values[tuple(place)]
    raise _outside(host, f"frame {frame:,} of '{host.source}' holds {value}")


def _outside(host: HostInput, what: str) -> CompileError:
    why = f"the network's input takes {host.quantizer.element}"
    return fail("HW0637", what, why, "integers of that range")


def _no_code(host: HostInput, frames: Array, first: int) -> CompileError:
    wrong = np.argwhere(frames != np.trunc(frames))
    if not len(wrong):
        return _outside(host, f"the frames for '{host.source}' are none of the network's")
    place = tuple(int(i) for i in wrong[0])
    return _outside(host, f"frame {first + place[0]:,} of '{host.source}' holds {frames[place]}")


def _whole_numbers(host: HostInput, frames: Array, first: int) -> Array:
    if frames.dtype.kind == "f" and (frames != np.trunc(frames)).any():
        raise _no_code(host, frames, first)
    return frames


def _fits(values: Array, element: IntType) -> bool:
    return element.contains(values.astype(np.int8) if values.dtype.kind == "b" else values)


def _integers(given: GivenFrames, host: HostInput) -> bool:
    return given.arrays[host.source].dtype.kind in "iub"


def _either_way(host: HostInput) -> bool:
    """True when the network's integers mean themselves, so that both readings are the same."""
    element = host.quantizer.element
    near = {element.low, element.high, 0, 1, -1}
    for value in (v for v in near if element.contains(np.array(v)) and abs(v) <= _EXACT):
        if (host.run(_full(host, value)) != value)[0][host.index >= 0].any():
            return False
    return True


def _full(host: HostInput, value: int) -> Array:
    """One frame of the model's input with the same number everywhere."""
    shape = host.source_shape
    return np.full((1, *(shape[1:] if shape[:1] == (1,) else shape)), value, np.float32)


def _ambiguous(host: HostInput) -> CompileError:
    return fail(
        "HW0632",
        f"the frames for '{host.source}' are integers, and the model takes real numbers there",
        "they may be the network's integers, or real numbers that happen to be whole",
        "--inputs-are codes, or --inputs-are reals, which quantizes them",
    )


def _check_single(host: HostInput, hosts: Sequence[HostInput]) -> None:
    same = [other for other in hosts if other.source == host.source]
    kinds = {str(other.quantizer.to_json()) + str(other.chain.to_json()) for other in same}
    if len(kinds) > 1:
        raise fail(
            "HW0636",
            f"'{host.source}' has no codes of its own",
            f"the network takes it in {len(kinds)} ways, each with other integers",
            "--inputs-are reals",
        )
