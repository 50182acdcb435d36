"""The container file without a container: its instructions are read, and its commands run.

No image is built here, because that takes a registry and a daemon. What the file says about
packages of Debian is left out; everything else runs in an environment of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.small import save
from tests.models import ROOT

INSTRUCTIONS = {"FROM", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT"}
ONLY_IN_IMAGES = ("apt-get", "useradd")


@dataclass(frozen=True)
class Instruction:
    """A line of the file, joined from its continuations."""

    kind: str
    text: str


def instructions() -> list[Instruction]:
    """What the container file says, in order."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [Instruction(*line.split(" ", 1)) for line in joined]


def test_the_file_is_made_of_instructions() -> None:
    found = instructions()
    assert {each.kind for each in found} == INSTRUCTIONS
    assert [each.text.split()[0] for each in found if each.kind == "FROM"] == [
        "docker.io/library/python:3.13-slim"
    ] * 2
    assert found[-1] == Instruction("ENTRYPOINT", '["hwcompile"]')
    for each in found:
        if each.kind == "RUN":
            subprocess.run(["bash", "-n", "-c", each.text], check=True)


def test_what_stages_copy_is_there() -> None:
    copies = [shlex.split(each.text) for each in instructions() if each.kind == "COPY"]
    assert copies == [[".", "/source"], ["--from=wheel", "/wheels", "/wheels"]]
    stages = [each.text for each in instructions() if each.kind == "FROM" and " AS " in each.text]
    assert [stage.rpartition(" ")[2] for stage in stages] == ["wheel"]


@pytest.mark.slow
def test_the_commands_make_an_environment_that_compiles_and_verifies(tmp_path: Path) -> None:
    place = tmp_path / "environment"
    venv.create(place, with_pip=True)
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = kept | {"PATH": path, "HOME": str(tmp_path)}

    def run(command: str) -> str:
        words = ["bash", "-euc", command]
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, command + done.stdout + done.stderr
        return done.stdout

    ran = 0
    for each in instructions():
        if each.kind == "RUN" and not each.text.startswith(ONLY_IN_IMAGES):
            command = each.text.replace("/wheels", f"{tmp_path}/wheels")
            run(command.replace("/source", str(ROOT)))
            ran += 1
    assert ran == 2
    assert not (tmp_path / "wheels").exists()
    model = save(tmp_path)
    where = run("python -c 'import hwcompile; print(hwcompile.__file__)'")
    assert where.startswith(str(place))
    run(f"hwcompile compile {model} -o out")
    assert "0 mismatches" in run("hwcompile verify out")
