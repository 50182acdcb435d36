"""Whatever is written is read again: no validation may refuse a design that the compiler made."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from benchmarks.emitted import one_node
from hwcompile.ir.text import to_text
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.contract.site import Site
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.choose.choice import site_of

SITES = [(name, i, site) for name in FAMILIES for i, site in enumerate(family(name).examples())]


def _built(site: Site) -> tuple[str, Site]:
    """What is left of a site's node, and where: pruning computes equal rows once."""
    graph = run_passes(one_node(site), LOWERING)
    alike = (n for n in graph.nodes if n.op.family == site.op.family)
    found = sorted(alike, key=lambda n: type(n.op) is not type(site.op))
    return next(((n.name, site_of(graph, n)) for n in found), ("node", site))


@pytest.mark.parametrize(
    ("name", "site"), [(n, s) for n, _, s in SITES], ids=[f"{n}-{i}" for n, i, _ in SITES]
)
def test_every_kernel_makes_a_directory_that_opens(name: str, site: Site, tmp_path: Path) -> None:
    """The last operand of a concatenation, narrower than a word, was once called impossible."""
    node, built = _built(site)
    for kernel in family(name).kernels:
        if kernel.refuses(built):
            continue
        # Of a kernel that gives channels in blocks, a network's output can only be one block.
        whole = [p for p in kernel.space(built) if kernel.at(built, p).ports.output.order is None]
        for parameters in (whole[0], whole[-1]):
            schedule = {"nodes": {node: {"kernel": kernel.name, **parameters}}}
            hwcompile.compile_graph(one_node(site), tmp_path / "o", schedule=schedule, force=True)
            design = hwcompile.load(tmp_path / "o")
            assert len(design.interface.inputs) == len(site.inputs)
            assert to_text(design.graph).count("\n") >= 1
            assert design.report["nodes"]
            assert design.notes is not None
