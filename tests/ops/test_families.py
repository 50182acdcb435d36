"""What every family must hold, checked on its examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.emitted import one_node
from hwcompile.ir.text import parse_graph, to_text
from hwcompile.ir.verify import verify
from hwcompile.ops import FAMILIES, family, op_classes
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.site import Site
from tests.kernelbench import check_kernel, random_frames
from tests.models import ROOT

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

SITES = [(name, i, site) for name in FAMILIES for i, site in enumerate(family(name).examples())]
LOWERED = {"conv", "pool", "reshape"}
"""Families without kernels: passes and the planner make them disappear."""

each_site = pytest.mark.parametrize(
    ("name", "site"), [(n, s) for n, _, s in SITES], ids=[f"{n}-{i}" for n, i, _ in SITES]
)


@each_site
def test_examples_are_legal_and_typed(name: str, site: Site) -> None:
    assert site.op.family == name
    assert site.op.problems(site.inputs) == []
    verify(one_node(site))


@each_site
def test_text_form_parses_back(name: str, site: Site) -> None:
    text = to_text(one_node(site))
    again = parse_graph(text, op_classes())
    assert to_text(again) == text
    rng = np.random.default_rng(1)
    frames = {f"x{i}": random_frames(kind, 3, rng) for i, kind in enumerate(site.inputs)}
    first, second = one_node(site).evaluate(frames), again.evaluate(frames)
    for value, array in first.items():
        np.testing.assert_array_equal(array, second[value])


@each_site
def test_inferred_intervals_hold(name: str, site: Site) -> None:
    rng = np.random.default_rng(2)
    values = tuple(random_frames(kind, 6, rng) for kind in site.inputs)
    results = site.op.evaluate(site.inputs, values)
    for kind, result in zip(site.op.infer(site.inputs), results, strict=True):
        assert result.shape == (6, *kind.shape)
        assert result.dtype == np.int64
        assert kind.element.contains(result)


@each_site
def test_every_kernel_says_what_limits_its_clock(name: str, site: Site) -> None:
    for kernel in family(name).kernels:
        if kernel.refuses(site):
            continue
        built = kernel.at(site, next(iter(kernel.space(site))))
        # What a kernel does not say would count as fast.
        assert type(built).paths is not Built.paths, kernel.name
        assert built.paths, kernel.name


@each_site
def test_every_parameter_set_offered_is_legal(name: str, site: Site) -> None:
    for kernel in family(name).kernels:
        if kernel.refuses(site):
            continue
        offered = list(kernel.space(site))
        assert offered, kernel.name
        for parameters in offered[:6] + offered[-6:]:
            assert kernel.check(site, parameters) is None
            ports = kernel.at(site, parameters).ports
            assert len(ports.inputs) == len(site.inputs)
            assert ports.output.vectors * ports.output.size == site.outputs[0].size
            timing = kernel.at(site, parameters).timing
            assert kernel.at(site, parameters).interval == timing.interval
            resources = kernel.at(site, parameters).needs
            assert min(resources.all_lut, resources.all_ff, resources.memory_bits) >= 0
            assert all(
                isinstance(v, int | str) for v in json.loads(json.dumps(dict(parameters))).values()
            )


@each_site
def test_words_of_several_pixels_are_rows_of_them(name: str, site: Site) -> None:
    for kernel in family(name).kernels:
        if kernel.refuses(site):
            continue
        for parameters in kernel.space_of_pixels(site):
            assert kernel.check(site, parameters) is None
            built = kernel.at(site, parameters)
            pairs = zip(built.ports.inputs, site.inputs, strict=True)
            for form, kind in (*pairs, (built.ports.output, site.outputs[0])):
                height, width, channels = kind.shape
                assert (form.vectors, form.size) == (height, width * channels)
                assert form.parallel % channels == 0
            assert built.interval == built.timing.interval


@pytest.mark.slow
@each_site
def test_words_of_several_pixels_in_rtl(name: str, site: Site) -> None:
    for kernel in family(name).kernels:
        if kernel.refuses(site) is None:
            for parameters in kernel.space_of_pixels(site):
                check_kernel(site, kernel, parameters)


@each_site
def test_ports_are_tied_to_constants_with_a_width(name: str, site: Site) -> None:
    """Yosys reads a module with others anew, and forgets that its boundary is to be kept."""
    for kernel in family(name).kernels:
        if kernel.refuses(site) is None:
            tied = kernel.at(site, next(iter(kernel.space(site)))).instance.constants
            assert all(word.bits >= 1 for word in tied.values()), tied


@pytest.mark.parametrize("name", FAMILIES)
def test_every_kernel_has_an_example(name: str) -> None:
    found = family(name)
    assert found.name == name
    assert found.summary
    assert bool(found.kernels) != (name in LOWERED)
    for kernel in found.kernels:
        assert any(kernel.refuses(site) is None for site in found.examples()), kernel.name


def test_every_family_has_its_shelves() -> None:
    folders = {p.name for p in (ROOT / "hwcompile" / "ops").iterdir() if _has_op(p)}
    assert folders == set(FAMILIES)
    for name in FAMILIES:
        assert list((ROOT / "tests" / "ops" / name).glob("test_*.py")), name


def _has_op(path: Path) -> bool:
    """A family, and not what families share."""
    text = (path / "__init__.py").read_text() if (path / "op.py").is_file() else ""
    return "FAMILY = " in text
