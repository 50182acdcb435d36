"""The element-wise operations that may stand between an accumulator and a quantizer.

Each kind says how ONNX evaluates it and, for given constants, whether it is monotone.
Arithmetic (add, mul, div, batch_norm, ...) is numpy float32, one IEEE rounding per operation,
which is what ONNX Runtime's CPU kernels compute. ONNX leaves the accuracy of transcendental
functions (exp, tanh, sigmoid, erf, ...) to the implementation; here they are evaluated in float64
and rounded once to float32, so that the result does not depend on the machine.

A cast to float64 makes the operations behind it float64, up to the next cast: kernels that fuse a
multiplication with the sum of two streams round once, and so do these.

In the int64 domain (chains of integer graphs) `div` truncates toward zero as ONNX does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwcompile_runtime.integer_types import LIMITS, wrapped
from hwcompile_runtime.rows import AnyArray
from hwcompile_runtime.special import erf, logistic

Constants = tuple[AnyArray, ...]
Attributes = Mapping[str, Any]
Evaluate = Callable[[AnyArray, Constants, Attributes], AnyArray]
Sign = Callable[[Constants, Attributes], AnyArray]

_RISING = np.ones(1, dtype=np.int64)
_UNKNOWN = np.zeros(1, dtype=np.int64)


def _rising(constants: Constants, attributes: Attributes) -> AnyArray:
    return _RISING


def _falling(constants: Constants, attributes: Attributes) -> AnyArray:
    return -_RISING


def _unknown(constants: Constants, attributes: Attributes) -> AnyArray:
    return _UNKNOWN


def _factor_sign(constants: Constants, attributes: Attributes) -> AnyArray:
    # A factor of zero makes a constant row, which counts as rising.
    return np.where(constants[0] < 0, -1, 1)


def _divisor_sign(constants: Constants, attributes: Attributes) -> AnyArray:
    return np.where(constants[0] < 0, -1, np.where(constants[0] > 0, 1, 0))


def _alpha_sign(constants: Constants, attributes: Attributes) -> AnyArray:
    factors = (attributes.get("alpha", 1.0), attributes.get("gamma", 1.0))
    return _RISING if min(factors) >= 0 else _UNKNOWN


def _slope_sign(constants: Constants, attributes: Attributes) -> AnyArray:
    return np.where(constants[0] >= 0, 1, 0)


def _exponent_sign(constants: Constants, attributes: Attributes) -> AnyArray:
    return np.where((constants[0] > 0) & (constants[0] % 2 == 1), 1, 0)


def _base_sign(constants: Constants, attributes: Attributes) -> AnyArray:
    base = constants[0]
    return np.where(base >= 1, 1, np.where(base > 0, -1, 0))


@dataclass(frozen=True)
class FloatKind:
    """One kind of operation.

    Attributes:
        evaluate: Result for values, broadcast constants and attributes.
        sign: +1 rising, -1 falling, 0 unknown, per row; int64 [1 or rows].
        constants: How many constants it takes.
        integer: True when it also works in the int64 domain.
    """

    evaluate: Evaluate
    sign: Sign = _rising
    constants: int = 0
    integer: bool = False


def rounded_once(value: Any) -> AnyArray:
    """Round to float32 once."""
    return np.asarray(value, dtype=np.float32)


def _wide(function: Callable[..., Any]) -> Evaluate:
    """A function of float64 and the attributes' values, rounded to float32."""

    def evaluate(x: AnyArray, constants: Constants, attributes: Attributes) -> AnyArray:
        return rounded_once(function(x.astype(np.float64), **attributes))

    return evaluate


def _f32(attributes: Attributes, name: str, default: float) -> np.float32:
    return np.float32(attributes.get(name, default))


def quotient(x: AnyArray, divisor: AnyArray) -> AnyArray:
    """`x / divisor` as ONNX computes it: integers are truncated toward zero."""
    if x.dtype != np.int64:
        return np.asarray(x / divisor)
    # The smallest int64 has no magnitude: divide downward, then correct towards zero.
    below = x // divisor
    inexact = (x % divisor != 0) & ((x < 0) != (divisor < 0))
    return np.asarray(below + inexact)


def _divide(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    return quotient(x, c[0])


def _fused(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """`x * c0 + c1` with one rounding."""
    return rounded_once(x.astype(np.float64) * c[0].astype(np.float64) + c[1].astype(np.float64))


_LOGISTIC_P = (4.37031012579801e-11, 1.15627324459942e-07, 6.08574864600143e-05,
               8.51377133304701e-03, 2.48287947061529e-01)  # fmt: skip
_LOGISTIC_Q = (6.10247389755681e-13, 5.76102136993427e-09, 6.29106785017040e-06,
               1.70198817374094e-03, 1.16817656904453e-01, 9.93151923021180e-01)  # fmt: skip


def _polynomial(x: AnyArray, coefficients: tuple[float, ...]) -> AnyArray:
    """Horner's rule with fused multiplications, highest power first, float32."""
    found = np.full_like(x, np.float32(coefficients[0]))
    for coefficient in coefficients[1:]:
        found = _fused(found, (x, np.array(np.float32(coefficient))), {})
    return found


def _rational_sigmoid(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """Eigen's rational approximation of the logistic function, as ONNX Runtime's MLAS uses it."""
    near = np.clip(x, np.float32(-18), np.float32(18))
    square = near * near
    upper = _polynomial(square, _LOGISTIC_P) * near
    share = upper / _polynomial(square, _LOGISTIC_Q) + np.float32(0.5)
    return np.asarray(np.clip(share, np.float32(0), np.float32(1)))


def _leaky_relu(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    return np.where(x >= 0, x, _f32(a, "alpha", 0.01) * x)


def _hard_sigmoid(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    line = _f32(a, "alpha", 0.2) * x + _f32(a, "beta", 0.5)
    return np.asarray(np.clip(line, np.float32(0), np.float32(1)))


def _hard_swish(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    line = np.float32(1 / 6) * x + np.float32(0.5)
    return np.asarray(x * np.clip(line, np.float32(0), np.float32(1)))


def batch_norm_line(c: Constants, epsilon: float) -> tuple[AnyArray, AnyArray]:
    """Factor and offset of BatchNormalization(scale, bias, mean, var), as ONNX Runtime does."""
    scale, bias, mean, variance = c
    inverse = np.float32(1) / np.sqrt(variance + np.float32(epsilon))
    factor = inverse * scale
    return factor, bias - mean * factor


def _batch_norm(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    factor, offset = batch_norm_line(c, a.get("epsilon", 1e-5))
    return np.asarray(x * factor + offset)


def _batch_norm_sign(c: Constants, a: Attributes) -> AnyArray:
    factor, _ = batch_norm_line(c, a.get("epsilon", 1e-5))
    return np.where(factor < 0, -1, 1)


def _elu(x: AnyArray, alpha: float = 1.0) -> AnyArray:
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _selu(x: AnyArray, alpha: float = 1.67326319217681884765625,
          gamma: float = 1.05070102214813232421875) -> AnyArray:  # fmt: skip
    return np.asarray(gamma * _elu(x, alpha))


def _celu(x: AnyArray, alpha: float = 1.0) -> AnyArray:
    return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(x / alpha))


def _softplus(x: AnyArray) -> AnyArray:
    return np.asarray(np.logaddexp(x, 0.0))


def _gelu(x: AnyArray, approximate: str = "none") -> AnyArray:
    if approximate == "tanh":
        inner = np.sqrt(2 / np.pi) * (x + 0.044715 * (x * x * x))
        # (1 + tanh(u)) / 2 without the cancellation that shows a library's last bit.
        return np.asarray(x * logistic(2 * inner))
    return np.asarray(0.5 * x * (1 + erf(x / np.sqrt(2))))


def _silu(x: AnyArray, alpha: float = 1.0) -> AnyArray:
    return np.asarray(x * logistic(alpha * x))


def _mish(x: AnyArray) -> AnyArray:
    return np.asarray(x * np.tanh(_softplus(x)))


def _pow(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    if x.dtype == np.int64:
        return np.asarray(x ** c[0])
    return rounded_once(np.power(x.astype(np.float64), c[0].astype(np.float64)))


def _reversed_pow(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """The constant to the power of the number."""
    return rounded_once(np.power(c[0].astype(np.float64), x.astype(np.float64)))


def _wrap(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """Two's complement of the type `to`."""
    return wrapped(x, a["to"])


def _cast(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """Float to integer drops the fraction; what does not fit is undefined and refused."""
    to = a["to"]
    if to in ("float32", "float64"):
        return np.asarray(x, dtype=to)
    if to == "bool":
        return np.asarray(x != 0, dtype=np.int64)
    low, high = LIMITS[to]
    whole = np.trunc(x)
    # float32 holds 2**31 and 2**63, but not the largest integers below them.
    beyond = whole >= x.dtype.type(high + 1) if x.dtype.kind == "f" else whole > high
    if x.size and (np.isnan(whole).any() or whole.min() < low or beyond.any()):
        raise OverflowError(f"some of the values lie outside {to}")
    return np.asarray(whole, dtype=np.int64)


def _shift_right(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    return np.asarray(x >> c[0])


def _quotient(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    return np.asarray(np.floor_divide(x, c[0]))


_OF_ANGLES: dict[str, Callable[[AnyArray], AnyArray]] = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "cos": np.cos,
    "cosh": np.cosh,
    "sin": np.sin,
    "sinh": np.sinh,
    "tan": np.tan,
}


_SIGNS_OF_ANGLES: dict[str, Sign] = {
    **dict.fromkeys(("acosh", "asin", "asinh", "atan", "atanh", "sinh"), _rising),
    **dict.fromkeys(("cos", "cosh", "sin", "tan"), _unknown),
    "acos": _falling,
}


def _remainder(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """With the sign of the divisor."""
    return np.asarray(np.mod(x, c[0]))


def _remainder_of_quotient(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """With the sign of the dividend, as C's `%` and `fmod`."""
    return np.asarray(np.fmod(x, c[0]))


def _shrink(x: AnyArray, c: Constants, a: Attributes) -> AnyArray:
    """What is near 0 becomes 0, the rest moves towards it."""
    limit, bias = _f32(a, "lambd", 0.5), _f32(a, "bias", 0.0)
    moved = np.where(x < -limit, x + bias, x - bias)
    return np.where((x < -limit) | (x > limit), moved, np.float32(0))


def _shrink_sign(c: Constants, a: Attributes) -> AnyArray:
    """It rises where the numbers that are left do not pass 0."""
    return _RISING if 0 <= a.get("bias", 0.0) <= a.get("lambd", 0.5) else _UNKNOWN


KINDS: dict[str, FloatKind] = {
    "add": FloatKind(lambda x, c, a: x + c[0], _rising, 1, True),
    "sub": FloatKind(lambda x, c, a: x - c[0], _rising, 1, True),
    "fma": FloatKind(_fused, _factor_sign, 2),
    "rsub": FloatKind(lambda x, c, a: c[0] - x, _falling, 1, True),
    "mul": FloatKind(lambda x, c, a: x * c[0], _factor_sign, 1, True),
    "div": FloatKind(_divide, _divisor_sign, 1, True),
    "rdiv": FloatKind(lambda x, c, a: c[0] / x, _unknown, 1),
    "floor_div": FloatKind(_quotient, _divisor_sign, 1, True),
    "shift_left": FloatKind(lambda x, c, a: x << c[0], _rising, 1, True),
    "shift_right": FloatKind(_shift_right, _rising, 1, True),
    "mod": FloatKind(_remainder, _unknown, 1, True),
    "fmod": FloatKind(_remainder_of_quotient, _unknown, 1, True),
    "bit_and": FloatKind(lambda x, c, a: x & c[0], _unknown, 1, True),
    "bit_or": FloatKind(lambda x, c, a: x | c[0], _unknown, 1, True),
    "bit_xor": FloatKind(lambda x, c, a: x ^ c[0], _unknown, 1, True),
    "neg": FloatKind(lambda x, c, a: -x, _falling, 0, True),
    "abs": FloatKind(lambda x, c, a: np.abs(x), _unknown, 0, True),
    "min": FloatKind(lambda x, c, a: np.minimum(x, c[0]), _rising, 1, True),
    "max": FloatKind(lambda x, c, a: np.maximum(x, c[0]), _rising, 1, True),
    "clip": FloatKind(lambda x, c, a: np.minimum(np.maximum(x, c[0]), c[1]), _rising, 2, True),
    "relu": FloatKind(lambda x, c, a: np.maximum(x, x.dtype.type(0)), _rising, 0, True),
    "sign": FloatKind(lambda x, c, a: np.sign(x), _rising, 0, True),
    "greater": FloatKind(lambda x, c, a: x > c[0], _rising, 1, True),
    "greater_equal": FloatKind(lambda x, c, a: x >= c[0], _rising, 1, True),
    "less": FloatKind(lambda x, c, a: x < c[0], _falling, 1, True),
    "less_equal": FloatKind(lambda x, c, a: x <= c[0], _falling, 1, True),
    "equal": FloatKind(lambda x, c, a: x == c[0], _unknown, 1, True),
    "cast": FloatKind(_cast, _rising, 0, True),
    "wrap": FloatKind(_wrap, _unknown, 0, True),
    "floor": FloatKind(lambda x, c, a: np.floor(x)),
    "ceil": FloatKind(lambda x, c, a: np.ceil(x)),
    "round": FloatKind(lambda x, c, a: np.round(x)),
    "leaky_relu": FloatKind(_leaky_relu, _alpha_sign),
    "prelu": FloatKind(lambda x, c, a: np.where(x > 0, x, c[0] * x), _slope_sign, 1, True),
    "thresholded_relu": FloatKind(
        lambda x, c, a: np.where(x > _f32(a, "alpha", 1.0), x, np.float32(0)), _alpha_sign
    ),
    "hard_sigmoid": FloatKind(
        _hard_sigmoid, lambda c, a: _RISING if a.get("alpha", 0.2) >= 0 else -_RISING
    ),
    "hard_swish": FloatKind(_hard_swish, _unknown),
    "shrink": FloatKind(_shrink, _shrink_sign),
    "batch_norm": FloatKind(_batch_norm, _batch_norm_sign, 4),
    "sqrt": FloatKind(lambda x, c, a: np.sqrt(x)),
    "reciprocal": FloatKind(lambda x, c, a: np.float32(1) / x, _unknown),
    "softsign": FloatKind(_wide(lambda x: x / (1 + np.abs(x)))),
    "sigmoid": FloatKind(_wide(logistic)),
    "rational_sigmoid": FloatKind(_rational_sigmoid, _unknown),
    "tanh": FloatKind(_wide(np.tanh)),
    "erf": FloatKind(_wide(erf)),
    "exp": FloatKind(_wide(np.exp)),
    "log": FloatKind(_wide(np.log)),
    **{name: FloatKind(_wide(f), _SIGNS_OF_ANGLES[name]) for name, f in _OF_ANGLES.items()},
    "softplus": FloatKind(_wide(_softplus)),
    "elu": FloatKind(_wide(_elu), _alpha_sign),
    "selu": FloatKind(_wide(_selu), _alpha_sign),
    "celu": FloatKind(_wide(_celu), _rising),
    "gelu": FloatKind(_wide(_gelu), _unknown),
    "silu": FloatKind(_wide(_silu), _unknown),
    "mish": FloatKind(_wide(_mish), _unknown),
    "pow": FloatKind(_pow, _exponent_sign, 1, True),
    "rpow": FloatKind(_reversed_pow, _base_sign, 1),
}
"""All kinds by name."""
