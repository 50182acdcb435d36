"""What runs of a design find."""

from __future__ import annotations

import zipfile
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
        target = output_file(path)
        with atomic_file(target) as part, zipfile.ZipFile(part, "w") as archive:
            for kind, values in (("raw", self.raw), ("real", self.real)):
                for name, array in values.items():
                    member = kind if len(values) == 1 else f"{name}.{kind}"
                    _write_array(archive, f"{member}.npy", array)
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
