"""Folded and sparse matrices whose weights are loaded once, through a decoder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops import family
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.loaded_memory import KINDS, LoadedMemory
from hwcompile.ops.contract.needs import MemoryKind
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.verify.simulator import Simulator
from tests.externalbench import check_loaded
from tests.kernelbench import one_node_plan
from tests.ops.matmul.cases import signed, site, span, unsigned
from tests.ops.matmul.test_separable import here, products
from tests.together import simulator

ORACLE = "numpy"
ORACLE_REASON = "products of matrices; `evaluate` is a product, too, and circuits run beside it"

FOLDED, SPARSE = (family("matmul").kernel(name) for name in ("folded", "sparse"))


def _loaded(where: Site[Matmul], parameters: Parameters) -> LoadedMemory:
    memory = FOLDED.at(where, parameters).instance.external
    assert isinstance(memory, LoadedMemory)
    return memory


# ---- One circuit, many weights ----

ROWS, COLUMNS = 5, 37
BEGINNING = 10
"""Cycles until the first bits are there, of a memory that then brings a beat in every one."""
CHOSEN: Parameters = {
    "pe": 2, "simd": 6, "style": "multiply", "encoding": "plain", "weights": "loaded",
}  # fmt: skip


def _with(weights: IntArray, kind: str) -> tuple[Site[Matmul], Parameters]:
    where = site([0], unsigned(3), (1, ROWS, COLUMNS), (1, 2))
    weights = weights.reshape(1, ROWS, COLUMNS).copy()
    weights[0, 2, :2] = -128, 127  # so that all weights have eight bits
    where = Site.of(Matmul(weights), where.inputs[0])
    return where, {**CHOSEN, "image": kind, "prefetch": 16}


def _all_weights() -> IntArray:
    """Rows of -128 and of 127, so that sums of any weights fit, and every number between."""
    weights = np.resize(np.arange(-128, 128), (ROWS, COLUMNS))
    weights[0], weights[1] = -128, 127
    return weights


def _geometric(rng: np.random.Generator) -> IntArray:
    """Numbers so rare that codes have all lengths up to the limit."""
    return np.minimum(rng.geometric(0.5, (ROWS, COLUMNS)), 127) - 1


STATISTICS: dict[str, Callable[[np.random.Generator], IntArray]] = {
    "one number": lambda _: np.full((ROWS, COLUMNS), -128),
    "two numbers": lambda rng: rng.choice([-77, 127], (ROWS, COLUMNS)),
    "all the same often": lambda rng: rng.integers(-128, 128, (ROWS, COLUMNS)),
    "extremes": lambda rng: rng.choice([-128, 127, 0], (ROWS, COLUMNS), p=[0.1, 0.1, 0.8]),
    "every length": _geometric,
    "few that are not zero": lambda rng: (
        rng.integers(-128, 128, (ROWS, COLUMNS)) * (rng.random((ROWS, COLUMNS)) < 0.06)
    ),
}


class Circuit:
    """A compiled design whose image is exchanged; its memory holds the largest that it takes."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Of weights whose sums no others exceed."""
        self.kind = kind
        self.files = rtl_files(one_node_plan(_with(_all_weights(), kind)[0], FOLDED, self.given))
        largest = 4 * self.image(_all_weights()).most_beats
        size = re.compile(r'("size": )\d+(,\s*"file")')
        told = size.sub(rf"\g<1>{largest}\2", str(self.files["interface.json"]))
        write_files(folder, {**self.files, "interface.json": told})
        self.made: Simulator = simulator(folder, 1000)
        (port,) = self.made.interface.memories
        self.place = folder / port.file

    @property
    def given(self) -> Parameters:
        return _with(_all_weights(), self.kind)[1]

    def image(self, weights: IntArray) -> LoadedMemory:
        """Of other weights."""
        return _loaded(*_with(weights, self.kind))

    def check(self, weights: IntArray, latency: int, stall: float, seed: int) -> None:
        """Load weights and compare with numpy, and with the cycles that were predicted."""
        memory = self.image(weights)
        assert memory.beats <= memory.most_beats
        self.run(memory.contents(), weights, memory.load_cycles, latency, stall, seed)

    def run(
        self, image: bytes, weights: IntArray, cycles: int, latency: int, stall: float, seed: int
    ) -> None:
        """Run with an image, with something behind it in memory."""
        (port,) = self.made.interface.memories
        assert len(image) <= port.size
        self.place.write_bytes(image + b"\xa5" * (port.size - len(image)))
        x = np.random.default_rng(seed).integers(0, 8, (3, 1, 2, COLUMNS))
        run = self.made.run(
            {"in0": x},
            max_idle_cycles=20_000,
            memory_latency=latency,
            memory_stall=stall,
            seed=seed,
        )
        (matrix,) = _with(weights, self.kind)[0].op.weights
        np.testing.assert_array_equal(run.outputs["dut"], x @ matrix.T)
        assert int(run.input_cycles["in0"][0]) == cycles + run.starved["dut"]
        if latency == 1 and not stall:
            # The first beat, and the first ones again; after that no cycle is lost.
            assert run.starved["dut"] == BEGINNING


@pytest.fixture(scope="module")
def huffman(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    return Circuit(tmp_path_factory.mktemp("loaded"), "huffman")


@pytest.mark.parametrize("name", STATISTICS)
def test_one_circuit_decodes_all_weights(name: str, huffman: Circuit) -> None:
    weights = STATISTICS[name](np.random.default_rng(3))
    for seed, (latency, stall) in enumerate(((1, 0.0), (60, 0.0), (9, 0.7))):
        huffman.check(weights, latency, stall, seed)


def test_a_circuit_does_not_depend_on_weights(huffman: Circuit) -> None:
    """What is emitted beside the image is the same, byte for byte; starts and bounds are equal."""
    weights = _all_weights()
    weights[2:] = np.random.default_rng(1).integers(-128, 128, (3, COLUMNS))
    other = rtl_files(one_node_plan(_with(weights, "huffman")[0], FOLDED, huffman.given))
    differing = {name for name, text in huffman.files.items() if other[name] != text}
    images = {huffman.made.interface.memories[0].file}
    sources = {"rtl/bench.sv", "rtl/bench_dut.sv"}
    assert images <= differing <= images | {"interface.json"} | sources
    for name in sources:
        lines = [str(files[name]).splitlines() for files in (huffman.files, other)]
        assert all(
            one == two or one.strip().startswith("//") for one, two in zip(*lines, strict=True)
        )


def _damaged(image: bytes, seed: int) -> bytes:
    """One bit of the image differs."""
    place = int(np.random.default_rng(seed).integers(8 * len(image)))
    changed = bytearray(image)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_image_is_never_used(seed: int, huffman: Circuit) -> None:
    weights = _geometric(np.random.default_rng(seed))
    image = _damaged(huffman.image(weights).contents(), seed)
    with pytest.raises(CompileError, match=r"HW0602.*the design reports a failed read"):
        huffman.run(image, weights, 0, 1, 0.0, seed)


def _beats(image: bytes, change: Callable[[IntArray], None]) -> bytes:
    """An image with other beats, and the sum put right."""
    beats = np.frombuffer(image, dtype="<u4").astype(np.int64)
    change(beats)
    beats[-1] = -int(beats[:-1].sum()) % (1 << 32)
    return (beats % (1 << 32)).astype("<u4").tobytes()


WRONG: dict[str, Callable[[IntArray], None]] = {
    "another kind": lambda b: b.__setitem__(0, b[0] % (1 << 24) | 1 << 24),
    "too long": lambda b: b.__setitem__(0, b[0] | 0xFFFFFF),
    "two beats": lambda b: b.__setitem__(0, 2 | 3 << 24),
    "fewer beats than it takes": lambda b: b.__setitem__(0, b[0] - 3),
    # The first field is the number of codes of one bit, in two bits.
    "three codes of one bit": lambda b: b.__setitem__(1, b[1] | 3),
    "no codes": lambda b: b.__setitem__(slice(1, -1), 0),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_head_that_makes_no_sense_is_refused(name: str, huffman: Circuit) -> None:
    weights = STATISTICS["every length"](np.random.default_rng(1))
    image = _beats(huffman.image(weights).contents(), WRONG[name])
    with pytest.raises(CompileError, match=r"HW0602.*the design reports a failed read"):
        huffman.run(image, weights, 0, 1, 0.0, 1)


def test_more_codes_than_there_are_are_refused(huffman: Circuit) -> None:
    """Two codes of one bit leave none of two, and nobody would miss it."""
    counts = [2, 1] + 10 * [0]
    fields = [(n, min(length, 8) + 1) for length, n in enumerate(counts, 1)]
    fields += [(0, 8), (1, 8), (2, 8)]
    text = "".join(f"{number:0{bits}b}"[::-1] for number, bits in fields) + 252 * "0"
    beats = np.zeros(len(text) // 32 + 3, dtype=np.int64)
    for n, bit in enumerate(text):
        beats[1 + n // 32] |= int(bit) << n % 32
    beats[0] = beats.size | 3 << 24
    image = _beats(beats.astype("<u4").tobytes(), lambda _: None)
    with pytest.raises(CompileError, match=r"HW0602.*the design reports a failed read"):
        huffman.run(image, np.zeros((ROWS, COLUMNS), dtype=np.int64), 0, 1, 0.0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_random_weights(kind: str, tmp_path: Path) -> None:
    circuit = Circuit(tmp_path, kind)

    @settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(sorted(STATISTICS)), st.integers(0, 2**32 - 1), st.integers(1, 80),
        st.sampled_from((0.0, 0.3, 0.9)),
    )  # fmt: skip
    def check(name: str, seed: int, latency: int, stall: float) -> None:
        weights = STATISTICS[name](np.random.default_rng(seed))
        circuit.check(weights, latency, stall, seed % 1000)

    check()


# ---- Many circuits ----

RNG = np.random.default_rng(5)
CASES: dict[str, tuple[AnyKernel, Site[Matmul], dict[str, Any]]] = {
    "one row for all": (
        FOLDED, site(span(-8, 7), signed(5), (1, 4, 6), (2, 3)), {"pe": 4, "simd": 6},
    ),
    "signs, groups": (
        FOLDED, site([-1, 1], unsigned(3), (2, 3, 5), (2, 1)), {"pe": 2, "simd": 2, "prefetch": 4},
    ),
    "rows that share a multiplication": (
        FOLDED, site(span(-8, 7), signed(4), (1, 5, 7), (1, 3)), {"pe": 3, "simd": 2, "pack": 2},
    ),
    "a code book, and registers": (
        FOLDED, site([-100, -3, 0, 77], signed(8), (1, 7, 9)),
        {"pe": 2, "simd": 4, "encoding": "codebook", "registers": 3},
    ),
    "whole kernels": (
        FOLDED, here(products(RNG, 1, 4, 3), signed(4)),
        {"pe": 3, "simd": 27, "style": "separable"},
    ),
    "another order": (
        FOLDED, site(span(-3, 4), unsigned(2), (1, 3, 24)),
        {"pe": 2, "simd": 8, "taps": 4, "lanes": 2},
    ),
    "programs": (SPARSE, site([0, 0, 0, -3, 5], signed(6), (1, 7, 13), (1, 2)), {"pes": 3}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*KINDS, "auto"])
@pytest.mark.parametrize("name", CASES)
def test_every_arithmetic(name: str, kind: str) -> None:
    kernel, where, given = CASES[name]
    parameters = {**given, "weights": "loaded", "image": kind}
    if kernel.complaint(where, parameters) is None:
        check_loaded(where, kernel, parameters)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Site[Matmul], dict[str, Any]]:
    groups, rows, fan_in = (draw(st.integers(1, most)) for most in (3, 9, 30))
    element = draw(st.sampled_from([BIPOLAR, unsigned(1), unsigned(8), signed(7), IntType(-3, 9)]))
    weights = draw(st.sampled_from([[-1, 1], [-1, 0, 1], span(0, 9), span(-128, 127), [5]]))
    pixels = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    where = site(weights, element, (groups, rows, fan_in), pixels, draw(st.integers(0, 999)))
    return where, {
        "pe": draw(st.integers(1, rows)),
        "simd": draw(st.integers(1, fan_in)),
        "weights": "loaded",
        "image": draw(st.sampled_from((*KINDS, "auto"))),
        "prefetch": draw(st.sampled_from((4, 32, 128))),
        "registers": draw(st.integers(0, 3)),
    }


@pytest.mark.slow
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(_cases(), st.integers(0, 99))
def test_random_matrices(case: tuple[Site[Matmul], dict[str, Any]], seed: int) -> None:
    where, parameters = case
    if FOLDED.complaint(where, parameters) is None:
        check_loaded(where, FOLDED, parameters, seed=seed)


def test_the_memory_of_weights_is_written_and_a_table_is_there() -> None:
    where = site(span(-128, 127), unsigned(8), (1, 64, 288), (1, 2))
    chosen: Parameters = {"pe": 4, "simd": 9, "weights": "loaded"}
    needs = {kind: FOLDED.at(where, {**chosen, "image": kind}).needs for kind in KINDS}
    inside = FOLDED.at(where, {"pe": 4, "simd": 9}).needs
    for made in needs.values():
        assert made.lut > inside.lut
        written = [m for m in made.memories if m.kind is MemoryKind.APART]
        assert (written[0].depth, written[0].width) == (16 * 32, 4 * 9 * 8)
    tables = [m for m in needs["huffman"].memories if m not in needs["plain"].memories]
    assert [(m.depth, m.width) for m in tables] == [(256, 8)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            {"weights": "flash"},
            "weights is 'flash', which is neither 'on_chip' nor 'external' nor 'loaded'",
        ),
        ({"image": "plain"}, "image needs weights = 'loaded'"),
        ({"weights": "external", "image": "plain"}, "image needs weights = 'loaded'"),
        ({"weights": "loaded", "prefetch": 3}, "prefetch is 3, which is no number of rows"),
        (
            {"weights": "loaded", "image": "zip"},
            "image is 'zip', which is neither 'auto' nor one of 'plain', 'bitmap', 'huffman'",
        ),
        (
            {"weights": "loaded", "image": "huffman"},
            "a lane has 12 bits, and an image of kind 'huffman' takes 10 at most",
        ),
    ],
)
def test_what_can_not_be_says_why(given: dict[str, Any], reason: str) -> None:
    where = site(span(-1100, 1100), unsigned(8), (1, 160, 18))
    found = FOLDED.complaint(where, {"pe": 2, "simd": 3, **given})
    assert found is not None
    assert found.startswith(reason)
