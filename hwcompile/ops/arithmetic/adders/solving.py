"""Adder graphs of constant matrices, by the solver of da4ml and what is left to gain beside it.

C. Sun et al., "da4ml: Distributed Arithmetic for Real-time Neural Networks on FPGAs", 2025: the
matrix is split into two, the first of which makes differences of its columns, and in both the pair
of terms that occurs most often becomes an adder of its own, again and again. Which pair is first of
several that occur equally often depends on the order of rows and columns, so some orders are tried;
of all graphs, the one is taken that adds the fewest bits after `reordered` and `with_best_signs`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.adders.draft import Draft, Sum, zeros_below
from hwcompile.ops.arithmetic.adders.graph import Adder, AdderGraph, Term
from hwcompile.ops.arithmetic.adders.signs import with_best_signs
from hwcompile.ops.arithmetic.adders.sums import reordered

SOLVER = "da4ml"

MOST_WEIGHT_BITS = 16
"""The solver takes weights as float32, which it splits into signed digits."""

_THOROUGH = 12_000
"""Signed digits of a matrix for which all depths of its first part are tried."""

_ORDERS = ((300, 12), (1_500, 6), (4_000, 2), (_THOROUGH, 1))
"""Up to so many digits, so many orders of rows and columns are tried beside its own."""

_BITS: Mapping[str, Any] = {"adder_size": 1, "carry_size": -1}
_FAST: Mapping[str, Any] = {**_BITS, "search_all_decompose_dc": False}
_SMALL: tuple[Mapping[str, Any], ...] = ({}, {**_FAST, "method0": "mc"})
"""What `da4ml.cmvm.solve` is told: to count bits of adders; one depth alone; for small matrices
also to count adders, and pairs without their bits."""


def solver_is_there() -> bool:
    """True when da4ml is installed."""
    return find_spec(SOLVER) is not None


def adder_graph(matrix: IntArray, low: IntArray, high: IntArray) -> AdderGraph:
    """The smallest graph found for a matrix.

    Args:
        matrix: int64 [outputs, inputs], weights of at most `MOST_WEIGHT_BITS`.
        low: Least value of every input, int64 [inputs].
        high: Greatest value of every input, int64 [inputs].
    """
    drafts = sorted(_graphs(matrix, low, high), key=_rank)
    best = min(map(with_best_signs, drafts[:2]), key=_rank)
    if not np.array_equal(best.matrix, matrix):
        raise InternalError("an adder graph computes another matrix")
    return best


def side_by_side(parts: Sequence[AdderGraph]) -> AdderGraph:
    """Graphs side by side, each with inputs and outputs of its own."""
    total = sum(part.inputs for part in parts)
    adders: list[Adder] = []
    outputs: list[Sum] = []
    inputs = 0
    for part in parts:
        ahead = total + len(adders) - part.inputs

        def moved(term: Term, part: AdderGraph = part, at: int = inputs, to: int = ahead) -> Term:
            return replace(term, node=term.node + (at if term.node < part.inputs else to))

        adders += [replace(a, left=moved(a.left), right=moved(a.right)) for a in part.adders]
        outputs += [None if term is None else moved(term) for term in part.outputs]
        inputs += part.inputs
    low, high = (np.concatenate([getattr(p, name) for p in parts]) for name in ("low", "high"))
    return AdderGraph(low, high, tuple(adders), tuple(outputs))


def digits_of_matrix(matrix: IntArray) -> int:
    """Digits that are not zero when weights are written with as few of -1, 0 and 1 as they can be.

    (Reitwiesner's canonical form: w and 3 w differ in just these places.)
    """
    magnitudes = np.abs(matrix)
    digits: int = int(np.bitwise_count(magnitudes ^ (3 * magnitudes)).sum())
    return digits


def _graphs(matrix: IntArray, low: IntArray, high: IntArray) -> Iterator[AdderGraph]:
    """Graphs that the solver finds, in several ways and orders."""
    digits = digits_of_matrix(matrix)
    orders = next((orders for limit, orders in _ORDERS if digits <= limit), 0)
    few = digits <= _ORDERS[1][0]
    settings = [_BITS if digits <= _THOROUGH else _FAST, *(_SMALL if few else ())]
    rng = np.random.default_rng(1)
    rows, columns = (np.arange(size) for size in matrix.shape)
    for chosen in settings:
        found = _solved(matrix, low, high, (rows, columns), chosen)
        yield found
        yield reordered(found)
    for _ in range(orders):
        order = rng.permutation(rows), rng.permutation(columns)
        yield reordered(_solved(matrix, low, high, order, _BITS if few else _FAST))


def _rank(graph: AdderGraph) -> tuple[int, int]:
    return graph.cost, graph.depth


def _solved(
    matrix: IntArray,
    low: IntArray,
    high: IntArray,
    order: tuple[IntArray, IntArray],
    settings: Mapping[str, Any],
) -> AdderGraph:
    """What da4ml finds for rows and columns in an order."""
    draft = Draft(low, high)
    terms, weights = _columns(draft, matrix[:, order[1]], order[1])
    rows, places = _rows(weights)
    rank = {int(row): n for n, row in enumerate(order[0])}
    rows = sorted(rows, key=lambda row: rank[row])
    sums = _sums(draft, weights[rows], terms, settings) if rows and terms else []
    made = dict(zip(rows, sums, strict=True))
    outputs = [
        None if place is None else _moved(made[place[0]], place[1], minus=place[2])
        for place in places
    ]
    return draft.graph(outputs)


def _columns(draft: Draft, matrix: IntArray, inputs: IntArray) -> tuple[list[Term], IntArray]:
    """Inputs whose weights are multiples of each other, added first; and the weights of the sums.

    Inputs without weights are left out.
    """
    sums: dict[bytes, Term] = {}
    columns: dict[bytes, IntArray] = {}
    for column, at in zip(matrix.T, inputs.tolist(), strict=True):
        if not column.any():
            continue
        shift = zeros_below(column)
        minus = bool(column[np.flatnonzero(column)[0]] < 0)
        plain = np.ascontiguousarray((-column if minus else column) >> shift)
        key = plain.tobytes()
        total = draft.add(sums.get(key), Term(at, shift, minus))
        if total is not None:
            sums[key], columns[key] = total, plain
    if not sums:
        return [], np.zeros((matrix.shape[0], 0), dtype=np.int64)
    # A sum may stand at a shift, or with the other sign; its weights take both.
    terms = [Term(term.node) for term in sums.values()]
    weights = [
        (-columns[key] if term.minus else columns[key]) << term.shift for key, term in sums.items()
    ]
    return terms, np.stack(weights, axis=1)


def _rows(weights: IntArray) -> tuple[list[int], list[tuple[int, int, bool] | None]]:
    """Rows that are no multiples of earlier ones; and for every row which one, shift and sign."""
    known: dict[bytes, tuple[int, int, bool]] = {}
    found: list[int] = []
    places: list[tuple[int, int, bool] | None] = []
    for at, row in enumerate(weights):
        if not row.any():
            places.append(None)
            continue
        shift = zeros_below(row)
        minus = bool(row[np.flatnonzero(row)[0]] < 0)
        key = ((-row if minus else row) >> shift).tobytes()
        if key not in known:
            known[key] = at, shift, minus
            found.append(at)
        first, base, sign = known[key]
        places.append((first, shift - base, minus != sign))
    return found, places


def _sums(
    draft: Draft, weights: IntArray, terms: Sequence[Term], settings: Mapping[str, Any]
) -> list[Sum]:
    """Sums of terms with weights [outputs, terms], as da4ml makes them."""
    solve = importlib.import_module(f"{SOLVER}.cmvm").solve
    kernel = np.ascontiguousarray(weights.T.astype(np.float32))
    ranges = [(*map(float, draft.interval(term.node)), 1.0) for term in terms]
    sums: list[Sum] = list(terms)
    for part in solve(kernel, qintervals=ranges, **settings).solutions:
        sums = _followed(draft, part, sums)
    return sums


def _followed(draft: Draft, part: Any, sums: Sequence[Sum]) -> list[Sum]:
    """The adders of one of da4ml's circuits, on sums that are there."""
    buffer: list[Sum] = []
    for op in part.ops:
        if op.opcode == -1:
            buffer.append(_moved(sums[op.id0], int(part.inp_shifts[op.id0])))
        elif op.opcode in (0, 1):
            other = _moved(buffer[op.id1], int(op.data), minus=op.opcode == 1)
            buffer.append(draft.add(buffer[op.id0], other))
        else:
            raise InternalError(f"{SOLVER} made something else of a matrix than additions: {op}")
    return [
        None if at < 0 else _moved(buffer[at], int(shift), minus=bool(minus))
        for at, shift, minus in zip(part.out_idxs, part.out_shifts, part.out_negs, strict=True)
    ]


def _moved(term: Sum, shift: int, *, minus: bool = False) -> Sum:
    return None if term is None else term.times(shift, minus=minus)
