"""Cuts a network over several boards: where, with what on each, and what that promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import ceil
from pathlib import Path

import msgspec

from hwcompile.boards import Board, load_board, with_link
from hwcompile.build_directory import (
    GRAPH,
    check_target,
    new_build_directory,
    write_atomic,
)
from hwcompile.compiler import Source, build_files, model_behind_front_end, planned_network
from hwcompile.diagnostics import CompileError, fail
from hwcompile.emit.interface import Interface
from hwcompile.emit.project import write_files
from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.plain import imported_graph
from hwcompile.ir.graph import Graph
from hwcompile.ir.text import to_text
from hwcompile.limits import CYCLES, writable_folder
from hwcompile.options import CompileOptions, Goal
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.schedule.planner import plan
from hwcompile.system.cut import bottlenecks, parts_of
from hwcompile.system.explained import PAGE, system_page
from hwcompile.system.files import SYSTEM, Candidate, PartFile, System, write_system
from hwcompile.technology.design import DeviceBudget
from hwcompile.technology.model import Need, technology
from hwcompile.technology.rules import rules_of
from hwcompile.toolchains.joint import LONGEST, NEXT, PREVIOUS, exchange_clocks

PLANNED = 3
"""Cuts whose parts are planned, of those where all fit: the most balanced ones."""
TRIED = 6
"""Cuts that are tried until so many fit, and more only until one does."""
OWN = (SYSTEM, GRAPH, PAGE)
"""Files beside the parts."""


@dataclass(frozen=True)
class _Way:
    """A cut, and what it makes of the network."""

    cuts: tuple[str, ...]
    parts: tuple[ImportedModel, ...]
    candidate: Candidate


def split(
    model: Source, target: Path, boards: Sequence[str], options: CompileOptions
) -> tuple[System, tuple[str, ...]]:
    """Cut a model over boards and compile every part for its own.

    `target` receives a build directory `part<i>` for each board, `system.json`, the network before
    the cut (`graph.txt`), and `system.md`, which says why it was cut there.

    Args:
        model: As `hwcompile.compiler.build` takes it.
        target: Folder of the system.
        boards: Names or files of the boards, in the order of the streams.
        options: What else is wanted; no board and no target.

    Returns:
        What was made, and files of the user that were moved to make room, where they are now.

    Raises:
        CompileError: HW0003 and HW0501 where `target` can not be made or replaced, HW0881 for fewer
            than two boards, HW0885 for boards of unlike clocks, HW0882 when there is no place to
            cut, HW0883 when no cut makes parts that fit, HW0884 for a model with several outputs,
            and those of compilation.
    """
    targets = _boards(boards)
    read = [*([model] if isinstance(model, Path) else []), *options.files]
    folders = [target / f"part{index + 1}" for index in range(len(targets))]
    _check_place(target, folders, read, force=options.force)
    options.step("reading the model")
    imported = model_behind_front_end(model, options)
    options.step("lowering")
    graph = run_passes(imported.graph, LOWERING)
    _check(graph, targets)
    options.step("weighing cuts")
    ways = _ways(replace(imported, graph=graph), targets)
    way, candidates = _chosen(ways, targets, options)
    made = [
        build_files(part, _goal(board, index, len(targets)), options)
        for index, (part, board) in enumerate(zip(way.parts, targets, strict=True))
    ]
    # Nothing has been touched so far; from here on an older system is one no more.
    for name in OWN:
        (target / name).unlink(missing_ok=True)
    kept = []
    for folder, files in zip(folders, made, strict=True):
        with new_build_directory(folder, force=options.force, inputs=read) as staging:
            write_files(staging.folder, files)
        kept += [f"{folder.name}/{name}" for name in staging.kept]
    parts = [
        PartFile(folder.name, name, interval)
        for folder, name, interval in zip(folders, boards, way.candidate.intervals, strict=True)
    ]
    system = _system(graph.name, targets[0].clock.mhz, parts, candidates, target)
    write_atomic(target / GRAPH, to_text(graph))
    write_atomic(target / PAGE, system_page(system))
    write_system(target, system)
    return system, tuple(kept)


def _check_place(
    target: Path, folders: Sequence[Path], read: Sequence[Path], *, force: bool
) -> None:
    """Refuse a place before the work whose result it is to hold; nothing is made or removed."""
    writable_folder("-o", target)
    mine = next((name for name in OWN if (target / name).exists()), None)
    if mine and not (target / SYSTEM).is_file():
        raise fail(
            "HW0501",
            f"the folder '{target}' has a file '{mine}' and is no system of hwcompile",
            "replacing it could delete what is yours",
            "name another folder with -o",
        )
    for folder in folders:
        check_target(folder, force=force, inputs=read)
    if mine and not force:
        raise fail(
            "HW0501",
            f"the system '{target}' exists",
            fix="--force to replace it, or another folder with -o",
        )


def _boards(names: Sequence[str]) -> tuple[Board, ...]:
    found = tuple(with_link(load_board(name), "uart") for name in names)
    if len(found) < 2:
        what = f"{len(found)} board is no system"
        raise fail("HW0881", what, "a network is cut between two", "--boards NAME,NAME")
    clocks = {board.clock.mhz for board in found}
    if len(clocks) > 1:
        many = " and ".join(f"{mhz:g}" for mhz in sorted(clocks))
        raise fail(
            "HW0885",
            f"boards with clocks of {many} MHz can not be joined",
            "the lines between boards are timed by the oscillators of both ends",
            "boards with one clock, or copies of their files with that clock",
        )
    return found


def _check(graph: Graph, boards: Sequence[Board]) -> None:
    if len(graph.outputs) > 1:
        raise fail(
            "HW0884",
            f"'{graph.name}' has {len(graph.outputs)} outputs and can not be split",
            f"one stream comes back over the boards, and these are '{graph.outputs[0]}' and others",
            "a model with one of them",
        )
    places = bottlenecks(graph)
    if len(places) < len(boards) - 1:
        raise fail(
            "HW0882",
            f"'{graph.name}' can not be cut over {len(boards)} boards",
            f"a single tensor crosses at {', '.join(map(repr, places)) or 'no place'}, and every "
            "cut needs such a place of its own",
            "fewer boards, or a network whose branches join",
        )


def _ways(imported: ImportedModel, boards: Sequence[Board]) -> tuple[_Way, ...]:
    """All cuts, the most balanced one first."""
    graph = imported.graph
    smallest, _ = plan(graph, target_cycles=CYCLES[1])
    models = {board.device.family: technology(board.device.family) for board in boards}
    needs = {family: estimate(smallest, model).nodes for family, model in models.items()}
    found = []
    for cuts in combinations(bottlenecks(graph), len(boards) - 1):
        parts = parts_of(graph, cuts)
        shares = [
            _share(part, needs[board.device.family], board, index, len(boards))
            for index, (part, board) in enumerate(zip(parts, boards, strict=True))
        ]
        sizes = [_bytes_of(graph, value) for value in cuts]
        back = _bytes_of(graph, graph.outputs[0])
        link = [ceil(exchange_clocks(size, back)) for size in sizes]
        candidate = Candidate(list(cuts), [8 * size for size in sizes], link, shares)
        found.append(_Way(cuts, _imported_parts(imported, parts), candidate))
    return tuple(sorted(found, key=lambda way: (max(way.candidate.shares), way.candidate.bits)))


def _share(part: Graph, needs: Mapping[str, Need], board: Board, index: int, count: int) -> float:
    """What a part takes at its smallest, of what its board is shortest of."""
    names = (node.name for node in part.nodes)
    need = sum((needs[name] for name in names if name in needs), Need())
    budget = DeviceBudget(
        _capacities(board, index, count).capacities, rules_of(board.device.family)
    )
    return round(max(budget.shares(need).values()), 3)


def _bytes_of(graph: Graph, value: str) -> int:
    """The fewest bytes of a frame of a value; words that do not fill their bytes take more."""
    kind = graph.types[value]
    return -(-kind.size * kind.element.bits // 8)


def _imported_parts(imported: ImportedModel, parts: Sequence[Graph]) -> tuple[ImportedModel, ...]:
    """The parts, the host's side of the model at the ends."""
    models = [imported_graph(part) for part in parts]
    models[0] = replace(models[0], host_inputs=imported.host_inputs, notes=imported.notes)
    models[-1] = replace(models[-1], host_outputs=imported.host_outputs)
    return tuple(models)


def _chosen(
    ways: Sequence[_Way], boards: Sequence[Board], options: CompileOptions
) -> tuple[_Way, list[Candidate]]:
    """The planned cut with the fewest cycles per frame, and all candidates with what is known."""
    seen: list[_Way] = []
    fitting, best = 0, CYCLES[1]
    for way in ways:
        if fitting == PLANNED or (fitting and len(seen) >= TRIED):
            seen.append(_with(way, remark="less balanced than those that were planned"))
            continue
        if max(way.candidate.link_cycles) >= best:
            seen.append(_with(way, remark="a line alone takes as long as a better cut's whole"))
            continue
        options.step(f"planning the parts around '{' and '.join(way.cuts)}'")
        intervals, remark = [], ""
        for index, (part, board) in enumerate(zip(way.parts, boards, strict=True)):
            try:
                goal = _goal(board, index, len(boards))
                _, prediction, _ = planned_network(part, replace(options, progress=None), goal)
                intervals.append(prediction.interval)
            except CompileError as error:
                remark = f"part {index + 1}: {error.diagnostics[0].what}"
                break
        seen.append(_with(way, intervals=[] if remark else intervals, remark=remark))
        if not remark:
            fitting, best = fitting + 1, min(best, seen[-1].candidate.interval)
    planned = [way for way in seen if way.candidate.intervals]
    if not planned:
        first = seen[0].candidate
        raise fail(
            "HW0883",
            f"no cut over {len(boards)} boards makes parts that fit",
            f"the most balanced one, at '{' and '.join(first.values)}': {first.remark}",
            "more boards, larger ones, or a network with fewer channels or narrower numbers",
        )
    best_way = min(planned, key=lambda way: (way.candidate.interval, way.candidate.bits))
    best_way = replace(best_way, candidate=msgspec.structs.replace(best_way.candidate, chosen=True))
    candidates = [
        best_way.candidate if way.cuts == best_way.cuts else way.candidate for way in seen
    ]
    return best_way, candidates


def _with(way: _Way, *, intervals: Sequence[int] = (), remark: str = "") -> _Way:
    known = msgspec.structs.replace(way.candidate, intervals=list(intervals), remark=remark)
    return replace(way, candidate=known)


def _goal(board: Board, index: int, count: int) -> Goal:
    return Goal("board", None, _capacities(board, index, count), board.clock.mhz)


def _capacities(board: Board, index: int, count: int) -> Board:
    """The board without what the lines to its neighbours take."""
    ends = (*([NEXT] if index < count - 1 else []), *([PREVIOUS] if index else []))
    taken = sum(ends, Need())
    has = board.capacities
    left = msgspec.structs.replace(
        has,
        lut=max(has.lut - round(taken.lut + taken.loose), 0),
        ff=max(has.ff - round(taken.ff), 0),
        bram=max(has.bram - round(taken.bram), 0),
    )
    return msgspec.structs.replace(board, capacities=left)


def _system(
    name: str, mhz: float, parts: list[PartFile], candidates: list[Candidate], target: Path
) -> System:
    """What is known once the parts are made: the words that cross, and so the lines' cycles."""
    ports = [Interface.read(target / part.folder) for part in parts]
    back = _frame_bytes(ports[-1])
    link = [ceil(exchange_clocks(_frame_bytes(port), back)) for port in ports[:-1]]
    paces = {f"part {index + 1}": part.interval_cycles for index, part in enumerate(parts)}
    paces |= {f"line {index + 1}": cycles for index, cycles in enumerate(link)}
    limit = max(paces, key=lambda place: paces[place])
    turn = ceil(exchange_clocks(LONGEST, LONGEST)) * len(link)
    return System(name, mhz, parts, link, paces[limit], limit, turn, candidates)


def _frame_bytes(interface: Interface) -> int:
    """Bytes of a frame of the first output."""
    port = interface.outputs[0]
    return port.format.words * port.tdata_bytes
