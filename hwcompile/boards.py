"""Boards as data: one `board.toml` each, validated, with near misses for misspelt keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hwcompile.diagnostics import CompileError, Diagnostic, fail, reason_of
from hwcompile.resources import room

FAMILIES = ("ice40", "ecp5", "gowin", "gatemate", "nexus", "machxo2")
"""FPGA families whose flow reaches a bitstream."""

VENDOR_FLOWS = {
    "artix7": "vivado",
    "zynq7": "vivado",
    "zynqmp": "vivado",
    "cyclone5": "quartus",
}
"""FPGA families that get a project for the vendor's tool, and that tool."""

PROCESSOR_FAMILIES = ("zynq7", "zynqmp")
"""Families whose processor feeds the design through DMA and gives it its clock."""


_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.+-]{0,62}[A-Za-z0-9_+-])?")
"""What a board may be called: its files go to a folder of that name."""


class _Kind(NamedTuple):
    """What a text in a board file may be; scripts of many languages print it as it is."""

    pattern: re.Pattern[str]
    meaning: str


_WORD = _Kind(re.compile(r"[A-Za-z0-9_./:+-]{0,64}"), "letters, digits and any of _ . / : + -")
_STANDARD = _Kind(re.compile(r"[A-Za-z0-9_. -]{0,64}"), "such as LVCMOS33 or 3.3-V LVTTL")
_SENTENCE = _Kind(re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{0,200}"), "one line")
_KINDS = {
    "name": _SENTENCE,
    "note": _SENTENCE,
    "standard": _STANDARD,
    "programmer.command": _SENTENCE,
}
"""Field to what it may be, where that is not a word."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a board file; its keys are the fields, nothing else is accepted."""


class Device(Part, frozen=True):
    """The FPGA, in the words of its place-and-route tool.

    Attributes:
        family: One of `FAMILIES` or `VENDOR_FLOWS`.
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

    @property
    def flow(self) -> str:
        """The tools that build for it: "open", "vivado" or "quartus"."""
        return VENDOR_FLOWS.get(self.device.family, "open")

    @property
    def has_processor(self) -> bool:
        """True when a processor on the chip feeds the design through DMA."""
        return self.device.family in PROCESSOR_FAMILIES


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


def board_names() -> tuple[str, ...]:
    """The names of the boards that come with the compiler, sorted."""
    return tuple(sorted(path.parent.name for path in room("boards").glob("*/board.toml")))


def load_board(name: str) -> Board:
    """The board of that name, or the one in a file of the user's own.

    Args:
        name: One of `board_names()`, a path to a TOML file, or a folder with a `board.toml`.

    Raises:
        CompileError: HW0801 for a board that is not there, HW0802 for a file that is wrong.
    """
    path = Path(name)
    if path.suffix == ".toml" or "/" in name:
        path = path / "board.toml" if path.is_dir() else path
        # The whole path: of `../board.toml` the folder is not called `..`.
        folder = path.absolute().parent.resolve().name
        return _read(path, folder if path.name == "board.toml" else path.stem)
    if name not in board_names():
        near = get_close_matches(name, board_names(), 3, 0.4)
        raise fail(
            "HW0801",
            f"there is no board '{name}'",
            fix=f"one of: {', '.join(near or board_names())}; or the path of your own board file",
        )
    return _read(room("boards") / name / "board.toml", name)


def _read(path: Path, name: str) -> Board:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        what, fix = f"the board file '{path}' can not be read", "check the path"
        raise fail("HW0801", what, reason_of(error), fix) from error
    except (ValueError, RecursionError) as error:
        what, fix = f"the board file '{path}' is not TOML", "repair that place"
        raise fail("HW0802", what, str(error), fix) from error
    return parse_board(data, name, str(path))


def parse_board(data: Mapping[str, Any], name: str, where: str) -> Board:
    """Validate the contents of a board file.

    Args:
        data: The file as nested mappings.
        name: The board's `id`.
        where: What messages call the file.

    Raises:
        CompileError: HW0802, with every unknown key and its near misses, or the first wrong value.
    """
    unknown = list(_unknown_keys(data, Board, ""))
    if unknown:
        raise CompileError(
            Diagnostic("HW0802", f"the board file '{where}' has an unknown key '{key}'", fix=fix)
            for key, fix in unknown
        )
    if not _ID.fullmatch(name):
        raise fail(
            "HW0861",
            f"the board of '{where}' can not be called {name!r:.80}",
            "the name comes from the file, or from its folder when it is a board.toml, and a "
            "folder of that name holds what is built",
            "another name for the file, of letters, digits, '_', '-' and '.'",
        )
    try:
        board = msgspec.convert({**data, "id": name}, Board)
    except msgspec.ValidationError as error:
        text = str(error).replace("`$.", "`")
        what = f"the board file '{where}' is wrong"
        raise fail("HW0802", what, text[:1].lower() + text[1:]) from error
    _check_values(board, where)
    return board


def _unknown_keys(
    table: Mapping[str, Any], shape: type[msgspec.Struct], prefix: str
) -> Iterator[tuple[str, str]]:
    fields = {field.name: field for field in msgspec.structs.fields(shape) if field.name != "id"}
    for key, value in table.items():
        if key not in fields:
            near = get_close_matches(key, fields, 1)
            yield f"{prefix}{key}", f"'{near[0]}'" if near else f"one of: {', '.join(fields)}"
            continue
        inner = _table_of(fields[key].type)
        if inner and isinstance(value, Mapping):
            yield from _unknown_keys(value, inner, f"{prefix}{key}.")


def _table_of(kind: Any) -> type[msgspec.Struct] | None:
    """The struct in a field's type, also behind `| None`."""
    for choice in getattr(kind, "__args__", (kind,)):
        if isinstance(choice, type) and issubclass(choice, msgspec.Struct):
            return choice
    return None


def _check_values(board: Board, where: str) -> None:
    what = f"the board file '{where}' is wrong"
    for key, text, kind in _texts(board, ""):
        if not kind.pattern.fullmatch(text):
            why = f"{key} is {text!r:.80}, and the scripts of tools can not hold that"
            raise fail("HW0802", what, why, kind.meaning)
    if board.device.family not in (*FAMILIES, *VENDOR_FLOWS):
        why = f"device.family is '{board.device.family}'"
        raise fail("HW0802", what, why, f"one of: {', '.join((*FAMILIES, *VENDOR_FLOWS))}")
    for field in msgspec.structs.fields(Capacities):
        if not 0 <= getattr(board.capacities, field.name) < 2**40:
            count = getattr(board.capacities, field.name)
            raise fail("HW0802", what, f"capacities.{field.name} is {count}", "a count")
    if not 0.1 <= board.clock.mhz <= 1000:
        raise fail("HW0802", what, f"clock.mhz is {board.clock.mhz:g}", "a frequency in MHz")
    if not board.has_processor:
        _check_outside(board, what)
    pins = list(_pins(board))
    for pin, use in pins:
        others = [other for same, other in pins if same == pin and other != use]
        if others:
            why = f"pin {pin} is both {use} and {others[0]}"
            raise fail("HW0802", what, why, "one use for each pin")


def _texts(part: Part, prefix: str) -> Iterator[tuple[str, str, _Kind]]:
    """Name, contents and kind of every text in a board file, tables in tables included."""
    for field in msgspec.structs.fields(type(part)):
        value, key = getattr(part, field.name), f"{prefix}{field.name}"
        if isinstance(value, Part):
            yield from _texts(value, f"{key}.")
            continue
        kind = _KINDS.get(key, _KINDS.get(field.name, _WORD))
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                yield key, text, kind


def _check_outside(board: Board, what: str) -> None:
    """Clock and bitstream of a board without a processor come from outside the chip."""
    if not board.clock.pin:
        raise fail("HW0802", what, "clock.pin is missing")
    if board.programmer is None:
        raise fail("HW0802", what, "the table programmer is missing")
    if not board.programmer.command or not board.programmer.command[0].strip("-"):
        raise fail("HW0802", what, "programmer.command begins with no program")
    if not any("{bitstream}" in word for word in board.programmer.command[1:]):
        raise fail("HW0802", what, "programmer.command does not name {bitstream}")


def _pins(board: Board) -> Iterator[tuple[str, str]]:
    if board.clock.pin:
        yield board.clock.pin, "clock.pin"
    if board.uart:
        yield board.uart.rx, "uart.rx"
        yield board.uart.tx, "uart.tx"
    if board.spi:
        for name in ("sck", "cs_n", "mosi", "miso"):
            yield getattr(board.spi, name), f"spi.{name}"
    if board.reset:
        yield board.reset.pin, "reset.pin"
    for index, pin in enumerate(board.leds.pins if board.leds else ()):
        yield pin, f"leds.pins[{index}]"
