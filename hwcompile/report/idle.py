"""Says when a design has no hardware worth the name."""

from __future__ import annotations

from hwcompile.diagnostics import fail
from hwcompile.schedule.plan import Plan

_MOVING = frozenset({"concat", "gather", "width"})
"""Families that compute nothing."""


def must_have_hardware(plan: Plan) -> None:
    """A design has an operator.

    Raises:
        CompileError: HW0286 where all of them ended on the host.
    """
    if any(stage.parts for stage in plan.stages):
        return
    raise fail(
        "HW0286",
        f"no operator of '{plan.graph.name}' would be hardware: the design is only wires and FIFOs",
        "all of them run on the host, before or behind the network, or only rename elements",
        "quantizers in front of and behind what is to be hardware, or --allow-host "
        "(allow_host=True), which writes the wires",
    )


def idle_notes(plan: Plan) -> tuple[str, ...]:
    """A remark when nothing of a network is computed in hardware."""
    families = {part.node.op.family for stage in plan.stages for part in stage.parts}
    if families - _MOVING:
        return ()
    does = "only moves elements" if families else "is only wires and FIFOs"
    why = "every operator that computes runs on the host or became part of a neighbour"
    fix = "a quantizer behind an operator, and before it, makes it run in hardware"
    return (f"this design {does} and computes nothing: {why}; {fix}",)
