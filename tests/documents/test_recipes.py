"""The recipes for continuous integration are read, and their commands run.

Who wrote the expectations: the forms of GitHub's workflows and of GitLab's pipelines.
"""

from __future__ import annotations

import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.fences import DOCS, fences
from tests.documents.walking import Walk
from tests.models import ROOT

RECIPES = DOCS / "recipes"
JOB_KEYS = {"image", "parallel", "cache", "variables", "before_script", "script", "artifacts"}
PAGE = (DOCS / "tutorials/continuous_integration.md").read_text(encoding="utf-8")


def github() -> dict[str, Any]:
    """The only job of GitHub's workflow."""
    read = yaml.safe_load((RECIPES / "github.yml").read_text(encoding="utf-8"))
    # YAML 1.1 reads the key `on` as true.
    assert read.keys() == {"name", True, "jobs"}
    (job,) = read["jobs"].values()
    assert isinstance(job, dict)
    return job


def gitlab() -> dict[str, Any]:
    """The only job of GitLab's pipeline."""
    read = yaml.safe_load((RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    (job,) = read.values()
    assert isinstance(job, dict)
    return job


def of_github() -> list[str]:
    return [step["run"] for step in github()["steps"] if "run" in step]


def of_gitlab() -> list[str]:
    job = gitlab()
    return [*job["before_script"], *job["script"]]


def test_every_step_of_github_does_one_thing() -> None:
    job = github()
    assert job["runs-on"].startswith("ubuntu")
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step)
        if "uses" in step:
            name, _, version = step["uses"].partition("@v")
            assert name.startswith("actions/")
            assert version.isdigit()
    versions = job["strategy"]["matrix"]["python"]
    assert all(isinstance(version, str) for version in versions), "3.10 would be 3.1"


def test_the_job_of_gitlab_has_the_keys_of_a_job() -> None:
    assert gitlab().keys() == JOB_KEYS


def test_artifacts_are_what_the_commands_write() -> None:
    uploaded = next(
        s["with"]["path"].split() for s in github()["steps"] if "name" in s.get("with", {})
    )
    assert uploaded == gitlab()["artifacts"]["paths"] == ["out", "report.json", "hardware.xml"]


def test_both_recipes_and_the_page_run_the_same_commands() -> None:
    page = fences(PAGE)
    typed = [line for block in page if block.kind == "commands" for line in block.lines]
    assert of_github() == of_gitlab()
    assert of_github()[1:] == typed[1:]
    shown = [block.text for block in page if block.kind == "shown"]
    files = [
        (RECIPES / name).read_text(encoding="utf-8") for name in ("github.yml", "gitlab-ci.yml")
    ]
    assert shown == files


@pytest.mark.parametrize("recipe", [of_github, of_gitlab])
def test_the_commands_run(
    recipe: Callable[[], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(ROOT / "examples/digits/digits_mlp_w1a1.onnx", tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    walk = Walk(monkeypatch, capsys)
    walk.follow(block for block in fences(PAGE) if block.kind == "file")
    walk.follow(fences("```\n" + "\n".join(recipe()) + "\n```\n"))
    assert [line.split()[1] for line in walk.ran] == ["compile", "test_hardware.py", "report"]
    assert (tmp_path / "report.json").read_text().startswith("{")
    (written,) = ElementTree.parse(tmp_path / "hardware.xml").iter("testcase")
    found = {each.attrib["name"]: each.attrib["value"] for each in written.iter("property")}
    assert found.keys() == {"hwcompile.frames", "hwcompile.interval"}
    reported = gitlab()["artifacts"]["reports"]
    assert reported == {"junit": "hardware.xml"}


def test_both_recipes_run_on_every_version_that_is_supported() -> None:
    (row,) = gitlab()["parallel"]["matrix"]
    assert row == {"PYTHON": versions()}
    assert github()["strategy"]["matrix"]["python"] == versions()


def versions() -> list[str]:
    """The versions of Python that the project names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = (line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line)
    return list(named)


@pytest.mark.parametrize("name", [".github/workflows/tests.yml", ".gitlab-ci.yml"])
def test_the_project_itself_is_tested_on_every_version(name: str) -> None:
    read = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    if name.startswith(".github"):
        (job,) = read["jobs"].values()
        assert job["strategy"]["matrix"]["python"] == versions()
        lines = [step["run"] for step in job["steps"] if "run" in step]
    else:
        (job,) = read.values()
        assert job["parallel"]["matrix"] == [{"PYTHON": versions()}]
        lines = job["script"]
    assert lines == ["make test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"VERSIONS ?= {' '.join(versions())}\n" in makefile


def test_make_tries_the_versions_that_are_here() -> None:
    words = ["make", "--dry-run", "test-versions", "VERSIONS=3.0", "PYTHON=python3"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python$version" in done.stdout
    words.remove("--dry-run")
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python3.0 is not here" in done.stdout


def test_a_model_that_is_too_slow_stops_the_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "examples/digits/digits_cnn_w3a3.onnx", tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    line = of_github()[1].replace("20000", "90000000")
    with pytest.raises(AssertionError, match="HW0401"):
        Walk(monkeypatch, capsys).follow(fences(f"```\n{line}\n```\n"))
