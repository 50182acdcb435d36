"""Says where a design's speed comes from when nobody asked for one."""

from __future__ import annotations

from hwcompile.options import DEFAULT_FPS
from hwcompile.rates import rate_text
from hwcompile.report.summary import Report
from hwcompile.schedule.choose.folding import DEFAULT_LANES

_OTHERS = "--target-fps, --target-cycles, --fastest or --board asks for another"


def target_notes(report: Report) -> tuple[str, ...]:
    """A remark where no target was given, and nothing is said of a design without hardware."""
    design = report["design"]
    source = (design.get("target") or {}).get("source")
    if not report["nodes"] or source not in ("default", "schedule"):
        return ()
    clock, lanes = f"at {design['clock_mhz']:g} MHz", f"up to {DEFAULT_LANES:,} lanes"
    rate = f"{rate_text(design['frames_per_second'])} frames/s"
    if source == "schedule":
        what = "what the schedule leaves out keeps pace with the slowest layer that it fixes"
        return (f"no target was given: {what}, as far as {lanes} do ({rate} {clock}); {_OTHERS}",)
    interval = design["interval_cycles"]["predicted"]
    if design["clock_mhz"] * 1e6 >= DEFAULT_FPS * interval:
        what = f"this is the smallest design found with at least {DEFAULT_FPS:,} frames/s {clock}"
        return (f"no target was given: {what}; {_OTHERS}",)
    what = f"{rate} {clock} is as fast as {lanes} make this network, which is below {DEFAULT_FPS:,}"
    return (f"no target was given: {what}, and this is the smallest design found; {_OTHERS}",)
