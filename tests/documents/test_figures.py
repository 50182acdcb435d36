"""Tables in README.md and docs/ stand between markers, and are what their commands print.

Who wrote the expectations: the benchmarks, whose own columns the tables must have.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hwcompile
from benchmarks import figures
from tests.models import ROOT, model_folder

BLOCKS = [block for path in figures.documents(ROOT) for block in figures.blocks(path)]
COMMANDS = [block.command for block in BLOCKS]

_COLUMNS = """
import importlib, json, sys
sys.argv[0] = "benchmarks/figures.py"
found = {name: importlib.import_module(f"benchmarks.{name}").TABLES for name in sys.argv[1:]}
boards = importlib.import_module("benchmarks.boards")
found["summary"] = boards.markdown(boards.TABLES["--summary"], boards.summary(boards.published()))
print(json.dumps(found))
"""


def script_of(command: str) -> Path:
    return ROOT / command.split()[1]


@pytest.fixture(scope="module")
def benchmarks() -> dict[str, dict[str, list[str]]]:
    """What the scripts of all markers say about their tables, and README's table of boards."""
    names = sorted({script_of(command).stem for command in COMMANDS})
    done = subprocess.run(
        [sys.executable, "-c", _COLUMNS, *names],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return found


def test_documents_have_tables_of_all_kinds() -> None:
    assert len(BLOCKS) >= 7
    assert len(set(COMMANDS)) == len(COMMANDS), "one command, one table"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_marker_names_a_command_that_exists(command: str) -> None:
    assert command.startswith("python benchmarks/")
    source = script_of(command).read_text(encoding="utf-8")
    for word in command.split()[2:]:
        assert f'"{word}"' in source


@pytest.mark.parametrize("block", BLOCKS, ids=COMMANDS)
def test_every_table_has_the_columns_of_its_command(
    block: figures.Block, benchmarks: dict[str, dict[str, list[str]]]
) -> None:
    tables = benchmarks[script_of(block.command).stem]
    options = block.command.split()[2:]
    expected = next((tables[word] for word in options if word in tables), tables.get("", []))
    lines = block.text.splitlines()
    assert figures.titles(block.text) == tuple(expected)
    assert len(lines) > 2
    assert all(len(figures.cells(line)) == len(expected) for line in lines)


def test_the_table_of_boards_in_the_readme_is_that_of_the_page(
    benchmarks: dict[str, str],
) -> None:
    (block,) = (b for b in BLOCKS if b.command.endswith("--summary"))
    assert block.text == benchmarks["summary"]


def test_tables_without_a_marker_hold_no_results() -> None:
    # What is measured is rewritten by a command; a table of results by hand would drift.
    for path in figures.documents(ROOT):
        text = path.read_text(encoding="utf-8")
        for block in figures.blocks(path):
            text = text.replace(block.text, "")
        if path.name == "resources.md":
            continue  # a generated page, as its first lines say
        # A field that a page describes stands between backticks.
        for line in text.replace("`mismatches`", "").splitlines():
            assert not (line.startswith("|") and "mismatches" in line), f"{path.name}: {line}"
            assert not line.startswith(("| `digits_", "| `cnv_", "| `kws_", "| `tfc_")), line


def test_the_page_of_resource_models_has_the_coefficients_in_use() -> None:
    page = (ROOT / "docs" / "resources.md").read_text(encoding="utf-8")
    lines = [x for x in page.partition("## Coefficients")[2].splitlines() if x.startswith("|")]
    families = figures.cells(lines[0])[1:]
    used = [
        json.loads((ROOT / "hwcompile/families" / name / "calibration.json").read_text())
        for name in families
    ]
    assert len(lines) > 5
    for feature, *values in map(figures.cells, lines[2:]):
        assert values == [f"{each['common']['lut'].get(feature, 0):.2f}" for each in used]


TABLE = (
    "| network | LUT | minutes |\n| --- | ---: | ---: |\n| `a` | 1,000 | 2.5 |\n| `b` | 7 | 1 |\n"
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A document with one table whose command prints the file `fresh.md`."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "copy.py").write_text(
        "import shutil, sys\nshutil.copy('fresh.md', sys.argv[sys.argv.index('--markdown') + 1])\n"
    )
    page = tmp_path / "README.md"
    page.write_text(
        f"Before.\n\n<!-- figures: python copy.py -->\n{TABLE}<!-- /figures -->\nAfter.\n"
    )
    return page


def test_a_table_that_drifted_is_named_line_by_line_and_rewritten(page: Path) -> None:
    (page.parent / "fresh.md").write_text(TABLE.replace("1,000", "1,001").replace("2.5", "9.9"))
    (block,) = figures.blocks(page)
    fresh = figures.make(page.parent, block.command)
    assert list(figures.drift(block, fresh)) == ["- `a` | 1,000", "+ `a` | 1,001"]
    figures.rewrite(block, fresh)
    (block,) = figures.blocks(page)
    assert block.text == fresh
    text = page.read_text()
    assert text.startswith("Before.")
    assert text.endswith("After.\n")


def test_wall_clock_times_are_no_drift(page: Path) -> None:
    (block,) = figures.blocks(page)
    assert list(figures.drift(block, TABLE.replace("2.5", "9.9"))) == []
    assert list(figures.drift(block, TABLE.replace("`b`", "`c`"))) == ["- `b` | 7", "+ `c` | 7"]


def test_lines_in_another_order_are_drift(page: Path) -> None:
    (block,) = figures.blocks(page)
    head, rule, first, second = TABLE.splitlines()
    fresh = "\n".join([head, rule, second, first]) + "\n"
    assert list(figures.drift(block, fresh)) == ["the lines are in another order"]


def test_a_command_that_fails_is_an_error_and_no_table(page: Path) -> None:
    (page.parent / "fresh.md").unlink(missing_ok=True)
    with pytest.raises(RuntimeError, match=r"copy\.py ended with 1"):
        figures.make(page.parent, "python copy.py")


def test_a_marker_without_its_partner_is_refused(page: Path) -> None:
    page.write_text(page.read_text().replace("<!-- /figures -->", ""))
    with pytest.raises(ValueError, match="has no partner"):
        figures.blocks(page)


DIGITS = ("digits_mlp_w1a1", "digits_cnn_w3a3", "digits_cnn_int8")


@pytest.mark.parametrize(
    "network", [DIGITS[0], *(pytest.param(name, marks=pytest.mark.slow) for name in DIGITS[1:])]
)
def test_cycles_and_lanes_in_the_readme_are_what_the_compiler_makes(
    network: str, tmp_path: Path
) -> None:
    (block,) = (b for b in BLOCKS if b.command == "python benchmarks/dataflow.py")
    lines = [figures.cells(line) for line in block.text.splitlines()]
    (row,) = (dict(zip(lines[0], line, strict=True)) for line in lines if f"`{network}`" in line)
    model = ROOT / "examples" / "digits" / f"{network}.onnx"
    found = hwcompile.compile(model, tmp_path / "out", fastest=True).report["design"]
    assert row["interval"] == f"{found['interval_cycles']['predicted']:,}"
    assert row["latency"] == f"{found['latency_cycles']['predicted']:,}"
    assert row["lanes"] == f"{found['lanes']:,}"


def board_rows() -> list[object]:
    """Digits network, target and interval of the table of bitstreams; boards share targets."""
    (block,) = (b for b in BLOCKS if b.command.endswith("--published"))
    names = figures.titles(block.text)
    rows = [dict(zip(names, figures.cells(x), strict=True)) for x in block.text.splitlines()[2:]]
    found = set()
    for row in rows:
        network = row["network"].strip("`")
        if network.startswith("digits"):
            interval = int(row["interval"].replace(",", ""))
            found.add(
                (network, next(t for t in (4_000, 16_000, 64_000) if t >= interval), interval)
            )
    # Compiling a CNN takes longer than the rest of this module.
    slow = {network: [pytest.mark.slow] for network, _, _ in found if "cnn" in network}
    return [pytest.param(*row, marks=slow.get(row[0], [])) for row in sorted(found)]


@pytest.mark.parametrize(("network", "target", "interval"), board_rows())
def test_intervals_of_bitstreams_are_what_the_compiler_makes(
    network: str, target: int, interval: int, tmp_path: Path
) -> None:
    # Without synthesis, which takes hours for the whole table.
    model = ROOT / "examples" / "digits" / f"{network}.onnx"
    schedule = ROOT / "benchmarks" / "board_schedules" / f"{network}_{target}.toml"
    design = hwcompile.compile(model, tmp_path / "out", target_cycles=target, schedule=schedule)
    assert design.report["design"]["interval_cycles"]["predicted"] == interval


WITHOUT = ("--without=--published", "--without=qkeras")
"""Tables that the check leaves out: hours of bitstreams, and models whose library needs another
environment, where `tests/frontends/hls4ml/test_qkeras.py` compares the same ones."""


@pytest.mark.slow
def test_no_table_drifted() -> None:
    # Bitstreams take hours and depend on the releases of the tools; `make figures` does them.
    if not model_folder().is_dir():
        pytest.skip("the published networks are absent; name their folder with HWCOMPILE_MODELS")
    done = subprocess.run(
        [sys.executable, "benchmarks/figures.py", "--check", *WITHOUT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
