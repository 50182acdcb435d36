"""Places and routes one circuit alone between shift registers, and reads its slowest path.

A circuit's inputs come from a shift register and its outputs enter another one through an XOR
each, so that a handful of pins are enough for any of them, and no path leaves the FPGA.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from hwcompile.boards import Board
from hwcompile.emit.alone import TOP as SUBJECT
from hwcompile.emit.alone import Circuit
from hwcompile.families.flow import TOP
from hwcompile.toolchains.place_and_route import place_and_route
from hwcompile.toolchains.synthesis import recipe, synthesize

FAST_MHZ = 400.0
"""What is asked of place and route, so that it does its best."""

CLOCK = ("clk_i", "rst_ni")


@dataclass(frozen=True)
class Timed:
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


def timed(circuit: Circuit, board: Board, cache: Path, seeds: int = 1) -> Timed:
    """Place and route a circuit for a board's FPGA, or look it up."""
    sources = circuit.sources()
    del sources[f"{SUBJECT}.sv"]
    sources[f"{TOP}.sv"] = around(circuit, board)
    everything = json.dumps(
        [sources, circuit.files, recipe(TOP, (), board), board.device.device, seeds, FAST_MHZ]
    )
    kept = cache / f"{hashlib.sha256(everything.encode()).hexdigest()[:24]}.clock.json"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as name:
            figures = _run(sources, dict(circuit.files), board, Path(name), seeds)
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(figures)))
    data = json.loads(kept.read_text())
    return Timed(data["mhz"], tuple(data["path"]), data["lut"], data["ff"])


def _run(
    sources: dict[str, str], memories: dict[str, str], board: Board, folder: Path, seeds: int
) -> Timed:
    for file, text in (*sources.items(), *memories.items()):
        (folder / file).write_text(text)
    made = synthesize([folder / file for file in sources], TOP, (), board, folder)
    routed = place_and_route(
        board, 0, folder, clock_mhz=FAST_MHZ, seeds=seeds, progress=lambda _: None
    )
    return Timed(routed.fmax_mhz, routed.path, made.use.lut, made.use.ff)
