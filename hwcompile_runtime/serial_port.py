"""A serial port as the line of a link."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hwcompile_runtime.diagnostics import fail, reason_of
from hwcompile_runtime.link import Line

SHORT = 0.02
"""Seconds for which reading waits for the first byte."""
JAM = 10.0
"""Seconds after which a port that takes no bytes counts as broken."""


@contextmanager
def open_port(name: str, baud: int) -> Iterator[Line]:
    """Open a serial port, or a pseudo-terminal, as the line of a `BoardLink`.

    Args:
        name: As the system calls it, such as "/dev/ttyUSB1".
        baud: Bits per second.

    Raises:
        CompileError: HW0805 without pyserial, HW0814 when the port can not be opened.
    """
    try:
        serial = importlib.import_module("serial")
    except ModuleNotFoundError as error:
        fix = 'pip install "hwcompile[fpga]"'
        raise fail("HW0805", "pyserial is not installed", fix=fix) from error
    try:
        line = serial.Serial(name, baud, timeout=SHORT, write_timeout=JAM)
    except serial.SerialException as error:
        what, fix = f"the port '{name}' can not be opened", "check the cable and the port's name"
        raise fail("HW0814", what, reason_of(error), fix) from error
    with suppress(AttributeError, ValueError, NotImplementedError, OSError):
        # FTDI chips else keep short answers for 16 ms; not every system and port can change that.
        line.set_low_latency_mode(True)
    try:
        yield PortLine(line)
    finally:
        line.close()


class PortLine:
    """A serial port as a `Line`: reading returns as soon as bytes are there."""

    def __init__(self, port: Any) -> None:
        """Wrap an open `serial.Serial`."""
        self._port = port

    def write(self, data: bytes) -> object:
        """Send bytes; OSError when the port is gone or takes none."""
        with _broken_as_oserror():
            return self._port.write(data)

    def read(self, most: int) -> bytes:
        """What has arrived, at most so many bytes; else the first byte within `SHORT`."""
        with _broken_as_oserror():
            return bytes(self._port.read(max(1, min(most, self._port.in_waiting))))


@contextmanager
def _broken_as_oserror() -> Iterator[None]:
    """A port that vanishes in mid-call makes pyserial fail in more ways than by its own error."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if type(error).__module__ not in ("termios", "serial.serialutil"):
            raise
        raise OSError(str(error)) from error
