"""On which frames each value of a graph is computed: those whose truths lead to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import fail
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import IntArray
from hwcompile.ops.choice.op import Choose, Enter, Hold

Branch = tuple[tuple[str, bool], ...]
"""Truths that lead to a value, each with what it has to be, outermost first."""

Bools = npt.NDArray[np.bool_]


def truths_of(graph: Graph) -> tuple[str, ...]:
    """The values that send frames one way or another, each once."""
    chooses = (node for node in graph.nodes if isinstance(node.op, Enter | Choose | Hold))
    return tuple(dict.fromkeys(node.inputs[-1] for node in chooses))


def branches_of(graph: Graph) -> dict[str, Branch]:
    """The branch of every value; () where it is computed on all frames.

    Raises:
        CompileError: HW0401 where values of different branches meet, or leave the network.
    """
    found: dict[str, Branch] = dict.fromkeys(graph.inputs, ())
    for node in graph.nodes:
        branch = _branch(node, [found[value] for value in node.inputs])
        if branch is None:
            raise _misplaced(node, "frames of different branches would meet in it")
        if branch and node.op.remembers:
            raise _misplaced(node, "it remembers, and frames of other branches pass it by")
        found.update(dict.fromkeys(node.outputs, branch))
    for value in graph.outputs:
        last = graph.producer(value)
        if found[value] and last is not None:
            raise _misplaced(last, "its result leaves the network, and is not there for all frames")
    return found


def _branch(node: Node, inputs: list[Branch]) -> Branch | None:
    """The branch of a node's results; None when its operands do not belong together."""
    op, truth = node.op, node.inputs[-1] if node.inputs else ""
    if isinstance(op, Enter):
        return (*inputs[0], (truth, op.when)) if inputs[0] == inputs[1] else None
    if isinstance(op, Hold):
        return inputs[1] if inputs[0] == (*inputs[1], (truth, True)) else None
    if isinstance(op, Choose):
        both = tuple((*inputs[2], (truth, when)) for when in (True, False))
        return inputs[2] if tuple(inputs[:2]) == both else None
    return inputs[0] if len(set(inputs)) == 1 else None


def _misplaced(node: Node, why: str) -> Exception:
    return fail(
        "HW0401",
        f"no kernel builds node '{node.name}'",
        why,
        "a gate in front of every operand, and a choice behind each result",
        node.origin,
    )


def frames_of(branch: Branch, truths: Mapping[str, IntArray], frames: int) -> Bools:
    """Which frames of a run lead to a branch, bool [frames].

    Args:
        branch: Of a value.
        truths: By value, any shape with a number per frame.
        frames: Of the run.
    """
    found = np.ones(frames, dtype=np.bool_)
    for truth, when in branch:
        found &= (truths[truth].reshape(-1) != 0) == when
    return found


def computed_frames(graph: Graph, truths: Mapping[str, IntArray], frames: int) -> dict[str, Bools]:
    """For every value of a branch the frames of a run that lead to it, bool [frames].

    Args:
        graph: The network.
        truths: Of all that `truths_of` names, a number per frame.
        frames: Of the run.
    """
    found = branches_of(graph) if truths else {}
    return {value: frames_of(b, truths, frames) for value, b in found.items() if b}
