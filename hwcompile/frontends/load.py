"""The front ends by the suffix of a file: the one list of formats that models are read in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.onnx.load import load_onnx

Formats: TypeAlias = Path | Mapping[str, Any] | None
"""Number formats of recurrent nodes, see `hwcompile.rnn.description`."""


@dataclass(frozen=True)
class FrontEnd:
    """A source format.

    Attributes:
        suffixes: Ends of its files' names, in small letters.
        load: From (path, input types, formats) to the model; raises `CompileError` with
            everything that cannot be compiled.
    """

    suffixes: tuple[str, ...]
    load: Callable[[Path, Mapping[str, str] | None, Formats], ImportedModel]


FRONT_ENDS = (FrontEnd((".onnx",), load_onnx),)
"""The first one also reads, or refuses by name, files with other suffixes."""


def load_model(
    path: str | Path,
    input_types: Mapping[str, str] | None = None,
    formats: Formats = None,
) -> ImportedModel:
    """Import the model at `path`.

    Args:
        path: The file; its suffix says the format.
        input_types: For model inputs whose integers the hardware receives as they are: name to
            type and scale, for example `{"image": "uint8:1/255"}`. The name "" stands for the
            only input.
        formats: Number formats of recurrent nodes.

    Raises:
        CompileError: With everything that cannot be compiled.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    chosen = next((f for f in FRONT_ENDS if suffix in f.suffixes), FRONT_ENDS[0])
    return chosen.load(path, input_types, formats)


__all__ = ["FRONT_ENDS", "FrontEnd", "ImportedModel", "load_model"]
