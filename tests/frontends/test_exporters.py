"""Every cell of the table in docs/exporters.md is what it says, with models that the tools export.

The oracles are the executors of the tools: ONNX Runtime, and PyTorch for PT2E and Brevitas.
"""

from __future__ import annotations

import warnings
from types import ModuleType

import numpy as np
import pytest

from benchmarks.figures import blocks, cells
from tests.models import ROOT
from tests.sources import demand

ORACLE = ("ONNX Runtime", "PyTorch")

PAGE = ROOT / "docs" / "exporters.md"
FAST = "batch normalization"
"""A kind whose cells of ONNX Runtime are tested always."""


def table() -> dict[tuple[str, str], str]:
    """(Kind of layer, column) to what the page says."""
    (block,) = blocks(PAGE)
    titles, _, *lines = (cells(line) for line in block.text.splitlines())
    return {(line[0], title): said for line in lines
            for title, said in zip(titles[1:], line[1:], strict=True)}  # fmt: skip


TABLE = table()


@pytest.fixture(scope="module")
def exporters() -> ModuleType:
    demand("exported")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from benchmarks import exporters

    return exporters


def steps(result: str) -> int:
    """How far a result is off; digits of real numbers are none."""
    return int(result.split()[0]) if result.endswith(("step", "steps")) else 0


def check(exporters: ModuleType, kind: str, column: str) -> None:
    """The cell is what the page says, or nearer: executors of other machines round otherwise."""
    demand(exporters.NEEDS.get(column, "exported"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cell = exporters.measure(kind, column)
    said = TABLE[kind, column]
    if said == "=" or said.startswith("HW") or said == "-":
        assert cell.result == said
        return
    assert cell.result in ("=", "near", "digits") or steps(cell.result) > 0, cell
    assert steps(cell.result) <= steps(said), cell


def test_the_page_has_every_cell(exporters: ModuleType) -> None:
    wanted = [
        (kind, column)
        for kind in exporters.KINDS
        for column in (*exporters.COLUMNS, exporters.LEVELS)
    ]
    assert list(TABLE) == wanted
    assert len(set(exporters.KINDS)) == len(exporters.KINDS) == 26
    assert sum(said == "=" for said in TABLE.values()) > len(wanted) // 2
    assert not [cell for cell, said in TABLE.items() if said.startswith(("off", "vacuous"))]
    assert {said for (_, column), said in TABLE.items() if column == exporters.LEVELS} == {"="}


def test_results_that_say_little_are_no_equality(exporters: ModuleType) -> None:
    rng = np.random.default_rng(2)
    frames = rng.integers(-99, 99, (16, 5, 8, 3)) / 8
    assert exporters.monotony(frames) == ""
    assert exporters.monotony(np.zeros((16, 5))) == "1 values"
    assert exporters.monotony(np.where(frames > 6, frames, 0)) == "most are 0.0"
    still = frames.copy()
    still[:, :, :1] = still[:1, :, :1]
    assert "same in every frame" in exporters.monotony(still)
    for axis, said in ((1, "25%"), (2, "14%"), (3, "50%")):
        tokens = np.moveaxis(frames.copy(), axis, 0)
        tokens[1] = tokens[0]
        alike = exporters.monotony(np.moveaxis(tokens, 0, axis))
        assert alike == f"{said} of the neighbours along axis {axis} are alike"


def test_a_failing_exporter_is_no_missing_form(
    exporters: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    demand("pt2e")

    def falls(*_: object) -> None:
        raise ValueError("what nobody foresaw")

    monkeypatch.setattr("benchmarks.exporters_torch.made", falls)
    with pytest.raises(ValueError, match="nobody foresaw"):
        exporters.measure("dense", "PT2E")
    folder = exporters.workplace() / "said"
    folder.mkdir()
    monkeypatch.setattr(exporters, "keras_folder", lambda: folder)
    (folder / "dense.txt").write_text("SymbolicValueError: no form")
    with pytest.raises(RuntimeError, match="dense, for no known reason: SymbolicValueError"):
        exporters.measure("dense", "Keras")
    (folder / "layer normalization.txt").write_text("OSError: full")
    with pytest.raises(RuntimeError, match="no known reason: OSError"):
        exporters.measure("layer normalization", "Keras")
    (folder / "layer normalization.txt").write_text("SymbolicValueError: no form")
    assert exporters.measure("layer normalization", "Keras").result == "-"


@pytest.mark.parametrize("column", ["QDQ", "QDQ per channel", "QDQ int16", "QOperator"])
def test_what_onnx_runtime_quantizes_is_what_the_page_says(
    column: str, exporters: ModuleType
) -> None:
    check(exporters, FAST, column)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "column"), TABLE)
def test_every_cell_is_what_the_page_says(kind: str, column: str, exporters: ModuleType) -> None:
    check(exporters, kind, column)
