"""A simulated board behind a pseudo-terminal, so that any program can open it as a serial port."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path
from types import TracebackType

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.runtime.noise import Noise
from hwcompile.runtime.simulated import SimulatedLine
from hwcompile.toolchains.record import as_built

CHUNK = 4096


class SimulatedPort:
    """A simulated board with a serial port of its own; use it with `with`.

    Clients may come, die and come again; the board runs on. Like a serial line, the terminal
    loses what nobody reads in time.

    Attributes:
        name: The port's name, such as "/dev/pts/3".
        received: Bytes from clients so far, before noise.
    """

    def __init__(self, directory: Path, board: Board, *, noise: float = 0.0, seed: int = 0) -> None:
        """Compile the top level of a build for a board.

        Args:
            directory: Build directory of the design.
            board: The board.
            noise: Probability that a byte on the line is changed, lost, or followed by another.
            seed: Of the noise.

        Raises:
            CompileError: HW0830 on systems without pseudo-terminals, and those of the simulator.
        """
        if not hasattr(os, "openpty"):
            raise fail(
                "HW0830",
                "the simulated board needs pseudo-terminals",
                "this system has none",
                "run it on Linux or macOS",
            )
        self.name, self.received = "", 0
        self._line = SimulatedLine(directory, board)
        # On a clocked bus bytes change, but none is lost or invented.
        clocked = as_built(directory, board).uart is None
        self._to_board = Noise(noise, 2 * seed, flips_only=clocked)
        self._from_board = Noise(noise, 2 * seed + 1, flips_only=clocked)

    @property
    def hits(self) -> int:
        """Bytes that noise has hit so far."""
        return self._to_board.hits + self._from_board.hits

    def __enter__(self) -> SimulatedPort:
        import tty  # not on every system

        # Our own hold on the client's end keeps the terminal alive between clients.
        self._master, self._client = os.openpty()
        tty.setraw(self._client)
        os.set_blocking(self._master, False)
        self.name = os.ttyname(self._client)
        self._wake, self._waker = os.pipe()
        self._line.__enter__()
        self._pump = threading.Thread(target=self._run, daemon=True)
        self._pump.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.write(self._waker, b"!")
        self._pump.join()
        self._line.__exit__(kind, error, trace)
        for handle in (self._master, self._client, self._wake, self._waker):
            os.close(handle)

    def wait(self) -> None:
        """Return when the simulation has ended."""
        self._pump.join()

    def _run(self) -> None:
        board = self._line.fileno()
        while True:
            ready, _, _ = select.select([self._master, board, self._wake], [], [])
            if self._wake in ready:
                return
            if self._master in ready:
                data = os.read(self._master, CHUNK)
                self.received += len(data)
                self._line.write(self._to_board.spoil(data))
            if board in ready:
                data = os.read(board, CHUNK)
                if not data:
                    return
                self._give(self._from_board.spoil(data))

    def _give(self, data: bytes) -> None:
        try:
            os.write(self._master, data)
        except BlockingIOError:
            return  # nobody reads
