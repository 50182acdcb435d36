"""From an ONNX or QONNX file to a graph on integers and the host's part around it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.model import SourceModel
from hwcompile.frontends.names import identifier
from hwcompile.frontends.onnx.dialect.dialect import OnnxDialect
from hwcompile.frontends.onnx.dialect.frames import Frames, NotFramesError
from hwcompile.frontends.onnx.floats import is_float_model
from hwcompile.frontends.onnx.normalizing import SPELLED
from hwcompile.frontends.onnx.operators import OPERATORS
from hwcompile.frontends.onnx.reading.read import read_model
from hwcompile.frontends.onnx.recurrent import RECURRENT
from hwcompile.frontends.onnx.spelled import with_normalizations
from hwcompile.frontends.rounding import must_have_rounded
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.inputs import start_values
from hwcompile.frontends.symbolic.interpreter import interpret
from hwcompile.frontends.symbolic.outputs import finish_outputs
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntArray
from hwcompile.ir.verify import verify
from hwcompile.rnn.description import Description, must_name_nodes, read_description

_ILLEGAL = frozenset({"HW0107", "HW0264"})
"""Nodes that are no legal ONNX; taken as a part of a pattern, nobody would look at them."""


def load_onnx(
    path: str | Path,
    input_types: Mapping[str, str] | None = None,
    formats: Path | Mapping[str, Any] | None = None,
    roundings: Mapping[str, str] | None = None,
    *,
    batch_as_frames: bool = False,
) -> ImportedModel:
    """Import the ONNX or QONNX model at `path`.

    Args:
        path: The file.
        input_types: For model inputs whose integers the hardware receives as they are: name to
            type and scale, for example `{"image": "uint8:1/255"}`. The name "" stands for the
            only input.
        formats: Number formats of recurrent nodes, see `hwcompile.rnn.description`.
        roundings: Mode by quantizer, see `hwcompile.frontends.rounding`.
        batch_as_frames: A batch that the file fixes is frames, or the model is refused (HW0282);
            otherwise it may be one frame as a whole, which a note says.

    Raises:
        CompileError: With everything that cannot be compiled.
    """
    model = read_model(path)
    description = read_description(formats)
    recurrent = (node.name for node in model.nodes if node.op_type in RECURRENT)
    must_name_nodes(description, frozenset(recurrent))
    if not input_types:
        _refuse_float_model(model)
    wishes = _Wishes(input_types or {}, description, roundings or {})
    framed = _one_frame(model)
    if framed is None:
        return _import(model, wishes)
    try:
        return _import(framed, wishes)
    except NotFramesError as error:
        if batch_as_frames:
            raise _no_frames(model, error) from error
        return _whole_batch(model, error, wishes)
    except CompileError as error:
        reason, whole = NotFramesError(None, error.diagnostics[0].what), None
        with suppress(CompileError):
            whole = _whole_batch(model, reason, wishes)
        if whole is None:
            raise
        if batch_as_frames:
            raise _no_frames(model, reason) from error
        return whole


@dataclass(frozen=True, eq=False)
class _Wishes:
    """What the user says beside the file; see `load_onnx`."""

    input_types: Mapping[str, str]
    formats: Description
    roundings: Mapping[str, str]


def _refuse_float_model(model: SourceModel) -> None:
    """Show how to quantize a model that has layers and no quantizer.

    Raises:
        CompileError: HW0284 for such a model.
    """
    if not is_float_model(model) or len(model.inputs) != 1:
        return
    (tensor,) = model.inputs
    stem = model.name
    raise fail(
        "HW0284",
        f"'{model.file}' computes with real numbers: it has no quantizer",
        "hardware computes on integers, and nothing says which",
        "quantize it with typical inputs, frames.npy, and compile the result:\n"
        "    import numpy, onnxruntime.quantization as q\n"
        "    class Frames(q.CalibrationDataReader):\n"
        f"        left = iter(numpy.load('frames.npy').astype('{tensor.dtype.name}'))\n"
        "        def get_next(self):\n"
        f"            return next(({{{tensor.name!r}: f[None]}} for f in self.left), None)\n"
        f"    q.quantize_static({model.file!r}, {stem + '_int8.onnx'!r}, Frames())\n"
        f"  or call hwcompile.quantize({model.file!r}, 'frames.npy'), which returns the result, or "
        "train the model with quantizers (Brevitas) and export it as QONNX",
    )


def _one_frame(model: SourceModel) -> SourceModel | None:
    """The model for one frame of the batch that the file fixes for all inputs; None without."""
    batches = {t.shape[0] if len(t.shape) > 1 else 1 for t in model.inputs}
    if len(batches) != 1 or batches == {1}:
        return None
    inputs = tuple(replace(t, shape=(1, *t.shape[1:])) for t in model.inputs)
    return replace(model, inputs=inputs, batch=batches.pop())


def _no_frames(model: SourceModel, error: NotFramesError) -> CompileError:
    """HW0282: the refusal of a batch that was to be frames."""
    return fail(
        "HW0282",
        f"the file fixes a first axis of {model.inputs[0].shape[0]}, which is no batch of frames",
        error.why,
        "export it with batch 1, or leave out --batch-as-frames: one frame is all of it then",
        None if error.node is None else error.node.origin,
    )


def _whole_batch(model: SourceModel, error: NotFramesError, wishes: _Wishes) -> ImportedModel:
    """The model with all of the file's batch in one frame, because its entries meet."""
    what = f"the file fixes a first axis of {model.inputs[0].shape[0]}, which is no batch of frames"
    origin = None if error.node is None else error.node.origin
    try:
        imported = _import(model, wishes)
    except CompileError as found:
        if not error.why:
            raise
        refused = Diagnostic("HW0282", what, error.why, "export the model with batch 1", origin)
        raise CompileError([refused, *found.diagnostics]) from found
    if not error.why:
        return imported
    note = f"{origin or model.file}: {what}, because {error.why}; one frame is all of it"
    return replace(imported, notes=(*imported.notes, note))


def _import(model: SourceModel, wishes: _Wishes) -> ImportedModel:
    """The model as it stands, else with patterns taken as a whole: exact comes before near."""
    try:
        return _laid_out(model, wishes)
    except CompileError as error:
        whole = with_normalizations(model)
        if whole is model or any(d.code in _ILLEGAL for d in error.diagnostics):
            raise
    return _laid_out(whole, wishes)


def _laid_out(model: SourceModel, wishes: _Wishes) -> ImportedModel:
    first, layouts = _attempt(model, wishes, {})
    if not layouts:
        return first
    # An input's natural order met a permutation: let the host deliver the permuted order.
    second, _ = _attempt(model, wishes, layouts)
    return second if _gathers(second.graph) < _gathers(first.graph) else first


def _gathers(graph: Graph) -> int:
    return sum(1 for node in graph.nodes if node.op.family == "gather")


# A model's arithmetic is IEEE's: what overflows is infinite, and 0/0 is not a number. Both are
# refused by name where they matter.
@np.errstate(all="ignore")
def _attempt(
    model: SourceModel, wishes: _Wishes, layouts: Mapping[int, IntArray]
) -> tuple[ImportedModel, dict[int, IntArray]]:
    frames = Frames(model.batch, [t.name for t in model.inputs]) if model.batch > 1 else None
    builder = Builder(identifier(model.name, "network"))
    ctx = Context(
        model,
        builder,
        layouts,
        frames=frames,
        formats=wishes.formats,
        roundings=wishes.roundings,
    )
    dialect = OnnxDialect(model, {**OPERATORS, **SPELLED}, frames)
    values, problems = interpret(ctx, dialect, start_values(ctx, wishes.input_types))
    outputs, host, more = finish_outputs(ctx, values, "onnxruntime.quantization, Brevitas")
    if problems or more:
        raise CompileError([*problems, *more])
    must_have_rounded(wishes.roundings, ctx.rounded)
    if frames is not None and any(frames.axis(name) != 0 for name in model.outputs):
        raise NotFramesError(None, "an output has another first axis")
    graph = ctx.builder.build(outputs)
    verify(graph, "import")
    imported = ImportedModel(graph, tuple(ctx.inputs), tuple(host), tuple(ctx.notes))
    return imported, ctx.wishes
