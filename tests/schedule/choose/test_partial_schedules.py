"""A schedule that names some parameters of a node: the others are chosen, for every kernel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from hwcompile.diagnostics import CompileError, Origin
from hwcompile.ir.graph import Builder
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.contract.site import Site
from hwcompile.schedule.choose.schedule_file import read_schedule


def _sites() -> Iterator[tuple[str, str, Site]]:
    for name in FAMILIES:
        for kernel in family(name).kernels:
            found = [s for s in family(name).examples() if kernel.refuses(s) is None]
            yield name, kernel.name, found[0]


SITES = list(_sites())


@pytest.mark.parametrize(("name", "kernel", "site"), SITES, ids=[f"{n}.{k}" for n, k, _ in SITES])
def test_any_part_of_a_folding_is_completed_to_a_legal_one(
    name: str, kernel: str, site: Site
) -> None:
    """The oracle is the kernel's own `check`; the node is the first example that it builds."""
    builder = Builder("one")
    inputs = tuple(builder.input(f"x{i}", kind) for i, kind in enumerate(site.inputs))
    origin = Origin("m.onnx", "l", name)
    graph = builder.build(builder.add("l", site.op, inputs, origin, site.outputs))
    way = family(name).kernel(kernel)
    for folding in list(way.space(site))[:4]:
        for part in ({}, *({key: value} for key, value in folding.items())):
            table = {"kernel": kernel, **part}
            found = read_schedule({"nodes": {"l": table}}, graph).choices["l"]
            assert way.check(site, found.parameters) is None
            assert found.parameters.items() >= part.items()
        for key in folding:
            with suppress(CompileError):  # refused in words, or read: nothing else
                read_schedule({"nodes": {"l": {"kernel": kernel, key: "many"}}}, graph)
