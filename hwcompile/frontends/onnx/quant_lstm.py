"""QuantLSTMCell: a layer of Brevitas' QuantLSTM as `export_qonnx` writes it, on integers exactly.

One node holds the whole sequence: real weights behind their quantizers, and for each of eleven
signals of the cell a quantizer as three inputs (scale, zero point, bit width) and three attributes.
A quantizer of a sum becomes the division in front of a table, one behind a sigmoid or tanh the
table's contents, one of a product a rounding. Everything is exact where scales are powers of two;
what else a quantizer may be is refused by its name. See `_QuantLSTMCell` of brevitas.nn.quant_rnn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import QONNX_DOMAINS, Operator
from hwcompile.frontends.onnx.sequences import must_fit, placed
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.pure import Pure, per_channel, pure_stream
from hwcompile.frontends.symbolic.values import Failed, Stream, Value, constant_of
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.lstm.op import Lstm
from hwcompile_runtime.quantizers import ROUNDINGS

Inputs = Sequence[Value | None]
Real = npt.NDArray[np.float64]

GATES = ("input", "forget", "cell", "output")
"""In the order of the node's weights and of `Lstm`."""

SIGMOIDS = ("input", "forget", "output")

QUANTIZERS = (
    "output", "cell_state", "input_acc", "forget_acc", "cell_acc", "output_acc", "input_sigmoid",
    "forget_sigmoid", "cell_tanh", "output_sigmoid", "hidden_state_tanh",
)  # fmt: skip
"""In the order of the node's inputs, three each, behind 15 tensors."""

DIVISIONS = {"ROUND": "half_even", "HALF_EVEN": "half_even", "FLOOR": "floor"}
"""Roundings of sums and products that the engine has; a table's contents may be rounded anyhow."""

MOST_FRACTION = 40


class _NotDyadicError(Exception):
    """Numbers are no multiples of a power of two."""


@dataclass(frozen=True)
class Grid:
    """A quantizer: integers of `type` in units of 2**-fraction.

    Attributes:
        fraction: Fraction bits.
        type: The integers.
        rounding: A key of `ROUNDINGS`.
    """

    fraction: int
    type: IntType
    rounding: str

    def of(self, values: Real) -> IntArray:
        """The integers of real numbers, in float32 as quantizers compute."""
        scaled = values.astype(np.float32) * np.float32(2.0**self.fraction)
        rounded = np.clip(ROUNDINGS[self.rounding](scaled), self.type.low, self.type.high)
        return rounded.astype(np.int64)


def _quant_lstm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    grids = _grids(node, inputs)
    tensors = [_constant(inputs[i], node, "weights or biases") for i in range(3, 15)]
    pure = pure_stream(ctx, inputs[0], node)
    batch_first = bool(node.attributes.get("batch_first", 0))
    must_fit(pure.stream, tensors[0].shape[1], batch_first, node)
    op = _op(pure, tensors, grids, node)
    backward = bool(node.attributes.get("reverse_input", 0))
    fractions = (grids["output"].fraction,)
    found = placed(ctx, pure, op, fractions, backward, batch_first, node)
    whole, last = found.whole, found.last
    if batch_first:
        whole = Stream(whole.value, whole.index.transpose(1, 0, 2), whole.chain, whole.dtype)
    # What was worked on last is the end of a sequence that goes backward, too.
    return [whole, Stream(last.value, last.index[0], last.chain, last.dtype), Failed()]


def _refused(node: SourceNode, found: list[tuple[str, str, str]]) -> CompileError:
    return CompileError(
        Diagnostic("HW0236", f"this QuantLSTMCell {what}", why, fix, node.origin)
        for what, why, fix in found
    )


def _constant(value: Value | None, node: SourceNode, name: str) -> Real:
    array = constant_of(value)
    if array is None:
        why = "the engine's program is made from them when the design is compiled"
        raise _refused(node, [(f"computes its {name} while it runs", why, "export it frozen")])
    return array.astype(np.float64)


def _grids(node: SourceNode, inputs: Inputs) -> dict[str, Grid]:
    """The quantizers by name.

    Raises:
        CompileError: HW0236 with everything that the engine does not have.
    """
    if len(inputs) != 15 + 3 * len(QUANTIZERS):
        why = f"it has {len(inputs)} inputs instead of {15 + 3 * len(QUANTIZERS)}"
        raise _refused(node, [("is of an unknown version", why, "Brevitas 0.8 or later")])
    found = list(_structure(node, inputs))
    grids = {}
    for number, name in enumerate(QUANTIZERS):
        scale, zero, bits = (
            _constant(inputs[15 + 3 * number + i], node, f"quantizer {name}") for i in range(3)
        )
        why = _misfit(scale, zero, bits)
        if why:
            fix = "the fixed-point quantizers of brevitas.quant.fixed_point"
            found.append((f"has the quantizer {name}, which does not fit", why, fix))
        else:
            grids[name] = _grid(node, name, float(scale.item()), int(bits.item()))
    found += _disagreements(grids)
    if found:
        raise _refused(node, found)
    return grids


def _structure(node: SourceNode, inputs: Inputs) -> Iterator[tuple[str, str, str]]:
    if node.attributes.get("cifg", 0):
        why = "one gate would replace two"
        yield "couples input and forget gate", why, "train it with coupled_input_forget_gates=False"
    for value, name in ((inputs[1], "hidden state"), (inputs[2], "cell state")):
        array = constant_of(value)
        if array is None or np.any(array != 0):
            why = "a sequence starts from zero"
            yield f"has a first {name} that is not zero", why, "leave it out"


def _misfit(scale: Real, zero: Real, bits: Real) -> str:
    """Why a quantizer has no counterpart; empty when it has."""
    if scale.size != 1 or bits.size != 1:
        return "it has several scales; one table serves all units"
    if np.any(zero != 0):
        return "its zero point is not 0"
    if not float(scale.item()) > 0 or np.frexp(scale.item())[0] != 0.5:
        return f"its scale {scale.item():.9g} is no power of two; the engine divides by shifts"
    if bits.item() != int(bits.item()) or not 2 <= bits.item() <= 24:
        return f"it has {bits.item():g} bits instead of a whole number from 2 to 24"
    return ""


def _grid(node: SourceNode, name: str, scale: float, bits: int) -> Grid:
    get = node.attributes.get
    # One of the attributes has another ending in files.
    narrow = int(bool(get(f"{name}_narrow", get(f"{name}_narrow_range", 0))))
    if get(f"{name}_signed", 1):
        kind = IntType(-(1 << (bits - 1)) + narrow, (1 << (bits - 1)) - 1)
    else:
        kind = IntType(0, (1 << bits) - 1 - narrow)
    fraction = 1 - int(np.frexp(scale)[1])
    return Grid(fraction, kind, str(get(f"{name}_rounding_mode", "ROUND")).upper())


def _disagreements(grids: dict[str, Grid]) -> list[tuple[str, str, str]]:
    """Quantizers that share a divider, and differ, or that are unknown."""
    found = []
    for first, end in ((2, 6), (0, 2)):  # the sums, and the products
        names = QUANTIZERS[first:end]
        modes = {grids[name].rounding for name in names if name in grids}
        if len({DIVISIONS.get(mode, mode) for mode in modes}) > 1 or not modes <= set(DIVISIONS):
            why = f"{', '.join(names)} have {', '.join(sorted(modes))}"
            fix = f"one of {', '.join(DIVISIONS)} for all of them"
            found.append(("rounds its sums as the engine does not", why, fix))
    for name in QUANTIZERS[6:]:
        if name in grids and grids[name].rounding not in ROUNDINGS:
            why = f"it has the rounding mode {grids[name].rounding}"
            fix = f"one of {', '.join(ROUNDINGS)}"
            found.append((f"has the quantizer {name}, which is unknown", why, fix))
    return found


def _op(pure: Pure, tensors: list[Real], grids: dict[str, Grid], node: SourceNode) -> Lstm:
    """The op on the integers of `pure`.

    Raises:
        CompileError: HW0236 when weights are no multiples of a power of two, or a quantizer is
            finer than what it quantizes.
    """
    scale, zero = per_channel(pure, -1, node)
    weights = np.stack(tensors[:4])
    wx = weights * scale.astype(np.float64)
    wr = np.stack(tensors[4:8]) * 2.0 ** -grids["output"].fraction
    bias = np.stack(tensors[8:12]) - wx @ zero.astype(np.float64)
    accs = [grids[f"{gate}_acc"] for gate in GATES]
    sigmoids = [grids[f"{name}_sigmoid"] for name in SIGMOIDS]
    cell, tanh, squash = grids["cell_state"], grids["cell_tanh"], grids["hidden_state_tanh"]
    try:
        fractions = [_fraction(array) for array in (wx, wr)]
    except _NotDyadicError:
        why = "with the scales of x and of the output they are no multiples of a power of two"
        fix = "brevitas.quant.fixed_point for the weights, and for the quantizer in front"
        raise _refused(node, [("has weights that do not fit", why, fix)]) from None
    z = max(*fractions, *(acc.fraction + 1 for acc in accs)) + 1
    # One shift serves three gates: those whose sums are finer are scaled up to it.
    least = min(accs[g].fraction for g in (0, 1, 3))
    up = np.array([1 << (accs[g].fraction - least) if g != 2 else 1 for g in range(4)])
    fitting = (accs[0], accs[1], accs[3])
    half = max(_half(acc) for acc in fitting)
    shifts = {
        "forget product": sigmoids[1].fraction,
        "input product": sigmoids[0].fraction + tanh.fraction - cell.fraction,
        "output product": sigmoids[2].fraction + squash.fraction - grids["output"].fraction,
    }
    finer = [name for name, shift in shifts.items() if shift < 0]
    if finer:
        why = "the engine only drops bits"
        what = f"quantizes its {' and '.join(finer)} finer than it comes"
        raise _refused(node, [(what, why, "coarser scales of cell state and output")])
    forget, fresh, out = shifts.values()
    cells = wx.shape[1]
    return Lstm(
        wx=_integers(wx, fractions[0]) * up[:, None, None],
        wr=_integers(wr, fractions[1]) * up[:, None, None],
        bias=_between(bias, z) * up[:, None],
        peepholes=np.zeros((0, cells), dtype=np.int64),
        projection=np.zeros((0, cells), dtype=np.int64),
        x_shift=z - fractions[0],
        r_shift=z - fractions[1],
        peephole_shifts=(0, 0, 0),
        sigma=np.stack(
            [
                _table(_sigmoid, acc, sigmoid, 2 * half)
                for acc, sigmoid in zip(fitting, sigmoids, strict=True)
            ]
        ),
        candidate=_table(np.tanh, accs[2], tanh, 2 * _half(accs[2])),
        squash=_table(np.tanh, cell, squash, _half(cell)),
        table_shifts=(z - least, z - accs[2].fraction, 0),
        cell_shifts=(0, 0, 0),
        m_shift=out,
        y_shift=0,
        c_type=cell.type,
        m_type=grids["output"].type,
        y_type=grids["output"].type,
        rounding=DIVISIONS[cell.rounding],
        keep=False,
        lookup=DIVISIONS[accs[0].rounding],
        part_shifts=(forget, fresh),
    )


def _sigmoid(values: Real) -> Real:
    result: Real = 1 / (1 + np.exp(-values))
    return result


def _half(grid: Grid) -> int:
    """The power of two that holds all magnitudes."""
    return 1 << max(grid.type.high, -grid.type.low - 1, 1).bit_length()


def _table(function: Callable[[Real], Real], given: Grid, result: Grid, half: int) -> IntArray:
    """Results for integers from -half to half - 1, where a quantizer in front clamps them.

    Args:
        function: Of real numbers.
        given: Quantizer in front.
        result: Quantizer behind.
        half: Twice what the integers need, where sums go beyond: the ends hold what a clamp gives.
    """
    places = np.clip(np.arange(-half, half), given.type.low, given.type.high).astype(np.float64)
    return result.of(function(places * np.float64(2.0**-given.fraction)))


def _fraction(values: Real) -> int:
    """Fewest fraction bits with which all numbers are whole; may be negative."""
    used = values[values != 0]
    if used.size == 0:
        return 0
    mantissas, exponents = np.frexp(used)
    if np.any(np.rint(mantissas * 2.0**24) != mantissas * 2.0**24):
        raise _NotDyadicError
    whole = np.rint(mantissas * 2.0**24).astype(np.int64)
    zeros = np.log2((whole & -whole).astype(np.float64)).astype(np.int64)
    fraction = int((24 - exponents - zeros).max())
    if int(exponents.max()) + fraction > 24 or abs(fraction) > MOST_FRACTION:
        raise _NotDyadicError
    return fraction


def _integers(values: Real, fraction: int) -> IntArray:
    return np.rint(values * 2.0**fraction).astype(np.int64)


def _between(bias: Real, fraction: int) -> IntArray:
    """Biases in units of 2**-fraction; what lies between two even numbers becomes the odd one.

    Sums without the bias are even numbers, and so is whatever they are compared with; so a number
    that lies between two neighbours may stand anywhere between them.
    """
    scaled = bias * 2.0 ** (fraction - 1)
    below = np.floor(scaled)
    return (2 * below + (scaled > below)).astype(np.int64)


HANDLERS = {"QuantLSTMCell": Operator(_quant_lstm, folds=False, domains=QONNX_DOMAINS | {""})}
