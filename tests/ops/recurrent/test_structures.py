"""Structures of parameters: a value stands in the field that it was given for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError, InternalError
from hwcompile.emit.library import module_text
from hwcompile.emit.literals import literal
from hwcompile.emit.structures import fields_of
from hwcompile.ops.contract.instance import Name, Struct
from hwcompile.verify.verilator import lint
from tests.rtl.formal import YOSYS

ORACLE = "hardware tools"

STRUCTURES = (
    ("hw_rnn_engine", "step"),
    ("hw_rnn_lane", "shape"),
    ("hw_rnn_lane", "format"),
    ("hw_rnn_cell", "cell"),
)


def _distinct(package: str, name: str) -> Struct:
    """Another value in every field, negative where it may be, given in the wrong order."""
    fields: dict[str, bool | int | Name] = {}
    for number, field in enumerate(fields_of(package, name)):
        value = -3 - number if field.signed else 3 + number
        fields[field.name] = value if field.bits > 1 else number % 2 == 0
        if field.names:
            fields[field.name] = Name("hw_rnn_cell", "GruReset")
    return Struct(package, name, dict(reversed(fields.items())))


def _module(value: Struct, checked: Struct) -> str:
    """A module that refuses every field of `value` that is not as in `checked`."""
    kind = f"{value.package}_pkg::{value.name}_t"
    lines = [f"module bench #(parameter {kind} Value = {literal(value)}) ();"]
    for field, wanted in checked.fields.items():
        text = literal(wanted)
        if isinstance(wanted, int) and not isinstance(wanted, bool):
            text = f"32'd{wanted % (1 << 32)}"
        lines.append(f"  if (Value.{field} != {text}) begin : gen_{field}")
        lines += [f'    $error("wrong {field}");', "  end"]
    return "\n".join([*lines, "endmodule", ""])


def _tools(folder: Path, value: Struct, checked: Struct) -> tuple[str, str]:
    """What Verilator and Yosys find wrong."""
    package = folder / f"{value.package}_pkg.sv"
    package.write_text(module_text(package.stem))
    (folder / "bench.sv").write_text(_module(value, checked))
    paths = [package, folder / "bench.sv"]
    try:
        lint(paths, "bench", ["-Wno-lint"])
        verilator = ""
    except CompileError as error:
        verilator = str(error)
    script = f"read_verilog -sv {paths[0]} {paths[1]}\nhierarchy -check -top bench\n"
    run = subprocess.run([sys.executable, "-c", YOSYS, script], capture_output=True, text=True)
    return verilator, "" if run.returncode == 0 else run.stdout + run.stderr


@pytest.mark.parametrize(("package", "name"), STRUCTURES)
def test_tools_read_every_field_as_it_was_given(package: str, name: str, tmp_path: Path) -> None:
    value = _distinct(package, name)
    assert len(value.fields) == len(fields_of(package, name)) >= 5
    assert _tools(tmp_path, value, value) == ("", "")


def test_a_field_with_the_value_of_another_is_seen(tmp_path: Path) -> None:
    value = _distinct("hw_rnn_cell", "cell")
    swapped = {**value.fields, "c_low": value.fields["m_low"]}
    for said in _tools(tmp_path, value, Struct(value.package, value.name, swapped)):
        assert "wrong c_low" in said


def test_what_is_not_given_is_zero() -> None:
    value = Struct("hw_rnn_engine", "step", {"delay": 7})
    lines = [line.split() for line in literal(value).splitlines()]
    assert lines == [
        ["{"],
        ["32'd0,", "//", "cycles"],
        ["32'd7,", "//", "delay"],
        ["32'd0,", "//", "drain"],
        ["32'd0,", "//", "steps"],
        ["1'b0", "//", "keep"],
        ["}"],
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": Name("hw_rnn_cell", "Gru"), "typo": 1}, "has no field typo"),
        ({"c_low": 1}, "the field kind"),
        ({"kind": 1}, "the field kind"),
        ({"kind": Name("hw_rnn_cell", "Gru"), "c_low": 1 << 31}, "the field c_low"),
        ({"kind": Name("hw_rnn_cell", "Gru"), "z_bits": -1}, "the field z_bits"),
        ({"kind": Name("hw_rnn_cell", "Gru"), "half_up": 2}, "the field half_up"),
    ],
)
def test_values_that_a_field_can_not_hold(fields: dict[str, int | Name], words: str) -> None:
    with pytest.raises(InternalError, match=words):
        literal(Struct("hw_rnn_cell", "cell", fields))
