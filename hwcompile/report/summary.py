"""`report.json`: the numbers of a design as plain data (see `docs/report.md`)."""

from __future__ import annotations

from typing import Any

from hwcompile.build_directory.reported import REPORT_SCHEMA
from hwcompile.ops.contract.external_memory import ExternalMemory
from hwcompile.ops.contract.loaded_memory import LoadedMemory
from hwcompile.ops.contract.needs import Resources
from hwcompile.rates import frames_per_second
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.schedule.plan import Placed, Plan
from hwcompile.schedule.time.both_ways import both_ways
from hwcompile.schedule.time.prediction import Prediction
from hwcompile.technology.model import Need, generic

_SHOWN_FRAMES = 4

_CELLS = ("lut", "ff", "memory_bits", "multipliers")

Report = dict[str, Any]


def build_report(
    plan: Plan,
    prediction: Prediction,
    clock_mhz: float,
    fit: Report | None = None,
    target: Report | None = None,
) -> Report:
    """The report of a fresh build: predictions are filled in, measurements are null.

    Args:
        plan: Kernels, foldings, FIFOs.
        prediction: Interval and latency in cycles.
        clock_mhz: Clock that frames per second refer to.
        fit: Predicted use of a board's FPGA (`report.fit`).
        target: How fast the design was to be (`TargetReport`).
    """
    parts = [part for stage in plan.stages for part in stage.parts]
    found = estimate(plan, generic()).nodes
    frames = clock_mhz * 1e6 / prediction.interval if parts else 0.0
    nodes = [
        _node(part, stage.name, found[part.node.name], frames)
        for stage in plan.stages
        for part in stage.parts
    ]
    cells = [node["resources"]["predicted"] for node in nodes]
    total = {kind: sum(each[kind] for each in cells) for kind in _CELLS}
    return {
        "schema": REPORT_SCHEMA,
        "design": {
            "name": plan.graph.name,
            "interval_cycles": {"predicted": prediction.interval, "measured": None},
            "latency_cycles": {"predicted": prediction.latency, "measured": None},
            "frame_end_cycles": prediction.ends.first(_SHOWN_FRAMES).tolist(),
            "frame_ends": prediction.ends.to_json(),
            "frames_in_turn": prediction.period,
            "data_dependent": any(part.built.kernel.data_dependent for part in parts),
            "clock_mhz": clock_mhz,
            "frames_per_second": frames_per_second(clock_mhz, prediction.interval)
            if parts
            else None,
            "lanes": sum(part.built.lanes for part in parts),
            "multipliers": total["multipliers"],
            "levels": {},
            "resources": None,
            "resources_predicted": total,
            "fit": fit,
            "fifo_bits": sum(link.depth * link.format.bits for link in plan.links),
            "target": target,
            **_ways(plan),
        },
        "nodes": nodes,
        "links": [
            {
                "name": link.name,
                "depth": link.depth,
                "width_bits": link.format.bits,
                "block": link.block,
            }
            for link in plan.links
        ],
    }


def _ways(plan: Plan) -> Report:
    """Both pure ways of frames that take one of two; nothing where all take the same."""
    found = both_ways(plan)
    if found is None:
        return {}
    made = {"taken": found.taken, "other": found.other}
    return {
        "ways": {
            name: {"interval_cycles": way.interval, "latency_cycles": way.latency}
            for name, way in made.items()
        }
    }


def _node(part: Placed, stage: str, need: Need, frames: float) -> Report:
    built = part.built
    origin = part.node.origin
    return {
        "name": part.node.name,
        "stage": stage,
        "origin": {"file": origin.file, "node": origin.node, "op_type": origin.op_type},
        "kernel": f"{part.node.op.family}.{part.built.kernel.name}",
        "parameters": dict(part.built.parameters),
        "interval_cycles": {"predicted": built.interval},
        "latency_cycles": {"predicted": built.timing.stages},
        "lanes": built.lanes,
        "arithmetic": built.comment,
        "external_memory": _external(built.instance.external, frames),
        "resources": {
            "predicted": _cells(built.needs, need),
            "synthesized": None,
        },
    }


def _external(memory: ExternalMemory | None, frames: float) -> Report | None:
    """What is read, in so many frames per second."""
    if memory is None:
        return None
    frame = memory.size * memory.passes
    return {
        "bytes": memory.size,
        "rows": memory.size * 8 // memory.data_bits,
        "bytes_per_row": memory.data_bits // 8,
        "bytes_per_frame": frame,
        "bytes_per_second": round(frame * frames),
        "loaded": _loaded(memory) if isinstance(memory, LoadedMemory) else None,
    }


def _loaded(memory: LoadedMemory) -> Report:
    """What is read once."""
    return {
        "kind": memory.kind,
        "load_cycles": memory.load_cycles,
        "lanes": memory.lanes,
        "lane_bits": memory.lane_bits,
        "bits_per_lane": round(memory.bits_per_lane, 4),
        "entropy": round(memory.entropy, 4),
        "sizes": memory.sizes(),
        "most_bytes": memory.most_beats * memory.data_bits // 8,
    }


def _cells(made_of: Resources, need: Need) -> Report:
    return {
        "lut": round(need.lut),
        "ff": round(need.ff),
        "memory_bits": int(made_of.memory_bits),
        "multipliers": int(made_of.multipliers),
    }
