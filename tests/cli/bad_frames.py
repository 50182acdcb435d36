"""Frames that are none, as arrays and as files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

BAD_ARRAYS = {
    "nan": (np.full((2, 6), np.nan, np.float32), "HW0630"),
    "infinite": (np.full((2, 6), np.inf, np.float32), "HW0630"),
    "beyond float32": (np.full((2, 6), 1e300), "HW0630"),
    "text": (np.full((2, 6), "a"), "HW0631"),
    "complex": (np.ones((2, 6), complex), "HW0631"),
    "objects": (np.array([[None] * 6]), "HW0631"),
    "other shape": (np.ones((2, 7), np.float32), "[frames, 6]"),
    "no frames": (np.ones((0, 6), np.float32), "HW0633"),
    "integers": (np.ones((2, 6), np.int64), "--inputs-are codes, or --inputs-are reals"),
}
"""Array, and a part of the paragraph that refuses it for the network of `small`."""


def header_of(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def damaged(folder: Path) -> dict[str, bytes]:
    np.save(folder / "good.npy", np.ones((5, 6), np.float32))
    np.savez(folder / "good.npz", x=np.ones((5, 6), np.float32))
    np.savez(folder / "name.npz", images=np.ones((5, 6), np.float32))
    npy, npz = (folder / "good.npy").read_bytes(), (folder / "good.npz").read_bytes()
    return {
        "empty": b"",
        "truncated.npy": npy[:-9],
        "truncated.npz": npz[:-40],
        "rows.npy": header_of((10**11, 6)) + bytes(240),
        "text.npy": b"hello",
        "other name": (folder / "name.npz").read_bytes(),
    }
