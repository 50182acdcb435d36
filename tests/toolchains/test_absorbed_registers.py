"""Registers that move into ECP5's blocks: which do, and that nobody can tell.

The oracle is the circuit itself, simulated beside the cells that synthesis makes of it.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from hwcompile.boards import load_board
from hwcompile.families.ecp5 import registers
from hwcompile.toolchains.synthesis import Synthesis, synthesize
from hwcompile.verify.netlist import cell_models
from hwcompile.verify.programs import build_program
from hwcompile.verify.verilator import Variant, verilate

MAINS = Path(__file__).with_name("mains")
INPUTS = {
    "clk": "", "rst": "", "enable": "", "other": "", "write": "",
    "place": "[8:0]", "a": "[8:0]", "b": "[10:0]",
}  # fmt: skip
OUTPUTS = {
    "plain": 20, "enabled": 20, "resets": 20, "early": 20, "ones": 20, "mixed": 20, "operand": 9,
    "read": 18, "held": 18, "twice": 18, "wide": 35, "later": 20, "chained": 20,
}  # fmt: skip
BOARD = load_board("ulx3s_25")
MULTIPLIER = ("REG_INPUTA_CLK", "REG_INPUTB_CLK", "REG_OUTPUT_CLK")


def pair() -> str:
    """A top module around both, with a bit for each output."""
    ports = [f"input wire {bits} {name}" for name, bits in INPUTS.items()]
    ports.append(f"output wire [{len(OUTPUTS) - 1}:0] different")
    lines = [f"module pair (\n  {', '.join(ports)}\n);"]
    for name, width in OUTPUTS.items():
        lines.append(f"  wire [{width - 1}:0] {name}_circuit, {name}_mapped;")
    for module in ("circuit", "mapped"):
        pins = [f".{name}({name})" for name in INPUTS]
        pins += [f".{name}({name}_{module})" for name in OUTPUTS]
        lines.append(f"  {module} u_{module} ({', '.join(pins)});")
    differ = [f"{name}_circuit != {name}_mapped" for name in reversed(OUTPUTS)]
    return "\n".join([*lines, f"  assign different = {{{', '.join(differ)}}};", "endmodule\n"])


def differences(made: Synthesis, folder: Path) -> dict[str, int]:
    """Cycles in which outputs of the mapped circuit differ from those of the circuit."""
    netlist = (made.folder / "netlist.v").read_text()
    (folder / "mapped.v").write_text(netlist.replace("module circuit(", "module mapped("))
    (folder / "cells.v").write_text(cell_models(BOARD))
    (folder / "pair.sv").write_text(pair())
    sources = [MAINS / "absorbed.sv", *(folder / f for f in ("mapped.v", "cells.v", "pair.sv"))]
    verilate(sources, "pair", folder, [])
    build_program(folder, MAINS / "absorbed.cpp", folder / "pair", Variant(level="-O0"))
    done = subprocess.run([folder / "pair"], capture_output=True, text=True, check=True)
    return dict(zip(OUTPUTS, map(int, done.stdout.split()), strict=True))


def in_use(made: Synthesis, kind: str, names: tuple[str, ...]) -> dict[str, tuple[bool, ...]]:
    """For each block, by a net that it drives, which of its registers are in use."""
    top = json.loads((made.folder / "netlist.json").read_text())["modules"]["circuit"]
    nets = {
        bit: name
        for name, net in top["netnames"].items()
        for bit in net["bits"]
        if not name.startswith("$")
    }
    found = {}
    for cell in top["cells"].values():
        if cell["type"] == kind:
            outputs = [pin for pin, side in cell["port_directions"].items() if side == "output"]
            driven = sorted(nets[bit] for pin in outputs for bit in cell["connections"][pin])
            values = [cell["parameters"].get(name, "NONE") for name in names]
            found[driven[0].split(".")[0]] = tuple(
                value not in ("NONE", "NOREG") for value in values
            )
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    folder = tmp_path_factory.mktemp("absorbed")
    return synthesize([MAINS / "absorbed.sv"], "circuit", (), BOARD, folder)


def test_what_moves(made: Synthesis) -> None:
    products = in_use(made, "MULT18X18D", MULTIPLIER)
    assert {name.split("_")[0]: used for name, used in products.items()} == {
        "plain": (True, True, True),
        "enabled": (True, True, True),
        "resets": (False, False, False),
        "product": (True, True, False),
        "ones": (True, True, True),
        "mixed": (False, False, True),
        "later": (True, True, True),
        "chain": (False, False, True),
        "chained": (True, True, True),
    }
    assert in_use(made, "DP16KD", ("REGMODE_A", "REGMODE_B")) == {
        "memory": (False, True),
        "again": (False, False),
        "last": (False, False),
        "pairs": (True, True),
        "factors": (False, True),
        "link_q": (False, True),
    }


def test_what_is_left(made: Synthesis) -> None:
    """Registers in flip-flops: one operand that is read outside, and those that can not move."""
    # The second operands of `resets` and `mixed` are one register.
    resets, early, mixed, held, twice = 9 + 11 + 20, 20, 9 - 2, 18, 18 + 18
    assert made.use.ff == 9 + resets + early + mixed + held + twice


def test_nobody_can_tell(made: Synthesis, tmp_path: Path) -> None:
    assert differences(made, tmp_path) == dict.fromkeys(OUTPUTS, 0)


def test_an_enable_or_a_reset_that_is_lost_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always(cell: registers.Cell) -> registers._Control:
        return registers._Control(cell["connections"]["CLK"][0], "1")

    monkeypatch.setattr(registers, "_control", always)
    wrong = synthesize([MAINS / "absorbed.sv"], "circuit", (), BOARD, tmp_path)
    found = differences(wrong, tmp_path)
    assert {name for name, count in found.items() if count} == {
        "enabled",
        "resets",
        "early",
        "ones",
    }
