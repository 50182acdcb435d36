"""Sparse matrices in external memory."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hwcompile.ops import family
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse import Programs
from hwcompile.ops.matmul.sparse_design import design
from tests.externalbench import check_external
from tests.ops.matmul.test_sparse import sites

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

SPARSE = family("matmul").kernel("sparse")


@settings(
    deadline=None,
    max_examples=4,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(sites(), st.sampled_from((4, 32, 128)), st.integers(0, 99))
def test_random_matrices(case: tuple[Site[Matmul], Parameters], prefetch: int, seed: int) -> None:
    site, chosen = case
    parameters = {**chosen, "weights": "external", "prefetch": prefetch}
    built = SPARSE.at(site, parameters)
    assert isinstance(built, Programs)
    rows = built.plan.steps * site.inputs[0].pixels // int(chosen.get("channels", 1))
    check_external(site, SPARSE, parameters, rows, seed=seed)


def test_sums_are_collected_behind_the_last_row() -> None:
    """A collector that ran beside the PEs could not know of gaps."""
    weights = np.ones((1, 6, 8), dtype=np.int64)
    weights[0, 1:, 2:] = 0
    op = Matmul(weights)
    assert design(op, 2, 1, 1, "auto").ready_steps[0] < design(op, 2, 1, 1, "auto").steps - 1
    plan = design(op, 2, 1, 1, "auto", paced=False)
    assert plan.ready_steps == (plan.steps - 1,)
