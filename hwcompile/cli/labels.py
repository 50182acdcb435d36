"""The labels of `hwcompile simulate --labels`: one class per frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwcompile.diagnostics import CompileError, fail, reason_of
from hwcompile.ir.types import IntArray


def accuracy(labels: Path, classes: IntArray | None, frames: int) -> float:
    """Share of the frames whose class is their label.

    Args:
        labels: A .npy file with one whole number per frame.
        classes: Of the frames; None where the output has no classes.
        frames: How many.

    Raises:
        CompileError: HW0008 where labels and frames do not belong together.
    """
    if classes is None:
        why = "the model's outputs are not one vector of scores, or one class, per frame"
        raise _unfit(labels, why, "leave --labels out")
    known = read_labels(labels)
    if known.shape != (frames,):
        held = " x ".join(map(str, known.shape))
        raise _unfit(labels, f"it holds {held} numbers for {frames} frames", "one class per frame")
    return float(np.mean(known == classes))


def read_labels(path: Path) -> IntArray:
    """Whole numbers of a .npy file, in one row.

    Raises:
        CompileError: HW0008 where it can not be read.
    """
    try:
        values = np.asarray(np.load(path, allow_pickle=False))
        real = values.astype(np.float64)
    except (OSError, ValueError, TypeError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "it holds no whole numbers"
        raise _unfit(path, why, "write them with numpy.save") from error
    # Labels are often floats in a file; those between two classes are none.
    if not np.array_equal(real, np.rint(real)) or np.isinf(real).any():
        why = "it holds numbers that are not whole"
        raise _unfit(path, why, "one class per frame, as a whole number")
    found = real.astype(np.int64)
    return found.reshape(-1) if found.ndim == 2 and 1 in found.shape else found


def _unfit(path: Path, why: str, fix: str) -> CompileError:
    return fail("HW0008", f"'{path}' has no labels for these frames", why, fix)
