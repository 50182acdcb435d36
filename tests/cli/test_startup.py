"""What a command imports before it works: counted in modules, since seconds differ by machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "onnx", "networkx", "msgspec", "jinja2", "google", "hls4ml", "keras", "torch")
"""What takes long to import, or brings much."""


def imported(code: str) -> set[str]:
    """The modules that are there after a program has run."""
    ending = "\nimport sys\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code + ending], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], []])
def test_the_list_of_commands_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        f"import sys\nsys.argv = ['hwcompile', *{words!r}]\n"
        "from hwcompile.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    found = imported(code)
    assert "hwcompile.cli.app" in found
    assert sorted(found & set(HEAVY)) == []
    own = {name for name in found if name.partition(".")[0] in ("hwcompile", "hwcompile_runtime")}
    assert len(own) < 25, sorted(own)


@pytest.mark.parametrize(
    "module", ["hwcompile", "hwcompile_runtime", "hwcompile.plugins.pytest_plugin"]
)
def test_an_import_alone_is_light(module: str) -> None:
    assert sorted(imported(f"import {module}") & set(HEAVY)) == []
