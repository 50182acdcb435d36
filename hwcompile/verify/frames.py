"""Real inputs as a user gives them: arrays or numpy files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.diagnostics import fail

Frames = np.ndarray[Any, Any] | Mapping[str, np.ndarray[Any, Any]] | Path | str
"""Real inputs: an array [frames, ...], one per input name, or an .npy or .npz file with them."""


def to_arrays(inputs: Frames, names: tuple[str, ...]) -> dict[str, np.ndarray[Any, Any]]:
    """One array for each input name.

    Raises:
        CompileError: HW0605 when an input has none, HW0606 when a file can not be read.
    """
    if isinstance(inputs, str | Path):
        inputs = _read_frames(Path(inputs))
    if not isinstance(inputs, Mapping):
        if len(names) != 1:
            raise fail(
                "HW0605",
                f"one array for {len(names)} inputs",
                f"the model's inputs are {', '.join(sorted(names))}",
                "an .npz file with one array per input name",
            )
        return {names[0]: np.asarray(inputs)}
    missing = sorted(set(names) - set(inputs))
    if missing and len(names) == 1 and len(inputs) == 1:
        return {names[0]: np.asarray(next(iter(inputs.values())))}
    if missing:
        raise fail("HW0605", f"no array for the model's input '{missing[0]}'")
    return {name: np.asarray(inputs[name]) for name in names}


def _read_frames(path: Path) -> Frames:
    try:
        data = np.load(path)
    except (OSError, ValueError) as error:
        raise fail(
            "HW0606", f"can not read frames from '{path}'", str(error), "an .npy or .npz file"
        ) from error
    return dict(data) if isinstance(data, np.lib.npyio.NpzFile) else data
