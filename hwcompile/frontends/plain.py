"""A graph that nobody imported: the host's part around it follows from its types.

A real number r of an input becomes the integer round(r / scale) + zero_point, clamped to the
input's type; an integer q of an output means (q - zero_point) * scale. With scale 1 and zero
point 0, which types have unless someone says otherwise, both sides are the integers themselves.
"""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.imported import ImportedModel
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import BIPOLAR, IntArray, TensorType
from hwcompile.ir.verify import verify
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.host import HostInput, HostOutput, HostSource
from hwcompile_runtime.quantizers import BipolarQuantizer, LinearQuantizer, Quantizer
from hwcompile_runtime.rows import AnyArray, floats, integers


def imported_graph(graph: Graph) -> ImportedModel:
    """The graph with a host's part; shapes on the host are (1, height, width, channels).

    Raises:
        InternalError: If the graph is not legal.
    """
    verify(graph, "import")
    inputs = tuple(_input(name, graph.types[name]) for name in graph.inputs)
    outputs = tuple(_output(name, graph.types[name]) for name in graph.outputs)
    return ImportedModel(graph, inputs, outputs, ())


def _places(kind: TensorType) -> IntArray:
    return np.arange(kind.size, dtype=np.int64).reshape(kind.shape)


def _input(name: str, kind: TensorType) -> HostInput:
    scale, zero = _meaning(kind)
    quantizer: Quantizer = LinearQuantizer(scale, zero, kind.element, scale)
    if kind.element == BIPOLAR:
        quantizer = BipolarQuantizer(scale, zero, kind.element, scale, floats(0))
    chain = Chain(Dequantize(floats(1)))
    return HostInput(name, name, (1, *kind.shape), _places(kind), 0.0, chain, quantizer)


def _output(name: str, kind: TensorType) -> HostOutput:
    exact = kind.scale == (1.0,) and kind.zero_point == (0,)
    start = Integers() if exact else Dequantize(*(_per_element(kind, v) for v in _meaning(kind)))
    source = HostSource(name, _places(kind)[None], 0, Chain(start))
    dtype = "int64" if exact else "float32"
    return HostOutput(name, (1, *kind.shape), dtype, "stream", (source,), None, ())


def _meaning(kind: TensorType) -> tuple[AnyArray, AnyArray]:
    return floats(kind.scale), integers(kind.zero_point)


def _per_element(kind: TensorType, constant: AnyArray) -> AnyArray:
    """A chain behind the network has one row, or one per element."""
    return constant if constant.size == 1 else np.tile(constant, kind.pixels)
