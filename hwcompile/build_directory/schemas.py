"""JSON schemas and `docs/report.md`, made from the types of the files and their docstrings.

`make pages` writes `docs/schemas/<file>-<version>.json` and the tables of `docs/report.md`.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import msgspec

from hwcompile.build_directory.insight import INSIGHT_SCHEMA, Insight
from hwcompile.build_directory.names import HOST, INSIGHT, INTERFACE, MANIFEST, REPORT
from hwcompile.build_directory.reported import REPORT_SCHEMA, Report
from hwcompile.build_directory.typed import (
    MANIFEST_SCHEMA,
    HostFile,
    InterfaceFile,
    Manifest,
)
from hwcompile_runtime.files import HOST_SCHEMA, INTERFACE_SCHEMA

FILES: dict[str, tuple[type[msgspec.Struct], int]] = {
    REPORT: (Report, REPORT_SCHEMA),
    INSIGHT: (Insight, INSIGHT_SCHEMA),
    HOST: (HostFile, HOST_SCHEMA),
    INTERFACE: (InterfaceFile, INTERFACE_SCHEMA),
    MANIFEST: (Manifest, MANIFEST_SCHEMA),
}
"""File to its type and the version of its form."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PAGE = "report.md"
BEGIN, END = "<!-- fields -->\n", "<!-- /fields -->\n"

_SECTION = re.compile(r"^Attributes:\n((?:    .*\n|\n)*)", re.M)
_FIELD = re.compile(r"^    (\w+): (.*(?:\n     .*)*)", re.M)

Schema = dict[str, Any]


def described_fields(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Field to what the docstring says about it, of the classes below as well."""
    found: dict[str, str] = {}
    for cls in reversed(kind.__mro__):
        section = _SECTION.search(inspect.cleandoc(cls.__doc__ or "") + "\n")
        if issubclass(cls, msgspec.Struct) and section:
            lines = _FIELD.findall(section[1])
            found |= {name: " ".join(text.split()) for name, text in lines}
    return found


def summary(kind: type[msgspec.Struct]) -> str:
    """The first paragraph of the docstring."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())


def structs(kind: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """Name to class, of a type and all that its fields hold, in the order of the fields."""
    found: dict[str, type[msgspec.Struct]] = {}

    def walk(node: object) -> None:
        if isinstance(node, msgspec.inspect.StructType):
            if node.cls.__name__ not in found:
                found[node.cls.__name__] = node.cls
                for field in node.fields:
                    walk(field.type)
        elif isinstance(node, msgspec.Struct):
            for name in node.__struct_fields__:
                value = getattr(node, name)
                for part in value if isinstance(value, tuple) else (value,):
                    walk(part)

    walk(msgspec.inspect.type_info(kind))
    return found


def schema_of(file: str) -> Schema:
    """The JSON schema of a file, with what every field means."""
    kind, version = FILES[file]
    return schema_for(kind, version, schema_name(file))


def schema_for(kind: type[msgspec.Struct], version: int, name: str) -> Schema:
    """The JSON schema of a type that has a field `schema`, with what every field means.

    Args:
        kind: The type.
        version: Of its form.
        name: Of the schema.
    """
    (_,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part, cls in structs(kind).items():
        texts = described_fields(cls)
        parts[part]["description"] = summary(cls)
        for field, shape in parts[part]["properties"].items():
            shape["description"] = texts[field]
            if "pattern" in shape:  # in the dialect of JSON schemas, where ^ and $ are the ends
                shape["pattern"] = shape["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
    whole = parts.pop(kind.__name__)
    whole["properties"]["schema"] = {
        "const": version,
        "description": whole["properties"]["schema"]["description"],
    }
    return {"$schema": DIALECT, "$id": name, **whole, "$defs": parts}


def schema_name(file: str) -> str:
    """What the schema's file is called."""
    return f"{Path(file).stem}-{FILES[file][1]}.json"


def schema_text(file: str) -> str:
    """The schema as it stands in the documents."""
    return json.dumps(schema_of(file), indent=2) + "\n"


def tables() -> str:
    """Every field of `report.json`, a table per object."""
    kind, version = FILES[REPORT]
    text = f"Version {version} of the form.\n"
    for name, cls in structs(kind).items():
        properties = schema_of(REPORT) if cls is kind else schema_of(REPORT)["$defs"][name]
        texts = described_fields(cls)
        rows = [
            f"| `{field}` | {_shown(shape)} | {texts[field]} |"
            for field, shape in properties["properties"].items()
        ]
        head = ["| field | type | what it says |", "|---|---|---|"]
        text += "\n".join(["", f"## {name}", "", summary(cls), "", *head, *rows, ""])
    return text


def _shown(shape: Schema) -> str:
    """The type of a field, for a reader."""
    if "anyOf" in shape:
        return " or ".join(_shown(part) for part in shape["anyOf"])
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in shape:
        return f"`{shape['const']}`"
    if "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape["enum"])
    kind = str(shape.get("type", "any"))
    if kind == "array":
        return f"list of {_shown(shape.get('items', {}))}"
    if kind == "object":
        return f"object of {_shown(shape.get('additionalProperties', {}))}"
    return kind


def page_with(text: str) -> str:
    """`docs/report.md` with today's tables between its markers."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}{tables()}{END}{rest.split(END)[1]}"
