"""The JSON schemas in the documents are those of the files, and say what every field means.

The validator below is the test's own reading of the few keywords that the schemas use; it also
refuses fields that a schema does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.build_directory import read_host, rewrite_files
from hwcompile.build_directory.schemas import (
    FILES,
    PAGE,
    described_fields,
    page_with,
    schema_name,
    schema_of,
    schema_text,
    structs,
)
from hwcompile.families.flow import Use
from hwcompile.toolchains.build import BoardBuild, record_build
from tests.cli import small
from tests.e2e.test_external_weights import compiled
from tests.models import ROOT

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def wrong(value: Any, shape: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    """What does not agree with the schema, or is not in it."""
    if "$ref" in shape:
        yield from wrong(value, defs[shape["$ref"].rpartition("/")[2]], defs, at)
    elif "anyOf" in shape:
        found = [list(wrong(value, part, defs, at)) for part in shape["anyOf"]]
        yield from [] if [] in found else max(found, key=len)
    elif "const" in shape:
        yield from [] if value == shape["const"] else [f"{at}: {value}"]
    elif "type" in shape:
        yield from wrong_type(value, shape, defs, at)


def wrong_type(value: Any, shape: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    truth_as_number = isinstance(value, bool) and shape["type"] != "boolean"
    if truth_as_number or not isinstance(value, TYPES[shape["type"]]):
        yield f"{at}: {value} is no {shape['type']}"
        return
    if "pattern" in shape and not re.search(shape["pattern"], str(value)):
        yield f"{at}: {value}"
    if "minimum" in shape and value < shape["minimum"]:
        yield f"{at}: {value}"
    if isinstance(value, list):
        for index, item in enumerate(value):
            part = (shape.get("prefixItems") or [shape["items"]] * len(value))[index]
            yield from wrong(item, part, defs, f"{at}[{index}]")
    if isinstance(value, dict):
        known, more = shape.get("properties", {}), shape.get("additionalProperties")
        yield from [f"{at}: no {name}" for name in shape.get("required", ()) if name not in value]
        for name, item in value.items():
            if name in known:
                yield from wrong(item, known[name], defs, f"{at}.{name}")
            elif "properties" in shape:
                yield f"{at}: {name} is unknown"
            elif isinstance(more, dict):
                yield from wrong(item, more, defs, f"{at}.{name}")


def disagreements(file: str, data: Any) -> list[str]:
    schema = json.loads((ROOT / "docs" / "schemas" / schema_name(file)).read_text())
    return list(wrong(data, schema, schema["$defs"], file))


@pytest.mark.parametrize("file", FILES)
def test_a_schema_in_the_documents_is_that_of_the_file(file: str) -> None:
    path = ROOT / "docs" / "schemas" / schema_name(file)
    assert path.read_text(encoding="utf-8") == schema_text(file), "make pages writes it anew"


def test_the_page_of_the_report_tells_every_field() -> None:
    text = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    assert page_with(text) == text, "make pages writes it anew"
    for cls in structs(FILES["report.json"][0]).values():
        assert all(f"| `{name}` |" in text for name in cls.__struct_fields__)


@pytest.mark.parametrize("file", FILES)
def test_every_field_is_described(file: str) -> None:
    for cls in structs(FILES[file][0]).values():
        assert list(described_fields(cls)) == sorted(
            described_fields(cls), key=cls.__struct_fields__.index
        )
        assert set(described_fields(cls)) == set(cls.__struct_fields__)


@pytest.mark.parametrize("file", FILES)
def test_files_of_builds_agree_with_their_schemas(file: str, tmp_path: Path) -> None:
    model = small.save(tmp_path)
    plain = hwcompile.compile(model, tmp_path / "plain")
    fitted = hwcompile.compile(model, tmp_path / "fitted", board="icebreaker")
    external = compiled(tmp_path / "external")
    for design in (plain, fitted, external):
        data = json.loads((design.directory / file).read_text())
        assert disagreements(file, data) == []
    assert disagreements(file, data | {"news": 1}) == [f"{file}: news is unknown"]
    assert disagreements(file, data | {"schema": 9}) == [f"{file}.schema: 9"]


def test_what_later_commands_find_agrees_with_the_schema(tmp_path: Path) -> None:
    design = hwcompile.compile(small.save(tmp_path), tmp_path / "build", board="icebreaker")
    report, board = design.report, load_board("icebreaker")
    use, folder = Use(7, 5, 3, 2, large_ram=1), design.directory / board.id
    stages = {stage: Use(11, 13) for stage in {node["stage"] for node in report["nodes"]}}
    seconds = {"synthesis": 1.5}
    pll = ("hw_pll", {"DivR": "4'd0"})
    built = BoardBuild(
        folder, folder / "a.bin", 12.0, 31.5, 4, use, use, stages, seconds, "fc", pll
    )
    record_build(report, built, board)
    report["design"]["levels"]["rtl"] = {"frames": 17, "mismatches": 0}
    report["design"]["accuracy"] = {"rtl": {"frames": 17, "right": 13}}
    assert disagreements("report.json", report) == []
    assert report["design"]["resources"]["large_ram"] == 1
    assert report["design"]["resources"]["slowest"] == "fc"


def test_numbers_wider_than_64_bits_pass_through_the_host_file(tmp_path: Path) -> None:
    build = hwcompile.compile(small.save(tmp_path), tmp_path / "build").directory
    data = json.loads((build / "host.json").read_text())
    data["outputs"][0]["sources"][0]["fill"] = -(1 << 80)
    rewrite_files(build, {"host.json": json.dumps(data)})
    found = msgspec.to_builtins(read_host(build))  # as readers of the parts take it
    assert found["outputs"] == data["outputs"]
    assert found["inputs"] == data["inputs"]


def test_the_dialect_of_patterns_is_that_of_schemas() -> None:
    text = json.dumps(schema_of("interface.json"))
    assert r"^[a-z_]" in text
    assert r"\\A" not in text
    assert r"\\Z" not in text
