"""Loads a bitstream into a board with the command that the board's file names."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from hwcompile.boards import Board
from hwcompile.build_directory import board_folder, is_complete
from hwcompile.diagnostics import fail
from hwcompile.families import family_of, flow_of
from hwcompile.toolchains.vendor.project import BITSTREAMS


def programmer_command(directory: Path, board: Board) -> list[str]:
    """The command line that loads the bitstream of a build.

    Raises:
        CompileError: HW0809 when there is no bitstream, HW0850 when the board's own processor
            loads it.
    """
    if board.programmer is None:
        raise fail(
            "HW0850",
            f"'{board.id}' is not programmed from this computer",
            "its processor loads the bitstream",
            f"copy {directory / board.id} to the board and use driver.py there",
        )
    name = BITSTREAMS.get(family_of(board).tools) or flow_of(board).bitstream
    bitstream = board_folder(directory, board.id) / name
    if not bitstream.is_file() or not is_complete(bitstream.parent):
        raise fail(
            "HW0809",
            f"there is no bitstream for '{board.id}' in '{directory}'",
            fix=f"hwcompile build {directory} --board {board.id}",
        )
    return [word.replace("{bitstream}", str(bitstream)) for word in board.programmer.command]


def run_programmer(command: list[str]) -> None:
    """Run a programmer; its output goes to the terminal.

    Raises:
        CompileError: HW0805 when it is not installed, HW0808 when it fails.
    """
    if shutil.which(command[0]) is None:
        raise fail(
            "HW0805",
            f"{command[0]} is not installed",
            "the board's file names it as the programmer",
            f"install {command[0]}, for example with your system's package manager",
        )
    code = subprocess.run(command).returncode
    if code != 0:
        raise fail(
            "HW0808",
            f"{command[0]} failed",
            f"it ended with code {code}; its own message stands above",
            "check the cable and the permission to use it",
        )
