"""Real numbers in front of and behind a design in C: what `host.json` says, as functions.

They compute what the runtime for Python does, operation by operation. A function is a sequence of
loops over a frame's elements and of calls that look along an axis (softmax, the largest ones).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.runtime.c_quantizers import (
    c_operations,
    c_quantized,
    chain_of_integers,
    chain_of_reals,
)
from hwcompile.runtime.c_scalars import (
    DOUBLE,
    FLOAT,
    INTEGER,
    NotInCError,
    Scalar,
    Scalars,
    c_literal,
    c_whole,
    integer_literal,
)
from hwcompile_runtime.gemmlowp import softmax_numbers
from hwcompile_runtime.host import HostInput, HostOutput, HostSource
from hwcompile_runtime.host_steps import HostStep, lifted_exponentials
from hwcompile_runtime.integer_types import LIMITS

RESULTS = {
    "float32": FLOAT,
    "float64": DOUBLE,
    "bool": "uint8_t",
    **{name: f"{name}_t" for name in LIMITS},
    "uint64": "uint64_t",
}
"""C's types of a model's outputs."""

LETTERS = {FLOAT: "f", DOUBLE: "d", INTEGER: "i"}
"""How functions for arrays of a type end."""


@dataclass(frozen=True)
class PortArray:
    """A parameter: the elements of one port.

    Attributes:
        name: Of the parameter.
        type: Of its elements.
        ctype: What that is.
    """

    name: str
    type: str
    ctype: str


@dataclass(frozen=True)
class FramePart:
    """A loop over elements `i`, or a call.

    Attributes:
        count: Of elements; 0 for a call.
        statements: Of a loop's body.
        target: What a loop assigns to.
        value: What it assigns; or the call.
    """

    count: int
    statements: tuple[str, ...]
    target: str
    value: str


@dataclass(frozen=True)
class RealFunction:
    """One function that turns a frame's real numbers to integers, or back.

    Attributes:
        name: Behind the design's.
        source: The model's input or output, for people.
        elements: Real numbers of a frame.
        type: Of the real numbers.
        arrays: Names of the parameters that are arrays of ports.
        parameters: Everything in parentheses; the real numbers are `reals`.
        tables: Name, type and initialiser of each table.
        stages: Name, type and number of elements of arrays between the parts.
        parts: What it does.
        missing: Why there is no function; "" when there is one.
    """

    name: str
    source: str
    elements: int
    type: str = FLOAT
    arrays: tuple[str, ...] = ()
    parameters: str = ""
    tables: tuple[tuple[str, str, str], ...] = ()
    stages: tuple[tuple[str, str, int], ...] = ()
    parts: tuple[FramePart, ...] = ()
    missing: str = ""

    @property
    def constant(self) -> str:
        """The macro that holds the number of elements, behind the design's name."""
        return f"{self.name.partition('quantize_')[2]}_REALS".upper()


def input_function(host: HostInput, name: str, array: PortArray) -> RealFunction:
    """The function that quantizes a frame of an input."""
    elements, body = int(np.prod(host.source_shape)), Scalars()
    try:
        x = body.element("reals", FLOAT, host.index, c_literal(host.fill, FLOAT))
        if not host.quantizer.doubles:
            x = chain_of_reals(body, host.chain, x)
        q = c_quantized(body, host.quantizer, x)
    except NotInCError as reason:
        return RealFunction(name, host.source, elements, missing=str(reason))
    target, value = f"{array.name}[i]", f"({array.type}){q.text}"
    part = FramePart(host.index.size, tuple(body.statements), target, value)
    parameters = f"const float *reals, {array.type} *{array.name}"
    return RealFunction(
        *(name, host.source, elements, FLOAT, (array.name,), parameters),
        *(tuple(body.tables), (), (part,)),
    )


def output_function(host: HostOutput, name: str, arrays: Mapping[str, PortArray]) -> RealFunction:
    """The function that makes real numbers of a frame of an output.

    Args:
        host: The model's output.
        name: Behind the design's.
        arrays: The network's outputs by name.
    """
    elements = int(np.prod(host.shape))
    used = dict.fromkeys(source.value for source in host.sources)
    made = _Frame(arrays)
    try:
        if host.dtype not in RESULTS:
            raise NotInCError(f"the type {host.dtype}")
        made.begin(host)
        for step in host.steps:
            made.step(step)
        made.end(host.dtype, elements)
    except NotInCError as reason:
        return RealFunction(name, host.name, elements, missing=str(reason))
    given = [f"const {arrays[each].type} *{arrays[each].name}" for each in used]
    kind = RESULTS[host.dtype]
    return RealFunction(
        *(name, host.name, elements, kind, tuple(arrays[each].name for each in used)),
        ", ".join([*given, f"{kind} *reals"]),
        tuple(made.body.tables),
        tuple(made.stages),
        tuple(made.parts),
    )


class _Frame:
    """Collects the parts of an output's function; `x` is element `i` of what there is so far."""

    def __init__(self, arrays: Mapping[str, PortArray]) -> None:
        self.arrays = arrays
        self.body = Scalars()
        self.stages: list[tuple[str, str, int]] = []
        self.parts: list[FramePart] = []
        self.size = 0
        self.x = Scalar("", FLOAT)

    def begin(self, host: HostOutput) -> None:
        """The numbers of all sources, joined."""
        if host.kind == "bundle":
            assert host.pick is not None
            self._bundle(host.sources, host.pick)
            return
        self.size = host.sources[0].index.size
        self.x = self._source(host.sources[0])
        if host.kind != "stream":
            self.x = self.body.join(host.kind, self.x, self._source(host.sources[1]))

    def _source(self, source: HostSource) -> Scalar:
        array = self.arrays[source.value]
        fill = integer_literal(source.fill)
        q = self.body.element(array.name, INTEGER, source.index, fill, given=array.ctype)
        return chain_of_integers(self.body, source.chain, q)

    def _bundle(self, sources: tuple[HostSource, ...], pick: IntArray) -> None:
        """Sources one after the other in an array, of which some elements are picked."""
        made = [(source.index.size, self._source(source), self._taken()) for source in sources]
        kinds = {x.type for _, x, _ in made}
        kind = kinds.pop() if len(kinds) == 1 else DOUBLE
        name, offset = self._new(kind, sum(count for count, _, _ in made)), 0
        for count, x, statements in made:
            self.body.statements += statements
            self._loop(count, f"{name}[i + {offset}u]", x, cast=kind)
            offset += count
        self._read(name, kind, pick.reshape(-1))

    def _taken(self) -> tuple[str, ...]:
        """The statements so far, which are to come again."""
        statements = tuple(self.body.statements)
        self.body.statements.clear()
        return statements

    def _loop(self, count: int, target: str, x: Scalar, cast: str = "") -> None:
        value = f"({cast}){x.text}" if cast and cast != x.type else x.text
        self.parts.append(FramePart(count, self._taken(), target, value))

    def _read(self, array: str, kind: str, index: IntArray) -> None:
        """Go on with elements of an array; those from nowhere are zero."""
        self.size = index.size
        self.x = self.body.element(array, kind, index, c_literal(0, kind))

    def _stored(self) -> str:
        """The array that holds what there is so far."""
        if self._fresh():
            self.body.statements.clear()
            return self.stages[-1][0]
        name = f"stage_{len(self.stages)}"
        self.stages.append((name, self.x.type, self.size))
        self._loop(self.size, f"{name}[i]", self.x)
        return name

    def _fresh(self) -> bool:
        """True when nothing was done with the last array yet."""
        if not self.stages or len(self.body.statements) != 1:
            return False
        name, kind, count = self.stages[-1]
        read = self.body.statements[0].endswith(f" = {name}[i];")
        return read and (kind, count) == (self.x.type, self.size)

    def step(self, step: HostStep) -> None:
        """One step of the host behind the sources."""
        if step.kind == "op":
            self.x = c_operations(self.body, step.ops, self.x)
            return
        if step.kind == "take":
            assert step.index is not None
            array, kind = self._stored(), self.x.type
            self._read(array, kind, step.index.reshape(-1))
            return
        shape = tuple(step.attributes["shape"])
        axis = int(step.attributes["axis"]) % len(shape)
        outer, length, inner = (
            int(np.prod(part)) for part in (shape[:axis], shape[axis], shape[axis + 1 :])
        )
        self._call(step, f"{outer}u, {length}u, {inner}u", (outer, length, inner))

    def _call(self, step: HostStep, sizes: str, shape: tuple[int, int, int]) -> None:
        outer, length, inner = shape
        if step.kind in ("softmax", "log_softmax") and self.x.type == INTEGER:
            self.x = self.body.as_type(self.x, DOUBLE)
        kind, letter = self.x.type, LETTERS[self.x.type]
        x = self._stored()
        if step.kind in ("softmax", "log_softmax"):
            self._called(f"hwcompile_{step.kind}_{letter}({x}, {x}, {sizes});", x, kind)
        elif step.kind == "argmax":
            y = self._new(INTEGER, outer * inner)
            self._called(f"hwcompile_argmax_{letter}({x}, {y}, {sizes});", y, INTEGER)
        elif step.kind == "topk":
            k = int(step.attributes["k"])
            wanted = INTEGER if step.attributes["result"] == "index" else kind
            y = self._new(wanted, outer * k * inner)
            both = f"NULL, {y}" if step.attributes["result"] == "index" else f"{y}, NULL"
            self._called(f"hwcompile_topk_{letter}({x}, {both}, {sizes}, {k}u);", y, wanted)
        elif step.kind == "lp_normalization" and kind == FLOAT:
            p = int(step.attributes["p"])
            self._called(f"hwcompile_lp_normalization({x}, {x}, {sizes}, {p});", x, kind)
        elif step.kind == "quantized_softmax" and kind == INTEGER:
            self._called(self._quantized_softmax(step, x, sizes, length), x, kind)
        elif step.kind == "fixed_softmax" and kind == INTEGER:
            given = [*softmax_numbers(float(step.attributes["input_scale"])),
                     int(step.attributes["low"]), int(step.attributes["high"])]  # fmt: skip
            numbers = self.body.table(INTEGER, [integer_literal(n) for n in given])
            self._called(f"hwcompile_fixed_softmax({x}, {x}, {sizes}, {numbers});", x, kind)
        else:
            raise NotInCError(f"'{step.kind}' of {kind}")

    def _quantized_softmax(self, step: HostStep, x: str, sizes: str, length: int) -> str:
        given = step.attributes
        exponentials = lifted_exponentials(float(given["input_scale"]), length)
        table = self.body.table(FLOAT, [c_literal(v, FLOAT) for v in exponentials])
        steps = c_literal(np.floor(np.float32(1) / np.float32(given["scale"])), FLOAT)
        limits = [integer_literal(int(given[n])) for n in ("zero_point", "low", "high")]
        limits_table = self.body.table(INTEGER, limits)
        return f"hwcompile_quantized_softmax({x}, {x}, {sizes}, {table}, {steps}, {limits_table});"

    def _new(self, kind: str, count: int) -> str:
        name = f"stage_{len(self.stages)}"
        self.stages.append((name, kind, count))
        return name

    def _called(self, call: str, array: str, kind: str) -> None:
        self.parts.append(FramePart(0, (), "", call))
        count = next(count for name, _, count in self.stages if name == array)
        self._read(array, kind, np.arange(count))

    def end(self, dtype: str, elements: int) -> None:
        """The results, in the type of the model's output."""
        kind = RESULTS[dtype]
        if self._fresh() and kind == self.x.type and self.size == elements:
            last = self.stages.pop()[0]
            self.parts = [_renamed(part, last) for part in self.parts]
            return
        if dtype == "bool":
            self.x = self.body.let(INTEGER, f"{self.x.text} != 0 ? 1 : 0")
        elif kind not in (FLOAT, DOUBLE):
            self.x = c_whole(self.body, self.x, "int64" if dtype == "uint64" else dtype)
        self._loop(self.size, "reals[i]", self.x, cast=kind)


def _renamed(part: FramePart, stage: str) -> FramePart:
    """The part with the results in the place of an array."""
    target, value = (re.sub(rf"\b{stage}\b", "reals", text) for text in (part.target, part.value))
    statements = tuple(re.sub(rf"\b{stage}\b", "reals", text) for text in part.statements)
    return FramePart(part.count, statements, target, value)
