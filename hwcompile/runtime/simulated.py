"""A simulated board as a serial line: its whole top level in Verilator, pins and all."""

from __future__ import annotations

import select
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from hwcompile.boards import Board
from hwcompile.build_directory import rtl_sources as sources_of
from hwcompile.engine.cache import cached
from hwcompile.families import family_of
from hwcompile.families.family import PLL_CELLS
from hwcompile.resources import room
from hwcompile.toolchains.board_top import TOP, gap_clocks, write_board_top
from hwcompile.toolchains.record import as_built, clock_of
from hwcompile.toolchains.swap import identity_on
from hwcompile.toolchains.system_clock import SystemClock
from hwcompile.verify.programs import build_program, program_key
from hwcompile.verify.simulator import link_memories
from hwcompile.verify.verilator import BALANCED, verilate

CLOCKS_PER_BIT = 8
"""The link is as fast as it may be, so that the simulation is short."""
SPI_HALF = 5
"""Clocks of half a clock of the SPI bus, for the same reason."""


class SimulatedLine:
    """A simulated board that runs until the block ends; use it with `with`."""

    def __init__(
        self,
        directory: Path,
        board: Board,
        program: Path | None = None,
        *,
        others: Sequence[Path] = (),
        arguments: Sequence[str] = (),
    ) -> None:
        """Compile the top level of a build for a board.

        Args:
            directory: Build directory of the design.
            board: The board.
            program: Another program to run.
            others: Build directories of designs on other boards in that program.
            arguments: Of that program.
        """
        self._directories = (directory, *others)
        self._command = [str(program or _program(directory, board)), *arguments]

    def __enter__(self) -> SimulatedLine:
        self._folder = tempfile.TemporaryDirectory(prefix="hwcompile-board-")
        for directory in self._directories:
            link_memories(directory, Path(self._folder.name))
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    @property
    def hits(self) -> int:
        """How often noise has hit a line between boards so far."""
        noise = Path(self._folder.name) / "noise"
        return noise.stat().st_size if noise.is_file() else 0

    def fileno(self) -> int:
        """The file that becomes readable when the board has sent bytes."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def write(self, data: bytes) -> object:
        """Send bytes into the board's `uart_rx`."""
        assert self._process.stdin is not None
        return self._process.stdin.write(data)

    def read(self, most: int) -> bytes:
        """What came out of `uart_tx`; none when nothing comes within a tenth of a second."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], 0.1)
        return self._process.stdout.read(most) if ready else b""


def board_header(board: Board, clocks_per_bit: int, clock: SystemClock | None = None) -> str:
    """What the simulated board's main program includes as `hw_board.h`."""
    header = f"#define HW_CLOCKS_PER_BIT {clocks_per_bit}\n#define HW_SPI_HALF {SPI_HALF}\n"
    header += f"#define HW_GAP_CLOCKS {gap_clocks(board, clocks_per_bit, clock)}\n"
    if board.reset:
        header += f"#define HW_BUTTON {int(board.reset.active_low)}\n"
    return header


def _program(directory: Path, board: Board) -> Path:
    board = as_built(directory, board)
    main = room("sim") / ("board_main.cpp" if board.uart else "board_spi_main.cpp")
    clock = clock_of(directory, board)
    header = board_header(board, CLOCKS_PER_BIT, clock)
    with tempfile.TemporaryDirectory(prefix="hwcompile-top-") as work:
        folder = Path(work)
        baud = round(clock.mhz * 1_000_000 / CLOCKS_PER_BIT)
        said = identity_on(directory, board)
        top = write_board_top(directory, board, folder, baud, clock, said)
        cells = [room("sim") / "pll_model.sv", *_pll_cells(board)] if clock.module else []
        sources = [*sources_of(directory), *top, *cells]
        return board_program(sources, TOP, main, header)


def board_program(sources: Sequence[Path], top: str, main: Path, header: str) -> Path:
    """The program in which boards run, made of their Verilog; cached.

    Args:
        sources: Verilog, with the top level.
        top: Its name.
        main: The program around it.
        header: What that includes as `hw_board.h`; see `board_header`.
    """
    texts = [part for path in sources for part in (path.name, path.read_text())]
    key = program_key(BALANCED, [header, main.read_text(), *texts])

    def make(target: Path) -> None:
        objects = target / "objects"
        objects.mkdir()
        (objects / "hw_board.h").write_text(header)
        verilate(sources, top, objects, BALANCED.options)
        build_program(objects, main, target / "board", BALANCED)
        shutil.rmtree(objects)

    return cached("boards", key, make) / "board"


def _pll_cells(board: Board) -> list[Path]:
    cells = family_of(board).file(PLL_CELLS)
    return [cells] if cells else []
