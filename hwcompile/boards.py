"""Boards as data: one `board.toml` each, validated, with near misses for misspelt keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hwcompile.board_file import Board as Board
from hwcompile.board_file import Capacities, Part
from hwcompile.board_file import links_of as links_of
from hwcompile.board_file import with_link as with_link
from hwcompile.diagnostics import CompileError, Diagnostic, fail, reason_of
from hwcompile.families import family_names, family_of
from hwcompile.resources import room

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
    path = room("boards") / name / "board.toml"
    if not (_ID.fullmatch(name) and path.is_file()):
        near = get_close_matches(name, board_names(), 3, 0.4)
        raise fail(
            "HW0801",
            f"there is no board '{name}'",
            fix=f"one of: {', '.join(near or board_names())}; or the path of your own board file",
        )
    return _own_board(path)


@cache
def _own_board(path: Path) -> Board:
    """A board that comes with the compiler: every build reads all of them, for its report."""
    return _read(path, path.parent.name)


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
        fix = "compare it with the file of a board that comes with hwcompile"
        raise fail("HW0802", what, text[:1].lower() + text[1:], fix) from error
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
    if board.device.family not in family_names():
        why = f"device.family is '{board.device.family}'"
        raise fail("HW0802", what, why, f"one of: {', '.join(family_names())}")
    for field in msgspec.structs.fields(Capacities):
        if not 0 <= getattr(board.capacities, field.name) < 2**40:
            count = getattr(board.capacities, field.name)
            raise fail("HW0802", what, f"capacities.{field.name} is {count}", "a count")
    if not 0.1 <= board.clock.mhz <= 1000:
        raise fail("HW0802", what, f"clock.mhz is {board.clock.mhz:g}", "a frequency in MHz")
    if family_of(board).processor is None:
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
        raise fail("HW0802", what, "clock.pin is missing", "the pin of the board's oscillator")
    example = 'command = ["iceprog", "{bitstream}"] in a table [programmer]'
    if board.programmer is None:
        raise fail("HW0802", what, "the table programmer is missing", example)
    if not board.programmer.command or not board.programmer.command[0].strip("-"):
        raise fail("HW0802", what, "programmer.command begins with no program", example)
    if not any("{bitstream}" in word for word in board.programmer.command[1:]):
        raise fail("HW0802", what, "programmer.command does not name {bitstream}", example)


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
