"""`hwcompile testbench`: benches of a design that users run and change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.build_directory import TESTBENCH
from hwcompile.cli.answers import say_files
from hwcompile.cli.app import app, console
from hwcompile.cli.voice import Voice
from hwcompile.design import load
from hwcompile.toolchains.testbench import write_testbench


@app.command("testbench")
def testbench_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
) -> None:
    """Write DIR/tb: golden vectors, benches in SystemVerilog and cocotb, waves."""
    folder = write_testbench(load(directory).directory)
    if Voice.as_json:
        say_files(folder)
        return
    console.print(f"Wrote {folder}; try make -C {folder} sv. README.md in {TESTBENCH} tells more.")
