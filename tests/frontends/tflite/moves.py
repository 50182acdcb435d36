"""Small TFLite models of operators that move elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.frontends.tflite.writer import LiteWriter, Meaning

Random = np.random.Generator
Made = tuple[LiteWriter, list[int], list[int]]
Maker = Callable[[Random], Made]


def meaning(rng: Random, low: float = 0.01, high: float = 0.3) -> Meaning:
    return Meaning(float(np.float32(rng.uniform(low, high))), int(rng.integers(-128, 128)))


def moved(
    rng: Random,
    kind: str,
    source: Sequence[int],
    result: Sequence[int],
    constants: Sequence[Any] = (),
    table: str = "",
    version: int = 1,
    **options: Any,
) -> Made:
    """An operator that moves elements."""
    w = LiteWriter()
    same = meaning(rng)
    x, y = w.tensor(source, same), w.tensor(result, same)
    more = [w.constant(np.asarray(c, np.int32)) for c in constants]
    w.op(kind, [x, *more], y, table, version, **options)
    return w, [x], [y]


def joined(rng: Random, kind: str, axis: int, sizes: Sequence[int], table: str) -> Made:
    w = LiteWriter()
    same = meaning(rng)
    shapes = []
    for size in sizes:
        shape = [1, 3, 4, 5]
        if kind == "CONCATENATION":
            shape[axis] = size
        shapes.append(tuple(shape))
    parts = [w.tensor(shape, same) for shape in shapes]
    if kind == "CONCATENATION":
        result = list(shapes[0])
        result[axis] = sum(sizes)
        options = {"Axis": axis}
    else:
        result = list(np.stack([np.zeros(s) for s in shapes], axis).shape)
        options = {"Axis": axis, "ValuesCount": len(parts)}
    y = w.tensor(result, same)
    w.op(kind, parts, y, table, 2, **options)
    return w, parts, [y]


def split(rng: Random) -> Made:
    w = LiteWriter()
    same = meaning(rng)
    x = w.tensor((1, 3, 4, 6), same)
    parts = [w.tensor((1, 3, 4, 2), same) for _ in range(3)]
    axis = w.constant(np.asarray(3, np.int32))
    w.op("SPLIT", [axis, x], parts, "SplitOptions", 2, NumSplits=3)
    return w, [x], parts


def unpack(rng: Random) -> Made:
    w = LiteWriter()
    same = meaning(rng)
    x = w.tensor((1, 3, 4, 6), same)
    parts = [w.tensor((1, 3, 6), same) for _ in range(4)]
    w.op("UNPACK", [x], parts, "UnpackOptions", 2, Num=4, Axis=2)
    return w, [x], parts


def split_by_sizes(rng: Random) -> Made:
    w = LiteWriter()
    same = meaning(rng)
    x = w.tensor((1, 3, 7, 2), same)
    parts = [w.tensor((1, 3, size, 2), same) for size in (2, 4, 1)]
    sizes, axis = w.constant(np.asarray([2, -1, 1], np.int32)), w.constant(np.asarray(2, np.int32))
    w.op("SPLIT_V", [x, sizes, axis], parts, "SplitVOptions", 2, NumSplits=3)
    return w, [x], parts


MOVES: dict[str, Maker] = {
    "gather": lambda r: moved(r, "GATHER", (1, 3, 4, 5), (1, 3, 2, 3, 5), [[[3, 0, 1], [2, 2, 0]]],
                              "GatherOptions", 2, Axis=2),
    "tile": lambda r: moved(r, "TILE", (1, 2, 3, 5), (1, 4, 3, 15), [[1, 2, 1, 3]], version=2),
    "broadcast": lambda r: moved(r, "BROADCAST_TO", (1, 1, 4, 5), (1, 3, 4, 5), [[1, 3, 4, 5]],
                                 version=2),
    "reverse": lambda r: moved(r, "REVERSE_V2", (1, 3, 4, 5), (1, 3, 4, 5), [[2]], version=2),
    "unpack": unpack,
    "split by sizes": split_by_sizes,
    "reshape": lambda r: moved(r, "RESHAPE", (1, 3, 4, 5), (1, 12, 5), [[1, 12, 5]]),
    "squeeze": lambda r: moved(r, "SQUEEZE", (1, 3, 1, 5), (1, 3, 5), (), "SqueezeOptions",
                               SqueezeDims=[2]),
    "expand": lambda r: moved(r, "EXPAND_DIMS", (1, 3, 5), (1, 3, 1, 5), [2]),
    "transpose": lambda r: moved(r, "TRANSPOSE", (1, 3, 4, 5), (1, 5, 3, 4), [[0, 3, 1, 2]],
                                 version=2),
    "pad": lambda r: moved(r, "PAD", (1, 3, 4, 5), (1, 6, 5, 7),
                           [[[0, 0], [1, 2], [0, 1], [2, 0]]], version=2),
    "mirror pad": lambda r: moved(r, "MIRROR_PAD", (1, 4, 5, 3), (1, 7, 8, 3),
                                  [[[0, 0], [1, 2], [2, 1], [0, 0]]], "MirrorPadOptions", 2,
                                  Mode=0),
    "slice": lambda r: moved(r, "SLICE", (1, 4, 5, 6), (1, 2, 4, 3),
                             [[0, 1, 1, 2], [1, 2, -1, 3]], version=2),
    "concatenation channels": lambda r: joined(r, "CONCATENATION", 3, (2, 5, 3),
                                               "ConcatenationOptions"),
    "concatenation rows": lambda r: joined(r, "CONCATENATION", 1, (2, 5),
                                           "ConcatenationOptions"),
    "pack": lambda r: joined(r, "PACK", 1, (0, 0, 0), "PackOptions"),
    "split": split,
    "bilinear 2": lambda r: moved(r, "RESIZE_BILINEAR", (1, 3, 5, 4), (1, 6, 10, 4), [[6, 10]],
                                  "ResizeBilinearOptions", 3, HalfPixelCenters=True),
    "bilinear 4 and 2": lambda r: moved(r, "RESIZE_BILINEAR", (1, 3, 5, 4), (1, 12, 10, 4),
                                        [[12, 10]], "ResizeBilinearOptions", 3),
    "bilinear 1 and 8": lambda r: moved(r, "RESIZE_BILINEAR", (1, 4, 2, 3), (1, 4, 16, 3),
                                        [[4, 16]], "ResizeBilinearOptions", 3),
    "nearest": lambda r: moved(r, "RESIZE_NEAREST_NEIGHBOR", (1, 3, 5, 2), (1, 7, 8, 2), [[7, 8]],
                               "ResizeNearestNeighborOptions", 3, HalfPixelCenters=True),
    "depth to space": lambda r: moved(r, "DEPTH_TO_SPACE", (1, 3, 4, 8), (1, 6, 8, 2), (),
                                      "DepthToSpaceOptions", 1, BlockSize=2),
    "space to depth": lambda r: moved(r, "SPACE_TO_DEPTH", (1, 4, 6, 3), (1, 2, 3, 12), (),
                                      "SpaceToDepthOptions", 1, BlockSize=2),
    "strided slice": lambda r: moved(
        r, "STRIDED_SLICE", (1, 6, 5, 7), (1, 3, 5, 3),
        [[0, 1, 0, 6], [1, 6, 9, 0], [1, 2, 1, -2]], "StridedSliceOptions", 2, EndMask=4),
    "strided slice shrinks": lambda r: moved(
        r, "STRIDED_SLICE", (1, 6, 5, 7), (1, 5, 7),
        [[0, 2, 0, 0], [1, 3, 5, 7], [1, 1, 1, 1]], "StridedSliceOptions", 2, ShrinkAxisMask=2),
    "nearest corners": lambda r: moved(
        r, "RESIZE_NEAREST_NEIGHBOR", (1, 3, 5, 2), (1, 7, 8, 2), [[7, 8]],
        "ResizeNearestNeighborOptions", 3, AlignCorners=True),
}  # fmt: skip
"""Uses of operators by name."""
