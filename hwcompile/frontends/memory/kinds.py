"""Which objects are models, and the file of each: the one list of kinds that `compile` takes.

A model in memory becomes a file of its exporter and is read like any other, so that there is one
reading of every format, and messages name the nodes that the exporter wrote. Objects are known by
the names of their classes: no package is imported to look at an object of another.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import onnx

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.frontends.memory.keras_models import write_keras
from hwcompile.frontends.memory.packages import stem
from hwcompile.frontends.memory.torch_programs import write_module, write_program

Example = object
"""Inputs of one frame, as PyTorch's exporters want them: a tensor, an array, or a tuple of them."""


@dataclass(frozen=True)
class Kind:
    """A class of objects that are models.

    Attributes:
        package: Where the class comes from, the first name of its module.
        name: Of the class; its subclasses are meant as well.
        says: What a message calls it.
        write: From (model, example or None, folder) to the file in the folder; raises
            `CompileError` for what the exporter cannot write.
    """

    package: str
    name: str
    says: str
    write: Callable[[object, Example | None, Path], Path]

    def has(self, model: object) -> bool:
        """The object is of this kind."""
        classes = type(model).__mro__
        return any(c.__name__ == self.name and _package(c) == self.package for c in classes)


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _write_onnx(model: object, example: Example | None, folder: Path) -> Path:
    """The protocol buffer as it is."""
    assert isinstance(model, onnx.ModelProto)
    path = folder / f"{stem(model.graph.name)}.onnx"
    path.write_bytes(model.SerializeToString())
    return path


KINDS = (
    Kind("onnx", "ModelProto", "an onnx.ModelProto", _write_onnx),
    Kind("keras", "Model", "a Keras model", write_keras),
    Kind("torch", "ExportedProgram", "a torch.export.ExportedProgram", write_program),
    Kind("torch", "Module", "a PyTorch module", write_module),
)


def kind_of(model: object) -> Kind | None:
    """The kind of an object; None for one that is no model of these."""
    if isinstance(model, onnx.ModelProto):  # its class says a module of protobuf
        return KINDS[0]
    return next((kind for kind in KINDS if kind.has(model)), None)


@contextmanager
def model_file(model: object, example: Example | None = None) -> Iterator[Path]:
    """The file of a model: the one that a path names, or one in a folder that is gone afterwards.

    Args:
        model: A path, or a model of one of `KINDS`.
        example: Inputs of one frame; modules of PyTorch need it.

    Raises:
        CompileError: HW0128 for an object that is no model, HW0129 for a module of PyTorch that
            can not be exported, HW0710 without a package that the export needs.
    """
    if isinstance(model, str | Path):
        yield Path(model)
        return
    kind = kind_of(model)
    if kind is None:
        raise no_model(model)
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield kind.write(model, example, Path(folder))
        except CompileError as error:
            raise CompileError([_in_memory(each, model) for each in error.diagnostics]) from error


def _in_memory(found: Diagnostic, model: object) -> Diagnostic:
    """How to quantize a model that is no file."""
    if found.code != "HW0284":
        return found
    what = f"this {type(model).__name__} computes with real numbers: it has no quantizer"
    fix = (
        "quantize it with typical inputs, [frames, ...], and compile the result:\n"
        "    integers = hwcompile.quantize(model, frames)\n"
        '    design = hwcompile.compile(integers, "out")\n'
        "  or train the model with quantizers (Brevitas, PT2E)"
    )
    return replace(found, what=what, fix=fix)


def no_model(model: object) -> CompileError:
    """HW0128: the refusal of an object of another kind."""
    kind = type(model)
    said = ", ".join(each.says for each in KINDS)
    return fail(
        "HW0128",
        f"an object of {kind.__module__}.{kind.__qualname__} is no model",
        "nothing says how to read it",
        f"give a path, {said}, or a model graph of hls4ml",
    )
