from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse import Programs
from hwcompile.ops.matmul.sparse_design import SparseDesign, design
from hwcompile.schedule.time.tokens import simulate
from tests.kernelbench import check_kernel, one_node_plan

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

SPARSE = family("matmul").kernel("sparse")
BYTES = IntType(-128, 127)


def _weights(rng: np.random.Generator, shape: tuple[int, int, int], density: float) -> np.ndarray:
    weights: np.ndarray = rng.integers(1, 8, shape) * rng.choice([-1, 1], shape)
    weights[rng.random(shape) >= density] = 0
    weights[:, 0, -1] = 7
    return weights


def _skewed(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """A few rows hold most of the weights; some rows and columns are dead."""
    share = np.minimum(0.03 * rng.lognormal(0, 1.5, rows), 1.0)
    share[rng.random(rows) < 0.2] = 0
    weights = rng.integers(1, 8, (1, rows, columns))
    weights[0, rng.random((rows, columns)) >= share[:, None]] = 0
    weights[0, rows // 2] = 5
    weights[0, :, columns // 4 : columns // 3] = 0
    return weights


def _site(weights: np.ndarray, pixels: int = 1, element: IntType = BYTES) -> Site[Matmul]:
    channels = weights.shape[0] * weights.shape[2]
    return Site.of(Matmul(weights), TensorType((1, pixels, channels), element))


@st.composite
def sites(draw: st.DrawFn) -> tuple[Site, Parameters]:
    """Any matrix with a weight, and any legal parameters."""
    groups, rows = draw(st.integers(1, 4)), draw(st.integers(1, 24))
    columns = draw(st.integers(1, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density = draw(st.sampled_from([0.02, 0.1, 0.4, 1.0]))
    weights = _weights(rng, (groups, rows, columns), density)
    # Groups of unlike numbers of weights, some without any.
    for group in range(groups - 1):
        share = draw(st.sampled_from((0.0, 0.3, 1.0)))
        weights[group, rng.random((rows, columns)) >= share] = 0
    if draw(st.booleans()):
        weights = np.abs(weights)
    element = draw(st.sampled_from([BYTES, IntType(0, 15), IntType(0, 1), IntType(-3, 900)]))
    channels = draw(st.sampled_from((1, 1, 2, 3))) if groups == 1 else 1
    site = _site(weights, channels * draw(st.integers(1, 3)), element)
    most = int(np.count_nonzero(weights, axis=(1, 2)).max())
    parameters: dict[str, int | str] = {"pes": draw(st.integers(1, min(most, 20)))}
    if channels > 1:
        parameters["channels"] = channels
    if draw(st.booleans()):
        parameters["in"] = 1 << draw(st.integers(0, (columns - 1).bit_length()))
        parameters["out"] = draw(st.integers(1, rows))
    index = st.sampled_from(["auto", "smallest", "absolute", "delta", "run1", "run2", "run4"])
    parameters["index"] = draw(index)
    assert SPARSE.check(site, parameters) is None
    return site, parameters


@settings(deadline=None, max_examples=200)
@given(sites())
def test_program_is_the_matrix(case: tuple[Site, Parameters]) -> None:
    """The program, read as the hardware reads it, gives the weights back."""
    site, parameters = case
    op = site.op
    assert isinstance(op, Matmul)
    plan = design(
        op,
        int(parameters["pes"]),
        int(parameters.get("in", 0)),
        int(parameters.get("out", 0)),
        str(parameters["index"]),
        int(parameters.get("channels", 1)),
    )
    lanes = plan.settings.lanes
    begins = np.cumsum((0, *plan.group_steps))
    rebuilt = np.zeros_like(op.weights)
    for group, (packing, collection) in enumerate(
        zip(plan.packings, plan.collections, strict=True)
    ):
        rows_of = slice(begins[group], begins[group + 1])
        weight, index, end = (part[rows_of] for part in plan.entries())
        read = np.zeros(packing.pe.size, dtype=int)
        rows = np.full(packing.pe.size, -1)
        for cycle, segments in enumerate(collection.segment):
            word = int(collection.emit[:cycle].sum())
            for lane, segment in enumerate(segments):
                if segment >= 0:
                    read[segment] += 1
                    rows[segment] = word * plan.settings.out + lane
                    assert packing.end[segment] <= cycle + plan.ready_steps[group]
        assert (read == 1).all()
        np.testing.assert_array_equal(rows, packing.row)
        for pe in range(plan.settings.pes):
            mine = rows[packing.pe == pe].tolist()
            place = 0
            for step in range(plan.group_steps[group]):
                place = (place if plan.delta else 0) + int(index[step, pe])
                if weight[step, pe]:
                    column = int(plan.kept[place // lanes]) * lanes + place % lanes
                    rebuilt[group, mine[0], column] += weight[step, pe]
                place += 1
                if end[step, pe]:
                    place = 0
                    mine.pop(0)
            assert not mine
    np.testing.assert_array_equal(rebuilt, op.weights)
    assert plan.entries()[1].max() < 1 << plan.index_bits


@settings(deadline=None, max_examples=100)
@given(sites())
def test_steady_state_is_the_interval(case: tuple[Site, Parameters]) -> None:
    """Buffers are large enough for the rate that the kernel promises."""
    site, parameters = case
    trace = simulate(one_node_plan(site, SPARSE, parameters, depth=60), 24)
    built = SPARSE.at(site, parameters)
    assert isinstance(built, Programs)
    rounds = site.inputs[0].pixels // int(parameters.get("channels", 1))
    assert trace.frame_ends[-1] - trace.frame_ends[-9] == 8 * rounds * built.plan.pace
    # Where frames take turns, the interval is the average, rounded up.
    assert 0 <= built.interval - rounds * built.plan.pace < 1


def _test_matrix(kind: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if kind == "skewed":
        return _skewed(rng, 96, 160)
    return _weights(rng, (1, 96, 160), float(kind))


DENSITIES = ("0.01", "0.05", "0.1", "0.3", "1.0", "skewed")


@pytest.mark.parametrize("kind", DENSITIES)
@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(1, 24))
@example(0, 8)
@example(0, 16)
def test_cycles_are_near_the_bound(kind: str, seed: int, pes: int) -> None:
    """In steady state a vector takes its weights divided by the PEs, and no cycle more.

    Latency is that of loading a vector, of the computation, and of a fixed pipeline.
    """
    weights = _test_matrix(kind, seed)
    site = _site(weights)
    parameters = {"pes": pes}
    bound = -(-np.count_nonzero(weights) // pes)
    trace = simulate(one_node_plan(site, SPARSE, parameters, depth=100), 6)
    steady = int(trace.frame_ends[-1] - trace.frame_ends[-2])
    assert steady == SPARSE.at(site, parameters).interval
    assert steady <= bound / 0.95
    plan = SPARSE.at(site, parameters).ports
    assert trace.latency <= 3 * steady + 24 + plan.inputs[0].words


@pytest.mark.parametrize("kind", DENSITIES)
def test_rtl_takes_the_predicted_cycles(kind: str) -> None:
    site = _site(_test_matrix(kind, 1))
    check_kernel(site, SPARSE, {"pes": 12}, frames=5)


def _unequal(entries: tuple[int, ...]) -> np.ndarray:
    """So many weights in each group of 7 rows and 9 columns."""
    rng = np.random.default_rng(sum(entries))
    weights = np.zeros((len(entries), 7 * 9), dtype=np.int64)
    for group, count in zip(weights, entries, strict=True):
        group[rng.choice(63, count, replace=False)] = rng.integers(1, 8, count)
    return weights.reshape(-1, 7, 9)


ANY: dict[str, tuple[Site[Matmul], Parameters]] = {
    "one_pe": (_site(_weights(np.random.default_rng(1), (1, 9, 11), 0.3)), {"pes": 1}),
    "groups": (_site(_weights(np.random.default_rng(2), (3, 7, 9), 0.3), 2), {"pes": 3}),
    "unequal_groups": (_site(_unequal((23, 4, 0, 57, 1)), 3), {"pes": 3}),
    "unequal_groups_wait": (
        _site(_unequal((40, 1, 2, 35)), 4),
        {"pes": 2, "in": 2, "out": 1, "index": "run2"},
    ),
    "one_row_on_many": (
        _site(_weights(np.random.default_rng(3), (1, 1, 50), 1.0)),
        {"pes": 17, "in": 8},
    ),
    "one_weight": (_site(_weights(np.random.default_rng(4), (1, 3, 5), 0.0)), {"pes": 1}),
    "fillers": (
        _site(_weights(np.random.default_rng(5), (1, 20, 60), 0.05)),
        {"pes": 4, "index": "run2"},
    ),
    "unsigned_and_ragged": (
        _site(np.abs(_weights(np.random.default_rng(6), (1, 23, 31), 0.2)), 3, IntType(0, 255)),
        {"pes": 5, "in": 4, "out": 7, "index": "absolute", "style": "multiply"},
    ),
    "channels": (
        _site(_weights(np.random.default_rng(8), (1, 16, 20), 0.2), 8),
        {"pes": 4, "channels": 4},
    ),
    "channels_ragged": (
        _site(np.abs(_weights(np.random.default_rng(6), (1, 23, 31), 0.2)), 6, IntType(0, 255)),
        {"pes": 5, "channels": 3, "in": 4, "out": 7, "index": "absolute"},
    ),
    "channels_wide": (
        _site(_weights(np.random.default_rng(5), (1, 20, 60), 0.05), 5),
        {"pes": 3, "channels": 5, "index": "run2", "out": 20},
    ),
    "ternary": (
        _site(np.sign(_weights(np.random.default_rng(7), (1, 12, 15), 0.4)), 2, IntType(-4, 3)),
        {"pes": 6, "style": "lut"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ANY)
def test_rtl(name: str) -> None:
    site, parameters = ANY[name]
    check_kernel(site, SPARSE, parameters, frames=5)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(sites(), st.integers(0, 999), st.sampled_from((0.0, 0.0, 0.5)))
def test_rtl_any(case: tuple[Site, Parameters], seed: int, stall: float) -> None:
    site, parameters = case
    check_kernel(site, SPARSE, parameters, frames=4, seed=seed, stall=stall)


def test_each_group_takes_the_cycles_of_its_own_weights() -> None:
    """Groups that are filled up to the fullest one would take 4 x 14 cycles."""
    built = SPARSE.at(_site(_unequal((14, 8, 2, 10)), 6), {"pes": 2})
    assert isinstance(built, Programs)
    assert built.plan.group_steps == (7, 4, 1, 5)
    assert built.instance.memories["ProgramFile"].depth == 17
    # Words are wide enough not to be waited for.
    assert built.interval == 6 * 17


def test_dead_rows_and_columns_are_not_stored() -> None:
    weights = np.zeros((1, 40, 64), dtype=np.int64)
    weights[0, 3:9, 16:24] = 2
    plan = design(Matmul(weights), 2, 4, 0, "auto")
    assert plan.kept.tolist() == [4, 5]
    assert sum(packing.entries for packing in plan.packings) == 48
    assert SPARSE.at(_site(weights), {"pes": 2, "in": 4, "out": 2}).interval == 24


def test_the_smaller_index_is_chosen() -> None:
    rng = np.random.default_rng(3)
    matrix = Matmul(_weights(rng, (1, 64, 512), 0.1))
    plan = design(matrix, 8, 1, 1, "auto")
    assert plan.delta
    assert plan.index_bits == plan.delta_bits < plan.place_bits == 9
    assert plan.fillers == 0
    lonely = design(Matmul(_weights(rng, (1, 64, 512), 0.001)), 2, 1, 1, "auto")
    assert not lonely.delta


def _bits(plan: SparseDesign, weight_bits: int) -> int:
    entries = sum(matrix.entries for matrix in plan.matrices)
    return entries * (weight_bits + plan.index_bits + 1)


@pytest.mark.parametrize("density", [0.005, 0.05, 0.2, 1.0])
@pytest.mark.parametrize("weight_bits", [1, 4, 12])
def test_the_smallest_index_is_no_larger_than_any(density: float, weight_bits: int) -> None:
    matrix = Matmul(_weights(np.random.default_rng(4), (1, 64, 512), density))
    names = ("absolute", "delta", *(f"run{bits}" for bits in range(1, 10)))
    sizes = {name: _bits(design(matrix, 4, 1, 1, name), weight_bits) for name in names}
    chosen = design(matrix, 4, 1, 1, "smallest", weight_bits=weight_bits)
    assert chosen.settings.index != "smallest"
    assert _bits(chosen, weight_bits) == min(sizes.values())
    assert chosen.fillers == 0 or chosen.settings.index.startswith("run")


def test_the_smallest_index_knows_code_books() -> None:
    """Fillers cost less where a weight is a place in a book."""
    random = np.random.default_rng(4)
    weights = random.choice([-3000, 17, 2900], (1, 64, 512)) * (random.random((1, 64, 512)) < 0.28)
    plain, book = (
        SPARSE.at(_site(weights), {"pes": 4, "index": "smallest", "encoding": encoding})
        for encoding in ("plain", "codebook")
    )
    assert isinstance(plain, Programs)
    assert isinstance(book, Programs)
    assert (plain.dot.weight_bits, book.dot.weight_bits) == (13, 2)
    assert book.plan.index_bits < plain.plan.index_bits


def test_the_smallest_index_leaves_rows_whole_where_cuts_make_long_gaps() -> None:
    """A cut row goes on at its own column: in a dense matrix the only gap that is not 0."""
    weights = np.random.default_rng(4).integers(1, 8, (1, 5, 64))
    matrix = Matmul(weights)
    cut, chosen = (design(matrix, 4, 1, 1, index) for index in ("delta", "smallest"))
    assert (cut.index_bits, cut.steps) == (6, 80)
    assert (chosen.index_bits, chosen.fillers, chosen.steps) == (1, 0, 128)
    check_kernel(_site(weights), SPARSE, {"pes": 4, "index": "smallest"})


@pytest.mark.parametrize("index", ["absolute", "delta", "run3", "smallest"])
def test_rtl_decodes_the_exact_matrix(index: str) -> None:
    """One-hot vectors bring out the columns."""
    weights = _weights(np.random.default_rng(9), (1, 40, 48), 0.12)
    check_kernel(
        _site(weights),
        SPARSE,
        {"pes": 6, "index": index},
        inputs=(np.eye(48, dtype=np.int64).reshape(48, 1, 1, 48),),
    )


def test_bad_parameters_are_refused_in_words() -> None:
    site = _site(_weights(np.random.default_rng(0), (1, 4, 6), 0.5))
    assert SPARSE.check(site, {"pes": 2}) is None
    most = int(np.count_nonzero(_op(site).weights))
    assert SPARSE.check(site, {}) == f"pes must be a number from 1 to {most}, not None"
    assert SPARSE.check(site, {"pes": most + 1})
    assert SPARSE.check(site, {"pes": 2, "in": 3}) == "in must be a power of two up to 8, not 3"
    assert SPARSE.check(site, {"pes": 2, "out": 5}) == "out must be a number from 1 to 4, not 5"
    assert "run and a number of bits" in str(SPARSE.check(site, {"pes": 2, "index": "run0"}))
    assert SPARSE.check(site, {"pes": 2, "simd": 2})
    assert SPARSE.check(site, {"pes": 2, "style": "xnor"})


def test_bad_channels_are_refused_in_words() -> None:
    weights = _weights(np.random.default_rng(0), (1, 4, 6), 0.5)
    site, groups = _site(weights, 6), _site(np.repeat(weights, 2, axis=0), 6)
    assert SPARSE.check(site, {"pes": 2, "channels": 3}) is None
    for wrong in (4, 0, -1, 12, "3"):
        found = SPARSE.check(site, {"pes": 2, "channels": wrong})
        assert found == f"channels must divide the 6 pixels of a frame, not {wrong!r}"
    assert "groups take turns" in str(SPARSE.check(groups, {"pes": 2, "channels": 3}))
    large = _site(np.ones((1, 64, 64), dtype=np.int64), 2048)
    assert "is 8192, more than 4096" in str(SPARSE.check(large, {"pes": 4, "channels": 2048}))


def test_channels_read_the_program_once() -> None:
    site = _site(_test_matrix("0.1", 1), 8)
    one, four = {"pes": 16}, {"pes": 16, "channels": 4}
    first, second = (SPARSE.at(site, p).instance.memories["ProgramFile"].rows for p in (one, four))
    np.testing.assert_array_equal(first, second)
    # Four times the multipliers do four vectors in the time of one.
    assert SPARSE.at(site, one).interval == 4 * SPARSE.at(site, four).interval
    assert [SPARSE.at(site, p).lanes for p in (one, four)] == [16, 64]
    need = [SPARSE.at(site, p).needs for p in (one, four)]
    assert need[1].multipliers == 4 * need[0].multipliers


def test_the_planner_may_choose_channels_where_there_are_pixels() -> None:
    weights = _test_matrix("0.1", 1)
    most = int(np.count_nonzero(weights))
    for pixels, wanted in ((1, {1}), (6, {1, 2}), (8, {1, 2, 4, 8})):
        found = list(SPARSE.space(_site(weights, pixels)))
        assert {int(p.get("channels", 1)) for p in found} == wanted
        for parameters in found:
            assert SPARSE.check(_site(weights, pixels), parameters) is None
            assert int(parameters["pes"]) * int(parameters.get("channels", 1)) <= most


def test_what_it_can_not_build_is_refused() -> None:
    ones = np.ones((1, 2, 3), dtype=np.int64)
    assert SPARSE.refuses(_site(ones, 1, BIPOLAR)) == "its inputs are bipolar"
    assert SPARSE.refuses(_site(ones * 0)) == "all its weights are zero"


def _op(site: Site) -> Matmul:
    assert isinstance(site.op, Matmul)
    return site.op


def test_a_group_may_have_no_weights_at_all() -> None:
    weights = _weights(np.random.default_rng(6), (3, 5, 4), 0.5)
    weights[1] = 0
    check_kernel(_site(weights, 2), SPARSE, {"pes": 3}, frames=6)
