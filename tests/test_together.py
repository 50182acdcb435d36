"""Simulators compiled together are those of their designs, and tests fail for themselves."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile import build_directory
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.table.op import Table
from tests import together
from tests.kernelbench import check_kernel, one_node_plan
from tests.programs_together import Part, Wanted, compile_together
from tests.together import Body, finish, held_back, in_its_turn, simulator

KERNEL = family("table").kernels[0]
INPUT = TensorType((1, 2, 3), IntType(0, 3))


class Wrong(Table):
    """Says something else than what its hardware computes."""

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        (found,) = super().evaluate(inputs, values)
        return (found + 1,)


def table(number: int, kind: type[Table] = Table) -> Site:
    values = np.array([[number, 5, 2, 7 - number]])
    return Site.of(kind(values, IntType(0, 9)), INPUT)


def design(folder: Path, number: int) -> Path:
    write_files(folder, rtl_files(one_node_plan(table(number), KERNEL, {"parallel": 3})))
    return folder


def is_part(site: Site) -> None:
    """`check_kernel` of a simulator that others are in too."""
    check_kernel(site, KERNEL, {"parallel": 3})


@pytest.mark.parametrize("number", [0, 1, 3])
def test_tests_of_a_module_wait_for_each_other(number: int) -> None:
    if not together.apart():
        assert isinstance(threading.current_thread(), Body)
    is_part(table(number))


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 4))
def test_examples_of_a_property_are_held_back(number: int) -> None:
    check_kernel(table(number), KERNEL, {"parallel": 2})


def test_a_program_has_the_design_that_is_asked_for(tmp_path: Path) -> None:
    folders = [design(tmp_path / str(n), n) for n in (0, 4, 0)]
    made = compile_together([Wanted(folder, 100) for folder in folders])
    assert len({simulator.program for simulator in made}) == 1
    assert [part.number for part in made if isinstance(part, Part)] == [0, 1, 0]
    values = np.arange(6).reshape(1, 1, 2, 3) % 4
    for part, number in zip(made, (0, 4, 0), strict=True):
        (expected,) = table(number).op.evaluate((INPUT,), (values,))
        for stall in (0.0, 0.5):
            result = part.run({"in0": values}, stall=stall)
            np.testing.assert_array_equal(result.outputs["dut"], expected)


def test_only_what_is_wrong_fails() -> None:
    with held_back() as bodies:
        for site in (table(1), table(2, Wrong), table(3)):
            in_its_turn(partial(is_part, site), "a check")
        assert all(body.wanted for body in bodies)
    assert [type(body.error) for body in bodies] == [type(None), AssertionError, type(None)]


def test_what_fails_before_its_simulator_fails_at_once() -> None:
    with held_back(), pytest.raises(AssertionError, match="parallel"):
        check_kernel(table(1), KERNEL, {"parallel": 4})


def test_a_design_that_is_refused_does_not_spoil_others(tmp_path: Path) -> None:
    folders = [design(tmp_path / name, 1) for name in ("good", "bad")]
    source = build_directory.rtl_sources(folders[1])[-1]
    source.write_text(source.read_text().replace("endmodule", "syntax"))
    found: list[Path] = []

    def body(folder: Path) -> None:
        found.append(simulator(folder, 100).directory)

    bodies = [Body(partial(body, folder)) for folder in folders]
    finish(bodies)
    assert found == folders[:1]
    assert [body.error is None for body in bodies] == [True, False]
    assert "HW0704" in str(bodies[1].error)
