"""The energies that encodings are compared with are those of the paper they come from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hwcompile.explore.energy import energy_of
from hwcompile.ops.contract.needs import Memory, Multiplications, Resources

# M. Horowitz, ISSCC 2014, figure 1.1.9: pJ of operations on integers, and of 64 bits of a cache.
PRODUCTS = {8: 0.2, 32: 3.1}
ADDITIONS = {8: 0.03, 32: 0.1}
CACHES = {8: 10, 32: 20, 1024: 100}


def circuit(
    needs: Resources | None = None, lanes: int = 0, bits: int = 8, cycles: int = 1, **more: object
) -> Any:
    known = {
        "lane_product": None,
        "interval": cycles,
        "lanes": lanes,
        "added_bits": lanes * bits,
        "needs": needs or Resources(),
        **more,
    }
    return cast("Any", SimpleNamespace(**known))


@pytest.mark.parametrize("bits", PRODUCTS)
def test_products(bits: int) -> None:
    one = Multiplications(bits, bits)
    found = energy_of(circuit(Resources(products=(one,))))
    assert found.products == pytest.approx(PRODUCTS[bits], rel=0.04)
    in_logic = energy_of(circuit(lanes=3, cycles=5, lane_product=one))
    assert in_logic.products == pytest.approx(15 * found.products)


@pytest.mark.parametrize("bits", ADDITIONS)
def test_additions(bits: int) -> None:
    found = energy_of(circuit(lanes=7, bits=bits, cycles=11))
    assert found.additions == pytest.approx(77 * ADDITIONS[bits], rel=0.2)
    assert found.products == 0
    assert found.total == found.additions


def test_the_example_of_the_documentation() -> None:
    found = energy_of(circuit(lanes=4, bits=20, cycles=100, lane_product=Multiplications(8, 8)))
    assert found.products == pytest.approx(80)
    assert found.additions == pytest.approx(25)


@pytest.mark.parametrize("kilobytes", CACHES)
def test_memories(kilobytes: int) -> None:
    memory = Memory(depth=kilobytes * 1024 // 8, width=64)
    found = energy_of(circuit(Resources(memories=(memory,)), cycles=3))
    assert found.memory == pytest.approx(3 * CACHES[kilobytes], rel=0.14)
