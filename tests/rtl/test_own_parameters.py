"""Yosys reads a design, though it elaborates every module with its own parameters, too.

Who wrote the expectation: Yosys. It does so whatever parameters the design gives the module.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hwcompile.emit.library import LABELS, library_files
from tests.rtl.formal import YOSYS


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("module", ["hw_matvec", "hw_sparse_pe"])
def test_modules_elaborate_with_their_own_parameters_beside_any_encoding(
    tmp_path: Path, module: str, label: str
) -> None:
    files = library_files([module], (label,))
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    script = f"read_verilog -sv {' '.join(files)}\nhierarchy -check -top {module}\n"
    done = subprocess.run(
        [sys.executable, "-c", YOSYS, script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
