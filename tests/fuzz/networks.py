"""Random networks against other people's executors, on the integer reference and in RTL.

The oracles are ONNX Runtime without optimizations for ONNX's own forms, and for QONNX its own
functions with ONNX Runtime for the other nodes; where their float sums are inexact, `sums`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, grid, runtime
from tests.fuzz.attempts import Attempt, attempt
from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures
from tests.fuzz.growing import Grower
from tests.fuzz.integers import Integers
from tests.fuzz.layers import Qdq, Qonnx
from tests.fuzz.minimize import smaller_model
from tests.fuzz.sums import evaluate

Feeds = dict[str, np.ndarray[Any, Any]]
FLAVOURS: dict[str, type[Grower]] = {"qdq": Qdq, "qonnx": Qonnx, "integer": Integers}
FAULTS = ("wrong integers", "tracebacks", "hangs", "broken oracles")


def feeds_of(model: Model, rng: np.random.Generator, frames: int) -> Feeds:
    """Random inputs: real numbers on a grid, or all integers of the input's type."""
    (value,) = model.inputs
    kind = value.type.tensor_type
    shape = [d.dim_value for d in kind.shape.dim][1:]
    if kind.elem_type == onnx.TensorProto.FLOAT:
        return {value.name: grid(rng, frames, *shape)}
    limits = np.iinfo(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
    values = rng.integers(limits.min, limits.max + 1, (frames, *shape))
    return {value.name: values.astype(limits.dtype)}


def grown(
    flavour: str, rng: np.random.Generator, most: int = 12
) -> tuple[Model, list[str], list[str]]:
    """A network, the names of its outputs, and the kinds of its layers."""
    grower = FLAVOURS[flavour](rng)
    grower.grow(grower.some(2, most + 1))
    return grower.model, grower.outputs(), grower.kinds


def judge(proto: onnx.ModelProto, feeds: Feeds, flavour: str, budget: Budget) -> tuple[str, str]:
    """(what came of the network, a line about it)."""
    path = budget.folder / "network.onnx"
    path.write_bytes(proto.SerializeToString())
    tried: Attempt = attempt(lambda: load_model(path).run(feeds))
    if tried.kind == "refused":
        return f"refused {tried.value.diagnostics[0].code}", str(tried.value)
    if tried.bad:
        return tried.kind, tried.text
    try:
        if flavour == "qonnx":
            expected = evaluate(proto, feeds, exact=False)
        else:
            names = [o.name for o in proto.graph.output]
            expected = dict(zip(names, runtime(path, feeds), strict=True))
    except Exception as error:
        return "broken oracles", f"{type(error).__name__}: {str(error)[:200]}"
    if _differing(tried.value, expected) == 0:
        return "equal", ""
    if flavour != "integer":
        ruled = evaluate(proto, feeds, exact=True)
        if _differing(tried.value, ruled) == 0:
            return "float sums explained by rule", ""
    return "wrong integers", f"{_differing(tried.value, expected)} elements differ"


def _differing(got: Feeds, expected: Feeds) -> int:
    count = 0
    for name, y in expected.items():
        same = got[name].shape == y.shape
        count += int(np.sum(got[name] != y)) if same else y.size
    return count


def against_oracle(flavour: str) -> Callable[[Budget], Figures]:
    """The part that holds networks of one flavour against their oracle."""

    def run(budget: Budget) -> Figures:
        figures = Figures(budget.part, least={"networks compared": budget.scaled(250)})
        figures.faults.update(dict.fromkeys(FAULTS, 0))
        for case in budget.cases(300):
            rng = budget.rng(case)
            model, outputs, kinds = grown(flavour, rng)
            proto, feeds = model.proto(outputs), feeds_of(model, rng, frames=3)
            kind, text = judge(proto, feeds, flavour, budget)
            if kind in FAULTS:
                path = _kept(proto, feeds, flavour, budget, kind, case)
                figures.fault(kind, f"{text} {' '.join(kinds)}; {path}; {budget.again(case)}")
                continue
            figures.counts["networks compared"] += not kind.startswith("refused")
            figures.counts[kind] += 1
            figures.counts["layers"] += len(kinds)
        return figures

    return run


def _kept(
    proto: onnx.ModelProto, feeds: Feeds, flavour: str, budget: Budget, kind: str, case: int
) -> Path:
    """Write a smaller network that fails in the same way."""
    small = smaller_model(proto, lambda p: judge(p, feeds, flavour, budget)[0] == kind)
    return budget.keep(f"{case}.onnx", small.SerializeToString())


qdq, qonnx, integer = (against_oracle(flavour) for flavour in FLAVOURS)
