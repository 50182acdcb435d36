"""What docs/policy.md promises of files: unknown versions are refused, and manifests stay true."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

import hwcompile
import hwcompile_runtime
from hwcompile.build_directory import check_build_directory, update_report
from hwcompile.build_directory.schemas import FILES
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.toolchains.record import BuildRecord, read_record
from tests.cli import small
from tests.cli.running import type_command
from tests.models import ROOT

POLICY = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("policy")
    return hwcompile.compile(small.save(folder), folder / "build", target_cycles=60)


def test_the_policy_names_every_file_with_a_schema(design: Design) -> None:
    made = {p.name for p in design.directory.iterdir() if p.suffix == ".json"}
    written = {
        name for name in made if "schema" in json.loads((design.directory / name).read_text())
    }
    assert written == set(FILES)
    assert all(f"`{name}`" in POLICY for name in written)


@pytest.mark.parametrize("schema", [0, 2, 9])
def test_a_schedule_of_another_version_is_refused(schema: int, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"schema = {schema}\n[nodes]\n")
    with pytest.raises(CompileError, match=rf"HW0511.*mine.toml.*schema {schema}.*reads schema 1"):
        hwcompile.compile(small.save(tmp_path), tmp_path / "build", schedule=path)
    path.write_text("schema = 1\n[nodes]\n")
    hwcompile.compile(small.save(tmp_path), tmp_path / "build", schedule=path)


@pytest.mark.parametrize("schema", ['"1"', "true", "1.5"])
def test_a_schedule_without_a_sensible_version_is_refused(schema: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"schema = {schema}\n[nodes]\n")
    with pytest.raises(CompileError, match=r"HW0402.*the schema of the file is .*, no number"):
        hwcompile.compile(small.save(tmp_path), tmp_path / "build", schedule=path)


def test_a_record_of_another_version_is_refused(tmp_path: Path) -> None:
    record = BuildRecord(9600, 1250, "0123456789ab1102", 1, "12")
    record.write(tmp_path)
    assert read_record(tmp_path) == record
    data = json.loads((tmp_path / "build.json").read_text())
    (tmp_path / "build.json").write_text(json.dumps(data | {"schema": 2}))
    with pytest.raises(CompileError, match=r"HW0511.*schema 2.*build again: hwcompile build"):
        read_record(tmp_path)
    del data["schema"]
    (tmp_path / "build.json").write_text(json.dumps(data))
    with pytest.raises(CompileError, match=r"HW0863.*which `schema`"):
        read_record(tmp_path)


def test_the_manifest_is_true_after_a_verification(
    design: Design,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = (design.directory / "report.json").read_bytes()
    design.verify(frames=3)
    assert (design.directory / "report.json").read_bytes() != before
    assert check_build_directory(design.directory) == []
    assert type_command(monkeypatch, capsys, "doctor", design.directory).code == 0
    copy = shutil.copytree(design.directory, tmp_path / "copy")
    (copy / "report.json").write_bytes(before)
    (found,) = check_build_directory(copy)
    assert "report.json" in str(found)


def test_a_change_that_fails_leaves_a_true_manifest(design: Design) -> None:
    def broken(report: dict[str, object]) -> None:
        report["design"] = None
        raise KeyError

    with pytest.raises(KeyError):
        update_report(design.directory, broken)
    assert check_build_directory(design.directory) == []


def project_in(folder: str) -> dict[str, Any]:
    text = (ROOT / folder / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


def test_versions_and_licenses_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = tomllib.loads((ROOT / "runtime/pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {hwcompile_runtime.__version__}\n" in citation
    assert project["license"] == runtime["license"] == "Apache-2.0"
    assert "license: Apache-2.0\n" in citation
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    (author,) = project["authors"]
    assert f"name: {author['name']}\n" in citation
    assert project["authors"] == runtime["authors"]


def test_the_pythons_are_those_of_the_policy() -> None:
    project = project_in(".")
    named = re.findall(r"Python :: 3\.(\d+)", " ".join(project["classifiers"]))
    ((first, last),) = re.findall(r"Python 3\.(\d+) to 3\.(\d+)", POLICY)
    assert list(map(int, named)) == list(range(int(first), int(last) + 1))
    assert project["requires-python"] == f">=3.{first}"
