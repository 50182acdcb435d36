"""Real inputs as a user gives them: arrays or numpy files, held against what the model takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.verify.columns import rows_of
from hwcompile.verify.numpy_files import Stored, open_numpy
from hwcompile_runtime.host import as_frames

Array = np.ndarray[Any, Any]
Frames = Array | Mapping[str, Array] | Path | str
"""Real inputs: an array [frames, ...], one per input name, or an .npy or .npz file with them."""


@dataclass(frozen=True)
class GivenFrames:
    """Frames for every input of the model; names, shapes and element types fit.

    Attributes:
        frames: How many.
        arrays: Input name to its array.
        shapes: Input name to the shape that the model has for it.
    """

    frames: int
    arrays: Mapping[str, Stored]
    shapes: Mapping[str, tuple[int, ...]]

    def blocks(self) -> Iterator[dict[str, Array]]:
        """Consecutive frames of every input, a block at a time.

        Raises:
            CompileError: HW0606 when a file turns out to be damaged, HW0630 for a value that is
                not a finite number.
        """
        frame = sum(prod(stored.shape) for stored in self.arrays.values()) // self.frames
        rows, first = rows_of(8 * frame), 0
        streams = {name: self._stream(name, rows) for name in self.arrays}
        for parts in zip(*streams.values(), strict=True):
            block = dict(zip(streams, parts, strict=True))
            for name, values in block.items():
                _check_finite(name, values, first)
            first += rows
            yield block

    def _stream(self, name: str, rows: int) -> Iterator[Array]:
        """Blocks [frames, ...]; an array whose first axis is not that of frames is one block."""
        stored, shape = self.arrays[name], self.shapes[name]
        by_rows = stored.shape[:1] == (self.frames,) and _count(stored.shape[1:], shape) == 1
        if by_rows and self.frames > 1:
            yield from stored.blocks(rows)
            return
        whole = as_frames(_whole(stored), shape)
        for start in range(0, self.frames, rows):
            yield whole[start : start + rows]


def given_frames(inputs: Frames, shapes: Mapping[str, tuple[int, ...]]) -> GivenFrames:
    """Find the array of every input and check that it fits.

    Args:
        inputs: What the user gives.
        shapes: Input name to the shape in the model, batch axis 1 included.

    Raises:
        CompileError: HW0605 when names or shapes do not fit, HW0606 or HW0634 when a file can not
            be read, HW0631 for elements that are no real numbers, HW0633 when there are no frames
            or the inputs have different numbers of them.
    """
    arrays = _by_name(inputs, shapes)
    counts = {}
    for name, shape in shapes.items():
        if arrays[name].dtype.kind not in "fiub":
            raise _no_numbers(name, arrays[name].dtype)
        count = _count(arrays[name].shape, shape)
        if count is None:
            raise _wrong_shape(name, shape, arrays[name].shape)
        counts[name] = count
    if len(set(counts.values())) > 1 or 0 in counts.values():
        said = ", ".join(f"{count:,} for '{name}'" for name, count in counts.items())
        why = f"there are {said}"
        fix = "as many frames for every input, at least one"
        raise fail("HW0633", "the numbers of frames do not fit", why, fix)
    return GivenFrames(next(iter(counts.values())), {name: arrays[name] for name in shapes}, shapes)


def _by_name(inputs: Frames, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Stored]:
    opened = open_numpy(Path(inputs)) if isinstance(inputs, str | Path) else inputs
    expected = _expected(shapes)
    if isinstance(opened, Stored) or not isinstance(opened, Mapping):
        if len(shapes) != 1:
            what = f"one array for {len(shapes)} inputs"
            fix = "an .npz file, or a mapping, with one array per input name"
            raise fail("HW0605", what, f"the model takes {expected}", fix)
        return {name: _stored(name, opened) for name in shapes}
    missing = [name for name in shapes if name not in opened]
    if missing:
        have = ", ".join(f"'{name}'" for name in opened) or "nothing"
        raise fail(
            "HW0605",
            f"no array for the model's input '{missing[0]}'",
            f"the model takes {expected}, and there is {have}",
            "one array per input, called like it",
        )
    return {name: _stored(name, opened[name]) for name in shapes}


def _stored(name: str, given: object) -> Stored:
    if isinstance(given, Stored):
        return given
    try:
        return Stored.of(np.asarray(given))
    except (ValueError, TypeError) as error:  # rows of different lengths, say
        why = " ".join(str(error).split())
        what, fix = f"what is given for '{name}' is no array of numbers", "one array of numbers"
        raise fail("HW0631", what, why, fix) from error


def _expected(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"'{name}' of shape {_frames_shape(shape)}" for name, shape in shapes.items())


def _frames_shape(shape: tuple[int, ...]) -> str:
    inner = shape[1:] if shape and shape[0] == 1 else shape
    return f"[{', '.join(['frames', *map(str, inner)])}]"


def _count(have: tuple[int, ...], shape: tuple[int, ...]) -> int | None:
    """Frames of an array of this shape for an input of that one; None when it does not fit."""
    try:
        # A view of one element, whatever its shape: the rule about shapes is that of `as_frames`.
        view = np.broadcast_to(np.zeros((), np.int8), have)
        return len(as_frames(view, shape))
    except ValueError:
        return None


def _wrong_shape(name: str, shape: tuple[int, ...], have: tuple[int, ...]) -> CompileError:
    return fail(
        "HW0605",
        f"the frames for '{name}' do not fit the model",
        f"the model's input has shape {list(shape)}, not {list(have)}",
        f"an array of shape {_frames_shape(shape)}",
    )


def _no_numbers(name: str, dtype: np.dtype[Any]) -> CompileError:
    kinds = {
        "c": "complex numbers",
        "U": "text",
        "S": "text",
        "O": "Python objects",
        "V": "records",
    }
    return fail(
        "HW0631",
        f"what is given for '{name}' is no array of numbers",
        f"its elements are {kinds.get(dtype.kind, f'of type {dtype}')}",
        "real numbers, for example of type float32",
    )


def _whole(stored: Stored) -> Array:
    blocks = list(stored.blocks(max(stored.shape[:1] or (1,))))
    return blocks[0].reshape(stored.shape)


def _check_finite(name: str, values: Array, first: int) -> None:
    if values.dtype.kind != "f":
        return
    with np.errstate(over="ignore"):
        wrong = ~np.isfinite(values.astype(np.float32))
    if wrong.any():
        place = [int(i) for i in np.argwhere(wrong)[0]]
        frame, value = first + place[0], values[tuple(place)]
        raise fail(
            "HW0630",
            f"frame {frame:,} of '{name}' holds {value}",
            "no integer stands for it: inputs are finite numbers of type float32",
            "frames without NaN and infinity",
        )
