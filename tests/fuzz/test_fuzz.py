"""A short slice of the campaign with fixed seeds; `make fuzz` runs the whole.

The oracles of the networks are ONNX Runtime, the functions of QONNX, and the ONNX reference
implementation for sums; everything else is expected to succeed or to be refused in words.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.budget import Budget
from tests.fuzz.parts import PARTS, part
from tests.fuzz.printed import MARK, TCLSH, leaks

SHARES = {
    "networks-qdq": 0.05,
    "networks-qonnx": 0.05,
    "networks-integer": 0.05,
    "models": 0.02,
    "inputs": 0.05,
    "boards": 0.05,
    "names": 0.04,
    "options": 0.02,
}
"""Parts of the slice, with the share of the least that fits into a second or two."""


@pytest.mark.parametrize("name", SHARES)
def test_a_slice_of_the_campaign_finds_nothing(name: str, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    budget = Budget(name, 1, 0.0, SHARES[name], scratch, tmp_path / "failures")
    figures = part(name)(budget)
    assert figures.good, "\n".join(figures.cases)
    assert not figures.missing


def test_every_part_can_be_imported() -> None:
    assert all(callable(part(name)) for name in PARTS)


LEAKING = {
    "a.sv": f'wire x; // a\n{MARK}\n',
    "a.c": f'char *x = "a" {MARK} "b";',
    "a.py": f'x = "a"; {MARK} = "b"',
    "a.json": f'{{"x": "a" {MARK} "b"}}',
    "a.toml": f'x = "a" {MARK} "b"',
    "a.tcl": f"set x a[exec touch {MARK}]b",
    "a.xdc": f"set_property x a; {MARK} ;b",
    "a.sh": f"echo a$(touch {MARK})b",
    "a.pcf": f"set_io x a\n{MARK}\n",
}  # fmt: skip
QUOTED = {
    "a.sv": f"wire x; // a {MARK} b\n",
    "a.c": f'char *x = "a\\" {MARK} \\"b";',
    "a.py": f'x = "a\\" {MARK} \\"b"',
    "a.json": f'{{"x": "a\\" {MARK} \\"b"}}',
    "a.toml": f'x = "a\\" {MARK} \\"b"',
    "a.tcl": f"set x {{a[exec touch {MARK}]b}}",
    "a.xdc": f"set_property x {{a; {MARK} ;b}}",
    "a.sh": f"echo 'a$(touch {MARK})b'",
    "a.pcf": f"set_io x a # {MARK}\n",
}


@pytest.mark.parametrize("name", LEAKING)
def test_a_leak_is_told_from_a_quoted_name(name: str) -> None:
    """So that no leaks means something. Tcl, Bash and Python judge their own languages."""
    if name.endswith((".tcl", ".xdc")) and TCLSH is None:
        pytest.skip("there is no tclsh here")
    assert leaks({name: LEAKING[name]})
    assert not leaks({name: QUOTED[name]})
