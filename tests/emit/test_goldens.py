"""The emitted text of three small networks is on file, so that a change of emission is seen.

`goldens/<network>.txt` holds the top level, the stages and the memory images of a build, not the
library's copies. `HWCOMPILE_UPDATE=1 pytest tests/emit` writes them anew: read what changed.
`benchmarks/emitted.py` compares the meaning of every design; this shows the text of three.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import hwcompile
from hwcompile.emit.names import OWN
from tests.emit.networks import CASES

ORACLE = "this project"
ORACLE_REASON = "nobody else could say what it should print; other tests hold it to its meaning"

UPDATE = bool(os.environ.get("HWCOMPILE_UPDATE"))
GOLDENS = Path(__file__).parent / "goldens"
HEAD = "======== "
LARGEST = 16_000
"""Characters that a person reads in a diff."""


def emitted(name: str, folder: Path) -> str:
    """What stands in `rtl/` after compilation, without the library."""
    case = CASES[name]
    design = hwcompile.compile_graph(case.build(), folder, schedule={"nodes": case.nodes})
    found = sorted(path for path in (design.directory / "rtl").rglob("*") if path.is_file())
    own = [path for path in found if OWN not in path.name]
    return "\n".join(f"{HEAD}{path.name}\n{path.read_text(encoding='utf-8')}" for path in own)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_emitted_text_is_that_on_file(name: str, tmp_path: Path) -> None:
    found = emitted(name, tmp_path / "build")
    golden = GOLDENS / f"{name}.txt"
    if UPDATE:
        GOLDENS.mkdir(exist_ok=True)
        golden.write_text(found, encoding="utf-8")
    expected = golden.read_text(encoding="utf-8") if golden.is_file() else ""
    assert found.split(HEAD) == expected.split(HEAD), "HWCOMPILE_UPDATE=1 writes it anew"


def test_the_texts_on_file_are_those_of_the_networks_and_small() -> None:
    sizes = {path.stem: path.stat().st_size for path in GOLDENS.iterdir()}
    assert sizes.keys() == CASES.keys()
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
