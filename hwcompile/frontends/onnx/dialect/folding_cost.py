"""How long onnx's reference implementation takes, before it is asked.

It is written to be read: what is no single function of numpy runs element by element in Python, 10
to 200 microseconds each, and products of integers go through no BLAS. A few bytes of a file can ask
for hours of that. The unit is one element of a function of numpy, some 0.04 microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from hwcompile.frontends.model import Array, SourceNode

Shape = tuple[int, ...]

_SIZED_BY_VALUES = frozenset({"NonZero", "Unique", "Compress", "NonMaxSuppression"})
"""Operators whose result has an unknown number of elements, and few more than the operands."""

_BY_ELEMENT = frozenset(
    {"AveragePool", "MaxPool", "LpPool", "MaxUnpool", "Resize", "Upsample", "GridSample",
     "RoiAlign", "Col2Im", "DeformConv", "ConvTranspose", "Scatter", "ScatterElements", "ScatterND",
     "GatherND", "LSTM", "GRU", "RNN", "NonMaxSuppression", "TfIdfVectorizer", "STFT"}
)  # fmt: skip
"""Operators that are loops in Python."""

_TAPS_OF = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3, "ConvTranspose": 1, "DeformConv": 1}
"""Operators that slide weights over a map, and where those are among the inputs."""

_MATRICES = {"MatMul": 0, "MatMulInteger": 0, "QLinearMatMul": 0, "Gemm": 0}
"""Operators that multiply matrices, and where the left one is."""

_ELEMENT = 512
"""One step of a loop in Python."""

_INTEGERS, _FLOATS = 32, 512
"""Multiplications that take as long as one element."""


def has_known_size(node: SourceNode, shapes: Sequence[Shape | None]) -> bool:
    """True when the operator's results can not be larger than it is known beforehand.

    Args:
        node: The operator.
        shapes: Of its outputs, by shape inference; None for unknown ones, empty without rules.
    """
    if node.op_type in _SIZED_BY_VALUES:
        return True
    return bool(shapes) and all(shape is not None for shape in shapes)


def cost(node: SourceNode, arrays: Sequence[Array | None], shapes: Sequence[Shape | None]) -> int:
    """What evaluating the node takes beyond making its result, in elements.

    Args:
        node: The operator.
        arrays: Its inputs; None for absent ones.
        shapes: Of its outputs; None where unknown.
    """
    known = [a for a in arrays if a is not None]
    results = sum(prod(s) for s in shapes if s is not None)
    total = 0
    if node.op_type in _BY_ELEMENT:
        taps = prod(node.attributes.get("kernel_shape") or [1])
        total += _ELEMENT * max([results * (1 + taps // 8), *(a.size for a in known)])
    if node.op_type == "Einsum":
        return total + _einsum(str(node.attributes.get("equation", "")), known) // _INTEGERS
    floats = bool(known) and all(a.dtype.kind == "f" for a in known)
    return total + results * _terms(node, arrays) // (_FLOATS if floats else _INTEGERS)


def _terms(node: SourceNode, arrays: Sequence[Array | None]) -> int:
    """Products that are added up for an element of the result, at most; 0 for other operators."""
    kind = node.op_type
    place = _TAPS_OF.get(kind, _MATRICES.get(kind))
    array = arrays[place] if place is not None and place < len(arrays) else None
    if array is None or not array.ndim:
        return 0
    if kind in _MATRICES:
        return int(max(array.shape) if kind == "Gemm" else array.shape[-1])
    return prod(array.shape) if kind == "ConvTranspose" else prod(array.shape[1:])


def _einsum(equation: str, operands: Sequence[Array]) -> int:
    """Products that numpy's einsum makes: one for every combination of the indices' values."""
    sizes: dict[str, int] = {}
    terms = equation.replace(" ", "").split("->")[0].split(",")
    for term, array in zip(terms, operands, strict=False):
        before, _, behind = term.partition("...")
        middle = range(len(before), array.ndim - len(behind))
        names = [*before, *(f"axis {i - array.ndim + len(behind)}" for i in middle), *behind]
        for name, size in zip(names, array.shape, strict=False):
            sizes[name] = max(size, sizes.get(name, 1))
    return prod(sizes.values())
