"""`report.json` in the words of hls4ml's reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hwcompile.verify.verification import Verification


def report_of(report: Mapping[str, Any], checked: Verification | None = None) -> dict[str, Any]:
    """A dictionary like `hls4ml.report.parse_vivado_report`'s: figures are texts.

    Cycles are measured ones where a simulation has measured them, else predicted; resources are
    those of a build where there is one, else predicted.
    """
    design = report["design"]
    latency, interval = (_cycles(design[name]) for name in ("latency_cycles", "interval_cycles"))
    found = design.get("resources") or design["resources_predicted"]
    synthesis = {
        "TargetClockPeriod": f"{1000.0 / design['clock_mhz']:.2f}",
        "BestLatency": latency,
        "WorstLatency": latency,
        "IntervalMin": interval,
        "IntervalMax": interval,
        "LUT": str(found.get("lut", 0)),
        "FF": str(found.get("ff", 0)),
        "DSP": str(found.get("dsp", found.get("multipliers", 0))),
        "MemoryBits": str(found.get("memory_bits", 0)),
    }
    if checked is None:
        return {"CSynthesisReport": synthesis}
    status = "Pass" if checked.passed else "Fail"
    simulated = {"RTL": "SystemVerilog", "Status": status, "Frames": str(checked.frames)}
    return {"CSynthesisReport": synthesis, "CosimReport": simulated}


def _cycles(entry: Mapping[str, Any]) -> str:
    measured = entry.get("measured")
    return str(entry["predicted"] if measured is None else measured)
