"""Frames that take one of two branches, as a truth says that the network computes.

Both branches are hardware. Gates in front of a branch let only those frames in that take it, and a
choice behind both gives the results of the one that a frame took.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.arranging import inverse
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_ends import close_whole
from hwcompile.frontends.symbolic.meeting import common_order, one_stream
from hwcompile.frontends.symbolic.pending import same_ops, same_start
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    Failed,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
)
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.choice.op import Choose, Enter
from hwcompile_runtime.chain import Integers

_BOOL = np.dtype(np.bool_)
_TRUTH = IntType(0, 1)


def _refused(node: SourceNode, what: str, why: str, fix: str) -> CompileError:
    """HW0280: the network can not choose."""
    chooses = f"this {node.op_type} chooses its branch while the network runs"
    return fail("HW0280", f"{chooses}, and {what}", why, fix, node.origin)


@dataclass
class Branching:
    """A node that chooses, on the way through its branches.

    Attributes:
        ctx: State; its builder receives both branches.
        node: The node.
        truth: The IR value that says which branch a frame takes.
        sides: The results of the branches so far, as streams, that of 1 first.
    """

    ctx: Context
    node: SourceNode
    truth: str
    sides: list[list[Stream]] = field(default_factory=list)

    @staticmethod
    def of(ctx: Context, condition: Value | None, node: SourceNode) -> Branching:
        """With the condition as a value of the network.

        Raises:
            CompileError: HW0280 when it is no truth of each frame.
        """
        if ctx.frames is not None:
            why = "one condition of the file is for all frames of its batch"
            raise _refused(node, "the file has a batch", why, "export the model with a batch of 1")
        shape = () if condition is None or isinstance(condition, Failed) else condition.shape
        if int(np.prod(shape, dtype=np.int64)) != 1:
            why, fix = "a frame goes one way", "reduce it to one element in front"
            raise _refused(node, f"its condition has the shape {list(shape)}", why, fix)
        value = one_stream(ctx, condition, node)
        if not isinstance(value, Stream | Pair | Bundle):
            why = "what stands in front of it has no exact integer form"
            fix = "put a quantizer in front of the comparison"
            raise _refused(node, "the host computes its condition", why, fix)
        closed = value
        if not isinstance(value, Stream) or not _is_truth(ctx, value):
            made = close_whole(ctx, value, _TRUTH, _BOOL, node)
            assert isinstance(made, Stream)
            closed = made
        assert isinstance(closed, Stream)
        wanted = closed.index.reshape(1, 1, 1)
        return Branching(ctx, node, ctx.arrange(closed.value, wanted, int(closed.fill), node))

    def take(self, results: Callable[[], Sequence[Value]]) -> None:
        """Build the next branch: that of 1, then that of 0.

        Args:
            results: Builds the branch as if all frames took it.

        Raises:
            CompileError: HW0280 when its results are no streams.
        """
        when = not self.sides
        start = len(self.ctx.builder.nodes)
        with self.ctx.apart():
            found = [self._stream(value, when) for value in results()]
            self.sides.append(self._gated(found, start, when))

    def results(self) -> list[Value]:
        """What a frame gets from the branch that it takes.

        Raises:
            CompileError: HW0280 when integers of the branches mean different numbers.
        """
        return [self._chosen(*pair) for pair in zip(*self.sides, strict=True)]

    def _stream(self, value: Value, when: bool) -> Stream:
        """A result, with its elements as the tensor has them."""
        if isinstance(value, Failed):
            raise CompileError([])
        name = "then" if when else "else"
        if isinstance(value, Constant | QuantizedConstant):
            what, why = f"a result of its {name} branch is a constant", "a branch gives a stream"
            fix = "choose with a Where behind both, or compute it from an input"
            raise _refused(self.node, what, why, fix)
        stream = one_stream(self.ctx, value, self.node)
        if not isinstance(stream, Stream) or stream.raw:
            what = f"a result of its {name} branch is no integer of the network yet"
            fix = "end both branches with the same quantizer"
            raise _refused(self.node, what, "words are chosen, and words hold integers", fix)
        return stream

    def _gated(self, found: list[Stream], start: int, when: bool) -> list[Stream]:
        """Gates in front of all that the branch takes from outside, also as a result."""
        ctx, builder = self.ctx, self.ctx.builder
        inner = builder.nodes[start:]
        own = {output for node in inner for output in node.outputs}
        del builder.nodes[start:]
        gates: dict[str, str] = {}

        def inside(value: str) -> str:
            if value in own:
                return value
            if value not in gates:
                gates[value] = ctx.emit(self.node, Enter(when), (value, self.truth), "gate")
            return gates[value]

        changed = [replace(n, inputs=tuple(inside(value) for value in n.inputs)) for n in inner]
        results = [replace(stream, value=inside(stream.value)) for stream in found]
        builder.nodes += changed
        return results

    def _chosen(self, first: Stream, second: Stream) -> Stream:
        ctx, node = self.ctx, self.node
        alike = same_start(first.chain, second.chain) and same_ops(
            first.chain.ops, second.chain.ops
        )
        if first.shape != second.shape or first.dtype != second.dtype or not alike:
            what = "its branches give integers that mean different numbers"
            why = f"{_meaning(first)}, and {_meaning(second)}"
            raise _refused(node, what, why, "end both branches with the same quantizer")
        order = common_order(ctx, (first, second))
        values = tuple(_arranged(ctx, stream, order, node) for stream in (first, second))
        value = ctx.emit(node, Choose(), (*values, self.truth))
        index = inverse(order, order.size).reshape(first.shape)
        return Stream(value, index, first.chain, first.dtype)


def _arranged(ctx: Context, stream: Stream, order: IntArray, node: SourceNode) -> str:
    return ctx.arrange(stream.value, stream.index.reshape(-1)[order], int(stream.fill), node)


def _meaning(stream: Stream) -> str:
    return f"{list(stream.shape)} of {stream.dtype.name}: {stream.chain.describe()}"


def _is_truth(ctx: Context, stream: Stream) -> bool:
    """Its integers are 0 and 1 already, and nothing is pending."""
    if stream.raw or stream.chain.ops or not isinstance(stream.chain.start, Integers):
        return False
    element = ctx.type(stream.value).element
    return element.low >= 0 and element.high <= 1
