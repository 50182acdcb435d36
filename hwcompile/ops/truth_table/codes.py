"""Truth tables by the bits of their inputs, and how many look-up tables they may become."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.truth_table.op import TruthTable

Bits = npt.NDArray[np.uint8]
"""A function of n bits: its answer to each of their 2**n combinations."""

LEAF_BITS = 4
"""Inputs of a look-up table on most small FPGAs."""


def by_bits(op: TruthTable, kind: IntType, out: IntType) -> IntArray:
    """Codes of `out` for every address of a neuron, int64 [M, 2**(F * bits of kind)].

    An address has the code of source 0 in its least significant bits. Codes that no input has, and
    inputs that a neuron does not read, are answered like some that occur, so that less depends on
    them.
    """
    digits = np.zeros(1 << kind.bits, dtype=np.int64)
    digits[kind.encode(kind.values())] = np.arange(kind.levels)
    places = np.zeros((1, 1), dtype=np.int64)
    for digit, channels in enumerate(op.sources.T):
        step = np.where(channels[:, None] < 0, 0, digits * kind.levels**digit)
        places = (step[:, :, None] + places[:, None, :]).reshape(op.neurons, -1)
    values = np.take_along_axis(op.values, places, axis=1)
    codes: IntArray = out.encode(values)
    return codes


def support(bits: Bits) -> Bits:
    """The same function of the address bits that it depends on, uint8 [2**k] of [2**n]."""
    n = bits.size.bit_length() - 1
    for axis in reversed(range(n)):
        cube = bits.reshape(-1, 2, 1 << axis)
        if np.array_equal(cube[:, 0], cube[:, 1]):
            bits = np.ascontiguousarray(cube[:, 0]).ravel()
    return bits


def tables_of(bits: Bits) -> tuple[int, int]:
    """Look-up tables of four inputs for a function, and how many bits of the address it needs.

    A decision diagram: one table for each distinct function of the lowest four bits that is left
    when the others are known, and one multiplexer for each distinct function of more bits.

    Args:
        bits: uint8 [2**n], the function.
    """
    needed = support(bits)
    width = needed.size.bit_length() - 1
    if width <= LEAF_BITS:
        return (1 if width > 1 else 0), width
    rows = needed.reshape(-1, 1 << LEAF_BITS)
    leaves, numbers = np.unique(rows, axis=0, return_inverse=True)
    # Constants, single inputs and their complements are no tables.
    tables = sum(support(leaf).size > 2 for leaf in leaves)
    numbers = numbers.ravel()
    while numbers.size > 1:
        pairs, numbers = np.unique(numbers.reshape(-1, 2), axis=0, return_inverse=True)
        numbers = numbers.ravel()
        tables += int(np.count_nonzero(pairs[:, 0] != pairs[:, 1]))
    return tables, width
