"""The model's outputs: which IR values leave the network and what the host still computes."""

from __future__ import annotations

from collections.abc import Mapping

from hwcompile.diagnostics import Diagnostic, Origin
from hwcompile.frontends.symbolic.context import Context
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
    outputs: dict[str, None] = {}
    host: list[HostOutput] = []
    problems: list[Diagnostic] = []
    for name in ctx.model.outputs:
        value = values[name]
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
