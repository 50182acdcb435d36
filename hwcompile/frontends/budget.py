"""How much a model may ask for: sizes are counted before anything of that size is made.

A few bytes of a file can ask for any number of elements. Every tensor that a node computes is
held to `LARGEST` elements and all of them together to `TOTAL`, and so is the work that has no such
result; constants in the file are as large as the file, so that they have a limit of their own. For
comparison: the largest tensor of VGG-16 has 3.2 million elements.
"""

from __future__ import annotations

from math import prod

from hwcompile.diagnostics import CompileError, Origin, fail

LARGEST = 1 << 22
"""Elements of a tensor that a node computes, and of an input."""

TOTAL = 1 << 27
"""Elements of all tensors that nodes compute."""

STORED = 1 << 28
"""Elements of a constant in the file."""

SPARSE = 256
"""How many elements a sparse constant may have for each one that the file stores, if many."""

NODES = 100_000
"""Nodes of a graph, branches and functions included."""

DEPTH = 24
"""How deep graphs may stand in attributes of graphs."""


def too_large(what: str, shape: tuple[int, ...], limit: int, origin: Origin) -> CompileError:
    """HW0121: the refusal of a tensor with more than `limit` elements."""
    return fail(
        "HW0121",
        f"{what} has shape {list(shape)}, which is {prod(shape):,} elements",
        f"a tensor may have {limit:,} elements",
        "check the sizes in the model; one wrong number in a shape is enough",
        origin,
    )


def limited(shape: tuple[int, ...], origin: Origin) -> tuple[int, ...]:
    """The shape of a tensor that a node is about to make, with at most `LARGEST` elements.

    For operators whose result grows with numbers that the file gives, where the format's rules do
    not tell its shape: nodes that break them, and operators without such rules.

    Raises:
        CompileError: HW0121.
    """
    if prod(shape) > LARGEST:
        raise too_large("a tensor that this node computes", shape, LARGEST, origin)
    return shape


class Budget:
    """Counts what the nodes of a model compute."""

    def __init__(self) -> None:
        self.spent = 0

    def spend(self, shape: tuple[int, ...], origin: Origin) -> None:
        """Count a tensor before it is made.

        Raises:
            CompileError: HW0121 when it is too large, or all together are.
        """
        self.spent += prod(limited(shape, origin))
        if self.spent > TOTAL:
            raise fail(
                "HW0121",
                f"the tensors up to this node have {self.spent:,} elements together",
                f"a model may compute {TOTAL:,}",
                "check the sizes in the model, or split it",
                origin,
            )

    def work(self, elements: int, origin: Origin) -> None:
        """Count work that takes as long as computing so many elements.

        Raises:
            CompileError: HW0121 when it is too much, with all that came before.
        """
        total = self.spent + elements
        if total > TOTAL:
            raise fail(
                "HW0121",
                "computing this constant operator takes too long",
                f"with what came before it is as much work as a tensor of {total:,} elements, "
                f"and a model may compute {TOTAL:,}",
                "check the sizes in the model, or fold its constants before it is compiled",
                origin,
            )
        self.spent = total
