"""A board as data: the FPGA, and what is soldered to which of its pins.

Families print it in the words of their tools; `hwcompile.boards` reads and checks the files.
"""

from __future__ import annotations

import msgspec

from hwcompile.diagnostics import fail


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a board file; its keys are the fields, nothing else is accepted."""


class Device(Part, frozen=True):
    """The FPGA, in the words of its place-and-route tool.

    Attributes:
        family: A folder of `hwcompile/families`.
        device: Such as "up5k", "85k", "GW1NR-LV9QN88PC6/I5", "xc7z020clg400-1".
        package: Such as "sg48"; for Gowin the chip family, such as "GW1N-9C".
        speed: Speed grade, where the tool wants one.
        board_part: What Vivado's board store calls the board, such as "pynq-z2".
    """

    family: str
    device: str
    package: str
    speed: str = ""
    board_part: str = ""


class Capacities(Part, frozen=True):
    """What the FPGA holds.

    Attributes:
        lut: Lookup tables: of 4 inputs, of 6 in Xilinx FPGAs, ALMs in Intel ones.
        ff: Flip-flops.
        bram: Blocks of memory.
        bram_bits: Bits of one block.
        dsp: Multiplier blocks.
        large_ram: Large single-port memories without initial contents.
        large_ram_bits: Bits of one of them.
    """

    lut: int
    ff: int
    bram: int
    bram_bits: int
    dsp: int
    large_ram: int = 0
    large_ram_bits: int = 0


class Clock(Part, frozen=True):
    """The clock.

    Attributes:
        mhz: Its frequency in MHz.
        pin: The oscillator's pin; "" where a processor gives the clock.
        pll: The PLL primitive that this pin can drive, such as "SB_PLL40_PAD" where it is the
            PLL's own pad; "" for the family's usual one, "none" for none.
        note: For people.
    """

    mhz: float
    pin: str = ""
    pll: str = ""
    note: str = ""


class Uart(Part, frozen=True):
    """The serial link to the host as the FPGA sees it: `rx` is an input of the FPGA."""

    rx: str
    tx: str
    note: str = ""


class Spi(Part, frozen=True):
    """An SPI bus on which the host is the controller and the FPGA the device.

    Attributes:
        sck: The clock.
        cs_n: The select line, low while the board is addressed.
        mosi: From the host to the FPGA.
        miso: From the FPGA to the host.
        ftdi_select: Where the bus is that of an FTDI chip: which of its chip selects `cs_n` is.
        note: For people.
    """

    sck: str
    cs_n: str
    mosi: str
    miso: str
    ftdi_select: int = 0
    note: str = ""


class Leds(Part, frozen=True):
    """LEDs.

    Attributes:
        pins: One pin per LED, or per colour of one.
        active_low: They light when the pin is low.
        standard: Electrical standard, where it differs from that of the other pins.
    """

    pins: tuple[str, ...]
    active_low: bool = False
    standard: str = ""


class Button(Part, frozen=True):
    """A push button that resets the design."""

    pin: str
    active_low: bool = False


class Programmer(Part, frozen=True):
    """The command that loads a bitstream; the word "{bitstream}" stands for the file."""

    command: tuple[str, ...]


class Io(Part, frozen=True):
    """The electrical standard of the pins, in the words of the place-and-route tool."""

    standard: str = "LVCMOS33"


class Board(Part, frozen=True):
    """A board file.

    Attributes:
        name: For people.
        device: The FPGA.
        capacities: What the FPGA holds.
        clock: The oscillator.
        programmer: How a bitstream gets in; None when the board's own processor loads it.
        uart: The serial link to the host; None when the board has none.
        spi: The same over SPI; None when the board has none.
        leds: LEDs, when there are any.
        reset: A button, when there is one to spare.
        io: The electrical standard of all pins above.
        id: The folder's name, or the name of the user's file; not a key of the file.
    """

    name: str
    device: Device
    capacities: Capacities
    clock: Clock
    programmer: Programmer | None = None
    uart: Uart | None = None
    spi: Spi | None = None
    leds: Leds | None = None
    reset: Button | None = None
    io: Io = Io()
    id: str = ""


def links_of(board: Board) -> tuple[str, ...]:
    """The links to a host that a board has, the usual one first: "uart", "spi"."""
    return tuple(name for name in ("uart", "spi") if getattr(board, name))


def with_link(board: Board, link: str = "") -> Board:
    """The board with only one of its links.

    Args:
        board: The board.
        link: "uart" or "spi"; "" for the usual one.

    Raises:
        CompileError: HW0803 when the board does not have it.
    """
    links = links_of(board)
    if not links or (link and link not in links):
        wanted = link or "uart"
        raise fail(
            "HW0803",
            f"the board '{board.id}' has no link to a host"
            + (f" of the kind '{link}', but {', '.join(links)}" if links else ""),
            f"its file has no [{wanted}] table",
            "a copy of the file with the pins of an adapter, given as --board ./mine.toml",
        )
    chosen = link or links[0]
    return msgspec.structs.replace(board, **{name: None for name in links if name != chosen})
