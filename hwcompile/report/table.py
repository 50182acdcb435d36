"""A report as a table that a person reads on the terminal."""

from __future__ import annotations

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from hwcompile.build_directory.reported_power import PowerReport
from hwcompile.rates import rate_text
from hwcompile.report.external import external_reads, loads
from hwcompile.report.fitting import FittingTable, TableColumn
from hwcompile.report.missing import missing_from
from hwcompile.report.summary import Report
from hwcompile.technology.design import ALL_PARTS, PARTS, TRAFFIC


def report_table(report: Report) -> RenderableType:
    """The design's figures, then one row per node in stream order."""
    return Group(_design_lines(report), _node_table(report["nodes"]))


def missing_text(report: Report, directory: str) -> str:
    """What is not known yet, and the commands that find it out; empty where nothing is open.

    Args:
        report: `report.json`.
        directory: The build directory, as commands are to name it.
    """
    missing = missing_from(report, directory)
    lines = [f"  {one.what}:\n    {one.command}" for one in missing]
    return "\n".join(["Not known yet:", *lines]) if lines else ""


def _design_lines(report: Report) -> Text:
    design = report["design"]
    lines = [
        f"{design['name']}",
        f"  interval   {_cycles(design['interval_cycles'])}",
        f"  latency    {_cycles(design['latency_cycles'])}",
        *_way_lines(design.get("ways")),
        f"  throughput {_throughput(report)}",
        f"  lanes      {design['lanes']:,} in parallel, {design['multipliers']:,} multipliers",
    ]
    lines += _memory_lines(report)
    if "frames_per_second" in (design.get("resources") or {}):
        lines.append(f"  board      {_board(design['resources'])}")
    lines += _fit_lines(design.get("fit"))
    if design.get("power"):
        found = msgspec.convert(design["power"], PowerReport)
        lines.append(f"  power      {power_line(found)}")
    for level, result in design["levels"].items():
        lines.append(
            f"  {level:<10} {result['frames']:,} frames compared, "
            f"{result['mismatches']:,} mismatches"
        )
    for level, found in design.get("accuracy", {}).items():
        lines.append(
            f"  accuracy   {found['right'] / found['frames']:.2%} at level {level}: "
            f"{found['right']:,} of {found['frames']:,} frames"
        )
    return Text("\n".join(lines) + "\n")


def power_line(found: PowerReport) -> str:
    """An estimate of power in one line."""
    static = "static not known" if found.static_mw is None else f"{found.static_mw:.3g} mW static"
    return (
        f"{found.dynamic_mw:.3g} mW dynamic at {found.clock_mhz:g} MHz (factor {found.factor:g} "
        f"either way), {static}, {found.nj_per_frame:,.4g} nJ per frame on {found.board}"
    )


def _way_lines(ways: Report | None) -> list[str]:
    """What is predicted where all frames go the same way, of two."""
    return [
        f"  {name:<10} every {way['interval_cycles']:,} cycles, latency {way['latency_cycles']:,}, "
        f"where {what}"
        for name, what in (("taken", "every truth is 1"), ("other", "every truth is 0"))
        for way in ([ways[name]] if ways else [])
    ]


def _throughput(report: Report) -> str:
    """Frames per second, which mean nothing where no node is hardware."""
    design = report["design"]
    if not report["nodes"]:
        return "that of the link: no operator is hardware"
    return f"{rate_text(design['frames_per_second'])} frames/s at {design['clock_mhz']:g} MHz"


def _memory_lines(report: Report) -> list[str]:
    """What all nodes read from external memory together, frame by frame and once."""
    read, loaded = external_reads(report), loads(report)
    lines = []
    if read:
        lines.append(
            f"  weights    {read.bytes_per_frame:,} bytes per frame from external memory, "
            f"{read.bytes_per_second / 1e6:,.1f} MB/s; "
            f"{read.bytes_per_cycle:,} bytes per cycle at most"
        )
    if loaded:
        lines.append(
            f"  weights    {loaded.bytes:,} bytes loaded once ({', '.join(loaded.kinds)}), "
            f"in {loaded.cycles:,} cycles"
        )
    return lines


def _board(built: Report) -> str:
    """What `hwcompile build` made for a board: clock, speed, and what it takes."""
    clock = f"{built['clock_mhz']:g} MHz" + (" from the PLL" if built["pll"] else "")
    return (
        f"{built['board']} at {clock}: {rate_text(built['frames_per_second'])} frames/s, "
        f"{built['lut']:,} LUT, {built['bram']:,} block RAM, {built['dsp']:,} DSP"
        + (f"; '{built['slowest']}' limits the clock" if built.get("slowest") else "")
    )


def _fit_lines(fit: Report | None) -> list[str]:
    """Predicted use of a board's FPGA."""
    if fit is None:
        return []
    parts = ", ".join(
        f"{used:,} of {fit['capacities'][part]:,} {PARTS[part]}"
        for part, used in fit["predicted"].items()
    )
    memory = fit.get("traffic")
    if memory:
        read = f"{memory['predicted']:g} of {memory['stated']:.4g} {ALL_PARTS[TRAFFIC]}"
        parts = f"{parts}, {read}"
    return [f"  on {fit['board']}: about {parts}", *_clock_lines(fit.get("clock"))]


def _clock_lines(limit: Report | None) -> list[str]:
    """What will limit the clock, where delays are known."""
    if limit is None:
        return []
    what = f"'{limit['path']}' in '{limit['stage']}' takes {limit['delay_ns']:g} ns"
    return [f"  clock      about {limit['mhz']:g} MHz: {what}"]


_COLUMNS = (
    TableColumn("node"),
    TableColumn("kernel", 3),
    TableColumn("folding", 2),
    TableColumn("cycles", 0, number=True),
    TableColumn("lanes", 1, number=True),
    TableColumn("LUT est.", 1, number=True),
    TableColumn("FF est.", 4, number=True),
    TableColumn("memory bits", 4, number=True),
)


def _node_table(nodes: list[Report]) -> FittingTable:
    return FittingTable(_COLUMNS, [_node_row(node) for node in nodes], "the page has them")


def _node_row(node: Report) -> tuple[str, ...]:
    use = node["resources"]["predicted"]
    return (
        node["name"],
        node["kernel"],
        " ".join(f"{key}={value}" for key, value in node["parameters"].items()),
        f"{node['interval_cycles']['predicted']:,}",
        f"{node['lanes']:,}" if node["lanes"] else "",
        f"{use['lut']:,}",
        f"{use['ff']:,}",
        f"{use['memory_bits']:,}" if use["memory_bits"] else "",
    )


def _cycles(figure: Report) -> str:
    measured = figure["measured"]
    text = f"{figure['predicted']:,} cycles predicted"
    return text if measured is None else f"{text}, {measured:,} measured"
