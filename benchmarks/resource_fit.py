"""Fits the coefficients of a family to synthesis runs, and measures the errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from msgspec import structs
from scipy.optimize import lsq_linear

from benchmarks.resource_runs import Measured
from hwcompile.technology.features import FF_FEATURES, LUT_FEATURES, Amounts
from hwcompile.technology.model import Calibration, Coefficients

Floats = npt.NDArray[np.float64]

LEAST = {"lut": 20.0, "ff": 20.0, "bram": 1.0, "dsp": 1.0}
"""Errors are relative to the measured use, or to this where less is in use."""

_COMMON_PULL = 0.02
"""Weight of a kernel's distance from the coefficients that all kernels share."""

_ONE_PULL = 0.02
"""Weight of the distance of these from one."""


@dataclass(frozen=True)
class Run:
    """A synthesis run: what a circuit is made of, and what synthesis made of it.

    Attributes:
        name: Kernel, or part of the plumbing.
        label: What tells it from others of that name.
        amounts: Features.
        measured: What synthesis counts.
        held: Kept out of the fit, to measure errors.
    """

    name: str
    label: str
    amounts: Amounts
    measured: Measured
    held: bool


def fit(family: str, yosys: str, runs: Sequence[Run]) -> Calibration:
    """Coefficients of a family from the runs that are not held out."""
    used = [run for run in runs if not run.held]
    names = sorted({run.name for run in used})
    weights = {name: 1.0 / sum(run.name == name for run in used) for name in names}
    shared = {
        kind: _solve(*_system(used, kind), [weights[run.name] for run in used], None)
        for kind in ("lut", "ff")
    }
    kernels = {name: _own(used, name, shared) for name in names}
    return Calibration(family, yosys, len(used), _coefficients(shared, used), kernels)


def refit(known: Calibration, runs: Sequence[Run]) -> Calibration:
    """The same with coefficients of the kernels of these runs, near those that all share."""
    used = [run for run in runs if not run.held]
    common = known.common
    shared = {
        "lut": np.array([common.lut.get(feature, 0.0) for feature in LUT_FEATURES]),
        "ff": np.array([common.ff.get(feature, 0.0) for feature in FF_FEATURES]),
    }
    kernels = {name: _own(used, name, shared) for name in {run.name for run in used}}
    return structs.replace(known, kernels=dict(sorted({**known.kernels, **kernels}.items())))


def error(predicted: float, measured: float, part: str) -> float:
    """Relative error of a prediction."""
    return (predicted - measured) / max(measured, LEAST[part])


def _own(runs: Sequence[Run], name: str, shared: dict[str, Floats]) -> Coefficients:
    """Coefficients of one kernel, drawn to those that all share."""
    own = [run for run in runs if run.name == name]
    weights = [1.0 / len(own)] * len(own)
    each = {kind: _solve(*_system(own, kind), weights, shared[kind]) for kind in ("lut", "ff")}
    return _coefficients(each, own)


def _coefficients(each: dict[str, Floats], runs: Sequence[Run]) -> Coefficients:
    # Products go to DSP blocks where there are some: those in logic feed registers themselves.
    usual = [run for run in runs if run.amounts.dsp] or runs
    loose = float(np.median([run.measured.loose / max(run.measured.ff, 1) for run in usual]))
    return Coefficients(_named(LUT_FEATURES, each["lut"]), _named(FF_FEATURES, each["ff"]), loose)


def _named(names: Sequence[str], values: Floats) -> dict[str, float]:
    return {n: round(float(v), 4) for n, v in zip(names, values, strict=True) if v > 5e-5}


def _system(runs: Sequence[Run], kind: str) -> tuple[Floats, Floats]:
    """Rows of amounts and the measured figures, both as shares of the measured figures."""
    rows = np.array([getattr(run.amounts, kind) for run in runs], dtype=float)
    figures = np.array([getattr(run.measured, kind) for run in runs], dtype=float)
    scale = np.maximum(figures, LEAST[kind])
    return rows / scale[:, None], figures / scale


def _solve(rows: Floats, figures: Floats, weights: Sequence[float], near: Floats | None) -> Floats:
    """Non-negative least squares of relative errors, reweighted towards least absolute errors.

    With `near`, coefficients are drawn to these; otherwise weakly to one.
    """
    goal = np.ones(rows.shape[1]) if near is None else near
    # In shares of what is measured, so that no unit weighs more than another.
    share = np.abs(np.average(rows, axis=0, weights=weights)) + 1e-4
    pull = np.sqrt(_ONE_PULL if near is None else _COMMON_PULL) * share
    best = goal
    importance = np.array(weights)
    for _ in range(8):
        root = np.sqrt(importance)
        matrix = np.vstack([rows * root[:, None], np.diag(pull)])
        target = np.concatenate([figures * root, pull * goal])
        best = lsq_linear(matrix, target, bounds=(0, np.inf)).x
        gaps = np.abs(rows @ best - figures)
        importance = np.array(weights) * 0.1 / np.maximum(gaps, 0.1)
    return best
