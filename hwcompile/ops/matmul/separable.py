"""Matrices whose columns are kernels that are a column times a row of signs."""

from __future__ import annotations

from functools import lru_cache

from hwcompile.ir.types import IntType
from hwcompile.ops.arithmetic import words
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.rank_one import SEPARABLE, RankOne, rank_one_sides
from hwcompile.ops.contract.needs import Resources, memory
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul


@lru_cache(maxsize=256)
def sides(op: Matmul) -> tuple[int, ...]:
    """See `rank_one_sides`; every folding asks for them."""
    return rank_one_sides(op.weights)


def side_in_words(op: Matmul, parameters: Parameters) -> int | None:
    """The side of kernels that words hold whole; None where there are none.

    Args:
        op: The matrix.
        parameters: With `simd`, the columns of a word, or without where a word has all of them; and
            maybe with `taps` and `lanes`, as kernel `folded` has them.
    """
    word, taps = parameters.get("simd", op.fan_in), parameters.get("taps")
    if taps is None:
        return max(sides(op), default=None) if word == op.fan_in else None
    whole = word == int(taps) * int(parameters["lanes"])
    return next((side for side in sides(op) if whole and side * side == taps), None)


def styles(site: Site[Matmul]) -> tuple[str, ...]:
    """The values of `style` that are not refused for all foldings, besides auto."""
    usual = words(site.op.weight_type, site.inputs[0].element)
    return (*usual, SEPARABLE) if sides(site.op) else usual


def arithmetic(
    op: Matmul,
    element: IntType,
    parameters: Parameters,
    *,
    size: tuple[int, int, int],
    depth: int,
    vectors: int = 1,
    registers: int = 0,
) -> Dot:
    """What a kernel's checked parameters choose; with `auto` whole kernels where that is smaller.

    Args:
        op: The matrix.
        element: Of the inputs.
        parameters: Of the kernel.
        size: Dot products at a time, weights of each, and bits of a sum.
        depth: Rows of the weight memory.
        vectors: Different ones at a time.
        registers: See `Dot`.
    """
    style = parameters.get("style", "auto")
    whole = _whole(op, element, parameters, registers)
    if style == SEPARABLE and whole:
        return whole
    plain = Dot.of(op.weight_type, element, parameters, registers)
    if whole is None or style != "auto" or plain.packing:
        return plain
    # Sums of rows, and those of what is chosen of them, are two additions long.
    able = whole.encoding.more_stages == 0 or not whole.fast
    takes = [_takes(dot, size, depth, vectors) for dot in (whole, plain)]
    return whole if able and takes[0] < takes[1] else plain


def check_separable(op: Matmul, parameters: Parameters) -> str | None:
    """Why the style `separable` can not be had; None where it can, or nobody asks for it."""
    if parameters.get("style") != SEPARABLE or side_in_words(op, parameters) is not None:
        return None
    if not sides(op):
        return "style separable takes square kernels of signs that are a column times a row"
    return "style separable takes words that hold all taps of kernels, and one block of channels"


def _whole(op: Matmul, element: IntType, parameters: Parameters, registers: int) -> Dot | None:
    """With a code for every kernel, where words hold kernels whole."""
    side = side_in_words(op, parameters)
    if side is None:
        return None
    return Dot.choose(RankOne.of(side), element, SEPARABLE, registers=registers)


def _takes(dot: Dot, size: tuple[int, int, int], depth: int, vectors: int) -> float:
    """Look-up tables of a typical device; those of the memory even if it is a block of RAM."""
    rows, terms, out_bits = size
    made: Resources = dot.resources(rows, terms, out_bits, vectors)
    images = memory(depth, rows // vectors * dot.pairs(terms) * dot.weight_bits)
    return made.all_lut + images.all_lut + images.memory_bits / 64
