"""Ristretto (1604.03168): dynamic fixed point, powers of two, and minifloats."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.planned import check_plan
from tests.techniques.rows import check, layer_of, network_of

ORACLE = ("ONNX Runtime", "QONNX executor", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_powers_of_two_are_shifts(tmp_path: Path) -> None:
    built = check(layer_of(4, "powers"), tmp_path, 2304 * 5)
    assert not built.needs.products


def test_minifloats_are_a_code_book(tmp_path: Path) -> None:
    check(layer_of(4, "minifloat"), tmp_path, 2304 * 5 + 32 * 9)


def test_binary_points_move_by_wires(tmp_path: Path) -> None:
    """Products are those of lanes; between layers there are shifts and a rounding."""
    between = check_plan(network_of(4, "dynamic"), tmp_path).of("threshold")
    assert [one.kernel.name for one in between] == ["shift", "shift"]
    assert not any(one.needs.products for one in between)
