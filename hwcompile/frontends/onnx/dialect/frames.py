"""A batch that the file fixes means frames: the network is built for one of them.

Every input of the model then has 1 where the file has the batch. That this is the same network,
frame by frame, is followed from node to node: each tensor has at most one axis along which the
frames lie, its size there is 1 here and the batch in the file, and no operator mixes numbers
along it. Where that can not be shown, `NotFramesError` says so, and one frame is the whole tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.spelled import NORMALIZATION

Shape = tuple[int, ...]

_AROUND_FIRST = frozenset(
    {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "MaxPool", "AveragePool", "LpPool",
     "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "Resize", "Upsample", "LRN",
     "BatchNormalization", "InstanceNormalization", "GroupNormalization", "DepthToSpace",
     "SpaceToDepth"}
)  # fmt: skip
"""Operators whose first axis is the batch."""

_ALONG = {
    "Softmax": -1, "LogSoftmax": -1, "Hardmax": -1, "LpNormalization": -1, "ArgMax": 0,
    "ArgMin": 0, "TopK": -1, "QLinearSoftmax": -1, "Concat": 0, "Split": 0, "Gather": 0,
    "GatherElements": 0,
}  # fmt: skip
"""Operators that mix or choose along an axis, and its default."""

_FROM = {"LayerNormalization": -1, "RMSNormalization": -1}
"""Operators that mix along an axis and all behind it."""

_SOFTMAX = frozenset({"Softmax", "LogSoftmax", "Hardmax", "QLinearSoftmax"})
_SAME_ORDER = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze"})
_TIME_FIRST = frozenset(
    {"LSTM", "GRU", "RNN", "QuantLSTMCell", "Scan", "ReverseSequence", "CumSum"}
)


class NotFramesError(Exception):
    """The first axis of the inputs is no batch of independent frames.

    Attributes:
        node: Where that shows.
        why: The reason, one clause.
    """

    def __init__(self, node: SourceNode | None, why: str) -> None:
        super().__init__(why)
        self.node, self.why = node, why


class Frames:
    """Which axis of each tensor is the batch."""

    def __init__(self, batch: int, inputs: Sequence[str]) -> None:
        """The inputs have the batch first; constants have none."""
        self.batch = batch
        self._axes = dict.fromkeys(inputs, 0)

    def axis(self, name: str) -> int | None:
        """The axis of a tensor along which frames lie."""
        return self._axes.get(name)

    def in_file(self, name: str, shape: Shape) -> Shape:
        """The shape that the file means where the network has `shape`."""
        axis = self._axes.get(name)
        return shape if axis is None else (*shape[:axis], self.batch, *shape[axis + 1 :])

    def alias(self, name: str, source: str) -> None:
        """`name` is the tensor `source`."""
        if source in self._axes:
            self._axes[name] = self._axes[source]

    def one_frame(self, node: SourceNode, shape: Shape, target: Array) -> Array:
        """The target shape of a Reshape or Expand for one frame.

        Args:
            node: The operator; its first input holds frames or not.
            shape: Of that input, here.
            target: The sizes that the file writes.
        """
        axis = self._axes.get(node.inputs[0])
        if axis is None or node.op_type not in ("Reshape", "Expand"):
            return target
        sizes = [int(v) for v in target.reshape(-1)]
        if node.op_type == "Reshape":
            place = self._place(sizes, shape, axis)
        else:
            place = len(sizes) - (len(shape) - axis)
        if not 0 <= place < len(sizes) or sizes[place] != self.batch:
            return target
        return np.array([*sizes[:place], 1, *sizes[place + 1 :]], dtype=np.int64)

    def _place(self, sizes: list[int], shape: Shape, axis: int) -> int:
        """Where the batch stands in the sizes: as many elements before it as in the operand."""
        ahead, before = prod(shape[:axis]), 1
        for place, size in enumerate(sizes):
            if before == ahead and size == self.batch:
                return place
            before *= size if size > 0 else (shape[place] if size == 0 else 1)
        return -1

    def check_steps(
        self, node: SourceNode, rank: int, axes: Array | None, steps: Array | None
    ) -> None:
        """A Slice that counts backwards must not turn the frames round.

        Args:
            node: The Slice.
            rank: Of its operand.
            axes: Of the steps; None means from the first axis on.
            steps: None means forwards.

        Raises:
            NotFramesError: If it does.
        """
        axis = self._axes.get(node.inputs[0])
        if axis is None or steps is None:
            return
        along = np.arange(steps.size) if axes is None else axes.reshape(-1)
        if np.any(steps.reshape(-1)[along % rank == axis] < 0):
            raise NotFramesError(node, "it counts backwards, and frames come forwards")

    def follow(
        self,
        node: SourceNode,
        here: Sequence[Shape | None],
        file: Sequence[Shape | None],
        opset: int,
    ) -> None:
        """Find the axis of a node's outputs.

        Args:
            node: The operator.
            here: Shapes of its first input and then of its outputs; None for unused ones.
            file: Shapes of its outputs in the file, by ONNX's shape inference; None where that
                has no rule.
            opset: Version of the standard operators.

        Raises:
            NotFramesError: If the frames can not be told apart behind the node.
        """
        axes = [self._axes[n] for n in node.inputs if n in self._axes]
        source = here[0]
        if not axes or source is None:
            return
        self._check_operator(node, axes, len(source), opset)
        for name, shape, inferred in zip(node.outputs, here[1:], file, strict=False):
            if name and shape is not None:
                axis = self._axis_of(node, axes[0], source, shape, inferred)
                if node.op_type in _SAME_ORDER and prod(source[: axes[0]]) != prod(shape[:axis]):
                    raise NotFramesError(node, "it moves numbers from one frame to another")
                self._axes[name] = axis

    def _axis_of(
        self, node: SourceNode, axis: int, source: Shape, shape: Shape, file: Shape | None
    ) -> int:
        if file is None:
            if shape == source or (axis == 0 and shape[:1] == (1,)):
                return axis
            raise NotFramesError(node, "its result has no axis for them")
        differing = [i for i, (a, b) in enumerate(zip(shape, file, strict=False)) if a != b]
        fits = len(shape) == len(file) and len(differing) == 1
        if not fits or (shape[differing[0]], file[differing[0]]) != (1, self.batch):
            raise NotFramesError(node, f"its result has the shape {list(file)}")
        return differing[0]

    def _check_operator(self, node: SourceNode, axes: list[int], rank: int, opset: int) -> None:
        kind, axis = node.op_type, axes[0]
        if kind in _TIME_FIRST:
            raise NotFramesError(node, "")
        if kind in _AROUND_FIRST and axis:
            raise NotFramesError(node, f"they lie along axis {axis} of its input")
        if kind == "Trilu" and axis >= rank - 2:
            raise NotFramesError(node, f"they lie along axis {axis}, one of its matrices' two")
        along = int(node.attributes.get("axis", _ALONG.get(kind, _FROM.get(kind, rank))))
        along += rank if along < 0 else 0
        version = int(node.attributes.get("opset", 1)) if kind == "QLinearSoftmax" else opset
        matrix = version < 13 and kind in _SOFTMAX
        if matrix:
            along = int(node.attributes.get("axis", 1)) % max(rank, 1)
        mixes = kind in _ALONG and along == axis
        mixes |= kind == NORMALIZATION and axis in {a % rank for a in node.attributes["axes"]}
        if mixes or ((matrix or kind in _FROM) and along <= axis):
            raise NotFramesError(node, f"it works along axis {axis}, from frame to frame")
