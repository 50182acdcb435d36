"""Says where float32's roundings cost a memory of thresholds, and what the choice is."""

from __future__ import annotations

from hwcompile.ops.contract.instance import Instance
from hwcompile.schedule.plan import Plan

LARGE = 1 << 16
"""Bits of thresholds beyond which a note names the other rounding."""


def threshold_notes(plan: Plan) -> tuple[str, ...]:
    """A remark for every stage whose thresholds follow no line and take a large memory."""
    found = []
    for part in (part for stage in plan.stages for part in stage.parts):
        instance, origin = part.built.instance, part.node.origin
        if instance.library != "hw_binary_search" or origin is None:
            continue
        bits = _bits(instance)
        if bits > LARGE:
            found.append(
                f"{origin}: its thresholds take {bits:,} bits of memory, because float32's "
                f"roundings follow no line; --rounding {origin.node}=exact rounds once, which a "
                "multiplication and a shift do, and says on how many integers that differs"
            )
    return tuple(found)


def _bits(instance: Instance) -> int:
    return sum(image.width * image.depth for image in instance.memories.values())
