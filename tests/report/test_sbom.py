"""The bill of materials: CycloneDX's own schema reads it, and it tells what the directory holds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import hwcompile
from hwcompile.build_directory import SBOM, read_manifest
from hwcompile.design import Design
from tests.cli import small


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.save(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def design(model: Path) -> Design:
    return hwcompile.compile(model, model.parent / "build", target_cycles=60)


def bill_in(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / SBOM).read_text(encoding="utf-8"))
    return found


def error_in(text: str) -> object:
    """What the standard's schema says; None when it accepts a bill."""
    # Loading its parsers takes seconds, which every process that collects tests would spend.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


def test_the_standards_schema_accepts_it(design: Design) -> None:
    assert error_in((design.directory / SBOM).read_text(encoding="utf-8")) is None


def test_the_standards_schema_refuses_what_is_none(design: Design) -> None:
    bill = bill_in(design.directory)
    bill["components"][0]["type"] = "model"
    assert error_in(json.dumps(bill)) is not None


def test_it_tells_what_the_directory_holds(design: Design, model: Path) -> None:
    parts = {part["name"]: part for part in bill_in(design.directory)["components"]}
    files = [p for p in (design.directory / "rtl").iterdir() if p.is_file()]
    assert len(files) > 5
    for path in (*files, model):
        name = f"rtl/{path.name}" if path in files else path.name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert parts[name]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    manifest = read_manifest(design.directory)
    assert manifest is not None
    versions = {"hwcompile": manifest.hwcompile, **manifest.packages}
    assert {name: parts[name]["version"] for name in versions} == versions


def test_the_same_model_makes_the_same_bytes(design: Design, model: Path, tmp_path: Path) -> None:
    again = hwcompile.compile(model, tmp_path / "build", target_cycles=60).directory
    other = hwcompile.compile(model, tmp_path / "other", target_cycles=1).directory
    assert (again / SBOM).read_bytes() == (design.directory / SBOM).read_bytes()
    numbers = [bill_in(place)["serialNumber"] for place in (again, other)]
    assert numbers[0] != numbers[1]
