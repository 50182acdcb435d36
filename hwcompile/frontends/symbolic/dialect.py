"""What the interpreter asks a source format about its nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from hwcompile.diagnostics import Diagnostic
from hwcompile.frontends.model import Array, SourceGraph, SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Value

Shape = tuple[int, ...]

Handler = Callable[[Context, SourceNode, Sequence[Value | None]], Sequence[Value]]


@dataclass(frozen=True)
class Treatment:
    """How the interpreter treats an operator type.

    Attributes:
        handler: Makes abstract outputs from abstract inputs.
        folds: True when constant inputs are evaluated as the format defines (`Dialect.fold`)
            instead of by the handler.
        keeps: True when the handler keeps the integers of quantized weights.
    """

    handler: Handler
    folds: bool = True
    keeps: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a format says about a node.

    Attributes:
        illegal: Why it is not legal; empty when it is.
        outputs: Element type (a number of the format's) and shape of each output, as far as known.
        file: Shapes of the outputs with the batch of the file; None where unknown.
    """

    illegal: str = ""
    outputs: Mapping[str, tuple[int, Shape | None]] = field(default_factory=dict)
    file: Mapping[str, Shape | None] = field(default_factory=dict)


class Dialect(ABC):
    """A source format during one interpretation; what it learns about tensors is its own.

    Attributes:
        simplify: How its users fold the constants of a model, for messages.
    """

    simplify: ClassVar[str]

    @abstractmethod
    def treatment(self, node: SourceNode) -> Treatment | None:
        """How the node's operator is treated; None when nobody knows it."""

    def absence(self, node: SourceNode) -> tuple[str, str]:
        """Why nobody builds a node's operator, and what to do."""
        fix = "replace it by supported operators; `hwcompile ops` lists them"
        return "there is no hardware for it", fix

    @abstractmethod
    def one_frame(self, node: SourceNode, inputs: list[Value | None]) -> list[Value | None]:
        """The inputs where the file fixes a batch and the network is built for one frame."""

    @abstractmethod
    def judge(
        self,
        node: SourceNode,
        inputs: Sequence[Value | None],
        as_written: Sequence[Value | None],
    ) -> Verdict:
        """Whether the node is legal, and what comes out.

        Args:
            node: The node.
            inputs: Its inputs for one frame.
            as_written: Its inputs where constants hold the batch of the file.

        Raises:
            CompileError: When it would make a tensor that is too large.
        """

    @abstractmethod
    def refusal(self, node: SourceNode, why: str) -> Diagnostic:
        """The finding that a node is not legal."""

    @abstractmethod
    def unread(self, node: SourceNode) -> list[Diagnostic]:
        """What the node carries and its handler does not implement."""

    @abstractmethod
    def fold(
        self,
        node: SourceNode,
        verdict: Verdict,
        arrays: list[Array | None],
        captured: Mapping[str, Array],
    ) -> list[Array]:
        """The outputs of a node whose inputs are known.

        Args:
            node: The node.
            verdict: What `judge` said.
            arrays: Its inputs; None for absent ones.
            captured: What the graphs in its attributes use from outside.

        Raises:
            CompileError: When nobody can evaluate it.
        """

    @abstractmethod
    def settle(
        self,
        node: SourceNode,
        verdict: Verdict,
        inputs: Sequence[Value | None],
        results: Sequence[Value],
    ) -> None:
        """Hold a handler's results to the verdict, and note what they are.

        Raises:
            InternalError: If the format says another shape.
        """

    @abstractmethod
    def chooses(self, node: SourceNode) -> bool:
        """True for a node that runs one of its graphs, as its only input says."""

    @abstractmethod
    def branch(self, node: SourceNode, condition: bool, known: Collection[str]) -> SourceGraph:
        """The graph that such a node runs.

        Args:
            node: The node.
            condition: Its input.
            known: Tensors that are there already.

        Raises:
            CompileError: When it has none, or one that is not whole.
        """

    @abstractmethod
    def alias(self, name: str, source: str) -> None:
        """`name` is the tensor `source`."""
