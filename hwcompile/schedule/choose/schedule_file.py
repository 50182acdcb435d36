"""`schedule.toml`: the planner's decisions, to be read, changed and given back.

    [nodes."conv1"]
    kernel = "folded"
    pe = 16
    simd = 32

    [links."conv1__pool1"]
    depth = 12

A file may hold some nodes and links only; the planner chooses the rest. Editors of Windows may save
it with CRLF line ends, with a byte order mark, or as UTF-16.
"""

from __future__ import annotations

import codecs
import json
import reprlib
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hwcompile.build_directory import SCHEDULE
from hwcompile.diagnostics import CompileError, Diagnostic, Origin, fail, reason_of
from hwcompile.ir.graph import Graph, Node
from hwcompile.ops import family
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.site import Site
from hwcompile.schedule.choose.choice import FREE, Choice, site_of
from hwcompile.schedule.plan import Placed, Plan
from hwcompile.schedule.time.depths import in_block
from hwcompile.schedule.time.prediction import Prediction
from hwcompile_runtime.files import check_schema

SECTIONS = ("nodes", "links")

SCHEDULE_SCHEMA = 1
"""Version of the file's form."""

MOST_DEPTH = 1 << 24
"""Words of the deepest FIFO that may be asked for."""

MOST_PARAMETER = 1 << 31
"""Numbers from here on mean nothing in a design, and do not fit its parameters."""

_SHORT = reprlib.Repr()


@dataclass(frozen=True)
class Schedule:
    """What a user prescribes.

    Attributes:
        choices: Kernel and parameters by node name, validated.
        depths: FIFO depths by link name; `check_links` compares the names with the plan.
    """

    choices: Mapping[str, Choice] = field(default_factory=dict)
    depths: Mapping[str, int] = field(default_factory=dict)


def read_schedule(schedule: Path | Mapping[str, Any], graph: Graph) -> Schedule:
    """Read and validate a schedule: a TOML file, or the same as nested mappings.

    Raises:
        CompileError: HW0402 for everything in it that does not fit the graph; HW0420 when it is of
            another model, HW0511 when it says that it has another form.
    """
    data = schedule_data(schedule)
    foreign = _foreign(data, graph)
    if foreign is not None:
        raise CompileError([foreign])
    findings = _check_version(schedule, data)
    sections = [name for name in data if name != "schema"]
    findings += [_unknown("section", n, SECTIONS, None) for n in sections if n not in SECTIONS]
    nodes = {node.name: node for node in graph.nodes if node.op.family not in FREE}
    choices: dict[str, Choice] = {}
    for name, table in _tables(data, "nodes", findings):
        if name not in nodes:
            findings.append(_unknown("node", name, nodes, None))
            continue
        result = _choice(graph, nodes[name], table)
        if isinstance(result, Diagnostic):
            findings.append(result)
        else:
            choices[name] = result
    depths: dict[str, int] = {}
    for name, table in _tables(data, "links", findings):
        depth = table.get("depth")
        findings += [_unknown("key", k, ["depth"], None, name) for k in table if k != "depth"]
        if isinstance(depth, int) and not isinstance(depth, bool) and 1 <= depth <= MOST_DEPTH:
            depths[name] = depth
        else:
            what = f"link '{_short(name)}' needs a depth from 1 to {MOST_DEPTH:,}"
            findings.append(_finding(f"{what}, not {_short(depth)}"))
    if findings:
        raise CompileError(findings)
    return Schedule(choices, depths)


def _check_version(schedule: Path | Mapping[str, Any], data: Mapping[str, Any]) -> list[Diagnostic]:
    """A file may say which version of the form it has; one that does not has this one."""
    if "schema" not in data:
        return []
    path = schedule if isinstance(schedule, Path) else Path(SCHEDULE)
    fix = f"write it as the {SCHEDULE} of a build directory is written now"
    try:
        check_schema(path, data, SCHEDULE_SCHEMA, fix)
    except ValueError:
        return [_finding(f"the schema of the file is {_short(data['schema'])}, no number")]
    return []


def check_links(plan: Plan, depths: Mapping[str, int]) -> None:
    """Refuse depths for links that the plan does not have.

    Raises:
        CompileError: HW0402, naming near misses.
    """
    names = [link.name for link in plan.links]
    hint = "remove the [links] tables after changing a folding; depths are then chosen anew"
    findings = [
        _unknown("link", name, names, None, hint=hint) for name in depths if name not in names
    ]
    if findings:
        raise CompileError(findings)


def schedule_data(schedule: Path | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a TOML file holds, not validated, or nested mappings as they are; empty for None.

    Raises:
        CompileError: HW0402 when the file can not be read.
    """
    return _load(schedule) if isinstance(schedule, Path) else schedule or {}


def _load(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_decoded(path.read_bytes()))
    except OSError as error:
        what = f"the schedule '{path}' can not be read"
        raise fail("HW0402", what, reason_of(error), "check the path") from error
    except (ValueError, RecursionError) as error:
        what, fix = f"the schedule '{path}' is not TOML", "repair that place"
        raise fail("HW0402", what, str(error), fix) from error


def _decoded(data: bytes) -> str:
    """The text of a file, whatever its byte order mark says it is."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")


def _foreign(data: Mapping[str, Any], graph: Graph) -> Diagnostic | None:
    """The finding that a schedule names several nodes, and none of this network.

    A few names that all resemble one of this network are mistyped.
    """
    tables = data.get("nodes")
    names = [node.name for node in graph.nodes if node.op.family not in FREE]
    if not isinstance(tables, Mapping) or len(tables) < 2 or set(names) & set(tables):
        return None
    matches = [_near(str(name), names)[:1] for name in tables]
    if len(matches) <= 3 and all(matches):
        return None
    near = [repr(name) for match in matches for name in match]
    alike = f"; names that resemble these are {_some(near)}" if near else ""
    return Diagnostic(
        "HW0420",
        f"the schedule is of another model: it names {len(tables)} nodes, none of '{graph.name}'",
        f"it names {_some([repr(_short(name)) for name in tables])}, "
        f"and the network has {_some([repr(name) for name in names])}",
        f"the '{SCHEDULE}' of a build of this model{alike}",
    )


def _some(names: list[str]) -> str:
    """The first of many names."""
    names = list(dict.fromkeys(names))
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "") if names else "none"


def _tables(
    data: Mapping[str, Any], section: str, findings: list[Diagnostic]
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    tables = data.get(section, {})
    if not isinstance(tables, Mapping):
        findings.append(_finding(f"'{section}' must hold tables, not {_short(tables)}"))
        return
    for name, table in tables.items():
        if isinstance(table, Mapping):
            yield str(name), table
        else:
            what = f"'{section}.{_short(name)}' must be a table, not {_short(table)}"
            findings.append(_finding(what))


def _choice(graph: Graph, node: Node, table: Mapping[str, Any]) -> Choice | Diagnostic:
    site = site_of(graph, node)
    kernel = _kernel(node, site, table.get("kernel"))
    if isinstance(kernel, Diagnostic):
        return kernel
    parameters: dict[str, int | str] = {}
    for key, value in table.items():
        if key == "kernel":
            continue
        wanted = _wanted(kernel, site, key, value)
        if wanted:
            what = f"parameter '{_short(key)}' of node '{node.name}' must be {wanted}"
            return _finding(f"{what}, not {_short(value)}", origin=node.origin)
        parameters[key] = value
    parameters = _completed(kernel, site, parameters)
    reason = kernel.complaint(site, parameters)
    if reason is None:
        return Choice(kernel.name, parameters)
    what = f"kernel '{kernel.name}' of node '{node.name}' can not have {_listing(parameters)}"
    return _finding(what, reason, _parameter_hint(kernel, site, parameters), node.origin)


def _wanted(kernel: Kernel, site: Site, key: str, value: object) -> str:
    """What a value must be instead; empty when it may be what it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "" if abs(value) < MOST_PARAMETER else f"a number below {MOST_PARAMETER:,}"
    if not isinstance(value, str):
        return "a number or text"
    known = [found[key] for found in kernel.space(site) if key in found]
    return "a number" if known and all(isinstance(item, int) for item in known) else ""


def _completed(kernel: Kernel, site: Site, given: Mapping[str, int | str]) -> dict[str, int | str]:
    """The parameters, with what they lack to be legal.

    A kernel has defaults for most of its parameters. Others must be there; they are the first
    folding's of the kernel's own space that goes with the given ones.
    """
    readable = False
    with suppress(KeyError):
        if kernel.complaint(site, given) is None:
            return dict(given)
        readable = True
    space = [dict(candidate) for candidate in kernel.space(site)]
    always = set.intersection(*(set(candidate) for candidate in space)) if space else set()
    lacking = always - set(given)
    if not lacking:
        return dict(given)
    filled = [{k: c[k] for k in lacking} | dict(given) for c in space]
    agreeing = [c for c in space if all(c.get(k, v) == v for k, v in given.items())]
    filled = [{k: c[k] for k in lacking} | dict(given) for c in agreeing] + filled
    legal = next((f for f in filled if kernel.complaint(site, f) is None), None)
    return legal or (dict(given) if readable else filled[0])


def _kernel(node: Node, site: Site, name: object) -> Kernel | Diagnostic:
    kernels = {kernel.name: kernel for kernel in family(node.op.family).kernels}
    able = [kernel for kernel in kernels.values() if kernel.refuses(site) is None]
    usual = [kernel for kernel in able if not kernel.reserve]
    if name is None and len(usual) == 1:
        return usual[0]
    if name is None:
        return _finding(
            f"node '{node.name}' has no 'kernel' in the schedule",
            fix=f"one of {', '.join(kernel.name for kernel in able)}",
            origin=node.origin,
        )
    if not isinstance(name, str):
        return _finding(
            f"'kernel' of node '{node.name}' must be a name, not {_short(name)}",
            fix=f"one of {', '.join(kernel.name for kernel in able)}",
            origin=node.origin,
        )
    if name not in kernels:
        return _unknown("kernel", name, kernels, node.origin, f"node '{node.name}'")
    reason = kernels[name].refuses(site)
    if reason is not None:
        what = f"kernel '{name}' does not build node '{node.name}'"
        fix = f"one of {', '.join(kernel.name for kernel in able)}"
        return _finding(what, reason, fix, node.origin)
    return kernels[name]


def _parameter_hint(kernel: Kernel, site: Site, parameters: Mapping[str, int | str]) -> str:
    """The known parameters that a mistyped one resembles."""
    known = dict.fromkeys(key for found in kernel.space(site) for key in found)
    strange = [key for key in parameters if key not in known]
    near = [match for key in strange for match in _near(key, list(known))]
    return f"'{near[0]}'" if near else ""


def _listing(parameters: Mapping[str, int | str]) -> str:
    return ", ".join(f"{k} = {_value(v)}" for k, v in parameters.items()) or "no parameters"


def _unknown(
    kind: str,
    name: str,
    known: Iterable[str],
    origin: Origin | None,
    where: str = "the network",
    hint: str = "",
) -> Diagnostic:
    """`name` is not one of `known`; near misses are named, or everything when there is little."""
    names = list(known)
    near = _near(name, names) or (names if len(names) <= 6 else [])
    if kind in ("section", "key"):
        where = "the schedule" if kind == "section" else f"link '{where}'"
    fix = " or ".join(f"'{match}'" for match in near)
    if hint:
        fix = f"{fix}; or {hint}" if fix else hint
    return _finding(
        f"the schedule names the unknown {kind} '{_short(name)}'",
        f"{where} has no such {kind}",
        fix,
        origin,
    )


def _near(name: str, names: list[str]) -> list[str]:
    """Names that resemble `name`; a long text resembles none, and would take long to compare."""
    return get_close_matches(name, names, 3, 0.6) if len(name) <= 200 else []


def _short(value: object) -> str:
    """A value of a user's file as a message shows it: in one line, and not in full when long."""
    text = value if isinstance(value, str) and value.isprintable() else _SHORT.repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _finding(what: str, why: str = "", fix: str = "", origin: Origin | None = None) -> Diagnostic:
    return Diagnostic("HW0402", what, why, fix, origin)


def schedule_text(plan: Plan, prediction: Prediction) -> str:
    """The plan as `schedule.toml`; the same plan gives the same text."""
    parts = [_header(plan, prediction)]
    parts += [_node_text(part) for stage in plan.stages for part in stage.parts]
    for link in plan.links:
        memory = "block RAM" if in_block(link, link.depth) else "LUTs or registers"
        memory += ", read into a register for the clock" if link.paced else ""
        parts.append(
            f"# {link.format.bits} bits wide, in {memory}\n"
            f"[links.{json.dumps(link.name)}]\ndepth = {link.depth}\n"
        )
    return "\n".join(parts)


def _header(plan: Plan, prediction: Prediction) -> str:
    lanes = sum(part.built.lanes for stage in plan.stages for part in stage.parts)
    return (
        f"# Schedule of {plan.graph.name}: a frame every {prediction.interval} cycles, latency "
        f"{prediction.latency} cycles, {lanes} lanes.\n"
        f"# The slowest process is {prediction.bottleneck} with {prediction.bound} cycles.\n"
        "# Change it and compile with --schedule; whatever is missing is chosen anew. After a\n"
        "# change of a folding, remove the [links] tables to have the FIFO depths chosen anew.\n"
    )


def _node_text(part: Placed) -> str:
    """A node's table; a comment instead when the planner inserted the node."""
    built = part.built
    lanes, cycles = built.lanes, built.interval
    note = f"# {cycles} cycles" + (f", {lanes} lanes" if lanes else "")
    if part.node.op.family == "width":
        return f"{note}: {part.node.name} joins two word formats\n"
    lines = [note, f"[nodes.{json.dumps(part.node.name)}]", f"kernel = {_value(built.kernel.name)}"]
    lines += [f"{key} = {_value(value)}" for key, value in built.parameters.items()]
    return "\n".join(lines) + "\n"


def _value(value: int | str) -> str:
    """A TOML value; JSON's texts and numbers are TOML's as well."""
    return json.dumps(value)
