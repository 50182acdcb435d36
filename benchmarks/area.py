"""Logic and DSP blocks of single units, beside the figures of FINN's RTL in the same flow.

    python benchmarks/area.py [--only WORD ...] [--json FILE] [--markdown FILE]

Every unit is synthesized alone with Yosys: for 7-series with `synth_xilinx -flatten`, for ECP5 and
iCE40 with the scripts of `hwcompile build`. Memories of weights stay modules of their own for
7-series, because Yosys makes four times the tables of them when it may look inside.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.output import markdown, number, parser, show, write
from benchmarks.resource_runs import TOP, circuit_of
from benchmarks.resource_sites import INT4, INT8, U4, Subject
from hwcompile.boards import load_board
from hwcompile.emit.library import library_files
from hwcompile.families.flow import Use
from hwcompile.families.programs import run_logged
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.toolchains.synthesis import synthesize

SERIES_7 = "xc7"
BOARDS = {"ecp5": "ulx3s_85", "ice40": "icebreaker"}

TITLES = ("unit", "family", "LUT", "LUT/lane", "FF", "BRAM", "DSP", "FINN LUT", "FINN DSP")

_CALL = """
import sys
from pyosys import libyosys
libyosys.run_pass("script unit.ys", libyosys.Design())
"""


@dataclass(frozen=True)
class Unit:
    """A matrix-vector unit.

    Attributes:
        name: Of the row.
        weight: Type of the weights, all of whose values are as likely.
        element: Of the inputs.
        size: Rows and columns of the matrix.
        parameters: Of the kernel.
        families: For which it is synthesized.
        peer: LUT and DSP blocks of FINN's RTL for 7-series: Yosys 0.70, memory of weights included.
    """

    name: str
    weight: IntType
    element: IntType
    size: tuple[int, int]
    parameters: Parameters
    families: tuple[str, ...] = (SERIES_7,)
    peer: tuple[int, int] | None = None

    @property
    def lanes(self) -> int:
        """Products per cycle."""
        return int(self.parameters["pe"]) * int(self.parameters["simd"])

    def subject(self) -> Subject:
        """The kernel with random weights that are always the same."""
        rows, columns = self.size
        rng = np.random.default_rng(0)
        weights = rng.choice(self.weight.values(), size=(1, rows, columns)).astype(np.int64)
        site = Site.of(Matmul(weights), TensorType((1, 1, columns), self.element))
        return Subject(family("matmul").kernel("folded"), site, self.parameters)


_EVERY = (SERIES_7, "ecp5", "ice40")
_INT8: Parameters = {"pe": 4, "simd": 8}
UNITS = (
    Unit("int8_pe4_simd8", INT8, INT8, (64, 64), {**_INT8, "pack": 2}, peer=(1608, 16)),
    Unit("int8_pe4_simd8_alone", INT8, INT8, (64, 64), _INT8, peer=(1608, 16)),
    Unit("int8_pe4_simd8_logic", INT8, INT8, (64, 64), {**_INT8, "style": "lut"}),
    Unit("int4_pe4_simd8", INT4, U4, (64, 64), {**_INT8, "pack": 4}, peer=(1025, 8)),
    Unit("int4_pe4_simd8_logic", INT4, U4, (64, 64), {**_INT8, "style": "lut"}, peer=(1025, 8)),
    Unit("int4_pe6_simd8", INT4, U4, (48, 64), {"pe": 6, "simd": 8, "pack": 3}, ("ecp5",)),
    Unit("int4_pe4_simd2", INT4, U4, (64, 64), {"pe": 4, "simd": 2, "pack": 2}, ("ice40",)),
    Unit("xnor_pe16_simd64", BIPOLAR, BIPOLAR, (64, 64), {"pe": 16, "simd": 64}, _EVERY),
)


def rows(words: list[str]) -> Iterator[dict[str, Any]]:
    """A row for each unit and family whose name holds one of the words, or for all."""
    for unit in UNITS:
        for name in unit.families:
            if words and not any(word in f"{unit.name} {name}" for word in words):
                continue
            use = _measured(unit.subject(), name)
            lut, dsp = unit.peer if unit.peer and name == SERIES_7 else (None, None)
            found = {"unit": unit.name, "family": name, "lut": use.lut, "ff": use.ff}
            found |= {"bram": use.bram, "dsp": use.dsp, "peer_lut": lut, "peer_dsp": dsp}
            yield found | {"lut_per_lane": use.lut / unit.lanes}


def _measured(subject: Subject, name: str) -> Use:
    circuit = circuit_of(subject)
    sources = library_files([circuit.module]) | {f"{TOP}.sv": circuit.text()}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for file, text in (*sources.items(), *circuit.files):
            (folder / file).write_text(text)
        if name == SERIES_7:
            return _series_7(folder, list(sources))
        paths = [folder / file for file in sources]
        return synthesize(paths, TOP, (), load_board(BOARDS[name]), folder).use


def _series_7(folder: Path, sources: list[str]) -> Use:
    command = f"synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top {TOP}"
    script = [
        *(f"read_verilog -sv {file}" for file in sources),
        f"hierarchy -top {TOP}",
        "setattr -mod -set keep_hierarchy 1 *hw_weight_rom*",
        command,
        "tee -q -o cells.json stat -json",
    ]
    (folder / "unit.ys").write_text("\n".join(script) + "\n")
    run_logged([sys.executable, "-c", _CALL], "yosys", folder, folder / "yosys.log")
    return _counted(json.loads((folder / "cells.json").read_text())["modules"])


def _counted(modules: Mapping[str, Any]) -> Use:
    """Cells of all modules, each of which is there once."""
    cells: Counter[str] = Counter()
    for module in modules.values():
        for kind, value in module["num_cells_by_type"].items():
            cells[kind] += int(value["count"] if isinstance(value, dict) else value)
    tables = sum(count for kind, count in cells.items() if kind.startswith("LUT"))
    flipflops = sum(count for kind, count in cells.items() if kind.startswith("FD"))
    # In halves of 36 kbit.
    memories = cells["RAMB18E1"] + 2 * cells["RAMB36E1"]
    return Use(tables, flipflops, memories, cells["DSP48E1"])


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
