"""The command line: the application, whose commands are imported when they are run."""

from __future__ import annotations

import signal
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from hwcompile.cli.exits import leave
from hwcompile.cli.voice import answers, begin, console, progress, shared_options
from hwcompile.processes import stop_processes

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = {
    "boards": "List the boards; `--board` also takes the path of your own board file.",
    "build": "Synthesize, place, route and pack for a board; everything lands in DIR/BOARD.",
    "cache": "Show what the cache holds; clear it, or make it smaller.",
    "compile": "Compile MODEL to SystemVerilog in a build directory.",
    "doctor": "Say what is installed, what each part is for, and how to get what is missing.",
    "driver": "Write a C99 driver for the design and its link, without dynamic memory.",
    "explore": "Show the designs of MODEL of which none is faster and smaller than another.",
    "import-deep-compression": "Write a network of Deep Compression's authors as a QONNX model.",
    "ops": "List operator families with their kernels, and source operators that reach them.",
    "power": "Estimate power: how often nets change in a simulation, times energies of the FPGA.",
    "program": "Load the bitstream in DIR/BOARD with the board's programmer.",
    "report": "Print the report of a build as a table, or as JSON; open its page.",
    "run": "Send the frames of INPUTS to a board; exit code 1 when --check finds a difference.",
    "simulate": "Run the frames of INPUTS; write raw (integers) and real (dequantized) outputs.",
    "simulate-board": "Run a board's top level and print the name of its port, until interrupted.",
    "split": "Cut MODEL over several boards, and compile each part for its board.",
    "trace": "Write the integers of every tensor, or at level rtl of every stream, to a file.",
    "verify": "Run the same frames at every level and demand equality; exit code 1 on a mismatch.",
    "verify-system": "Run frames through all boards of a system at once, and demand equality.",
    "testbench": "Write DIR/tb: golden vectors, benches in SystemVerilog and cocotb, waves.",
    "wrap": "Write DIR/soc: the design behind AXI4-Lite and AXI4-Stream, C headers, LiteX.",
}
"""Every command with the line that the list of commands shows."""


class Commands(TyperGroup):
    """Commands that are imported when they are asked for: a list of them imports none.

    A command's module is called like the command, with `_` for `-`, and registers it on `app`.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What the list of commands shows: the name and a line."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in COMMANDS:
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name])
        return found

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command itself, its module imported."""
        begin()
        if args and args[0] in COMMANDS:
            self.add_command(load_command(args[0]), args[0])
            interrupt_by_exception()
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; whatever goes wrong in it becomes a paragraph and an exit code."""
        try:
            return super().invoke(ctx)
        except SystemExit:
            raise
        except BaseException as error:
            # What the command line's library raises itself says how it ends.
            if Debug.on or hasattr(error, "exit_code"):
                raise
            leave(error)


app = typer.Typer(
    name="hwcompile",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Turn quantized neural networks into hardware that computes the same integers.",
)

__all__ = [
    "COMMANDS",
    "answers",
    "app",
    "console",
    "load_command",
    "progress",
    "run_command_line",
]


def load_command(name: str) -> Any:
    """The command of this name, with its parameters, as an object of the command line's library."""
    import_module(f"hwcompile.cli.{name.replace('-', '_')}")
    info = next(info for info in app.registered_commands if info.name == name)
    command = typer.main.get_command_from_info(
        info, pretty_exceptions_short=False, rich_markup_mode=app.rich_markup_mode
    )
    command.params.extend(shared_options(name))
    return command


def run_command_line() -> None:
    """Run the command line; see `hwcompile.cli.exits` for how it ends."""
    Debug.on = "--debug" in sys.argv
    if Debug.on:
        sys.argv = [word for word in sys.argv if word != "--debug"]
    app()


class Debug:
    """Whether errors show their traceback."""

    on = False


def interrupt_by_exception() -> None:
    """From now on Ctrl-C ends the programs that were started, then raises `KeyboardInterrupt`."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    stop_processes()
    raise KeyboardInterrupt


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"hwcompile {version('hwcompile')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Turn quantized neural networks into hardware that computes the same integers."""
