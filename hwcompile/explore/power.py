"""About what power a design takes, layer by layer, from how often its nets change.

A layer takes for a frame

    cells * changes of a bit * CHANGE  +  DSP blocks * changes of a bit * DSP  +  reads of memories

where the changes of a bit are those of the layer's nets in a simulation of its RTL, per bit and
frame, and cells are what the layer takes of the FPGA: those that synthesis counted where the design
was built for the board, else those of the resource model. The clock network takes its share in
every cycle. Energies and their uncertainty: `hwcompile.technology.energies`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hwcompile.boards import Board, load_board
from hwcompile.build_directory.reported_power import LayerPower, PowerReport
from hwcompile.diagnostics import fail
from hwcompile.emit.names import identifier
from hwcompile.emit.opened import Opened, read_plan
from hwcompile.explore.energy import energy_of
from hwcompile.families.flow import Use
from hwcompile.report.fit import fit_report
from hwcompile.report.page.refresh import refresh_page
from hwcompile.schedule.plan import Plan
from hwcompile.technology.energies import ASSUMED, CHANGE, CLOCK, DSP, Energies, energies_of
from hwcompile.verify.frames import Frames
from hwcompile.verify.options import VerifyOptions
from hwcompile.verify.toggles import NetActivity, RunActivity, count_toggles

AROUND = "link, ports and input FIFOs"
"""What belongs to no layer."""

FRAMES = 4
"""Random frames, unless told otherwise: every change of every net passes a program."""

PJ = 1e-3
"""nJ."""


def logic_cells(use: Use) -> int:
    """Look-up tables with the flip-flops behind them, and flip-flops that stand alone."""
    return max(use.lut, use.ff)


@dataclass(frozen=True, kw_only=True)
class PowerOptions:
    """Under which a design's power is estimated.

    Attributes:
        board: Name or file of the board; "" for that of the design.
        inputs: Real inputs; without them random integers of the network's input types.
        frames: How many random frames.
        inputs_are: See `Design.quantize`.
        clock_mhz: The clock; None for that of the design.
        progress: Called with the name of each step as it starts.
    """

    board: str = ""
    inputs: Frames | None = None
    frames: int = FRAMES
    inputs_are: str | None = None
    clock_mhz: float | None = None
    progress: Callable[[str], None] | None = None


def estimate_power(build: Opened, options: PowerOptions) -> PowerReport:
    """Count changes of a design's nets in a simulation, estimate what it takes, and write it down.

    Args:
        build: A build directory.
        options: Under which.

    Raises:
        CompileError: HW0001 a number, HW0405 a family without a resource model, HW0638 energies
            that are not known, and those of a simulation.
    """
    report, graph = build.report, build.graph
    board = _board(report, options.board)
    known_energies(board)
    clock = options.clock_mhz
    asked = VerifyOptions(
        inputs=options.inputs, frames=options.frames, inputs_are=options.inputs_are
    )
    source = asked.source({name: graph.types[name] for name in graph.inputs}, build.host.inputs)
    plan = read_plan(build.directory)
    if not plan.stages:
        raise fail(
            "HW0638",
            "there is no hardware whose changes could be counted",
            "the host computes all operators of the network",
            "a network with layers for the FPGA",
        )
    if options.progress is not None:
        options.progress(f"counting changes of nets, {source.frames:,} frames")
    instances = {f"u_{identifier(stage.name, longest=80)}": stage.name for stage in plan.stages}
    activity = count_toggles(build.directory, source, instances)
    found = power_of(
        plan, report, board, activity, _clock(report, board) if clock is None else clock
    )

    def record(changed: dict[str, Any]) -> None:
        changed["design"]["power"] = msgspec.to_builtins(found)

    refresh_page(build.directory, record)
    return found


def _board(report: Mapping[str, Any], asked: str) -> Board:
    """The board that is asked for, or that the design was built or compiled for."""
    design = report["design"]
    name = asked or next((d["board"] for d in (design["resources"], design["fit"]) if d), "")
    if not name:
        raise fail(
            "HW0638",
            "no board is named",
            "what a change of a net takes depends on the FPGA, and the design is for none",
            "--board NAME",
        )
    return load_board(name)


def _clock(report: Mapping[str, Any], board: Board) -> float:
    """Of the bitstream for the board, or of the plan for it; else that of its oscillator."""
    design = report["design"]
    made, planned = design["resources"], design["fit"]
    if made and made["board"] == board.id:
        return float(made["clock_mhz"])
    if planned and planned["board"] == board.id:
        return float(design["clock_mhz"])
    return board.clock.mhz


def known_energies(board: Board) -> Energies:
    """Energies on a board's FPGA.

    Raises:
        CompileError: HW0638 where nobody wrote them down.
    """
    energies = energies_of(board.device.family)
    if energies is None:
        raise fail(
            "HW0638",
            f"energies of family '{board.device.family}' are not known",
            "nobody wrote down feature size and voltage of its FPGAs",
            "another board, or a file energies.json in the folder of the family",
        )
    return energies


def power_of(
    plan: Plan, report: Mapping[str, Any], board: Board, activity: RunActivity, clock_mhz: float
) -> PowerReport:
    """What a design takes that computes frame after frame.

    Args:
        plan: The design.
        report: Its `report.json`.
        board: The board; its link to the host is counted in cells, not in changes.
        activity: Of a simulation.
        clock_mhz: The clock.

    Raises:
        CompileError: HW0638, and HW0405 where the family has no resource model.
    """
    energies = known_energies(board)
    built = _built(report, board)
    fit = fit_report(plan, board)
    uses = built or {name: Use(**found) for name, found in fit["stages"].items()}
    interval = int(report["design"]["interval_cycles"]["predicted"])
    layers = []
    for stage in plan.stages:
        memory = sum(energy_of(part.built).memory for part in stage.parts)
        changes = activity.stages[stage.name]
        layers.append(
            layer_power(stage.name, uses[stage.name], changes, activity.frames, memory, energies)
        )
    around = Use(**fit["around"])
    layers.append(layer_power(AROUND, around, activity.around, activity.frames, 0.0, energies))
    clock = CLOCK * energies.scale * interval * PJ
    frame = sum(layer.nj_per_frame for layer in layers) + clock
    return PowerReport(
        board=board.id,
        clock_mhz=clock_mhz,
        frames=activity.frames,
        layers=layers,
        changes_per_frame=round(activity.total.changes / activity.frames, 1),
        clock_nj_per_frame=round(clock, 4),
        nj_per_frame=round(frame, 4),
        dynamic_mw=round(frame * clock_mhz / interval, 4),
        static_mw=energies.static_mw.get(board.device.device),
        factor=energies.factor,
        source=energies.source,
        cells="synthesized" if built else "predicted",
    )


def layer_power(
    name: str, use: Use, changes: NetActivity, frames: int, memory_pj: float, energies: Energies
) -> LayerPower:
    """What a part of a design takes for a frame.

    Args:
        name: Of the part.
        use: Of the FPGA.
        changes: Of its nets in a run.
        frames: Of the run.
        memory_pj: Of reading its memories for a frame, by the table of `explore.energy`.
        energies: Of the FPGA.
    """
    each = changes.changes / (changes.bits * frames) if changes.bits else 0.0
    logic = (logic_cells(use) * CHANGE + use.dsp * DSP) * each * energies.scale
    return LayerPower(
        name=name,
        net_bits=changes.bits,
        changes_per_frame=round(changes.changes / frames, 1),
        nj_per_frame=round((logic + memory_pj * energies.memory_scale) * PJ, 4),
    )


class AssumedPower(msgspec.Struct, frozen=True):
    """What a design takes at an activity that is assumed.

    Attributes:
        nj_per_frame: Without what leaks. Nanojoule.
        dynamic_mw: At its clock, frame after frame. Milliwatts.
    """

    nj_per_frame: float
    dynamic_mw: float


def assumed_power(use: Use, interval: int, mhz: float, family: str) -> AssumedPower | None:
    """What a design takes if `ASSUMED` of all bits change in every cycle; reads are left out.

    Args:
        use: Of the whole design.
        interval: Cycles per frame.
        mhz: The clock.
        family: Of the FPGA; None comes back where its energies are not known.
    """
    energies = energies_of(family)
    if energies is None:
        return None
    cycle = (logic_cells(use) * CHANGE + use.dsp * DSP) * ASSUMED + CLOCK
    frame = cycle * interval * energies.scale * PJ
    return AssumedPower(round(frame, 3), round(frame * mhz / interval, 4))


def _built(report: Mapping[str, Any], board: Board) -> dict[str, Use] | None:
    """What synthesis counted, where the design was built for the board."""
    made = report["design"]["resources"]
    if not made or made["board"] != board.id:
        return None
    counted = ((node["stage"], node["resources"]["synthesized"]) for node in report["nodes"])
    return {stage: Use(**figures) for stage, figures in counted if figures}
