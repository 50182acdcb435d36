"""Chains: what a float model computes, element by element, between integers and a quantizer.

A chain starts at the integers of a stream or accumulator and applies element-wise operations
whose other operands are constants. It is evaluated exactly as ONNX evaluates the model: float32,
operation by operation (see `float_kinds`). Values have shape [rows, ...] with constants
[1 or rows]; see `rows`.

    chain = Chain(Dequantize(floats(0.02)), (FloatOp("mul", (gains,)), FloatOp("relu")))
    real = chain.apply(accumulators)          # int64 [rows, n] -> float32 [rows, n]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hwcompile_runtime.float_kinds import KINDS, quotient
from hwcompile_runtime.integers import IntArray
from hwcompile_runtime.quantizers import Quantizer, quantizer_from_json
from hwcompile_runtime.rows import (
    AnyArray,
    FloatArray,
    against,
    common_rows,
    from_plain,
    integers,
    plain,
    take,
)

_JOINS = ("add", "sub", "mul", "div", "min", "max", "bit_and", "bit_or", "bit_xor")


def join_values(kind: str, left: AnyArray, right: AnyArray) -> AnyArray:
    """Two tensors joined by ONNX's Add, Sub, Mul, Div, Min or Max, or bit by bit."""
    functions: dict[str, Any] = {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "div": quotient,
        "min": np.minimum,
        "max": np.maximum,
        "bit_and": np.bitwise_and,
        "bit_or": np.bitwise_or,
        "bit_xor": np.bitwise_xor,
    }
    with np.errstate(all="ignore"):
        return np.asarray(functions[kind](left, right))


@dataclass(frozen=True, eq=False)
class FloatOp:
    """One element-wise operation of a chain.

    Attributes:
        kind: A key of `KINDS`; or `fake_quant` (quantize and dequantize: the result is real
            again); or `join` (the chain forks and its two branches meet again: `x * sigmoid(x)`).
        constants: float32 (int64 in an integer chain) [1 or rows] each.
        attributes: Numbers and strings by ONNX's names; `op` of a `join`.
        quantizer: Of a `fake_quant`.
        branches: Of a `join`: two sequences of operations on the same value, left and right.
    """

    kind: str
    constants: tuple[AnyArray, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    quantizer: Quantizer | None = None
    branches: tuple[tuple[FloatOp, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.kind == "fake_quant":
            if self.quantizer is None:
                raise ValueError("fake_quant needs a quantizer")
        elif self.kind == "join":
            if len(self.branches) != 2 or self.attributes.get("op") not in _JOINS:
                raise ValueError("join needs two branches and an op")
        elif len(self.constants) != KINDS[self.kind].constants:
            raise ValueError(f"{self.kind} takes {KINDS[self.kind].constants} constants")

    def apply(self, x: AnyArray) -> AnyArray:
        """Evaluate on float32 (or int64) [1 or rows, ...]; the result is [rows, ...].

        Raises:
            OverflowError: If an integer cast meets a value outside its type.
        """
        if self.quantizer is not None:
            return self.quantizer.dequantize(self.quantizer.quantize(x))
        if self.kind == "join":
            left, right = (apply_all(ops, x) for ops in self.branches)
            return join_values(self.attributes["op"], left, right)
        kind = KINDS[self.kind]
        if not (kind.integer or x.dtype == np.float32):
            raise ValueError(f"{self.kind} works on float32 only; cast the integers first")
        if any(c.dtype != x.dtype for c in self.constants):
            raise ValueError(f"the constants of {self.kind} must be {x.dtype}")
        constants = tuple(against(c, x) for c in self.constants)
        with np.errstate(all="ignore"):
            y = kind.evaluate(x, constants, self.attributes)
        return y if self.kind == "cast" else y.astype(x.dtype, copy=False)

    def monotone_sign(self) -> IntArray:
        """+1 rising, -1 falling, 0 unknown, per row; int64 [1 or rows]."""
        if self.kind == "fake_quant":
            return np.ones(1, dtype=np.int64)
        if self.kind != "join":
            return integers(KINDS[self.kind].sign(self.constants, self.attributes))
        left, right = (signs_of(ops) for ops in self.branches)
        if self.attributes["op"] == "sub":
            right = -right
        elif self.attributes["op"] not in ("add", "min", "max"):
            return np.zeros(1, dtype=np.int64)
        return np.where(left == right, left, 0)

    @property
    def rows(self) -> int:
        """1 or the number of rows."""
        counts = [c.shape[0] for c in self.constants]
        counts += [self.quantizer.rows] if self.quantizer is not None else []
        counts += [op.rows for branch in self.branches for op in branch]
        return common_rows(*counts)

    def arrays(self) -> Iterator[AnyArray]:
        """All per-row constants, also of the quantizer and the branches."""
        yield from self.constants
        if self.quantizer is not None:
            yield from self.quantizer.arrays().values()
        for branch in self.branches:
            for op in branch:
                yield from op.arrays()

    def select(self, rows: IntArray) -> FloatOp:
        """The operation of the given rows, in that order."""
        return replace(
            self,
            constants=tuple(take(c, rows) for c in self.constants),
            quantizer=self.quantizer.select(rows) if self.quantizer is not None else None,
            branches=tuple(tuple(op.select(rows) for op in branch) for branch in self.branches),
        )

    def describe(self) -> str:
        """A few words for people: `mul by 64 constants`, `clip 0 to 6`."""
        shown = [f"{c[0]:g}" if c.size == 1 else f"{c.size} constants" for c in self.constants]
        words = [self.kind, *shown, *(f"{k}={v}" for k, v in self.attributes.items())]
        return " ".join(words)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the build directory."""
        data: dict[str, Any] = {"kind": self.kind}
        if self.constants:
            data["constants"] = [
                {"dtype": str(c.dtype), "values": plain(c)} for c in self.constants
            ]
        if self.attributes:
            data["attributes"] = dict(self.attributes)
        if self.quantizer is not None:
            data["quantizer"] = self.quantizer.to_json()
        if self.branches:
            data["branches"] = [[op.to_json() for op in branch] for branch in self.branches]
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> FloatOp:
        """Inverse of `to_json`."""
        stored = data.get("quantizer")
        return FloatOp(
            kind=data["kind"],
            constants=tuple(from_plain(c["values"], c["dtype"]) for c in data.get("constants", [])),
            attributes=dict(data.get("attributes", {})),
            quantizer=quantizer_from_json(stored) if stored else None,
            branches=tuple(
                tuple(FloatOp.from_json(op) for op in branch) for branch in data.get("branches", [])
            ),
        )


def apply_all(ops: tuple[FloatOp, ...], x: AnyArray) -> AnyArray:
    """Evaluate operations in order."""
    for op in ops:
        x = op.apply(x)
    return x


def signs_of(ops: tuple[FloatOp, ...]) -> IntArray:
    """The monotone sign of operations in order, per row; int64 [1 or rows]."""
    sign = np.ones(1, dtype=np.int64)
    for op in ops:
        sign = sign * op.monotone_sign()
    return sign


@dataclass(frozen=True, eq=False)
class Dequantize:
    """Start of a float chain: `float32(q - zero_point) * scale`; the difference is exact.

    An exact accumulator of products has scale float32(sx * sw) and zero point 0.

    Attributes:
        scale: float32 [1 or rows], positive.
        zero_point: int64 [1 or rows].
    """

    scale: FloatArray
    zero_point: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))

    def apply(self, q: IntArray) -> AnyArray:
        """Real values float32 [rows, ...] of integers int64 [1 or rows, ...]."""
        difference = (q - against(self.zero_point, q)).astype(np.float32)
        return np.asarray(difference * against(self.scale, q), dtype=np.float32)

    def arrays(self) -> Iterator[AnyArray]:
        """All per-row constants."""
        yield from (self.scale, self.zero_point)

    def select(self, rows: IntArray) -> Dequantize:
        """The start of the given rows."""
        return Dequantize(take(self.scale, rows), take(self.zero_point, rows))

    def to_json(self) -> dict[str, Any]:
        """Plain data for the build directory."""
        return {"scale": plain(self.scale), "zero_point": plain(self.zero_point)}


@dataclass(frozen=True)
class Integers:
    """Start of an integer chain: the values themselves, int64."""

    def apply(self, q: IntArray) -> AnyArray:
        """The values."""
        return q

    def arrays(self) -> Iterator[AnyArray]:
        """No constants."""
        return iter(())

    def select(self, rows: IntArray) -> Integers:
        """Itself."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain data for the build directory."""
        return {}


def _domain(ops: tuple[FloatOp, ...], domain: str) -> str:
    """What operations on numbers of a domain return; numbers beside integers make float32."""
    for op in ops:
        if op.kind == "cast":
            domain = "float32" if op.attributes["to"].startswith("float") else "int64"
        elif op.kind == "fake_quant":
            domain = "float32"
        elif op.kind == "join":
            ends = [_domain(branch, domain) for branch in op.branches]
            domain = "float32" if "float32" in ends else "int64"
    return domain


@dataclass(frozen=True, eq=False)
class Chain:
    """Element-wise operations on the integers of a stream; see the module text."""

    start: Dequantize | Integers
    ops: tuple[FloatOp, ...] = ()

    def then(self, *ops: FloatOp) -> Chain:
        """The chain with further operations at its end."""
        return Chain(self.start, self.ops + ops)

    def apply(self, q: IntArray) -> AnyArray:
        """Evaluate on int64 [1 or rows, ...]; float32 (or int64) [rows or 1, ...]."""
        return apply_all(self.ops, self.start.apply(q))

    def monotone_sign(self) -> IntArray:
        """+1 rising, -1 falling, 0 unknown, per row; int64 [1 or rows]."""
        sign = signs_of(self.ops)
        if isinstance(self.start, Dequantize):
            sign = sign * np.where(self.start.scale < 0, -1, 1)
        return sign

    @property
    def domain(self) -> str:
        """'float32' or 'int64': what `apply` returns."""
        return _domain(self.ops, "int64" if isinstance(self.start, Integers) else "float32")

    def arrays(self) -> Iterator[AnyArray]:
        """All per-row constants."""
        yield from self.start.arrays()
        for op in self.ops:
            yield from op.arrays()

    @property
    def rows(self) -> int:
        """1 or the number of rows of the constants."""
        return common_rows(*(a.shape[0] for a in self.arrays()))

    def select(self, rows: IntArray) -> Chain:
        """The chain of the given rows, in that order."""
        return Chain(self.start.select(rows), tuple(op.select(rows) for op in self.ops))

    def describe(self) -> str:
        """A few words per operation for people."""
        first = "dequantize" if isinstance(self.start, Dequantize) else "integers"
        return ", ".join([first, *(op.describe() for op in self.ops)])

    def to_json(self) -> dict[str, Any]:
        """Plain data for the build directory."""
        return {"start": self.start.to_json(), "ops": [op.to_json() for op in self.ops]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Chain:
        """Inverse of `to_json`."""
        start = data["start"]
        first: Dequantize | Integers = Integers()
        if start:
            scale, zero = start["scale"], start["zero_point"]
            first = Dequantize(from_plain(scale, "float32"), from_plain(zero, "int64"))
        return Chain(first, tuple(FloatOp.from_json(op) for op in data["ops"]))
