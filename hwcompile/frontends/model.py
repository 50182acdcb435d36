"""A model file as plain data: an ordered list of nodes, constants, and inputs of fixed shapes.

A front end reads it from a file of its format. Nothing here knows what an operator means, or which
format it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import Origin

Array = npt.NDArray[Any]
Attribute = Any
"""Number, text, list of numbers or texts, array, or a graph as the format has it."""


class LacksAttributeError(KeyError):
    """An operator needs an attribute that its node does not have; the argument is its name."""


class Attributes(dict[str, Any]):
    """Of a node, by name. One that is missing is told from a key that the program lost."""

    def __missing__(self, name: str) -> Any:
        raise LacksAttributeError(name)


@dataclass(frozen=True)
class SourceNode:
    """One operator of the source model.

    Attributes:
        name: The node's name in the file, or its first output where it has none.
        op_type: Operator type, in the format's words.
        domain: Whose operator it is; "" for the format's own.
        inputs: Tensor names; "" stands for an absent optional input.
        outputs: Tensor names.
        attributes: Python values (as `Attributes`); tensors are numpy arrays, texts are `str`.
        origin: Where it is, for messages.
        captures: Tensors from outside that the graphs in its attributes use.
        entry: The node as the file has it; only its front end looks inside.
    """

    name: str
    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    origin: Origin
    captures: tuple[str, ...] = ()
    entry: object = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", Attributes(self.attributes))


@dataclass(frozen=True)
class SourceGraph:
    """A branch of a node, or the body of a model.

    Attributes:
        outputs: Names of its results.
        constants: Initializers that are used.
        nodes: Nodes that an output depends on, in topological order.
    """

    outputs: tuple[str, ...]
    constants: Mapping[str, Array]
    nodes: tuple[SourceNode, ...]


@dataclass(frozen=True)
class SourceTensor:
    """An input or output of the source model: name, fixed shape, and element type."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class SourceModel:
    """A model with fixed shapes, in topological order, without dead nodes.

    Attributes:
        name: Stem of the file.
        file: Name of the file without its folder, for messages.
        version: Of the format's operators.
        inputs: Graph inputs that are no initializers; a free batch axis is 1.
        outputs: Names of the outputs.
        constants: Initializers.
        nodes: Nodes that an output depends on.
        annotations: What the file says of tensors beyond their element types, by name.
        batch: The batch that the file fixes and that became frames: then the first axis of every
            input is 1 here, and this number in the file. 1 when there is no such batch.
    """

    name: str
    file: str
    version: int
    inputs: tuple[SourceTensor, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Array]
    nodes: tuple[SourceNode, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    batch: int = 1
