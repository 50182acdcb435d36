"""Place and route with nextpnr: several seeds, until the clock is met."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hwcompile.boards import Board
from hwcompile.emit.project import write_files
from hwcompile.families import flow_of
from hwcompile.families.flow import REPORT, ROUTED, Flow, Use
from hwcompile.families.programs import command_of, run_logged


@dataclass(frozen=True)
class Routed:
    """A routed design; its files lie in the board's folder.

    Attributes:
        fmax_mhz: The fastest clock, in MHz.
        seed: The seed that reached it.
        use: What nextpnr counts, in the family's units.
        path: Cells of the slowest path, in order.
    """

    fmax_mhz: float
    seed: int
    use: Use
    path: tuple[str, ...]


def place_and_route(
    board: Board,
    leds: int,
    folder: Path,
    *,
    clock_mhz: float,
    seeds: int,
    progress: Callable[[str], None],
) -> Routed:
    """Place and route `netlist.json` in `folder`; the best seed's files stay there.

    Args:
        board: FPGA and pins.
        leds: How many LEDs the netlist has.
        folder: The board's folder.
        clock_mhz: Clock to reach, in MHz; no further seed is tried when it is reached.
        seeds: How many seeds to try at most.
        progress: Called with what is about to be done.

    Raises:
        CompileError: HW0805 when nextpnr is not installed.
        ToolError: When nextpnr fails.
    """
    flow = flow_of(board)
    name, text = flow.constraints(board, leds)
    write_files(folder, {name: text})
    best: Routed | None = None
    for seed in range(1, seeds + 1):
        progress(f"place and route, seed {seed}")
        step = flow.place(board, clock_mhz, seed, name)
        log = folder / "nextpnr.log"
        run_logged(command_of(step), step.program.name, folder, log)
        routed = _read(folder / REPORT, seed, flow)
        if best is None or routed.fmax_mhz > best.fmax_mhz:
            best = routed
            _keep(folder)
        if best.fmax_mhz >= clock_mhz:
            break
    assert best is not None
    _restore(folder)
    return best


def _read(path: Path, seed: int, flow: Flow) -> Routed:
    report = json.loads(path.read_text())
    used = {name: int(figures["used"]) for name, figures in report["utilization"].items()}
    use = Use(
        **{
            part: sum(used.get(name, 0) for name in names)
            for part, names in flow.utilisation.items()
        }
    )
    fmax = min(float(clock["achieved"]) for clock in report["fmax"].values())
    return Routed(fmax, seed, use, _slowest_path(report))


def _slowest_path(
    report: dict[str, list[dict[str, list[dict[str, dict[str, str]]]]]],
) -> tuple[str, ...]:
    """Cells of the longest path between registers."""
    paths = [p["path"] for p in report.get("critical_paths", []) if p.get("from") == p.get("to")]
    cells = [part["to"].get("cell", "") for part in paths[0]] if paths else []
    return tuple(dict.fromkeys(cells))


def _keep(folder: Path) -> None:
    for file in (*folder.glob(f"{ROUTED}.*"), folder / REPORT):
        shutil.copyfile(file, file.with_name(f"best_{file.name}"))


def _restore(folder: Path) -> None:
    for file in folder.glob("best_*"):
        file.replace(file.with_name(file.name.removeprefix("best_")))
