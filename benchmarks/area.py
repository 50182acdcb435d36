"""Logic and DSP blocks of single units, beside the figures of FINN's RTL in the same flow.

    python benchmarks/area.py [--only WORD ...] [--json FILE] [--markdown FILE]

Every unit is synthesized alone with Yosys: for 7-series with `synth_xilinx -flatten`, for the other
families with the scripts of `hwcompile build`. Memories of weights stay modules of their own for
7-series, because Yosys makes four times the tables of them when it may look inside.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.area_units import SERIES_7, UNITS
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.resource_subject import Subject
from hwcompile.boards import load_board
from hwcompile.emit.alone import TOP, circuit_of
from hwcompile.families.flow import Use
from hwcompile.toolchains.alone import synthesize_alone, write_alone
from hwcompile.toolchains.series_7 import CELLS, LOGIC, cells_of, use_of

BOARDS = {"ecp5": "ulx3s_85", "ice40": "icebreaker", "gowin": "tang_nano_9k"}

TITLES = ("unit", "family", "LUT", "LUT/lane", "FF", "BRAM", "DSP", "FINN LUT", "FINN DSP")
TABLES = {"": TITLES}

_COUNTED = {**CELLS, **LOGIC}
"""As the figures of FINN's RTL are counted: without tables that are memories."""


def rows(words: list[str]) -> Iterator[dict[str, Any]]:
    """A row for each unit and family whose name holds one of the words, or for all."""
    for unit in UNITS:
        for name in unit.families:
            if words and not any(word in f"{unit.name} {name}" for word in words):
                continue
            use = measured(unit.subject(), name)
            lut, dsp = unit.peer if unit.peer and name == SERIES_7 else (None, None)
            found = {"unit": unit.name, "family": name, "lut": use.lut, "ff": use.ff}
            found |= {"bram": use.bram, "dsp": use.dsp, "peer_lut": lut, "peer_dsp": dsp}
            yield found | {"lut_per_lane": use.lut / unit.lanes if unit.lanes else None}


def measured(subject: Subject, name: str) -> Use:
    """What a subject takes for a family, alone.

    Args:
        subject: A kernel at a site.
        name: `SERIES_7`, or one of `BOARDS`.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if name != SERIES_7:
            return synthesize_alone(subject.built, load_board(BOARDS[name]), folder)
        sources = write_alone(circuit_of(subject.built), folder)
        return use_of(cells_of(folder, sources, TOP), _COUNTED)


def main() -> int:
    """Synthesize, print the table, and write what is asked for."""
    options = parser(__doc__)
    options.add_argument("--only", nargs="+", default=[], metavar="WORD", help="units or families")
    chosen = options.parse_args()
    found = list(rows(chosen.only))
    names = ("lut", "lut_per_lane", "ff", "bram", "dsp", "peer_lut", "peer_dsp")
    lines = [[row["unit"], row["family"], *(number(row[name]) for name in names)] for row in found]
    show(TITLES, lines)
    write(chosen, found, markdown(TITLES, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
