"""Whatever hangs on the port, a run ends in words, soon, and in bounded memory.

The peers are `tests/fuzz/peers.py`, which `make fuzz` runs with the time-outs of `hwcompile run`.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.fuzz.figures import Figures
from tests.fuzz.peers import PEERS, run_one


@pytest.mark.parametrize("kind", PEERS)
def test_a_run_against_a_hostile_peer_is_refused(kind: str) -> None:
    figures = Figures("peers")
    for number in range(2):
        run_one(kind, number, np.random.default_rng(number), figures, quick=True)
    assert figures.good, "\n".join(figures.cases)
    assert figures.counts["refused"] == 2
