"""What is emitted, in a form that two versions of the compiler can be compared by.

    python benchmarks/emitted.py [--json FILE] [--against FILE [--renames FILE]] [--only WORD]

Every example and published network, and every kernel of every family on the family's examples at
its first and last foldings, is compiled. A row holds the instances of library modules with their
parameter values, digests of memory images, predicted cycles, and a digest of the integers that the
reference computes. Names of files and modules, comments and layout do not count; a value that is
the name of a constant of an emitted package counts as its number, and a field of a structure as a
parameter.

`--against` compares with the rows of an earlier run, prints every design that differs, and exits
with 1 when there is one. Rows of an earlier version come from a worktree of its commit, where this
script is run with `--json`. Modules and parameters that were called something else then are named
in a file for `--renames` (benchmarks/renames.py says how; renames_house.toml is one).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import hwcompile
from benchmarks import digits
from benchmarks.renames import Renames, Values, plain
from benchmarks.workloads import workloads
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.choice.op import Choose, Enter, Hold
from hwcompile.ops.contract.site import Site

FRAMES = 3
RECURRENT = ("digits_lstm", "digits_gru")
"""Examples that no model file describes."""

ENDS = 2
"""How many foldings are taken from either end of a kernel's space."""

_INSTANCE = re.compile(r"^ *(hw_\w+) #\(\n(.*?)\n *\) (\w+) \(", re.DOTALL | re.MULTILINE)
_LIBRARY = re.compile(r"(?:\w+?__)?hw_")
_OWN = re.compile(r"\b[a-z0-9_]+?__(?=hw_)")
_MACRO = re.compile(r"`\w+_MEMORY_FILE\((\"[^\"]+\")\)")
_VALUE = re.compile(r"\.(\w+)\((.*)\),?$", re.MULTILINE)
_FIELD = re.compile(r"^ *(\S+?),? +// (\w+)$", re.MULTILINE)
_FILES = re.compile(r"\.(\w+)\(\{\n((?: *\"\S+\.mem\",?\n)+) *\}\)")
_NAMED = re.compile(r"(\w+)::(\w+)")
_ENUM = re.compile(r"enum\b[^{;]*\{(.*?)\}", re.DOTALL)

Row = dict[str, Any]


def designs(folder: Path, only: str) -> Iterator[tuple[str, hwcompile.Design]]:
    """Name and build of everything that is compared; a build is gone when the next one comes."""
    for work in workloads(lambda text: None):
        name = f"{work.network} {work.folding}"
        if only in name:
            yield (
                name,
                hwcompile.compile(
                    work.model,
                    folder / "build",
                    schedule=work.schedule,
                    target_cycles=work.target_cycles,
                    fastest=work.fastest,
                    force=True,
                ),
            )
    for name in (name for name in RECURRENT if only in name):
        yield name, digits.build(name, folder / name)
    for word in FAMILIES:
        for index, site in enumerate(family(word).examples()):
            for entry in _foldings(word, site):
                parameters = {name: value for name, value in entry.items() if name != "kernel"}
                name = f"{word} {index} {entry['kernel']} {parameters}"
                if only in name:
                    schedule = {"nodes": {"node": entry}}
                    yield (
                        name,
                        hwcompile.compile_graph(
                            one_node(site), folder / "build", schedule=schedule, force=True
                        ),
                    )


def _foldings(word: str, site: Site) -> Iterator[dict[str, Any]]:
    """Entries of a schedule: a family's kernels at the first and last foldings of a site."""
    for kernel in family(word).kernels:
        if not kernel.refuses(site):
            space = list(kernel.space(site))
            chosen = space if len(space) <= 2 * ENDS else space[:ENDS] + space[-ENDS:]
            for parameters in chosen:
                yield {"kernel": kernel.name, **parameters}


def row_of(name: str, design: hwcompile.Design) -> Row:
    """The comparable form of a build."""
    rtl = design.directory / "rtl"
    named = _package_constants(rtl)
    report = design.report["design"]
    sources = sorted(rtl.rglob("*.sv"))
    instances = [
        [module, instance, _values(rtl, text, named)]
        for path in sources
        if not _LIBRARY.match(path.name)
        for module, text, instance in _INSTANCE.findall(_bare(path.read_text()))
    ]
    return {
        "design": name,
        "instances": sorted(instances, key=json.dumps),
        "interval_cycles": report["interval_cycles"]["predicted"],
        "latency_cycles": report["latency_cycles"]["predicted"],
        "frame_end_cycles": report["frame_end_cycles"],
        "lanes": report["lanes"],
        "integers": _integers(design.graph),
    }


def _bare(text: str) -> str:
    """A source in which the library has its own names and memory files are strings."""
    return _MACRO.sub(r"\1", _OWN.sub("", text))


def _values(rtl: Path, text: str, named: Mapping[str, int]) -> dict[str, str]:
    found = dict(_VALUE.findall(text))
    for value, field in _FIELD.findall(text):
        found["".join(word.capitalize() for word in field.split("_"))] = value
    for name, files in _FILES.findall(text):
        for index, file in enumerate(reversed(re.findall(r'"\S+?"', files))):
            found[f"{name}{index}"] = file
    return {name: _value(rtl, value, named) for name, value in found.items() if name != "Name"}


def _value(rtl: Path, value: str, named: Mapping[str, int]) -> str:
    if value.endswith('.mem"'):
        (path,) = rtl.rglob(value.strip('"'))
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return _NAMED.sub(lambda found: str(named[found.group(2)]), value)


def _package_constants(rtl: Path) -> dict[str, int]:
    """Number of every enumerated name in the emitted packages."""
    found: dict[str, int] = {}
    for path in rtl.rglob("*_pkg.sv"):
        for body in _ENUM.findall(re.sub(r"//[^\n]*", "", path.read_text())):
            for index, entry in enumerate(part.strip() for part in body.split(",")):
                word, _, number = (piece.strip() for piece in entry.partition("="))
                found[word] = int(re.sub(r"^.*'[dhb]", "", number)) if number else index
    return found


def _integers(graph: Graph) -> str:
    rng = np.random.default_rng(7)
    inputs = {}
    for name in graph.inputs:
        kind = graph.types[name]
        shape = (FRAMES, *kind.shape)
        values = rng.integers(kind.element.low, kind.element.high, size=shape, endpoint=True)
        bipolar = kind.element.low == -1 and kind.element.levels == 2
        inputs[name] = np.where(values < 0, -1, 1) if bipolar else values
    digest = hashlib.sha256()
    for name, array in sorted(graph.evaluate(inputs).items()):
        if name in graph.outputs:
            digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
    return digest.hexdigest()[:16]


def one_node(site: Site) -> Graph:
    """A network of a node; one of a branch with the gates and the choice around it."""
    builder, origin = Builder("example"), Origin("file", "node", "Op")
    values = [builder.input(f"x{i}", kind) for i, kind in enumerate(site.inputs)]

    def gated(value: str, when: bool) -> str:
        return builder.add("gate", Enter(when), (value, values[-1]), origin)[0]

    inputs = list(values)
    if isinstance(site.op, Choose | Hold):
        inputs[:-1] = [gated(v, not i) for i, v in enumerate(values[:-1])]
    outputs = builder.add("node", site.op, tuple(inputs), origin, site.outputs)
    if isinstance(site.op, Enter):
        ways = (*outputs, gated(values[0], not site.op.when))
        ways = ways if site.op.when else ways[::-1]
        outputs = builder.add("choice", Choose(), (*ways, values[-1]), origin)
    return builder.build(outputs)


def differences(before: list[Row], after: list[Row], renames: Renames) -> list[str]:
    """A line for every design that is missing, new, or different."""
    old = {row["design"]: _plain(row, renames.now) for row in before}
    new = {row["design"]: _plain(row, lambda *instance: instance) for row in after}
    lines = [f"{name}: missing" for name in old if name not in new]
    lines += [f"{name}: new" for name in new if name not in old]
    for name in (name for name in old if name in new):
        for field in (f for f in old[name] if old[name][f] != new[name].get(f)):
            lines.append(f"{name}: {field}: {_first(old[name][field], new[name].get(field))}")
    return lines


def _plain(row: Row, now: Callable[[str, Values], tuple[str, Values]]) -> Row:
    """The row with instances as they are called now, and values in one way of writing them."""
    instances = []
    for old, name, values in row["instances"]:
        module, parameters = now(old, plain(values))
        instances.append([module, name, dict(sorted(parameters.items()))])
    return {**row, "instances": sorted(instances, key=json.dumps)}


def _first(old: Any, new: Any) -> str:
    """The first thing that is different, and in what."""
    if not (isinstance(old, list) and isinstance(new, list)):
        return f"{old} became {new}"
    gone = [item for item in old if item not in new]
    come = [item for item in new if item not in old]
    if gone and come and isinstance(gone[0], list):
        (module, name, values), (other, _, others) = gone[0], come[0]
        if module == other:
            keys = [k for k in {**values, **others} if values.get(k) != others.get(k)]
            pairs = [f"{k}: {values.get(k)} became {others.get(k)}" for k in keys]
            return f"{module} {name}: {', '.join(pairs)}"
    return f"{gone[:1]} became {come[:1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--renames", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row_of(name, design) for name, design in designs(Path(folder), options.only)]
    console.print(f"{len(rows)} designs, {sum(len(r['instances']) for r in rows)} instances")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if not options.against:
        return 0
    before = json.loads(options.against.read_text())
    before = [row for row in before if options.only in row["design"]]
    renames = Renames.of(options.renames) if options.renames else Renames({})
    found = differences(before, json.loads(json.dumps(rows)), renames)
    for line in found:
        console.print(line, markup=False)
    both = {row["design"] for row in rows} & {row["design"] for row in before}
    equal = sum(not any(line.startswith(f"{name}: ") for line in found) for name in both)
    console.print(f"{len(both)} designs of both versions, {equal} equal; {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
