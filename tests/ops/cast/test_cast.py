"""Meaning and hardware of casts: what Xilinx' `ap_fixed` does, compiled with g++."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwcompile.frontends.hls4ml.formats import OVERFLOWS, ROUNDINGS, Format
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.cast import FAMILY, Cast
from hwcompile.ops.cast.examples import every_pair
from tests.kernelbench import check_kernel

ORACLE = ("hls4ml C simulation", "hardware tools")

KERNEL = FAMILY.kernel("adjust")
SITES = every_pair()
SHAPES = ((6, 2), (9, 4), (5, 7), (7, -2), (1, 1), (2, 0))

PROGRAM = """
#include "ap_fixed.h"
#include <cstdio>
template <class S, class D> void all() {
  for (long code = 0; code < (1L << S::width); code++) {
    S x;
    x.range() = code;
    D y = x;
    std::printf("%u ", (unsigned)y.range().to_uint());
  }
  std::printf("\\n");
}
int main() {
"""


def ap_types() -> Path:
    """The folder of Xilinx' headers inside the hls4ml package."""
    spec = find_spec("hls4ml")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "templates" / "vivado" / "ap_types"


def written(form: Format, rounding: str, overflow: str) -> str:
    kind = "ap_fixed" if form.signed else "ap_ufixed"
    return f"{kind}<{form.bits}, {form.integer}, AP_{rounding}, AP_{overflow}>"


def assigned(folder: Path, pairs: list[tuple[str, str]]) -> list[IntArray]:
    """Codes that all codes of each first format become in the second."""
    lines = [f"  all<{source}, {target}>();\n" for source, target in pairs]
    source, program = folder / "all.cpp", folder / "all"
    source.write_text(PROGRAM + "".join(lines) + "}\n")
    command = ["g++", "-O0", "-w", f"-I{ap_types()}", str(source), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return [np.array(line.split(), dtype=np.int64) for line in text.splitlines()]


def values_of(codes: IntArray, form: Format) -> IntArray:
    negative = form.signed & (codes >> (form.bits - 1) == 1)
    return np.where(negative, codes - (1 << form.bits), codes)


def format_of(shape: tuple[int, int], signed: bool, rounding: str, overflow: str) -> Format:
    symmetric = overflow == "SAT_SYM"
    return Format(*shape, signed, ROUNDINGS[rounding], OVERFLOWS[overflow], symmetric)


def check_modes(folder: Path, modes: list[tuple[str, str]], seed: int) -> None:
    """Assignments between random formats equal those of the compiled headers."""
    rng = np.random.default_rng(seed)
    pairs = []
    for rounding, overflow in modes:
        shape = SHAPES[int(rng.integers(len(SHAPES)))]
        # The headers abort where a rounding drops more digits than a number has.
        least = max(-1, shape[1] - shape[0])
        source = Format(9, int(rng.integers(least, 11)), bool(rng.integers(2)))
        pairs.append((source, format_of(shape, bool(rng.integers(2)), rounding, overflow)))
    texts = [
        (written(s, "TRN", "WRAP"), written(t, *mode))
        for (s, t), mode in zip(pairs, modes, strict=True)
    ]
    for (source, target), codes in zip(pairs, assigned(folder, texts), strict=True):
        inputs = values_of(np.arange(1 << source.bits), source)
        results = target.cast(source.fraction).apply(inputs)
        np.testing.assert_array_equal(results, values_of(codes, target), f"{source} {target}")


def test_assignments_are_those_of_ap_fixed(tmp_path: Path) -> None:
    check_modes(tmp_path, list(product(ROUNDINGS, OVERFLOWS)), seed=1)


@pytest.mark.slow
def test_many_assignments_are_those_of_ap_fixed(tmp_path: Path) -> None:
    check_modes(tmp_path, 12 * list(product(ROUNDINGS, OVERFLOWS)), seed=2)


def test_kernels_add_round_and_fit() -> None:
    for number in (4, 12, 20):
        site = SITES[number]
        check_kernel(site, KERNEL, {"parallel": 1 + number % site.inputs[0].channels})


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SITES)))
def test_every_rounding_meets_every_overflow(number: int) -> None:
    site = SITES[number]
    parallel = 1 + number % site.inputs[0].channels
    check_kernel(site, KERNEL, {"parallel": parallel}, stall=0.3 if number % 2 else 0.0)


def row(*values: int) -> IntArray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rounding": "nearest"}, "the rounding is one of"),
        ({"overflow": "clip"}, "the overflow is one of"),
        ({"grain": row(1)}, "grain not less than right"),
        ({"low": row(8)}, "a range is empty"),
        ({"low": row(-7)}, "no multiples"),
        ({"low": row(-4), "high": row(4), "overflow": "wrap"}, "all the values"),
        ({"low": row(2), "overflow": "zero"}, "does not hold 0"),
        ({"offset": row(0, 0)}, "fit neither"),
        ({"left": 60}, "its sums need"),
    ],
)
def test_illegal_casts_say_what_is_wrong(changed: dict[str, object], words: str) -> None:
    fields: dict[str, object] = {
        "left": 0,
        "right": 2,
        "offset": row(0),
        "grain": row(3),
        "low": row(-8),
        "high": row(6),
        "rounding": "floor",
        "overflow": "saturate",
    }
    kind = TensorType((1, 2, 3), IntType(-100, 100))
    assert Cast(**fields).problems((kind,)) == []  # type: ignore[arg-type]
    problems = Cast(**(fields | changed)).problems((kind,))  # type: ignore[arg-type]
    assert any(words in problem for problem in problems), problems


def test_the_interval_is_what_is_reached() -> None:
    for site in SITES:
        element = site.inputs[0].element
        (shape,) = (site.inputs[0].shape,)
        frames = np.broadcast_to(element.values()[:, None, None, None], (element.levels, *shape))
        (result,) = site.op.evaluate(site.inputs, (frames,))
        assert site.outputs[0].element.contains(result)
