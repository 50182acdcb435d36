"""`system.md`: why a network was cut where it was, for people."""

from __future__ import annotations

from hwcompile.rates import frames_per_second, rate_text
from hwcompile.system.files import Candidate, System

PAGE = "system.md"


def system_page(system: System) -> str:
    """The boards, the lines between them, and every cut that was looked at."""
    lines = [f"# {system.name} over {len(system.parts)} boards", ""]
    lines += [f"- {line}" for line in pace_lines(system)]
    lines += ["", "## Cuts", ""]
    lines += [
        "One tensor crosses each cut. *Share* is what each part takes of its board at its",
        "smallest folding, of what is shortest there; the cut with the most even parts is planned",
        "first. *Bits* cross the line for each frame, which is then busy for *line* cycles.",
        "*Parts* are the cycles per frame of each part's fastest design that fits; the slowest",
        "part or line sets the pace.",
        "",
        "| cut behind | share | bits | line | parts | cycles per frame | |",
        "|---|---|---:|---:|---|---:|---|",
    ]
    lines += [_row(candidate) for candidate in system.candidates]
    return "\n".join(lines) + "\n"


def pace_lines(system: System) -> list[str]:
    """The parts, the lines and the pace, a line each."""
    lines = []
    for index, part in enumerate(system.parts):
        lines.append(
            f"part {index + 1} on '{part.board}': {part.interval_cycles:,} cycles per frame"
        )
        if index < len(system.link_cycles):
            lines.append(f"line {index + 1}: {system.link_cycles[index]:,} cycles per frame")
    rate = frames_per_second(system.clock_mhz, system.interval_cycles)
    lines.append(
        f"{system.interval_cycles:,} cycles per frame, set by {system.limit}: "
        f"{rate_text(rate)} frames/s at {system.clock_mhz:g} MHz"
    )
    return lines


def _row(candidate: Candidate) -> str:
    def listed(values: list[int]) -> str:
        return ", ".join(f"{value:,}" for value in values)

    whole = f"{candidate.interval:,}" if candidate.intervals else "-"
    shares = ", ".join(f"{share:.0%}" for share in candidate.shares)
    cells = (
        ", ".join(f"`{value}`" for value in candidate.values),
        shares,
        listed(candidate.bits),
        listed(candidate.link_cycles),
        listed(candidate.intervals) or "-",
        whole,
        "chosen" if candidate.chosen else candidate.remark.replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"
