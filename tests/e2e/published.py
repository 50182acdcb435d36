"""Published networks compiled once per test session, with the folding FINN publishes for them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import hwcompile
from hwcompile.design import Design
from hwcompile.frontends.load import load_model
from hwcompile.passes.pipelines import LOWERING, run_passes
from tests.models import model_path

Folding = tuple[tuple[int, int], ...]

# PE x SIMD of each matrix-vector unit, from finn-examples, build/*/folding_config/*.json.
TFC: Folding = ((16, 49), (8, 8), (8, 8), (10, 8))
CNV: Folding = (
    (16, 3), (32, 32), (16, 32), (16, 32), (4, 32), (1, 32), (1, 4), (1, 8), (5, 1),
)  # fmt: skip
KWS: Folding = ((32, 10), (32, 8), (32, 8), (1, 8))


def folded(model: Path, folding: Folding) -> dict[str, Any]:
    """A partial schedule with these foldings for the matrix-vector units, in network order."""
    graph = run_passes(load_model(model).graph, LOWERING)
    names = [node.name for node in graph.nodes if node.op.family == "matmul"]
    choices = zip(names, folding, strict=True)
    return {"nodes": {n: {"kernel": "folded", "pe": pe, "simd": simd} for n, (pe, simd) in choices}}


@cache
def build(name: str, folding: Folding | None = None, target_cycles: int | None = None) -> Design:
    """The published network `name`, compiled into a temporary folder."""
    path = model_path(name)
    directory = Path(mkdtemp(prefix="hwcompile-e2e-")) / "build"
    schedule = folded(path, folding) if folding else None
    return hwcompile.compile(path, directory, schedule=schedule, target_cycles=target_cycles)
