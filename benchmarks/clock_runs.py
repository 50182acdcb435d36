"""Places and routes circuits alone between shift registers, and reads their slowest paths.

A circuit's inputs come from a shift register and its outputs enter another one through an XOR
each, so that a handful of pins are enough for any of them, and no path leaves the FPGA.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.runs import Kept, done, key_of
from hwcompile.boards import Board
from hwcompile.emit.alone import TOP as SUBJECT
from hwcompile.emit.alone import Circuit
from hwcompile.engine.work import Work
from hwcompile.families.flow import TOP
from hwcompile.families.programs import ToolError
from hwcompile.toolchains.place_and_route import place_and_route
from hwcompile.toolchains.synthesis import recipe, synthesize

FAST_MHZ = 400.0
"""What is asked of place and route, so that it does its best."""

CLOCK = ("clk_i", "rst_ni")


class Timed(Kept, frozen=True):
    """What place and route makes of a circuit alone.

    Attributes:
        mhz: The fastest clock.
        path: Cells of the slowest path.
        lut: Look-up tables of the circuit and the shift registers around it.
        ff: Flip-flops of the circuit, without the shift registers.
    """

    mhz: float
    path: tuple[str, ...]
    lut: int
    ff: int

    @property
    def delay(self) -> float:
        """The slowest path in ns."""
        return 1000.0 / self.mhz


def around(circuit: Circuit, board: Board) -> str:
    """A top module with the board's pins around a circuit."""
    data = [(way, bits, name) for way, bits, name in circuit.ports if name not in CLOCK]
    widths = {w: sum(bits for way, bits, _ in data if way == w) for w in ("input", "output")}
    joined = [f"    .{name}({value})" for name, value in zip(CLOCK, ("clk", "rst_nq"), strict=True)]
    place = dict.fromkeys(widths, 0)
    for way, bits, name in data:
        signal = "in_q" if way == "input" else "out"
        joined.append(f"    .{name}({signal}[{place[way]} +: {bits}])")
        place[way] += bits
    pins = ["input wire logic clk", "input wire logic uart_rx", "output logic uart_tx"]
    pins += ["input wire logic button"] if board.reset else []
    ins, outs = widths["input"], widths["output"]
    return "\n".join(
        [
            circuit.text(),
            f"module {TOP} ({', '.join(pins)});",
            f"  logic [{ins}:0] in_q;",
            f"  logic [{outs - 1}:0] out, mixed_q;",
            "  logic rst_nq;",
            "  always_ff @(posedge clk) begin",
            f"    in_q <= {{in_q[{ins - 1}:0], uart_rx}};",
            f"    rst_nq <= {'button' if board.reset else f'in_q[{ins}]'};",
            f"    mixed_q <= out ^ {{mixed_q[{outs - 2}:0], in_q[{ins}]}};"
            if outs > 1
            else f"    mixed_q <= out ^ in_q[{ins}];",
            "  end",
            f"  assign uart_tx = mixed_q[{outs - 1}];",
            f"  {SUBJECT} u_subject (", ",\n".join(joined), "  );", "endmodule", "",
        ]
    )  # fmt: skip


@dataclass(frozen=True)
class _Placing:
    """A circuit to be placed."""

    sources: dict[str, str]
    memories: dict[str, str]
    board: Board
    seeds: int


def timed(
    circuits: Sequence[Circuit],
    board: Board,
    cache: Path,
    seeds: int = 1,
    title: str = "place and route",
) -> list[Timed]:
    """Place and route circuits for a board's FPGA, or look them up.

    Those at which a tool failed have a `problem`.
    """
    return done(_run, Timed, [_work(each, board, seeds) for each in circuits], cache, title)


def _work(circuit: Circuit, board: Board, seeds: int) -> Work:
    sources = circuit.sources()
    del sources[f"{SUBJECT}.sv"]
    sources[f"{TOP}.sv"] = around(circuit, board)
    key = key_of(
        [sources, circuit.files, recipe(TOP, (), board), board.device.device, seeds, FAST_MHZ]
    )
    return Work(f"{key}.clock", _Placing(sources, dict(circuit.files), board, seeds))


def _run(placing: _Placing) -> Timed:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in (*placing.sources.items(), *placing.memories.items()):
            (folder / file).write_text(text)
        try:
            return _placed(folder, list(placing.sources), placing.board, placing.seeds)
        except ToolError as error:
            return Timed(mhz=1.0, path=(), lut=0, ff=0, problem=str(error))


def _placed(folder: Path, sources: Sequence[str], board: Board, seeds: int) -> Timed:
    made = synthesize([folder / file for file in sources], TOP, (), board, folder)
    routed = place_and_route(
        board, 0, folder, clock_mhz=FAST_MHZ, seeds=seeds, progress=lambda _: None
    )
    return Timed(mhz=routed.fmax_mhz, path=routed.path, lut=made.use.lut, ff=made.use.ff)
