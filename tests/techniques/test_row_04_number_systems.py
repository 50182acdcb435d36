"""Ristretto (1604.03168): powers of two, and minifloats, as weights."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_powers_of_two_are_shifts(tmp_path: Path) -> None:
    built = check(layer_of(4, "powers"), tmp_path, 2304 * 5)
    assert not built.needs.products


def test_minifloats_are_a_code_book(tmp_path: Path) -> None:
    check(layer_of(4, "minifloat"), tmp_path, 2304 * 5 + 32 * 9)
