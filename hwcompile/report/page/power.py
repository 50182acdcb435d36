"""The section of the page about power, where it was estimated."""

from __future__ import annotations

import msgspec

from hwcompile.build_directory.reported_power import PowerReport
from hwcompile.report.page.figures import Report, counted
from hwcompile.report.page.section import Section, Table


def power_sections(report: Report) -> list[Section]:
    """The section, or none before `hwcompile power`."""
    known = report["design"].get("power")
    if not known:
        return []
    found = msgspec.convert(known, PowerReport)
    static = (
        "What it leaks is not known; the data sheet says it."
        if found.static_mw is None
        else f"At rest its core takes {found.static_mw:.3g} mW more."
    )
    said = (
        f"About {found.dynamic_mw:.3g} mW on {found.board} at {found.clock_mhz:g} MHz, frame after "
        f"frame, from the changes of all nets in {counted(found.frames, 'frame')} of a simulation; "
        f"it may be {found.factor:g} times as much or as little. {static}"
    )
    rows = [
        (
            layer.name,
            f"{layer.net_bits:,}",
            f"{layer.changes_per_frame:,.1f}",
            *_energy(layer.nj_per_frame, found),
        )
        for layer in found.layers
    ]
    rows.append(("clock network", "0", "0", *_energy(found.clock_nj_per_frame, found)))
    bits = f"{sum(layer.net_bits for layer in found.layers):,}"
    changes = f"{found.changes_per_frame:,.1f}"
    rows.append(("all", bits, changes, *_energy(found.nj_per_frame, found)))
    heads = ("layer", "bits of nets", "changes per frame", "nJ per frame", "share")
    return [Section("power", "Power", said, None, Table("Power of all layers", heads, rows))]


def _energy(part: float, found: PowerReport) -> tuple[str, str]:
    return f"{part:,.3f}", f"{part / found.nj_per_frame:.0%}"
