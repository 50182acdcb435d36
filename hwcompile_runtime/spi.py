"""The link over SPI: the host's controller clocks requests out and answers in."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Protocol

from hwcompile_runtime.diagnostics import CompileError, fail

POLL = 64
"""Bytes that are clocked at a time while an answer is awaited."""
SPEED = Fraction(1, 10)
"""Frequency of the bus in parts of the design's clock, at most; see `hw_spi.sv`."""
FASTEST_HZ = 10_000_000
"""What wires between two boards carry."""

FTDI, SPIDEV = "ftdi://", "/dev/spidev"

Exchange = Callable[[bytes], bytes]
"""Sends bytes to the selected board; returns as many that came back meanwhile."""


class Port(Protocol):
    """A byte stream to a simulated SPI controller: for every byte written one comes back."""

    def write(self, data: bytes) -> object:
        """Send bytes."""

    def read(self, most: int) -> bytes:
        """At most so many bytes; none when none came within a short time-out."""


class SpiLine:
    """An SPI bus as a `Line`: it listens while it sends, and sends zeros to listen.

    A request starts with a zero, as does every poll: an SPI flash on the same select line takes a
    transfer's first byte for a command, and zero is none.
    """

    def __init__(self, exchange: Exchange) -> None:
        """Use a bus."""
        self._exchange, self._heard = exchange, b""

    def write(self, data: bytes) -> object:
        """Send bytes."""
        self._heard += self._exchange(b"\0" + data)
        return len(data)

    def read(self, most: int) -> bytes:
        """What came back while sending, else the next bytes."""
        heard, self._heard = self._heard, b""
        return heard or self._exchange(bytes(min(most, POLL)))


def simulated_exchange(port: Port, patience: int = 500) -> Exchange:
    """An exchange with a simulated controller behind a byte stream.

    Args:
        port: The stream.
        patience: Reads without a byte before it counts as dead.
    """

    def exchange(data: bytes) -> bytes:
        port.write(data)
        back, silent = b"", 0
        while len(back) < len(data) and silent < patience:
            part = port.read(len(data) - len(back))
            silent = 0 if part else silent + 1
            back += part
        return back

    return exchange


@contextmanager
def bus_exchange(name: str, clock_mhz: Fraction, ftdi_select: int) -> Iterator[Exchange]:
    """An exchange with a board on a real bus, which is closed at the end of the block.

    Args:
        name: A URL of pyftdi such as "ftdi://ftdi:2232h/1", or a device such as "/dev/spidev0.0".
        clock_mhz: The design's clock, which limits that of the bus.
        ftdi_select: The chip select of the FTDI chip that the board uses.

    Raises:
        CompileError: HW0805 when the library is not installed, HW0814 when the bus can not be
            opened.
    """
    speed = min(int(clock_mhz * SPEED * 1_000_000), FASTEST_HZ)
    try:
        if name.startswith(FTDI):
            exchange, close = _ftdi(name, speed, ftdi_select)
        else:
            exchange, close = _spidev(name, speed)
    except (OSError, ValueError) as error:
        what, fix = f"the bus '{name}' can not be opened", "check the cable and the bus's name"
        raise fail("HW0814", what, str(error), fix) from error
    try:
        yield exchange
    finally:
        close()


def is_bus(name: str) -> bool:
    """True for a port that is an SPI bus by its name."""
    return name.startswith((FTDI, SPIDEV))


def _ftdi(name: str, speed: int, select: int) -> tuple[Exchange, Callable[[], object]]:
    try:
        module = importlib.import_module("pyftdi.spi")
    except ModuleNotFoundError as error:
        raise _missing("pyftdi") from error
    controller = module.SpiController(cs_count=select + 1)
    controller.configure(name)
    port = controller.get_port(cs=select, freq=speed, mode=0)
    return lambda data: bytes(port.exchange(data, len(data), duplex=True)), controller.close


def _spidev(name: str, speed: int) -> tuple[Exchange, Callable[[], object]]:
    found = re.fullmatch(r"/dev/spidev(\d+)\.(\d+)", name)
    if not found:
        raise ValueError("its name is not of the form /dev/spidevB.D")
    try:
        module = importlib.import_module("spidev")
    except ModuleNotFoundError as error:
        raise _missing("spidev") from error
    device = module.SpiDev()
    device.open(int(found[1]), int(found[2]))
    device.mode, device.max_speed_hz = 0, speed
    return lambda data: bytes(device.xfer2(list(data))), device.close


def _missing(library: str) -> CompileError:
    return fail("HW0805", f"{library} is not installed", fix='pip install "hwcompile[spi]"')
