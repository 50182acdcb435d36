"""Follows a page as a reader does: its blocks one after the other, in one folder."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fences import Fence, differences
from tests.cli.running import type_command
from tests.models import ROOT

ELSEWHERE = ("git", "make demo", "pip", "python -m build")
"""Beginnings of commands that other tests run: installation from the clone and from wheels."""

HARDWARE = ("/dev/ttyUSB1", "hwcompile program")
"""What is in commands that need a board."""


def is_left_out(line: str) -> bool:
    """True for a command that this walk does not run."""
    words = " ".join(shlex.split(line, comments=True))
    return words.startswith(ELSEWHERE) or any(part in words for part in HARDWARE)


@dataclass
class Walk:
    """A reader's way through a page, in the current folder.

    Attributes:
        ran: The commands that were run, each as it stands on the page.
        names: What the page's scripts have defined.
    """

    patch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    ran: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    _printed: str = ""

    def follow(self, blocks: Iterable[Fence]) -> None:
        """Do what the blocks say; a command that fails, or prints something else, is a failure."""
        for block in blocks:
            if block.kind == "file":
                path = Path(block.path)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.kind == "script":
                self._script(block.text)
            elif block.kind == "commands":
                printed = [self._command(line) for line in block.lines if not is_left_out(line)]
                self._printed = "".join(printed)
            elif block.kind == "printed":
                missing = differences(self._printed, block.text)
                assert missing == [], f"not printed: {missing}\n{self._printed}"

    def _command(self, line: str) -> str:
        words = shlex.split(line, comments=True)
        self.ran.append(line)
        if words[0] == "hwcompile" and not {"|", ">", "&&"} & set(words):
            outcome = type_command(self.patch, self.capsys, *words[1:])
            assert outcome.code == 0, (line, outcome.out + outcome.err)
            return outcome.out
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            env=os.environ | environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stdout + done.stderr)
        return done.stdout

    def _script(self, text: str) -> None:
        self.capsys.readouterr()
        with warnings.catch_warnings():
            # A reader sees the warnings of other packages, and goes on.
            warnings.simplefilter("ignore")
            exec(compile(text, "page", "exec"), self.names)
        self._printed = self.capsys.readouterr().out


def environment() -> dict[str, str]:
    """Programs and packages as this process has them."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # The plugin is the checkout's, whatever the environment was installed with.
    plugins = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "hwcompile.plugins.pytest_plugin",
    }
    return {"PATH": programs, "PYTHONPATH": str(ROOT), **plugins}
