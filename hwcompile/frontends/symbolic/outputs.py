"""The model's outputs: which IR values leave the network and what the host still computes."""

from __future__ import annotations

from collections.abc import Mapping

from hwcompile.diagnostics import CompileError, Diagnostic, Origin
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.element_types import NARROW
from hwcompile.frontends.symbolic.integer_ends import close_whole
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    Failed,
    HostValue,
    Lazy,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
)
from hwcompile.ir.types import IntType
from hwcompile_runtime.host import HostOutput, HostSource
from hwcompile_runtime.host_steps import HostStep


def finish_outputs(
    ctx: Context, values: Mapping[str, Value], tools: str
) -> tuple[tuple[str, ...], list[HostOutput], list[Diagnostic]]:
    """The network's outputs, the host's part behind them, and what is wrong with them.

    Args:
        ctx: State.
        values: By tensor name.
        tools: That quantize models of the format, for messages.
    """
    ends = {
        name: _closed(ctx, name, value) for name in ctx.model.outputs for value in [values[name]]
    }
    outputs: dict[str, None] = {}
    host: list[HostOutput] = []
    problems: list[Diagnostic] = []
    for name in ctx.model.outputs:
        value = ends[name]
        if isinstance(value, Failed):
            continue
        reason = _unusable(value, tools)
        if reason:
            origin = Origin(ctx.model.file, name, "graph output")
            problems.append(Diagnostic("HW0207", *reason, origin))
            continue
        assert not isinstance(value, Constant | QuantizedConstant)
        described = _described(name, value)
        host.append(described)
        outputs.update(dict.fromkeys(s.value for s in described.sources))
    return tuple(outputs), host, problems


def _closed(ctx: Context, name: str, value: Value) -> Value:
    """The value; two streams of narrow integers that meet do so in hardware, where that is exact.

    Their result has no more bits than either of them, and the host would have to join two streams.
    """
    narrow = NARROW.get(value.dtype.name) if isinstance(value, Pair) else None
    if not isinstance(value, Pair) or narrow is None:
        return value
    origin = Origin(ctx.model.file, name, "graph output")
    node = SourceNode(name, value.kind, "", (), (name,), {}, origin)
    try:
        return close_whole(ctx, value, IntType(*narrow), value.dtype, node)
    except CompileError:
        return value


def _unusable(value: Value, tools: str) -> tuple[str, str, str] | None:
    """What is wrong, why, and what to do; None when nothing is."""
    if isinstance(value, Constant | QuantizedConstant):
        return (
            "the output is constant",
            "no input of the model reaches it",
            "remove the output from the model",
        )
    base = value.base if isinstance(value, HostValue) else value
    if isinstance(base, Stream) and base.raw:
        return (
            "no quantizer stands between this output and the model's input",
            "hardware computes on integers, and nothing says which",
            f"quantize the model ({tools}), or give --input-type",
        )
    return None


def _described(name: str, value: Lazy | HostValue) -> HostOutput:
    base, steps = (value.base, value.steps) if isinstance(value, HostValue) else (value, ())
    pick = None
    sources: tuple[Stream, ...]
    if isinstance(base, Pair):
        kind, sources = base.kind, (base.left, base.right)
    elif isinstance(base, Bundle):
        kind, sources, pick = "bundle", base.sources, base.pick
    else:
        kind, sources = "stream", (base,)
    pending = () if isinstance(base, Stream) or not base.ops else (HostStep("op", base.ops),)
    described = tuple(HostSource(s.value, s.index, int(s.fill), s.chain) for s in sources)
    return HostOutput(
        name, value.shape, value.dtype.name, kind, described, pick, (*pending, *steps)
    )
