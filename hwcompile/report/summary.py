"""`report.json`: the numbers of a design as plain data (see `docs/report.md`)."""

from __future__ import annotations

from typing import Any

from hwcompile.build_directory.reported import REPORT_SCHEMA
from hwcompile.ops.contract.external_memory import ExternalMemory
from hwcompile.ops.contract.needs import Resources
from hwcompile.rates import frames_per_second
from hwcompile.schedule.plan import Placed, Plan
from hwcompile.schedule.time.prediction import Prediction

_SHOWN_FRAMES = 4

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
    total = sum((_resources(part) for part in parts), Resources())
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
            "frames_per_second": frames_per_second(clock_mhz, prediction.interval),
            "lanes": sum(part.built.lanes for part in parts),
            "multipliers": total.multipliers,
            "levels": {},
            "resources": None,
            "resources_predicted": _resources_json(total),
            "fit": fit,
            "fifo_bits": sum(link.depth * link.format.bits for link in plan.links),
            "target": target,
        },
        "nodes": [_node(part, stage.name) for stage in plan.stages for part in stage.parts],
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


def _node(part: Placed, stage: str) -> Report:
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
        "external_memory": _external(built.instance.external),
        "resources": {"predicted": _resources_json(_resources(part)), "synthesized": None},
    }


def _external(memory: ExternalMemory | None) -> Report | None:
    if memory is None:
        return None
    beat = memory.data_bits // 8
    return {"bytes": memory.size, "rows": memory.image.depth, "bytes_per_row": beat}


def _resources(part: Placed) -> Resources:
    return part.built.needs


def _resources_json(resources: Resources) -> Report:
    return {
        "lut": round(resources.all_lut),
        "ff": round(resources.all_ff),
        "memory_bits": int(resources.memory_bits),
        "multipliers": int(resources.multipliers),
    }
