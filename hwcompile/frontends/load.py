"""The front ends by the suffix of a file: the one list of formats that models are read in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hwcompile.frontends.hls4ml.keras_file import STARTS, SUFFIXES, load_keras
from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.onnx.load import load_onnx
from hwcompile.frontends.rounding import must_have_a_choice, roundings_of
from hwcompile.frontends.tflite.load import SUFFIXES as LITE
from hwcompile.frontends.tflite.load import load_tflite

Formats: TypeAlias = Path | Mapping[str, Any] | None
"""Number formats: of recurrent nodes of ONNX models, see `hwcompile.rnn.description`; of Keras
models as hls4ml writes them, see `hwcompile.frontends.hls4ml.configuration`."""


@dataclass(frozen=True)
class FrontEnd:
    """A source format.

    Attributes:
        suffixes: Ends of its files' names, in small letters.
        load: From (path, input types, formats) to the model; raises `CompileError` with
            everything that cannot be compiled.
        starts: First bytes of its files, one of them; none for any.
    """

    suffixes: tuple[str, ...]
    load: Callable[[Path, Mapping[str, str] | None, Formats], ImportedModel]
    starts: tuple[bytes, ...] = ()

    def reads(self, path: Path) -> bool:
        """The file has the name and the first bytes of this format."""
        if path.suffix.lower() not in self.suffixes:
            return False
        return not path.is_file() or not self.starts or _starts_with(path, self.starts)


def _starts_with(path: Path, starts: tuple[bytes, ...]) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(max(map(len, starts))).startswith(starts)
    except OSError:
        return False


FRONT_ENDS = (
    FrontEnd((".onnx",), load_onnx),
    FrontEnd(SUFFIXES, load_keras, STARTS),
    FrontEnd(LITE, load_tflite),
)
"""The first one also reads, or refuses by name, files with other suffixes."""


def load_model(
    path: str | Path,
    input_types: Mapping[str, str] | None = None,
    formats: Formats = None,
    rounding: str | Mapping[str, str] | None = None,
    *,
    batch_as_frames: bool = False,
) -> ImportedModel:
    """Import the model at `path`.

    Args:
        path: The file; its suffix and its first bytes say the format.
        input_types: For model inputs whose integers the hardware receives as they are: name to
            type and scale, for example `{"image": "uint8:1/255"}`. The name "" stands for the
            only input.
        formats: See `Formats`.
        rounding: "model" or "exact", for all quantizers or by name; see
            `hwcompile.frontends.rounding`.
        batch_as_frames: A fixed batch of an ONNX model is frames, or the model is refused.

    Raises:
        CompileError: With everything that cannot be compiled.
    """
    path, roundings = Path(path), roundings_of(rounding)
    if reads_roundings(path):
        return load_onnx(path, input_types, formats, roundings, batch_as_frames=batch_as_frames)
    must_have_a_choice(roundings, f"'{path.name}'")
    return _front_end(path).load(path, input_types, formats)


def reads_roundings(path: Path) -> bool:
    """The file's quantizers work on float32 numbers, whose roundings are a choice."""
    return _front_end(path) is FRONT_ENDS[0]


def _front_end(path: Path) -> FrontEnd:
    return next((f for f in FRONT_ENDS if f.reads(path)), FRONT_ENDS[0])


__all__ = ["FRONT_ENDS", "FrontEnd", "ImportedModel", "load_model", "reads_roundings"]
