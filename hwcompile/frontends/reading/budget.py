"""How much a model may ask for: sizes are counted before anything of that size is made.

A few bytes of a file can ask for any number of elements. Every tensor that a node computes is
held to `LARGEST` elements and all of them together to `TOTAL`; constants in the file are as large
as the file, so that they have a limit of their own. For comparison: the largest tensor of
VGG-16 has 3.2 million elements.
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


class Budget:
    """Counts what the nodes of a model compute."""

    def __init__(self) -> None:
        self.spent = 0

    def spend(self, shape: tuple[int, ...], origin: Origin) -> None:
        """Count a tensor before it is made.

        Raises:
            CompileError: HW0121 when it is too large, or all together are.
        """
        size = prod(shape)
        if size > LARGEST:
            raise too_large("a tensor that this node computes", shape, LARGEST, origin)
        self.spent += size
        if self.spent > TOTAL:
            raise fail(
                "HW0121",
                f"the tensors up to this node have {self.spent:,} elements together",
                f"a model may compute {TOTAL:,}",
                "check the sizes in the model, or split it",
                origin,
            )
