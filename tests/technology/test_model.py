"""The calibrated models: complete, sensible, and as good as the documentation says."""

from __future__ import annotations

import re

import pytest

from hwcompile.boards import load_board
from hwcompile.diagnostics import CompileError
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications, Resources, memory
from hwcompile.technology.design import FILL, DeviceBudget
from hwcompile.technology.model import Need, technology
from hwcompile.technology.plumbing import FIFO, LINK, fifo_resources, link_resources
from hwcompile.technology.rules import modelled, rules_of
from tests.models import ROOT

MODELS = pytest.mark.parametrize("name", modelled())


@MODELS
def test_kernels_are_calibrated(name: str) -> None:
    """All but the one that is wires alone, and the one whose circuit is another kernel's."""
    known = set(technology(name).calibration.kernels)
    assert {FIFO, LINK} <= known
    kernels = [f"{ops}.{kernel.name}" for ops in FAMILIES for kernel in family(ops).kernels]
    missing = [
        kernel
        for kernel in kernels
        if not any(entry == kernel or entry.startswith(f"{kernel}.") for entry in known)
    ]
    assert missing == ["matmul.parallel", "gather.wires"], "run benchmarks/resources.py"
    parallel = family("matmul").kernel("parallel")
    sites = [site for site in family("matmul").examples() if not parallel.refuses(site)]
    assert sites
    for site in sites:
        assert parallel.at(site, {"pixels": 1}).circuit.startswith("matmul.folded.")
    assert technology(name).need("gather.wires", Resources()) == Need()


@MODELS
def test_more_of_anything_never_takes_less(name: str) -> None:
    model = technology(name)
    base = Resources(100, 50, 80, (Memory(24, 16),), (Multiplications(8, 8, 2),))
    need = model.need("matmul.folded.lut", base)
    for more in (
        Resources(lut=10),
        Resources(adders=10),
        Resources(ff=10),
        memory(40, 12),
        memory(40, 12, MemoryKind.DIRECT),
        # With the registers around it, which may be inside.
        Resources(ff=32, products=(Multiplications(8, 8),)),
        Resources(products=(Multiplications(3, 3),)),
    ):
        grown = model.need("matmul.folded.lut", base + more)
        assert grown.lut >= need.lut
        assert grown.ff >= need.ff
        assert (grown.bram, grown.dsp, grown.soft) >= (need.bram, need.dsp, need.soft)


def test_registers_inside_of_dsp_blocks_are_not_counted_twice() -> None:
    """On ECP5 both operands and the product are registered in the block, as the calibration saw."""
    lanes = Resources(ff=500, products=(Multiplications(8, 8, 4),))
    fewer = technology("ecp5").need("matmul.folded.multiply", lanes).ff
    assert fewer < technology("ecp5").need("matmul.folded.multiply", Resources(ff=500)).ff - 48


@MODELS
def test_plumbing_is_of_plausible_size(name: str) -> None:
    model = technology(name)
    small = model.need(FIFO, fifo_resources(8, 2, block=False))
    assert 8 <= small.lut <= 40
    assert 16 <= small.ff <= 30
    assert 300 <= model.need(LINK, link_resources([8], [8])).lut <= 1500


def test_published_errors_keep_what_is_promised() -> None:
    """Median at most 15 % over all runs of a family, for every part, fitted and held out."""
    text = (ROOT / "docs" / "resources.md").read_text()
    rows = re.findall(r"^\| all \|.*$", text, re.MULTILINE)
    assert len(rows) == len({technology(name).calibration.family for name in modelled()})
    for row in rows:
        figures = [int(figure) for figure in re.findall(r"(\d+) %", row)]
        assert len(figures) == 8
        assert max(figures) <= 15
    runs = int(re.search(r"(\d+)\s+synthesis runs", text)[1])  # type: ignore[index]
    assert runs >= 40


def test_products_without_a_block_go_to_logic() -> None:
    board = load_board("icebreaker")
    budget = DeviceBudget(board.capacities, rules_of("ice40"))
    settled = budget.settle(Need(lut=1000, dsp=16, soft=3200))
    # Three quarters of the 8 blocks are counted on: 6 of 16 products stay out of logic.
    assert (settled.dsp, settled.soft, settled.lut) == (8, 1200, 3000)
    assert budget.settle(Need(lut=1000, dsp=8, soft=1600)).lut == 1000


def test_a_margin_is_kept() -> None:
    board = load_board("icebreaker")
    budget = DeviceBudget(board.capacities, rules_of("ice40"))
    assert budget.fits(Need(lut=FILL["lut"] * 5280 - 1))
    assert not budget.fits(Need(lut=FILL["lut"] * 5280 + 1))
    assert not budget.fits(Need(lut=FILL["lut"] * 5280 - 100, loose=200))
    assert budget.fits(Need(bram=30))
    assert not budget.fits(Need(bram=31))


def test_a_family_without_a_model_is_refused_by_name() -> None:
    with pytest.raises(
        CompileError, match="no resource model for the FPGA family 'imaginary'"
    ) as e:
        technology("imaginary")
    assert e.value.diagnostics[0].code == "HW0405"
