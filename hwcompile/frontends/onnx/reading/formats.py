"""Files of other formats: named by their first bytes or their suffix, with the way in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwcompile.diagnostics import CompileError, fail


@dataclass(frozen=True)
class OtherFormat:
    """A format that is no ONNX.

    Attributes:
        name: What it is called in a message.
        way: What the user can do with such a file.
        magic: What its first bytes are, where that is known.
        offset: Where `magic` stands.
        suffixes: Ends of its files' names.
        why: Why it is not read.
    """

    name: str
    way: str
    magic: tuple[bytes, ...] = ()
    offset: int = 0
    suffixes: tuple[str, ...] = ()
    why: str = "models are read in the formats ONNX, QONNX, Keras and TFLite"


_TORCH = "export it from PyTorch: torch.onnx.export(model, example, 'model.onnx')"
_KERAS = "give it a name that ends in .keras"
_SAVED = "Keras saves zip archives and HDF5 files"
_NO_MODEL = "give the model here and such frames to --inputs"
_WEIGHTS = "these are weights without a network; export the network that uses them as ONNX"

FORMATS = (
    OtherFormat("a TensorFlow Lite model",
           "give it a name that ends in .tflite", (b"TFL3",), 4),
    OtherFormat("a numpy array", _NO_MODEL, (b"\x93NUMPY",), 0, (".npy", ".npz")),
    OtherFormat("a Keras model", _KERAS),
    OtherFormat("an HDF5 file, as Keras writes them", "give it a name that ends in .h5",
           (b"\x89HDF\r\n\x1a\n",)),
    OtherFormat("no file that Keras saved, whatever its name says",
           "save the model again: model.save('FILE')", (), 0, (".keras", ".h5", ".hdf5"), _SAVED),
    OtherFormat("a PyTorch checkpoint", _TORCH, (), 0, (".pt", ".pth", ".ckpt", ".bin")),
    OtherFormat("a pickle, as old PyTorch checkpoints are", _TORCH,
           (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), 0, (".pkl", ".pickle")),
    OtherFormat("a safetensors file", _WEIGHTS, (), 0, (".safetensors",)),
    OtherFormat("a GGUF file", _WEIGHTS, (b"GGUF",), 0, (".gguf",)),
    OtherFormat("an ONNX Runtime model", "give the .onnx file from which it was made",
           (b"ORTM",), 4, (".ort",)),
    OtherFormat("a TensorFlow graph",
           "convert it: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx",
           (), 0, (".pb", ".pbtxt")),
    OtherFormat("a PyTorch program", _TORCH, (), 0, (".pt2", ".ptl")),
    OtherFormat("a table of text", _NO_MODEL, (), 0, (".csv", ".tsv", ".txt")),
    OtherFormat("a picture", _NO_MODEL, (b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), 0,
           (".png", ".jpg", ".jpeg", ".gif", ".bmp")),
    OtherFormat("a text of JSON, TOML or YAML", "give the model file itself", (), 0,
           (".json", ".toml", ".yaml", ".yml", ".xml")),
    OtherFormat("a Python program", "run it to export its model as ONNX", (b"#!",), 0,
           (".py", ".ipynb")),
    OtherFormat("a compressed archive", "unpack it and give the ONNX file inside",
           (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd"), 0,
           (".gz", ".tgz", ".xz", ".bz2", ".7z", ".tar", ".zst")),
    OtherFormat("a Git LFS pointer, not the file itself", "fetch the file: git lfs pull",
           (b"version https://git-lfs",)),
    OtherFormat("a web page", "download the file itself; the page that shows it was saved",
           (b"<!DOCTYPE", b"<!doctype", b"<html"), 0, (".html", ".htm")),
)  # fmt: skip

_ZIP = b"PK\x03\x04"
_MEMBERS = (
    ("metadata.json", ".keras", "a Keras model"),
    ("data.pkl", ".pt", "a PyTorch checkpoint"),
    (".npy", ".npz", "a numpy array"),
)


def refuse_other_formats(path: Path, start: bytes) -> None:
    """Say what a file is that is no ONNX model.

    Args:
        path: The file.
        start: Its first bytes, 4096 or all of them.

    Raises:
        CompileError: HW0120 when the bytes are known to be of another format.
    """
    if start.startswith(_ZIP):
        raise _refused(path, _zipped(path, start))
    for known in FORMATS:
        if any(start[known.offset :].startswith(magic) for magic in known.magic):
            raise _refused(path, known)


def named_by_suffix(path: Path) -> CompileError | None:
    """The refusal of a file that does not parse, when its name says what it is."""
    suffix = path.suffix.lower()
    known = next((f for f in FORMATS if suffix in f.suffixes), None)
    if suffix == ".zip":
        known = OtherFormat("a zip archive", "unpack it and give the ONNX file inside")
    return None if known is None else _refused(path, known)


def _zipped(path: Path, start: bytes) -> OtherFormat:
    """What a zip archive holds: by its suffix, else by its first members' names."""
    suffix = path.suffix.lower()
    by_name = next((f for f in FORMATS if suffix in f.suffixes), None)
    for member, _, name in _MEMBERS:
        if by_name is None and member.encode() in start:
            by_name = next(f for f in FORMATS if f.name == name)
    return by_name or OtherFormat("a zip archive", "unpack it and give the ONNX file inside")


def _refused(path: Path, known: OtherFormat) -> CompileError:
    return fail(
        "HW0120",
        f"'{path.name}' is {known.name}",
        known.why,
        known.way.replace("FILE", path.name),
    )
