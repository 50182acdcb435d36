"""Synthesis of one kernel by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwcompile.boards import Board
from hwcompile.emit.alone import TOP, Circuit, circuit_of
from hwcompile.emit.project import write_files
from hwcompile.families import family_of
from hwcompile.families.flow import Use
from hwcompile.ops.contract.built import Built
from hwcompile.toolchains import series_7
from hwcompile.toolchains.synthesis import synthesize


def synthesize_alone(built: Built[Any], board: Board | None, folder: Path) -> Use:
    """What a kernel takes, without the FIFO behind it.

    Args:
        built: The kernel.
        board: Whose FPGA; without one, or where only the vendor's tool builds, a 7-series one.
        folder: An empty one, for sources, scripts, logs and netlists.

    Raises:
        CompileError: HW0805 when Yosys is not installed.
        ToolError: When Yosys fails.
    """
    sources = write_alone(circuit_of(built), folder)
    if board is not None and family_of(board).flow is not None:
        return synthesize([folder / name for name in sources], TOP, (), board, folder).use
    dsp = board is None or board.capacities.dsp > 0
    return series_7.use_of(series_7.cells_of(folder, sources, TOP, dsp=dsp))


def write_alone(circuit: Circuit, folder: Path) -> list[str]:
    """Write a circuit's files; returns the names of those that synthesis reads."""
    sources = circuit.sources()
    write_files(folder, sources | dict(circuit.files))
    return list(sources)
