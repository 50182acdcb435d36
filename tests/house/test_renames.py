"""Comparing what two versions emit: values in one way of writing them, under the names of now."""

from __future__ import annotations

from pathlib import Path

from benchmarks.emitted import differences
from benchmarks.pages import ROOT
from benchmarks.renames import Renames, plain

OLD = """
[hw_join3]
module = "hw_join"
gone = ["Width0", "Width1", "Width2", "Stages"]
Inputs = "3"
Widths = "pack(8, [Width0, Width1, Width2])"
Codes = "[Code0, Code1][:Used]"
Shift = "Shift | default(0)"
File = "none if Empty else File"
"""
VALUES = {"Width0": "4", "Width1": "5", "Width2": "6", "Code0": "a", "Code1": "b", "Used": "1"}
REST = {"Code0": "a", "Code1": "b", "Stages": "7", "Empty": "1", "File": "f", "Kept": "9"}


def renames(folder: Path) -> Renames:
    path = folder / "renames.toml"
    path.write_text(OLD)
    return Renames.of(path)


def test_values_are_compared_however_they_are_written() -> None:
    written = {"A": "-12'sd7", "B": "1'b1", "C": "{4'h1, 8'h2b}", "D": "{0, 3}", "E": "x.mem"}
    assert plain(written) == {
        "A": "-7", "B": "1", "C": "12'h12b", "D0": "3", "D1": "0", "E": "x.mem",
    }  # fmt: skip
    assert plain(plain(written)) == plain(written)


def test_an_instance_of_before_has_the_names_of_now(tmp_path: Path) -> None:
    module, values = renames(tmp_path).now("hw_join3", VALUES | REST)
    assert module == "hw_join"
    assert values == {
        "Inputs": "3", "Widths": "24'h60504", "Codes0": "a", "Shift": "0",
        "Code0": "a", "Code1": "b", "Used": "1", "Empty": "1", "Kept": "9",
    }  # fmt: skip


def test_a_module_without_a_table_is_what_it_was(tmp_path: Path) -> None:
    assert renames(tmp_path).now("hw_fifo", {"Width": "4"}) == ("hw_fifo", {"Width": "4"})


def test_a_design_is_different_in_anything_that_no_line_names(tmp_path: Path) -> None:
    before = [{"design": "d", "instances": [["hw_join3", "u", VALUES | REST]], "lanes": 1}]
    now = dict(renames(tmp_path).now("hw_join3", VALUES | REST)[1])

    def found(values: dict[str, str]) -> list[str]:
        after = [{"design": "d", "instances": [["hw_join", "u", values]], "lanes": 1}]
        return differences(before, after, renames(tmp_path))

    assert found(now) == []
    assert found(now | {"Kept": "8"}) == ["d: instances: hw_join u: Kept: 9 became 8"]
    assert found(now | {"New": "0"}) == ["d: instances: hw_join u: New: None became 0"]


def test_the_files_of_renames_can_be_read() -> None:
    paths = list((ROOT / "benchmarks").glob("renames_*.toml"))
    assert paths
    for path in paths:
        assert Renames.of(path).now("hw_none", {}) == ("hw_none", {})
