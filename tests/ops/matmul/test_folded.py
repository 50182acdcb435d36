"""What the folded matrix-vector kernel says about itself."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.build_directory import FILES, RTL
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops.arithmetic.agree import Agree
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.encoding import WeightEncoding
from hwcompile.ops.arithmetic.numbers import weight_type
from hwcompile.ops.arithmetic.products import InTables, Multiply
from hwcompile.ops.arithmetic.select import SelectInput, SelectWeight
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.contract.timing import single
from hwcompile.ops.matmul import FAMILY
from hwcompile.ops.matmul.folded import Folded
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.space import MAX_FOLDINGS, foldings
from hwcompile.verify.verilator import lint
from tests.kernelbench import one_node_plan
from tests.ops.matmul.cases import signed, site, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Folded()


@settings(deadline=None, max_examples=60)
@given(st.tuples(*[st.integers(1, 3)] * 3), st.integers(1, 9), st.integers(1, 9), st.data())
def test_timing_is_that_of_the_loops(
    sizes: tuple[int, int, int], rows: int, fan_in: int, data: st.DataObject
) -> None:
    height, width, groups = sizes
    here = site(span(-8, 7), signed(4), (groups, rows, fan_in), (height, width))
    pe, simd = data.draw(st.integers(1, rows)), data.draw(st.integers(1, fan_in))
    takes, gives = [], []
    for _ in range(height * width * groups):
        for first_row in range(0, rows, pe):
            for first_column in range(0, fan_in, simd):
                takes.append(int(first_row == 0))
                gives.append(int(first_column + simd >= fan_in))
    parameters = {"pe": pe, "simd": simd}
    timing = KERNEL.at(here, parameters).timing
    wanted = single({"in0": np.array(takes)}, np.array(gives), timing.stages)
    actor, other = timing.actors["main"], wanted.actors["main"]
    np.testing.assert_array_equal(actor.duration, other.duration)
    np.testing.assert_array_equal(actor.reads["in0"].need, other.reads["in0"].need)
    np.testing.assert_array_equal(actor.reads["in0"].free, other.reads["in0"].free)
    np.testing.assert_array_equal(actor.writes["out"], other.writes["out"])
    assert KERNEL.at(here, parameters).interval == timing.interval == len(takes)
    assert KERNEL.at(here, parameters).lanes == pe * simd
    ports = KERNEL.at(here, parameters).ports
    assert ports.inputs[0].words == sum(takes)
    assert ports.output.words == sum(gives)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 5000))
def test_no_folding_beats_one_of_the_space(rows: int, columns: int, limit: int) -> None:
    points = {
        (-(-rows // pe) * -(-columns // simd), pe * simd)
        for pe in range(1, rows + 1)
        for simd in range(1, columns + 1)
        if pe * simd <= limit
    }
    best = {
        (cycles, lanes)
        for cycles, lanes in points
        if not any(c <= cycles and n <= lanes for c, n in points - {(cycles, lanes)})
    }
    found = foldings(rows, columns, limit)
    assert len(set(found)) == len(found)
    assert {(-(-rows // p) * -(-columns // s), p * s) for p, s in found} == best
    cycles = [-(-rows // p) * -(-columns // s) for p, s in found]
    assert cycles == sorted(cycles, reverse=True)


@pytest.mark.parametrize("size", [(512, 4608), (4096, 4096), (1000, 1024), (4095, 4093)])
def test_the_space_of_a_large_matrix_is_bounded(size: tuple[int, int]) -> None:
    found = foldings(*size, 65536)
    cycles = np.array([-(-size[0] // p) * -(-size[1] // s) for p, s in found])
    assert len(found) <= MAX_FOLDINGS
    assert found[0] == (1, 1)
    assert max(p * s for p, s in found) > 30000
    assert np.all(cycles[:-1] <= 2 * cycles[1:])


@pytest.mark.parametrize(
    ("matrix", "folding"),
    [
        ((64, 784), (16, 49)),
        ((64, 27), (16, 3)),
        ((128, 1152), (16, 32)),
        ((10, 512), (5, 1)),
        ((256, 490), (32, 10)),
    ],
)
def test_published_foldings_are_in_the_space(
    matrix: tuple[int, int], folding: tuple[int, int]
) -> None:
    assert folding in foldings(*matrix, 65536)


def test_every_parameter_set_of_the_space_is_legal() -> None:
    for here in FAMILY.examples():
        assert KERNEL.refuses(here) is None
        for parameters in KERNEL.space(here):
            assert KERNEL.check(here, parameters) is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pe": 4, "simd": 1}, "pe must be a number from 1 to 3, not 4"),
        ({"pe": 1, "simd": 0}, "simd must be a number from 1 to 5, not 0"),
        ({"pe": 1}, "simd must be a number from 1 to 5, not None"),
        ({"pe": "1", "simd": 1}, "pe must be a number from 1 to 3, not '1'"),
        (
            {"pe": 1, "simd": 1, "lines": 2},
            (
                "there is no parameter 'lines'; "
                "there are pe, simd, style, encoding, pack, taps, lanes, weights, prefetch "
                "and image"
            ),
        ),
        (
            {"pe": 1, "simd": 1, "lanes": 2},
            "taps times lanes divides the 5 columns, which None and 2 do not",
        ),
        (
            {"pe": 1, "simd": 1, "style": "xnor"},
            "style must be auto or shift or lut or multiply for these types, not 'xnor'",
        ),
    ],
)
def test_what_is_not_legal_is_said(parameters: Parameters, message: str) -> None:
    here = site(span(-8, 7), signed(8), (1, 3, 5))
    assert KERNEL.check(here, parameters) == message


@pytest.mark.parametrize(
    ("weights", "element", "encoding"),
    [
        ([-1, 1], BIPOLAR, Agree),
        ([1, 1], BIPOLAR, Agree),
        ([-1, 1], unsigned(8), SelectWeight),
        ([-1, 0, 1], signed(8), SelectWeight),
        ([-1, 0], signed(8), SelectWeight),
        ([0, 1], unsigned(8), InTables),
        ([0, 0], unsigned(8), InTables),
        ([-1, 0, 1], BIPOLAR, SelectInput),
        ([-8, 7], BIPOLAR, SelectInput),
        ([-2, 1], IntType(-1, 1), InTables),
        ([-8, 7], unsigned(4), InTables),
        ([-8, 7], IntType(-1, 0), InTables),
        ([-8, 7], unsigned(5), Multiply),
        ([-128, 127], signed(8), Multiply),
    ],
)
def test_types_decide_the_arithmetic(
    weights: list[int], element: IntType, encoding: type[WeightEncoding]
) -> None:
    dot = Dot.choose(weight_type(np.array(weights)), element)
    assert dot is not None
    assert type(dot.encoding) is encoding


@pytest.mark.parametrize("weights", [[-1, 1], [-1, 0, 1], [0, 1], [-8, 7], [3, 5], [-7, -2]])
@pytest.mark.parametrize(
    "element", [BIPOLAR, unsigned(1), unsigned(3), signed(2), IntType(-5, 2), IntType(-9, -4)]
)
def test_widths_hold_every_sum(element: IntType, weights: list[int]) -> None:
    """What `hw_dot` adds up fits its `SumBits`, also when every pair adds its extreme."""
    dot = Dot.choose(weight_type(np.array(weights)), element)
    assert dot is not None
    scale = 2 if dot.encoding.doubled else 1
    for terms, weight, value in product(range(1, 41), weights, (element.low, element.high)):
        starts = dot.encoding.starts(np.full((1, 1, terms), weight), axis=2)
        start = dot.encoding.start(terms) if starts is None else int(starts[0, 0])
        parts, rest = divmod(terms * weight * value - start, scale)
        assert rest == 0
        limit = 1 << (dot.sum_bits(terms, 64) - 1)
        assert -limit <= parts < limit
        assert dot.sum_bits(terms, 3) == min(3, dot.sum_bits(terms, 64))


@pytest.mark.parametrize("here", FAMILY.examples(), ids=lambda s: str(s.inputs[0]))
def test_instances_have_no_lint(here: Site[Matmul], tmp_path: Path) -> None:
    space = list(KERNEL.space(here))
    chosen = (space[0], space[len(space) // 2], space[-1])
    for index, parameters in enumerate(chosen):
        folder = tmp_path / str(index)
        write_files(folder, rtl_files(one_node_plan(here, KERNEL, parameters)))
        sources = (folder / FILES).read_text().split()
        lint([folder / RTL / name for name in sources], "bench")


def test_resources_grow_with_the_lanes_and_know_their_multipliers() -> None:
    wide = site(span(-128, 127), signed(8), (1, 8, 256))
    small = KERNEL.at(wide, {"pe": 1, "simd": 2}).needs
    large = KERNEL.at(wide, {"pe": 4, "simd": 8}).needs
    assert (small.multipliers, large.multipliers) == (2, 32)
    assert small.all_lut < large.all_lut
    assert small.all_ff < large.all_ff
    assert small.memory_bits == 8 * 256 * 8 + 256 // 2 * 16
    assert large.memory_bits == 0
    binary = site([-1, 1], BIPOLAR, (1, 8, 256))
    assert KERNEL.at(binary, {"pe": 4, "simd": 8}).needs.multipliers == 0
    assert isinstance(KERNEL.at(binary, {"pe": 8, "simd": 256}).needs, Resources)


@pytest.mark.parametrize(
    ("weights", "element", "rows", "terms", "lut"),
    [
        (BIPOLAR, BIPOLAR, 4, 8, 43),
        (BIPOLAR, BIPOLAR, 4, 16, 92),
        (BIPOLAR, BIPOLAR, 4, 64, 450),
        (BIPOLAR, BIPOLAR, 16, 49, 1323),
        (BIPOLAR, unsigned(8), 4, 1, 32),
        (BIPOLAR, unsigned(8), 4, 4, 184),
        (BIPOLAR, unsigned(8), 4, 16, 872),
        (BIPOLAR, unsigned(2), 16, 16, 1152),
        (IntType(-1, 1), signed(4), 4, 4, 84),
        (IntType(-1, 1), signed(4), 4, 16, 412),
        (signed(4), BIPOLAR, 4, 16, 412),
        (signed(2), unsigned(2), 4, 16, 540),
        (signed(3), unsigned(3), 4, 16, 884),
        (signed(4), unsigned(4), 4, 16, 1260),
    ],
)
def test_estimates_agree_with_synthesis(
    weights: IntType, element: IntType, rows: int, terms: int, lut: int
) -> None:
    """Tables of `hw_dot` alone that `synth_xilinx -family xc7 -flatten` of Yosys makes."""
    dot = Dot.choose(weights, element)
    assert dot is not None
    assert dot.resources(rows, terms, 20).all_lut == pytest.approx(lut, rel=0.15)
