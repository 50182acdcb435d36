"""Cycles beside those that FINN measures on its boards, at the foldings that FINN publishes.

    python benchmarks/beside_finn.py [--json FILE] [--markdown FILE]

Ours are the measured ones in README.md, which benchmarks/dataflow.py writes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.output import markdown, number, parser, show, write

ROOT = Path(__file__).resolve().parents[1]

FINN = {
    "tfc_1w1a": (70, 243),
    "tfc_1w2a": (70, 245),
    "tfc_2w2a": (70, 245),
    "cnv_w1a1": (34_145, 134_471),
    "kws_w3a3": (494, 1_699),
}
"""Network to interval and least latency: finn-plus, experiments of its continuous integration on an
RFSoC2x2 at 100 MHz with Vivado 2024.2, measured by instrumentation on the chip."""

TABLES = {
    "": ("network", "interval here", "interval FINN", "latency here", "latency FINN"),
}


def rows() -> list[dict[str, Any]]:
    """A row for each network of FINN's that README.md has at FINN's folding."""
    (block,) = (
        block
        for block in figures.blocks(ROOT / "README.md")
        if block.command == "python benchmarks/dataflow.py"
    )
    lines = [figures.cells(line) for line in block.text.splitlines()]
    found = []
    for cells in (dict(zip(lines[0], line, strict=True)) for line in lines[2:]):
        network = cells["network"].strip("`")
        if network in FINN and cells["folding"] == "finn":
            interval, latency = FINN[network]
            ours = (int(cells[name].replace(",", "")) for name in ("interval", "latency"))
            row = dict(zip(("interval", "latency"), ours, strict=True))
            found.append({"network": network, **row, "finn": interval, "finn_latency": latency})
    return found


def main() -> int:
    """Print the table, and write what is asked for."""
    options = parser(__doc__).parse_args()
    found = rows()
    names = ("interval", "finn", "latency", "finn_latency")
    lines = [[f"`{row['network']}`", *(number(row[name]) for name in names)] for row in found]
    show(TABLES[""], lines, left=1)
    write(options, found, markdown(TABLES[""], lines, left=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
