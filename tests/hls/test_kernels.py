"""Every kernel's C++ gives the integers that its op means, at the families' own examples."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwcompile.emit.hls.library import has_header
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.op import Matmul
from hwcompile.verify.hls.compilers import SANITIZE, STANDARD, UNINITIALIZED, ap_types
from hwcompile.verify.verilator import find_compiler
from tests.hls.kernels import Case, cases_of_pixels, every_case, result, write_program
from tests.ops.window.cases import WIDE

ORACLE = "this project"
ORACLE_REASON = "the evaluation of an op is the definition of its meaning"

FRAMES = 3
CASES = every_case()
FIRST = list({case.kernel: case for case in reversed(CASES)}.values())


def run_all(folder: Path, cases: list[Case], options: list[str]) -> None:
    projects = write_program(folder, cases, FRAMES)
    program = folder / "program"
    source = str(folder / "all.cpp")
    # Every project asks for hw/ beside itself, and its weights for that beside their folder.
    places = [f"-I{folder}", f"-I{folder / 'hw'}"]
    command = [find_compiler(), *STANDARD, "-O0", *options, *places, "-o", str(program)]
    done = subprocess.run([*command, source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:4000]
    for number, (case, project) in enumerate(zip(cases, projects, strict=True)):
        arguments = [str(program), str(number), str(folder / case.name), str(FRAMES)]
        ran = subprocess.run(arguments, capture_output=True, text=True)
        assert ran.returncode == 0, (case.name, ran.stderr)
        np.testing.assert_array_equal(*result(folder, project, case), case.name)


def test_every_module_of_a_kernel_has_a_header() -> None:
    instances = [case.kernel.at(case.site, case.parameters).instance for case in CASES]
    modules = {instance.library for instance in instances if not instance.printed}
    assert [module for module in modules if not has_header(module)] == []
    assert len(modules) >= 24


def test_every_kernel_at_its_first_example(tmp_path: Path) -> None:
    run_all(tmp_path, FIRST, [])


def test_words_of_several_pixels(tmp_path: Path) -> None:
    cases = cases_of_pixels()
    families = {case.name.split("_")[0] for case in cases}
    assert families >= {"window", "matmul", "depthwise", "reduce", "threshold", "elementwise"}
    run_all(tmp_path, cases, [])


def test_parallel_windows_over_long_rows(tmp_path: Path) -> None:
    kernel = family("window").kernel("parallel")
    run_all(
        tmp_path,
        [
            Case(f"wide{number}", site, kernel, {"parallel": parallel})
            for number, (site, parallel) in enumerate(WIDE.values())
        ],
        [*SANITIZE],
    )


def test_products_are_wider_than_a_machine_word(tmp_path: Path) -> None:
    kind = TensorType((1, 2, 3), IntType(-(1 << 15), (1 << 15) - 1))
    site = Site.of(Depthwise(np.full((1, 3), 116509, dtype=np.int64)), kind)
    (kernel, *_) = family("depthwise").kernels
    run_all(tmp_path, [Case("wide", site, kernel, next(iter(kernel.space(site))))], [])


def test_weights_that_circuits_store_in_another_way(tmp_path: Path) -> None:
    """Parities of bipolar weights, digits of rows that share a multiplication, code books."""
    rng = np.random.default_rng(2)
    kernel = family("matmul").kernel("folded")
    signs = Matmul(rng.choice([-1, 1], (1, 5, 23)))
    numbers = Matmul(rng.choice([-8, -1, 0, 7], (1, 7, 11)))
    some: Parameters = {"pe": 2, "simd": 19}
    packed: Parameters = {"pe": 5, "simd": 4, "pack": 4}
    cases = [
        Case("signs", Site.of(signs, TensorType((1, 3, 23), BIPOLAR)), kernel, some),
        Case("rows", Site.of(numbers, TensorType((1, 3, 11), IntType(0, 15))), kernel, packed),
        *_of_code_books(rng),
    ]
    run_all(tmp_path, cases, [])


@pytest.mark.parametrize("transposed", [True, False])
def test_heads_side_by_side(transposed: bool, tmp_path: Path) -> None:
    """Four heads, two at a time: 2 columns, 3 rows, 5 queries."""
    a = TensorType((1, 5, 8), IntType(-8, 7))
    b = TensorType((3, 1, 8) if transposed else (2, 1, 12), IntType(0, 15))
    site = Site.of(PairMatmul(4, transposed), a, b)
    parameters: Parameters = {"pe": 3, "simd": 2, "heads": 2}
    kernel = family("attention").kernel("stored")
    run_all(tmp_path, [Case("heads", site, kernel, parameters)], [*SANITIZE])


def _of_code_books(rng: np.random.Generator) -> list[Case]:
    """Of every kernel that has them, with constant parts of sums in a memory and without."""
    numbers = [-100, 3, 77, 0, 15, 99]
    few = Matmul(rng.choice(numbers, (2, 5, 7)))
    sparse = Matmul(few.weights * (np.arange(7) != 3))
    depthwise = Depthwise(rng.choice(numbers, (9, 5)))
    kernels = {name: family("matmul").kernel(name) for name in ("folded", "sparse")}
    cases: list[tuple[Site[Any], AnyKernel, Parameters]] = []
    for element in (IntType(-8, 7), BIPOLAR):
        kind = TensorType((1, 2, 14), element)
        parameters: Parameters = {"pe": 3, "simd": 5, "encoding": "codebook"}
        cases.append((Site.of(few, kind), kernels["folded"], parameters))
        kind = TensorType((2, 3, 45), element)
        (folded, *_) = family("depthwise").kernels
        cases.append((Site.of(depthwise, kind), folded, {"pe": 3, "encoding": "codebook"}))
    for op in (few, sparse):
        kind = TensorType((1, 2, 14), IntType(-8, 7))
        cases.append((Site.of(op, kind), kernels["sparse"], {"pes": 3, "encoding": "codebook"}))
    return [Case(f"book{n}", *case) for n, case in enumerate(cases)]


def test_of_equal_elements_the_first_comes_first(tmp_path: Path) -> None:
    site = Site.of(TopK(4, "index"), TensorType((3, 2, 12), IntType(0, 2)))
    (kernel,) = family("argmax").kernels
    cases = [Case(f"ties{n}", site, kernel, p) for n, p in enumerate(kernel.space(site))]
    assert len(cases) > 2
    run_all(tmp_path, cases, [])


@pytest.mark.slow
def test_every_kernel_at_every_example_under_sanitizers(tmp_path: Path) -> None:
    run_all(tmp_path, CASES, [*SANITIZE])


@pytest.mark.slow
def test_every_kernel_with_the_types_of_synthesis(tmp_path: Path) -> None:
    headers = ["-DHW_AP_TYPES", *UNINITIALIZED, "-isystem", str(ap_types())]
    run_all(tmp_path, CASES, headers)


@pytest.mark.slow
def test_every_kernel_at_every_folding_of_small_sites(tmp_path: Path) -> None:
    cases = every_case(all_parameters=True)
    run_all(tmp_path, cases[:: max(1, len(cases) // 250)], [])
