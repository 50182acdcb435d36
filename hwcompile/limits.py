"""What users may give, on the command line and in Python alike: numbers, files to write."""

from __future__ import annotations

import math
import os
import re
from numbers import Integral, Real
from pathlib import Path

from hwcompile.diagnostics import CompileError, fail

CLOCK_MHZ = (0.001, 10_000.0)
"""Clocks in MHz."""
CYCLES = (1, 10**15)
"""Cycles per frame that can be asked for: at 1 GHz up to eleven days."""
FRAMES = (1, 10**9)
"""Random frames."""
SEED = (0, 2**31 - 1)
"""Seeds of random numbers."""
JOBS = (1, 1024)
"""Programs that run at once."""
STALL = (0.0, 0.99)
"""Probability of a stall in a cycle: above it hardly anything moves any more."""
MEMORY_LATENCY = (0, 100_000)
"""Cycles until external memory answers."""
MEGABYTES = 10.0**7
"""Most MB/s of external memory."""
MEMORY_BITS = (32, 1024)
"""Widths of a port to external memory."""
NOISE = (0.0, 1.0)
"""Probability that noise hits a byte."""
PLACE_SEEDS = (1, 1000)
"""Seeds of place and route to try."""
BAUD = (300, 100_000_000)
"""Bits per second of a link."""

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*", re.IGNORECASE)


def whole(name: str, value: object, limits: tuple[int, int]) -> int:
    """A whole number within its range.

    Args:
        name: The option, as it is typed.
        value: What the user said.
        limits: The least and the largest value.

    Raises:
        CompileError: HW0001 for anything else.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if limits[0] <= number <= limits[1]:
            return number
    raise out_of_range(name, value, f"a whole number from {limits[0]:,} to {limits[1]:,}")


def number(name: str, value: object, limits: tuple[float, float], note: str = "") -> float:
    """A number within its range, neither infinite nor NaN.

    Args:
        name: The option, as it is typed.
        value: What the user said.
        limits: The least and the largest value.
        note: What the range comes from; may be empty.

    Raises:
        CompileError: HW0001 for anything else.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        real = float(value)
        if math.isfinite(real) and limits[0] <= real <= limits[1]:
            return real
    behind = f" ({note})" if note else ""
    raise out_of_range(name, value, f"a number from {limits[0]:,.15g} to {limits[1]:,.15g}{behind}")


def out_of_range(name: str, value: object, needed: str) -> CompileError:
    """HW0001: a number that makes no sense, with those that do."""
    shown = f"{value}" if isinstance(value, Real) else f"{value!r}"
    return fail("HW0001", f"{name} is {shown}", "that is out of its range", needed)


def not_both(
    first: tuple[str, object], second: tuple[str, object], why: str = "one follows from the other"
) -> None:
    """Raise when two options are given that exclude each other; None is not given.

    Args:
        first: The option, as it is typed, and its value; True where it has none.
        second: The other one.
        why: They exclude each other.

    Raises:
        CompileError: HW0002.
    """
    if first[1] is not None and second[1] is not None:
        raise fail(
            "HW0002",
            f"{first[0]} and {second[0]} are both given",
            why,
            f"{_typed(*first)}, or {_typed(*second)}",
        )


def _typed(name: str, value: object) -> str:
    return name if value is True else f"{name} {value}"


def writable_place(option: str, path: Path) -> None:
    """Raise when a file can not be written there; nothing is made or changed.

    Raises:
        CompileError: HW0003, before the work whose result it is to hold.
    """
    folder = path.parent
    if path.is_dir():
        why, fix = "that is a folder", f"a file in it, for example {path / _example(option)}"
    elif not folder.is_dir():
        why, fix = f"there is no folder '{folder}'", "a folder that exists"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        why, fix = "permission is denied", "a place that can be written"
    else:
        return
    raise fail("HW0003", f"{option} {path} can not be written", why, fix)


def writable_folder(option: str, path: Path) -> None:
    """Raise when a folder can not be written to, or made; nothing is made or changed.

    Raises:
        CompileError: HW0003, before the work whose results it is to hold.
    """
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not there.is_dir():
        why, fix = f"'{there}' is a file", "another folder"
    elif not os.access(there, os.W_OK | os.X_OK):
        why, fix = "permission is denied", "a place that can be written"
    else:
        return
    raise fail("HW0003", f"{option} {path} can not be written", why, fix)


def _example(option: str) -> str:
    return _EXAMPLES.get(option, "y.npz")


_EXAMPLES = {"--waves": "waves.fst", "--csv": "layer.csv", "--output": "model.onnx"}
"""Names of files that options write; others write arrays."""


def output_file(path: Path) -> Path:
    """The .npz file that is written for `--outputs`: without a suffix it gets one.

    Raises:
        CompileError: HW0003 when it can not be written, or has the suffix of something else.
    """
    if path.suffix not in ("", ".npz") and not path.is_dir():
        why = "what is written is an .npz file"
        raise fail("HW0003", f"--outputs {path} can not be written", why, f"{path.stem}.npz")
    named = path if path.suffix or path.is_dir() else path.with_name(f"{path.name}.npz")
    writable_place("--outputs", named)
    return named


def parse_size(text: str) -> int:
    """Bytes of "500MB", "2 GB", "1.5g" or "123"; a thousand of one unit are one of the next.

    Raises:
        CompileError: HW0001.
    """
    found = _SIZE.fullmatch(text)
    if not found:
        raise out_of_range("the cache's limit", text[:40], "a size such as 500MB or 2GB")
    return int(float(found[1]) * _UNITS[found[2].upper()])
