"""The way of a newcomer who knows PyTorch alone: docs/tutorials/pytorch.md, in an empty folder.

Commands are run as they stand there, in an environment that holds nothing but the wheel; scripts
go on in one Python, as at a prompt.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.fences import DOCS, Fence, fences

PAGE = DOCS / "tutorials" / "pytorch.md"
PROMPT = """
import json, sys, warnings
warnings.simplefilter("ignore")
answers, sys.stdout, names = sys.stdout, sys.stderr, {}
for line in sys.stdin:
    exec(compile(json.loads(line), "page", "exec"), names)
    print("done", file=answers, flush=True)
"""


class Newcomer:
    """Somebody in an empty folder, with an environment of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "environment", with_pip=True)
        programs = folder / "environment" / "bin"
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        self.environment = kept | {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        self._prompt: subprocess.Popen[str] | None = None

    def command(self, line: str) -> None:
        """Run a line.

        Raises:
            RuntimeError: When it fails, with what it printed.
        """
        words = ["bash", "-c", line]
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{line}\n{done.stdout}\n{done.stderr}")

    def script(self, text: str) -> None:
        """Type a script at the prompt.

        Raises:
            RuntimeError: When it ends the prompt; its traceback is on standard error.
        """
        if self._prompt is None:
            python = str(self.folder / "environment" / "bin" / "python")
            self._prompt = subprocess.Popen(
                [python, "-c", PROMPT],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._prompt.stdin is not None
        assert self._prompt.stdout is not None
        self._prompt.stdin.write(json.dumps(text) + "\n")
        self._prompt.stdin.flush()
        if self._prompt.stdout.readline() != "done\n":
            raise RuntimeError(text)

    def leave(self) -> None:
        """Close the prompt."""
        if self._prompt is not None:
            self._prompt.communicate()


def timed_steps(wheel: Path, folder: Path) -> list[dict[str, Any]]:
    """Every step of the page with its seconds, the wheel's installation first."""
    folder.mkdir()
    newcomer = Newcomer(folder)
    rows = []
    try:
        for kind, text in steps_from(wheel):
            started = time.perf_counter()
            newcomer.script(text) if kind == "script" else newcomer.command(text)
            seconds = time.perf_counter() - started
            rows.append({"step": _title(kind, text, wheel), "seconds": round(seconds, 1)})
    finally:
        newcomer.leave()
    return rows


def steps_from(wheel: Path) -> Iterator[tuple[str, str]]:
    """What is typed, with "command" or "script" in front; the page's files are commands, too."""
    yield "command", f'pip install "{wheel}[sim,oracle]"'
    for block in fences(PAGE.read_text(encoding="utf-8")):
        if block.kind == "script":
            yield "script", block.text
        elif block.kind == "file":
            yield "command", _written(block)
        elif block.kind == "commands":
            yield from (("command", line) for line in block.lines)


def _written(block: Fence) -> str:
    return f"cat > {block.path} << 'END OF FILE'\n{block.text}END OF FILE"


def _title(kind: str, text: str, wheel: Path) -> str:
    if kind == "script":
        return "in Python: " + ("train, export" if "onnx.export" in text else "compare")
    first = text.partition("\n")[0].replace(f"{wheel.parent}/", "").partition(" <<")[0]
    return f"`{first}`"
