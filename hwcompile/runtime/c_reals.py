"""Real numbers in front of and behind a design in C: what `host.json` says, as statements.

C does what needs one rounded operation a time: the arithmetic of float32, its limits, and the
common quantizers. It is then the runtime's, bit for bit. What needs more (functions such as tanh,
several streams together, softmax) is left to the caller, and the header says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.host import HostInput, HostOutput
from hwcompile_runtime.quantizers import (
    BipolarQuantizer,
    ClippedQuantizer,
    LinearQuantizer,
    Quantizer,
)
from hwcompile_runtime.rows import AnyArray

STATEMENTS = {
    "add": "x = x + {0};",
    "sub": "x = x - {0};",
    "rsub": "x = {0} - x;",
    "mul": "x = x * {0};",
    "div": "x = x / {0};",
    "neg": "x = -x;",
    "relu": "x = x < 0.0f ? 0.0f : x;",
    "min": "x = x > {0} ? {0} : x;",
    "max": "x = x < {0} ? {0} : x;",
    "clip": "x = x < {0} ? {0} : x; x = x > {1} ? {1} : x;",
}
"""Operation to its statement on `x`; `{0}` and `{1}` are its constants."""


class NotInCError(Exception):
    """Why something has no statements in C."""


@dataclass(frozen=True)
class RealHelper:
    """One function that turns a frame's real numbers to integers, or back.

    Attributes:
        port: Name of the network's input or output.
        source: The model's, for people.
        elements: Real numbers of a frame.
        tables: Name, type and initialiser of each table.
        statements: Of the loop's body, on the element `i`.
        fill: What is read where an element comes from nowhere, as a literal.
        place: Position that element `i` is read from, as an expression.
        missing: Why there is no function; "" when there is one.
    """

    port: str
    source: str
    elements: int
    tables: tuple[tuple[str, str, str], ...] = ()
    statements: tuple[str, ...] = ()
    fill: str = ""
    place: str = "i"
    missing: str = ""


class _Body:
    """Collects statements and the tables that they read."""

    def __init__(self) -> None:
        self.tables: list[tuple[str, str, str]] = []
        self.statements: list[str] = []

    def constant(self, values: AnyArray, kind: str = "float") -> str:
        """A constant of a row: its literal, or a place in a table."""
        texts = [float_literal(v) if kind == "float" else f"{int(v)}" for v in values.reshape(-1)]
        return texts[0] if len(texts) == 1 else f"{self.table(kind, texts)}[i % {len(texts)}u]"

    def table(self, kind: str, texts: list[str]) -> str:
        name = f"table_{len(self.tables)}"
        self.tables.append((name, kind, ", ".join(texts)))
        return name

    def real_start(self, chain: Chain) -> None:
        """Real numbers begin a chain as they are, or times a scale."""
        if isinstance(chain.start, Dequantize):
            if chain.start.zero_point.any():
                raise NotInCError("a zero point in front of the quantizer")
            if (chain.start.scale != 1).any():
                self.statements.append(f"x = x * {self.constant(chain.start.scale)};")

    def operations(self, ops: tuple[FloatOp, ...]) -> None:
        for op in ops:
            if op.kind not in STATEMENTS or any(c.dtype != np.float32 for c in op.constants):
                raise NotInCError(f"'{op.kind}'")
            constants = [self.constant(c) for c in op.constants]
            self.statements.append(STATEMENTS[op.kind].format(*constants))

    def quantizer(self, to: Quantizer) -> None:
        low, high = to.element.low, to.element.high
        if isinstance(to, LinearQuantizer):
            self.statements += [
                f"x = rintf(x / {self.constant(to.divisor)});",
                "x = x < -1099511627776.0f ? -1099511627776.0f : x;",
                "x = x > 1099511627776.0f ? 1099511627776.0f : x;",
                f"q = (int64_t)x + {self.constant(to.zero_point, 'int32_t')};",
                f"q = q < {low} ? {low} : q > {high} ? {high} : q;",
            ]
        elif isinstance(to, ClippedQuantizer) and to.rounding in ("ROUND", "HALF_EVEN"):
            if max(-low, high) >= 1 << 24:
                raise NotInCError("a quantizer of more than 24 bits")
            self.statements += [
                f"x = x / {self.constant(to.divisor)};",
                f"x = x + {self.constant(to.offset)};",
                f"x = x < {low}.0f ? {low}.0f : x > {high}.0f ? {high}.0f : x;",
                "q = (int64_t)rintf(x);",
            ]
        elif isinstance(to, BipolarQuantizer):
            self.statements += [
                f"x = x / {self.constant(to.divisor)};",
                f"x = x + {self.constant(to.offset)};",
                "q = x >= 0.0f ? 1 : -1;",
            ]
        else:
            raise NotInCError(f"a quantizer of the kind '{to.kind}'")

    def place(self, index: IntArray) -> str:
        flat = index.reshape(-1)
        if np.array_equal(flat, np.arange(flat.size)):
            return "i"
        return f"{self.table('int32_t', [str(int(v)) for v in flat])}[i]"


def input_helper(host: HostInput) -> RealHelper:
    """The function that quantizes a frame of an input."""
    elements, body = int(np.prod(host.source_shape)), _Body()
    try:
        body.real_start(host.chain)
        body.operations(host.chain.ops)
        body.quantizer(host.quantizer)
    except NotInCError as reason:
        return RealHelper(host.value, host.source, elements, missing=str(reason))
    place = body.place(host.index)
    fill = float_literal(host.fill)
    parts = tuple(body.tables), tuple(body.statements)
    return RealHelper(host.value, host.source, elements, *parts, fill, place)


def output_helper(host: HostOutput) -> RealHelper:
    """The function that makes real numbers of a frame of an output."""
    elements, port = int(np.prod(host.shape)), host.sources[0].value
    body = _Body()
    try:
        if host.kind != "stream" or host.dtype != "float32":
            raise NotInCError("several streams" if host.kind != "stream" else f"type {host.dtype}")
        if any(step.kind != "op" for step in host.steps):
            raise NotInCError(f"'{next(s.kind for s in host.steps if s.kind != 'op')}'")
        source = host.sources[0]
        _start(body, source.chain)
        body.operations(source.chain.ops)
        for step in host.steps:
            body.operations(step.ops)
    except NotInCError as reason:
        return RealHelper(port, host.name, elements, missing=str(reason))
    place = body.place(source.index)
    parts = tuple(body.tables), tuple(body.statements)
    return RealHelper(port, host.name, elements, *parts, str(source.fill), place)


def float_literal(value: float) -> str:
    """A float32 number in C99, exactly.

    Raises:
        NotInCError: For a NaN.
    """
    number = float(np.float32(value))
    if np.isnan(number):
        raise NotInCError("a constant that is no number")
    if np.isinf(number):
        return "INFINITY" if number > 0 else "(-INFINITY)"
    text = f"{number.hex()}f"
    return f"({text})" if number < 0 else text


def _start(body: _Body, chain: Chain) -> None:
    start = chain.start
    if not isinstance(start, Dequantize):
        raise NotInCError("integers that are no steps of a scale")
    zero = body.constant(start.zero_point, "int32_t")
    body.statements += [f"x = (float)(q - {zero});", f"x = x * {body.constant(start.scale)};"]
