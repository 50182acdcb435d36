"""The page of all operators as Markdown: what is supported, and why others are refused."""

from __future__ import annotations

from collections.abc import Iterator

from hwcompile.build_directory.names import SCHEDULE
from hwcompile.frontends.hls4ml.load import BUILT as HLS4ML
from hwcompile.frontends.hls4ml.load import REFUSED as NOT_OF_HLS4ML
from hwcompile.frontends.onnx.attributes import ATTRIBUTES
from hwcompile.frontends.onnx.coverage import covered_operators, refused_operators
from hwcompile.frontends.onnx.dialect.attributes import READ, Attribute
from hwcompile.ops import FAMILIES, family

_OPERATORS = f"""What can be compiled; `hwcompile ops` prints the same in short, and with
`--markdown` this page. An operator or an attribute that is not here is refused by name, with a
reason.

## Hardware

Operators of a model become these families; the kernels are ways to build them
([{SCHEDULE}](schedule.md)).
"""

_DOMAINS = {
    "": "ONNX",
    "com.microsoft": "ONNX Runtime (`com.microsoft`)",
    "PACTOps": "QuantLib and Deeploy (`PACTOps`, or no domain)",
}


def operators_page() -> str:
    """Families, operators of the sources with their attributes, layers of hls4ml."""
    parts = [
        "# Operators\n",
        _OPERATORS,
        "| family | kernels | what it does |\n|---|---|---|",
        *(f"| `{name}` | {_kernels(name)} | {family(name).summary} |" for name in FAMILIES),
        "",
    ]
    for domain, names in covered_operators().items():
        parts += [f"## {_DOMAINS.get(domain, f'QONNX (`{domain}`)')}\n", *_lines(names), ""]
    lines = (f"| {', '.join(f'`{n}`' for n in names)} | {why} |" for why, names in _refused())
    parts += ["## Refused by name\n", "| operator | because |\n|---|---|", *lines, ""]
    parts += ["## Layers of hls4ml\n", ", ".join(f"`{name}`" for name in sorted(HLS4ML)) + ".\n"]
    refused = (f"| `{name}` | {why} |" for name, why in sorted(NOT_OF_HLS4ML.items()))
    parts += ["| refused | because |\n|---|---|", *refused, ""]
    return "\n".join(parts)


def _refused() -> Iterator[tuple[str, list[str]]]:
    """Reasons with the operators that are refused for them."""
    found: dict[str, list[str]] = {}
    for name, why in refused_operators().items():
        found.setdefault(why, []).append(name)
    yield from found.items()


def _kernels(name: str) -> str:
    return ", ".join(f"`{kernel.name}`" for kernel in family(name).kernels) or "(lowered to others)"


def _lines(names: tuple[str, ...]) -> Iterator[str]:
    yield "| operator | attributes |\n|---|---|"
    for name in names:
        attributes = ATTRIBUTES.get(name, {})
        told = (_attribute(key, attributes[key]) for key in sorted(attributes))
        yield f"| `{name}` | {'; '.join(told) or '-'} |"


def _attribute(name: str, attribute: Attribute) -> str:
    if attribute == READ:
        return f"`{name}`"
    if attribute.values is None:
        return f"`{name}` (of no consequence: {attribute.why})"
    values = ", ".join(str(value) for value in attribute.values)
    return f"`{name}` ({values}; {attribute.why})"
