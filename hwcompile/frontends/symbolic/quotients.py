"""Quotients of two streams of integers: to the nearest, or rounded down within limits."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.elementwise.ratios import Fraction


@dataclass(frozen=True, eq=False)
class Steps:
    """Appends operations that a node becomes.

    Attributes:
        ctx: State; its builder receives them.
        node: The node.
    """

    ctx: Context
    node: SourceNode

    def add(self, role: str, op: Op, *operands: str) -> str:
        """The IR value of an operation on others.

        Raises:
            CompileError: HW0234 where it is not legal on them.
        """
        problems = op.problems(tuple(self.ctx.type(v) for v in operands))
        if problems:
            raise fail(
                "HW0234",
                f"this {self.node.op_type} cannot be built: {'; '.join(problems)}",
                "",
                "put a requantization to fewer bits in front of it, or make its constants smaller",
                self.node.origin,
            )
        return self.ctx.emit(self.node, op, operands, role)

    def element(self, value: str) -> IntType:
        """The interval of an IR value."""
        return self.ctx.type(value).element


def _check_divisor(steps: Steps, divisor: str) -> None:
    element = steps.element(divisor)
    if element.low < 1:
        raise fail(
            "HW0261",
            f"this {steps.node.op_type} divides by integers from {element.low} to {element.high}",
            "quotients by 0 have no value, and how those by negative numbers are rounded is open",
            "keep the divisor above 0, with a Relu and an eps of 1 or more",
            steps.node.origin,
        )


def nearest_quotient(steps: Steps, numerator: str, divisor: str) -> str:
    """The IR value `round(numerator / divisor)`, halves away from zero; int shapes are equal.

    Raises:
        CompileError: HW0261 where the divisor may be below 1, HW0234 where numbers are too wide.
    """
    _check_divisor(steps, divisor)
    top, bottom = steps.element(numerator), steps.element(divisor)
    most = max(abs(top.low), abs(top.high)) // bottom.low + 1
    digits = most.bit_length()
    scaled = steps.add("divisor", Linear((1 << digits,), 0), divisor)
    return steps.add("quotient", Fraction(digits), numerator, scaled)


def floor_within(
    steps: Steps, numerator: str | int, divisor: str, low: int, high: int
) -> tuple[str, int]:
    """`clip(floor(numerator / divisor), low, high)` as an IR value and what is added to it.

    `Fraction` goes to the nearest. With q = n // d and r = n - q * d, the number nearest to
    `(2n - d + 1) / 2d = q + (2r - d + 1) / 2d` is q, as the second term is between -1/2 and 1/2.
    Numbers are moved to begin at 0, and what is outside the limits stays outside.

    Args:
        steps: Where operations are appended.
        numerator: An IR value, or a number.
        divisor: An IR value, of the same shape.
        low: The least result.
        high: The greatest one.

    Returns:
        A value whose integers, clipped to 0 and `high - low`, are the result minus the number.

    Raises:
        CompileError: HW0261 where the divisor may be below 1, HW0234 where numbers are too wide.
    """
    _check_divisor(steps, divisor)
    digits = (high - low).bit_length() + 1
    if isinstance(numerator, int):
        moved = steps.add("dividend", Linear((-2 * low - 1,), 2 * numerator + 1), divisor)
    else:
        moved = steps.add("dividend", Linear((2, -2 * low - 1), 1), numerator, divisor)
    scaled = steps.add("divisor", Linear((2 << digits,), 0), divisor)
    return steps.add("quotient", Fraction(digits), moved, scaled), low
