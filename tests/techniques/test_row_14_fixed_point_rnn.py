"""Fixed-point recurrent networks (1512.01322): a format for every signal, hundreds of steps."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check_network, network_of

ORACLE = ("numpy", "a paper")
ORACLE_REASON = "the cell's equations written in numpy, with a rounding of each signal"


def test_hundreds_of_steps(tmp_path: Path) -> None:
    """The output of every one of 300 steps; what differs in a state differs ever after."""
    check_network(network_of(14, "300 steps"), tmp_path)
