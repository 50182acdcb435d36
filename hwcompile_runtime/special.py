"""The error function and the logistic function on float64 arrays.

`erf` is the rational approximation of Moshier's Cephes library (ndtr.c, also W. J. Cody, "Rational
Chebyshev approximations for the error function", 1969), with its coefficients and in its order of
operations, so that every bit of it is the same wherever float64 is IEEE's and `exp` is the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

# Highest power first. Below one: x * NEAR_UPPER(x^2) / NEAR_LOWER(x^2).
_NEAR_UPPER = (9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
               7.00332514112805075473e3, 5.55923013010394962768e4)  # fmt: skip
_NEAR_LOWER = (1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
               2.26290000613890934246e4, 4.92673942608635921086e4)  # fmt: skip
# From one to eight: 1 - exp(-x^2) * FAR_UPPER(x) / FAR_LOWER(x).
_FAR_UPPER = (2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
              4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
              9.34528527171957607540e2, 1.02755188689515710272e3,
              5.57535335369399327526e2)  # fmt: skip
_FAR_LOWER = (1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
              9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
              1.65666309194161350182e3, 5.57535340817727675546e2)  # fmt: skip
_SATURATED = 8.0
"""Above it, the distance from one is far below float64's resolution."""


def erf(x: npt.ArrayLike) -> Float64:
    """The error function of float64 numbers of any shape; NaN stays NaN."""
    values = np.asarray(x, dtype=np.float64)
    size = np.abs(values)
    inner = np.minimum(size, 1.0)
    square = inner * inner
    near = inner * _polynomial(square, _NEAR_UPPER) / _polynomial(square, _NEAR_LOWER)
    outer = np.clip(size, 1.0, _SATURATED)
    share = np.exp(-outer * outer) * _polynomial(outer, _FAR_UPPER)
    far = 1.0 - share / _polynomial(outer, _FAR_LOWER)
    return np.copysign(np.where(size > 1.0, far, near), values)


def logistic(x: npt.ArrayLike) -> Float64:
    """`1 / (1 + exp(-x))` of float64 numbers of any shape; NaN stays NaN."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(x, dtype=np.float64))))


def _polynomial(x: Float64, coefficients: tuple[float, ...]) -> Float64:
    """Horner's rule, highest power first."""
    found = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        found = found * x + coefficient
    return found
