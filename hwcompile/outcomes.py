"""What runs of a design find."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.build_directory import atomic_file
from hwcompile.ir.types import IntArray
from hwcompile.limits import output_file
from hwcompile.verify.columns import in_blocks, rows_of


@dataclass(frozen=True)
class Result:
    """Outputs of a run at one level.

    Attributes:
        raw: Output of the network to integers, int64 [frames, height, width, channels].
        real: Output of the model to real numbers in the model's shape, [frames, ...].
        cycles: Clock cycles of the whole run; None at level reference.
        seconds: Wall-clock time of the run.
        output_cycles: Output name to the cycle of each delivered word, int64 [words].
    """

    raw: dict[str, IntArray]
    real: dict[str, np.ndarray[Any, Any]]
    cycles: int | None = None
    seconds: float = 0.0
    output_cycles: dict[str, IntArray] = field(default_factory=dict)

    def save(self, path: Path) -> Path:
        """Write an .npz: `raw` and `real`, or `<output>.raw`, `<output>.real` when several.

        Returns:
            The file that was written: `path`, with `.npz` behind it when it has no suffix.

        Raises:
            CompileError: HW0003 when it can not be written.
        """
        members: dict[str, np.ndarray[Any, Any]] = {}
        for kind, values in (("raw", self.raw), ("real", self.real)):
            for name, array in values.items():
                members[kind if len(values) == 1 else f"{name}.{kind}"] = array
        return save_arrays(path, members)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]]) -> Path:
    """Write an .npz, a block of each array at a time.

    Returns:
        The file that was written: `path`, with `.npz` behind it when it has no suffix.

    Raises:
        CompileError: HW0003 when it can not be written.
    """
    target = output_file(path)
    with atomic_file(target) as part, zipfile.ZipFile(part, "w") as archive:
        for name, array in arrays.items():
            _write_array(archive, f"{name}.npy", array)
    return target


def _write_array(archive: zipfile.ZipFile, name: str, array: np.ndarray[Any, Any]) -> None:
    """Add an array to an .npz file as numpy does, a block at a time."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    header = {
        "descr": np.lib.format.dtype_to_descr(array.dtype),
        "fortran_order": False,
        "shape": array.shape,
    }
    with archive.open(entry, "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in in_blocks(array, rows_of(array[:1].nbytes)):
            file.write(block.tobytes())


def classes_of(real: Mapping[str, np.ndarray[Any, Any]]) -> IntArray | None:
    """The class of each frame: the place of the largest number, the first of equal ones.

    Args:
        real: Output of the model to its real numbers, [frames, ...].

    Returns:
        int64 [frames]; an output of one number per frame is the class itself where it is whole.
        None where the model has several outputs.
    """
    if len(real) != 1:
        return None
    (values,) = real.values()
    flat = values.reshape(len(values), -1)
    if flat.shape[1] > 1:
        places: IntArray = np.argmax(flat, axis=1).astype(np.int64)
        return places
    whole: IntArray = flat[:, 0].astype(np.int64)
    return whole if np.array_equal(whole, flat[:, 0]) else None
