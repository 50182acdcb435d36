"""Dilated convolutions that are written as convolutions of many small frames.

Converters of old write a convolution with dilation d as

    SPACE_TO_BATCH_ND -> CONV_2D -> BATCH_TO_SPACE_ND

where the first makes d x d frames of every d-th pixel and the last puts them together again. For
sequences, operators that only change shapes stand around the convolution. Both moves cost a whole
frame of memory and more than one frame per frame; the dilated convolution costs neither, and
computes the same integers.

Example: 1 x 4 taps over 9 pixels, blocks of 2, paddings (2, 3), crops (0, 1). The first operator
pads to 14 pixels and makes 2 frames of 7; each gives 4 sums, 8 together, of which the last is cut
off. The dilated convolution reaches over 1 + 3 * 2 = 7 pixels, so 9 pixels padded by (2, 3 - 1)
give 13 - 7 + 1 = 7 sums: the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.tflite.contents import LiteFile, LiteNode, LiteTensor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.frontends.tflite.structure import same_numbers

SPREAD, GATHERED = "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
SHAPES = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")
"""Operators that may stand between."""

PADS = "Pads"
"""Option of a convolution that this module makes: pixels at (top, left, bottom, right)."""


def with_dilations(file: LiteFile) -> LiteFile:
    """The file with dilated convolutions in place of those of small frames.

    Tensors that it needs besides are appended, so all numbers of the file keep their meaning.

    Raises:
        CompileError: HW0303 when blocks, paddings or crops are no constants that fit together.
    """
    readers: dict[int, list[int]] = {}
    for place, node in enumerate(file.nodes):
        for number in dict.fromkeys(node.inputs):
            readers.setdefault(number, []).append(place)
    tensors, instead, gone = list(file.tensors), dict[int, tuple[LiteNode, ...]](), set[int]()
    for place, node in enumerate(file.nodes):
        if node.operator != SPREAD:
            continue
        chain = _chain(file, readers, place)
        if chain is not None:
            instead[chain[-1]] = _dilated(tensors, [file.nodes[i] for i in chain])
            gone.update(chain)
    if not gone:
        return file
    nodes: list[LiteNode] = []
    for place, node in enumerate(file.nodes):
        nodes.extend(instead.get(place, () if place in gone else (node,)))
    return replace(file, tensors=tuple(tensors), nodes=tuple(nodes))


def _chain(file: LiteFile, readers: Mapping[int, list[int]], place: int) -> list[int] | None:
    """Places of the operators from the one at `place` to the one that joins the frames again."""
    chain, convolved = [place], False
    while file.nodes[chain[-1]].operator != GATHERED:
        (result, *more) = file.nodes[chain[-1]].outputs
        next_ones = readers.get(result, [])
        if more or len(next_ones) != 1 or result in file.outputs:
            return None
        node = file.nodes[next_ones[0]]
        if node.inputs[0] != result:
            return None
        if node.operator in CONVOLUTIONS and not convolved:
            convolved = True
        elif node.operator not in (*SHAPES, GATHERED):
            return None
        chain.append(next_ones[0])
    return chain if convolved else None


@dataclass(frozen=True)
class _Blocks:
    """What a move says of the axes behind that of frames.

    Attributes:
        sizes: Of a block, per axis.
        edges: (before, after), per axis: paddings or crops.
        first: Which axis of the map, 0 or 1, the first of these is.
    """

    sizes: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    first: int = 0

    @staticmethod
    def of(node: LiteNode, tensors: Sequence[LiteTensor]) -> _Blocks:
        """Those of an operator; raises `CompileError` HW0303."""
        found = [tensors[n].data if n >= 0 else None for n in node.inputs[1:3]]
        if len(found) != 2 or found[0] is None or found[1] is None:
            raise _unfit(node, "has blocks or edges that are computed")
        sizes, edges = (np.asarray(f, dtype=np.int64) for f in found)
        if sizes.size not in (1, 2) or edges.size != 2 * sizes.size:
            raise _unfit(node, f"has blocks {sizes.tolist()} and edges {edges.tolist()}")
        if sizes.min() < 1 or edges.min() < 0:
            raise _unfit(node, f"has blocks {sizes.tolist()} and edges {edges.tolist()}")
        pairs = tuple((int(a), int(b)) for a, b in edges.reshape(-1, 2))
        return _Blocks(tuple(int(n) for n in sizes.reshape(-1)), pairs)

    def on_map(self, small: LiteTensor, seen: LiteTensor) -> _Blocks:
        """For the axes (vertical, horizontal) of the map that a convolution sees.

        Args:
            small: The frames, behind or in front of the move.
            seen: The same as the convolution takes or gives them.
        """
        sizes, edges = [1, 1], [(0, 0), (0, 0)]
        first = int(len(small.shape) == 3 and seen.shape[1] == 1 and seen.shape[2] != 1)
        if first + len(self.sizes) > 2:
            raise IndexError(f"a move of {len(self.sizes)} axes of {list(small.shape)}")
        for axis, (size, edge) in enumerate(zip(self.sizes, self.edges, strict=True), first):
            sizes[axis], edges[axis] = size, edge
        return _Blocks(tuple(sizes), tuple(edges), first)


def _dilated(tensors: list[LiteTensor], nodes: list[LiteNode]) -> tuple[LiteNode, ...]:
    """The operators that do the same without small frames."""
    spread, gathered = nodes[0], nodes[-1]
    (conv,) = (node for node in nodes if node.operator in CONVOLUTIONS)
    source, result = tensors[spread.inputs[0]], tensors[gathered.outputs[0]]
    seen, given = tensors[conv.inputs[0]], tensors[conv.outputs[0]]
    kernel = tensors[conv.inputs[1]].shape[1:3] if len(conv.inputs) > 1 else ()
    if len(seen.shape) != 4 or len(given.shape) != 4 or len(kernel) != 2 or source.shape[0] != 1:
        raise _unfit(conv, f"takes {list(seen.shape)} and gives {list(given.shape)}")
    for node in nodes:
        _check_same_numbers(tensors, node)
    blocks = _Blocks.of(spread, tensors).on_map(tensors[spread.outputs[0]], seen)
    crops = _Blocks.of(gathered, tensors).on_map(tensors[gathered.inputs[0]], given)
    dilations = [conv.whole("DilationHFactor"), conv.whole("DilationWFactor")]
    if crops.sizes != blocks.sizes or (conv.whole("StrideH"), conv.whole("StrideW")) != (1, 1):
        raise _unfit(
            conv, f"has strides, or stands between {blocks.sizes} and {crops.sizes} frames"
        )
    pads = []
    for axis, (block, dilation) in enumerate(zip(blocks.sizes, dilations, strict=True)):
        inner = (kernel[axis] - 1) * dilation if conv.whole("Padding") == 0 else 0
        inside = (inner // 2 * block, (inner - inner // 2) * block)
        pairs = zip(blocks.edges[axis], inside, crops.edges[axis], strict=True)
        pads.append([pad + more - crop for pad, more, crop in pairs])
    if min(map(min, pads)) < 0:
        raise _unfit(conv, f"cuts off more than is padded, {pads}")
    options = {
        **conv.options,
        "DilationHFactor": dilations[0] * blocks.sizes[0],
        "DilationWFactor": dilations[1] * blocks.sizes[1],
        PADS: (pads[0][0], pads[1][0], pads[0][1], pads[1][1]),
    }
    shape = _map_of(source, blocks.first)
    before: tuple[LiteNode, ...] = ()
    after: tuple[LiteNode, ...] = ()
    x, y = spread.inputs[0], gathered.outputs[0]
    if shape != source.shape:
        x = _appended(tensors, replace(source, name=f"{source.name}_map", shape=shape, data=None))
        before = (LiteNode("RESHAPE", (spread.inputs[0],), (x,), {}, spread.origin),)
    shape = _map_of(result, crops.first)
    if shape != result.shape:
        y = _appended(tensors, replace(result, name=f"{result.name}_map", shape=shape))
        after = (LiteNode("RESHAPE", (y,), (gathered.outputs[0],), {}, gathered.origin),)
    made = replace(conv, inputs=(x, *conv.inputs[1:]), outputs=(y,), options=options)
    return (*before, made, *after)


def _appended(tensors: list[LiteTensor], tensor: LiteTensor) -> int:
    tensors.append(tensor)
    return len(tensors) - 1


def _map_of(tensor: LiteTensor, first: int) -> tuple[int, ...]:
    """The shape of the map that a sequence [1, length, C] is, along axis `first` of it."""
    if len(tensor.shape) != 3:
        return tensor.shape
    length, channels = tensor.shape[1:]
    return (1, 1, length, channels) if first else (1, length, 1, channels)


def _check_same_numbers(tensors: Sequence[LiteTensor], node: LiteNode) -> None:
    """Moves change no numbers; a convolution may."""
    if node.operator not in CONVOLUTIONS:
        same_numbers(node, tensors[node.inputs[0]], tensors[node.outputs[0]])


def _unfit(node: LiteNode, what: str) -> CompileError:
    return unsupported(
        node,
        what,
        "frames of every d-th pixel around one convolution are built as a dilated one",
        "convert the model again: newer converters write the dilated convolution itself",
    )


def _alone(_: LiteGraph, node: LiteNode) -> None:
    """One that no convolution belongs to: refused."""
    raise unsupported(
        node,
        "makes or joins several frames",
        "it is built around one convolution, with nothing but changes of shape between",
        "a SPACE_TO_DEPTH or DEPTH_TO_SPACE, which keep one frame",
    )


HANDLERS = {SPREAD: _alone, GATHERED: _alone}
