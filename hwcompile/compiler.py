"""Everything between a model file (or a graph) and the text of a build directory's files."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from msgspec.structs import replace

from hwcompile.build_directory import (
    GRAPH,
    HOST,
    HOST_SCHEMA,
    INSIGHT,
    INTERFACE,
    MANIFEST,
    MANIFEST_SCHEMA,
    REPORT,
    REPORT_PAGE,
    SBOM,
    SCHEDULE,
    Manifest,
    dump_name,
    insight_text,
    json_text,
    manifest_text,
    new_build_directory,
)
from hwcompile.emit.hls.view import check_layers
from hwcompile.emit.licence import licence_file
from hwcompile.emit.project import Files, finished_rtl, write_files
from hwcompile.frontends.held import with_held
from hwcompile.frontends.load import ImportedModel, load_model, reads_roundings
from hwcompile.frontends.plain import imported_graph
from hwcompile.ir.graph import Graph
from hwcompile.ir.text import to_text
from hwcompile.options import CompileOptions, Goal
from hwcompile.passes.binary_levels import with_levels
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.passes.tiles import with_tiles
from hwcompile.passes.truth_tables import with_truth_tables
from hwcompile.report.fit import fit_notes, fit_report
from hwcompile.report.idle import idle_notes, must_have_hardware
from hwcompile.report.insight import build_insight
from hwcompile.report.page.page import page_text
from hwcompile.report.pruned import pruned_notes
from hwcompile.report.sbom import bill_of_materials
from hwcompile.report.summary import build_report
from hwcompile.report.thresholds import threshold_notes
from hwcompile.report.tiles import tile_notes
from hwcompile.resources import package_version
from hwcompile.schedule.choose.levels import asked_levels, free_levels
from hwcompile.schedule.choose.schedule_file import Schedule, schedule_data, schedule_text
from hwcompile.schedule.choose.tables import (
    Chooser,
    Made,
    asked_layers,
    free_layers,
    with_one_name,
)
from hwcompile.schedule.choose.tiles import Tiler, asked_tiles
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.planner import Prediction, plan, plan_enough, wanted_schedule

_log = logging.getLogger(__name__)

Source: TypeAlias = Path | Graph | ImportedModel
"""What is compiled: a model file, a graph on integers, or a model behind its front end."""


def build(
    model: Source, target: Path, options: CompileOptions, goal: Goal | None = None
) -> tuple[str, ...]:
    """Compile a model into a build directory.

    Args:
        model: QONNX, ONNX or Keras file, a graph on integers, or a model that was imported.
        target: The build directory.
        options: What is wanted.
        goal: What to reach, and where; None for what the options say.

    Returns:
        Files of the user that were moved to make room, where they are now.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    goal = goal or options.goal()
    read = [*([model] if isinstance(model, Path) else []), *options.files]
    with new_build_directory(target, force=options.force, inputs=read) as staging:
        files = build_files(model, goal, options)
        write_files(staging.folder, files)
    _log.info("%d files", len(files))
    return tuple(staging.kept)


def build_files(model: Source, goal: Goal, options: CompileOptions) -> Files:
    """Compile a model; return relative path to contents of every file of the build directory.

    Args:
        model: QONNX, ONNX or Keras file, a graph on integers, or a model that was imported.
        goal: What to reach, and where.
        options: What else is wanted.
    """
    dumps: Files = {}

    def observe(name: str, graph: Graph) -> None:
        if options.dump_ir:
            dumps[dump_name(len(dumps), name)] = to_text(graph)

    options.step("reading the model")
    imported = model_behind_front_end(model, options)
    _log.info("%d nodes", len(imported.graph.nodes))
    options.step("lowering")
    graph = run_passes(imported.graph, LOWERING, observe)
    options.step("scheduling")
    goal, (planned, prediction) = _scheduled(graph, goal, options)
    _log.info("%d stages, %d cycles per frame", len(planned.stages), prediction.interval)
    if not options.allow_host:
        must_have_hardware(planned)
    if options.hls:
        check_layers(planned)
    predicted = fit_report(planned, goal.board, goal.traffic) if goal.board else None
    options.step("writing RTL")
    files = finished_rtl(planned, goal.clock_mhz) | licence_file()
    files[GRAPH] = to_text(planned.graph)
    choice = threshold_notes(planned) if _has_a_choice(model, options.rounding) else ()
    idle = (*idle_notes(planned), *pruned_notes(imported.graph, graph), *tile_notes(graph, planned))
    host = _host(imported, (*idle, *choice, *fit_notes(predicted)))
    files[HOST] = json_text(host)
    files[SCHEDULE] = schedule = schedule_text(planned, prediction)
    report = build_report(planned, prediction, goal.clock_mhz, predicted, _target(goal))
    insight = build_insight(planned, prediction)
    files[REPORT] = json_text(report)
    files[INSIGHT] = insight_text(insight)
    files[REPORT_PAGE] = page_text(report, insight, host, schedule)
    files.update(dumps)
    top = str(json.loads(files[INTERFACE])["top"])
    manifest = _manifest(model, planned, files)
    files[SBOM] = json_text(bill_of_materials(top, manifest))
    hashes = {**manifest.files, SBOM: _sha256(files[SBOM])}
    files[MANIFEST] = manifest_text(replace(manifest, files=dict(sorted(hashes.items()))))
    return files


def planned_network(
    model: Source, options: CompileOptions, goal: Goal | None = None
) -> tuple[Plan, Prediction, Goal]:
    """The plan that `build` makes of a model, and for what; nothing is written.

    Arguments are those of `build`.

    Raises:
        CompileError: With every finding of the stage that failed.
    """
    options.step("reading the model")
    graph = run_passes(model_behind_front_end(model, options).graph, LOWERING)
    options.step("scheduling")
    goal, (found, prediction) = _scheduled(graph, goal or options.goal(), options)
    return found, prediction, goal


def lowered_ways(model: Source, options: CompileOptions) -> tuple[Graph, ...]:
    """The graphs on integers that a model may be planned as; all of them compute the same.

    The first is the plain one. Others have sums of binary streams level by level, and truth tables
    in place of sparse layers, where there are any.

    Raises:
        CompileError: With every finding of the stage that failed.
    """
    options.step("reading the model")
    plain = run_passes(model_behind_front_end(model, options).graph, LOWERING)
    levels, ways = free_levels(plain, {}), [plain]
    if levels:
        ways.append(with_levels(plain, levels))
    tables = [with_truth_tables(way, found) for way in ways if (found := free_layers(way, {}))]
    return (*ways, *tables)


def model_behind_front_end(model: Source, options: CompileOptions) -> ImportedModel:
    """A model behind its front end.

    Raises:
        CompileError: With every finding of the front end.
    """
    return with_held(_imported(model, options), options.held or {})


def _imported(model: Source, options: CompileOptions) -> ImportedModel:
    if isinstance(model, ImportedModel):
        return model
    if isinstance(model, Graph):
        return imported_graph(model)
    types = dict(options.input_types or {})
    frames = options.batch_as_frames
    return load_model(model, types, options.formats, options.rounding, batch_as_frames=frames)


def _scheduled(graph: Graph, goal: Goal, options: CompileOptions) -> tuple[Goal, Made]:
    """A plan of the graph; with tiles, tables and levels that the schedule wants or that pay."""
    data = schedule_data(options.schedule)
    graph = with_tiles(graph, asked_tiles(graph, data))
    tables = asked_layers(graph, data)
    graph = with_truth_tables(graph, tables)
    graph = with_levels(graph, asked_levels(graph, data))
    wanted = wanted_schedule(with_one_name(data, tables) if tables else options.schedule, graph)
    if wanted.choices:
        goal = goal.with_fixed_nodes()
    chooser = Chooser(lambda network: _planned(network, goal, wanted), goal.cycles, goal.board)

    def made(network: Graph) -> Made:
        levels = free_levels(network, data)
        ways = [network, with_levels(network, levels)] if levels else [network]
        return chooser.best_of([(way, free_layers(way, data)) for way in ways])

    tiler = Tiler(made, goal.cycles, goal.board, options.winograd, goal.traffic)
    return goal, tiler.best(graph, data)


def _planned(graph: Graph, goal: Goal, wanted: Schedule) -> Made:
    if goal.source == "default" and goal.cycles is not None:
        return plan_enough(graph, goal.cycles, wanted)
    return plan(
        graph,
        target_cycles=goal.cycles,
        schedule=wanted,
        board=goal.board,
        clock_mhz=goal.clock_mhz,
        traffic=goal.traffic,
    )


def _has_a_choice(model: Source, rounding: object) -> bool:
    """The user may say how the model's quantizers round, and has not."""
    return not rounding and isinstance(model, Path) and reads_roundings(model)


def _target(goal: Goal) -> dict[str, Any]:
    return {"source": goal.source, "cycles": goal.cycles}


def _host(imported: ImportedModel, notes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "schema": HOST_SCHEMA,
        "inputs": [host.to_json() for host in imported.host_inputs],
        "outputs": [host.to_json() for host in imported.host_outputs],
        "notes": [*imported.notes, *notes],
    }


def _manifest(model: Source, planned: Plan, files: Mapping[str, str | bytes]) -> Manifest:
    graph = model.graph if isinstance(model, ImportedModel) else model
    if isinstance(graph, Graph):
        source = {"graph": graph.name, "sha256": _sha256(to_text(graph))}
    else:
        source = {"file": graph.name, "sha256": _sha256(graph.read_bytes())}
    parts = [part for stage in planned.stages for part in stage.parts]
    used = {name for part in parts for name in part.built.kernel.packages}
    return Manifest(
        schema=MANIFEST_SCHEMA,
        hwcompile=package_version("hwcompile"),
        packages={name: package_version(name) for name in ("numpy", "onnx", *sorted(used))},
        model=source,
        files={name: _sha256(text) for name, text in sorted(files.items())},
    )


def _sha256(contents: str | bytes) -> str:
    data = contents.encode() if isinstance(contents, str) else contents
    return hashlib.sha256(data).hexdigest()
