"""Sources whose structure says nothing of the weights: memories have random contents instead.

A bitstream made of them can take any weights later: blocks of memory are found by their random
contents, and nothing in the logic was simplified because of a certain weight. The random contents
depend on the names and shapes of the memories only, so designs that differ in nothing but weights
have the same sources.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from hwcompile import build_directory

LEAST_ROWS = 64
"""A memory of fewer rows is not worth a block, and its columns are too short to be told apart."""
_TRIES = 1000
_FILE = re.compile(r'"([^"/]+)_[0-9a-f]{8}\.mem"')
_PARAMETER = re.compile(r"\.(\w+)\([^.]*$")
LOGIC = ("CodeFile",)
"""Parameters whose memories are read within a cycle, so that no block can hold them."""


@dataclass(frozen=True)
class Image:
    """The contents of a memory.

    Attributes:
        bits: uint8 [rows, bits], bit 0 first; whole hexadecimal digits.
        logic: It is in no block, however many rows it has.
    """

    bits: Any
    logic: bool = False

    @property
    def swappable(self) -> bool:
        """True when it has rows enough for a block of its own."""
        return len(self.bits) >= LEAST_ROWS and not self.logic

    def text(self) -> str:
        """As `$readmemh` reads it."""
        rows = np.packbits(self._whole_bytes(), axis=1, bitorder="little")[:, ::-1]
        digits = self.bits.shape[1] // 4
        return "".join(f"{row.tobytes().hex()[-digits:]}\n" for row in rows)

    def _whole_bytes(self) -> Any:
        return np.pad(self.bits, ((0, 0), (0, -self.bits.shape[1] % 8)))


@dataclass(frozen=True)
class Structure:
    """A design without its weights.

    Attributes:
        texts: File name to contents: sources, and the memories that are not swappable.
        seeds: Name of a swappable memory to the random contents in its place.
        images: Name of a swappable memory to its own contents.
    """

    texts: dict[str, str]
    seeds: dict[str, Image]
    images: dict[str, Image]

    @property
    def digest(self) -> str:
        """Changes with the structure, and not with the weights."""
        return _digest(self.texts)

    @property
    def weights(self) -> str:
        """Changes with the weights."""
        return _digest({name: image.text() for name, image in self.images.items()})

    def called(self, names: Mapping[str, str]) -> Structure:
        """The same with other names of modules."""
        texts = {called(name, names): called(text, names) for name, text in self.texts.items()}
        return replace(self, texts=texts)

    def write(self, folder: Path) -> None:
        """Write everything that synthesis reads into `folder`."""
        folder.mkdir()
        for name, text in self.texts.items():
            (folder / name).write_text(text)
        for name, image in self.seeds.items():
            (folder / name).write_text(image.text())


def structure_of(directory: Path) -> Structure:
    """Take the weights out of a build directory's sources.

    Every use of a memory file gets a file of its own, whose name does not tell the contents.
    """
    build_directory.memories(directory)  # refuses damaged ones
    texts = {
        build_directory.SOURCE_LIST: build_directory.read_text(directory, build_directory.FILES)
    }
    contents: dict[str, Image] = {}
    for path in build_directory.rtl_sources(directory):
        # A memory whose rows are not equally long is damaged, whatever its hash.
        with build_directory.parsing(directory, f"{build_directory.RTL}/{path.name}"):
            texts[path.name] = _renamed(path.read_text(), path.parent, contents)
    images = {name: image for name, image in contents.items() if image.swappable}
    fixed = {name: image.text() for name, image in contents.items() if not image.swappable}
    return Structure({**texts, **fixed}, seeds_for(images), images)


def called(text: str, names: Mapping[str, str]) -> str:
    """A text with other names of modules."""
    if not names:
        return text
    longest = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b")
    return pattern.sub(lambda match: names[match[0]], text)


def read_image(path: Path) -> Image:
    """Read a memory file."""
    lines = path.read_text().split()
    digits = len(lines[0])
    data = b"".join(bytes.fromhex(line.zfill(digits + digits % 2))[::-1] for line in lines)
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    return Image(bits.reshape(len(lines), -1)[:, : 4 * digits])


def seeds_for(images: Mapping[str, Image]) -> dict[str, Image]:
    """Random contents for memories of these names and shapes, with columns that all differ."""
    return {name: Image(_distinct(name, image.bits.shape)) for name, image in images.items()}


def _distinct(name: str, shape: tuple[int, int]) -> Any:
    """Random bits whose columns differ in every second, fourth and eighth row as well."""
    rng = np.random.default_rng(crc32(name.encode()))
    bits = np.zeros(shape, np.uint8)
    seen: set[bytes] = set()
    for column in range(shape[1]):
        for _ in range(_TRIES):
            values = rng.integers(0, 2, shape[0], np.uint8)
            parts = [
                bytes([step]) + values[first::step].tobytes()
                for step in (1, 2, 4, 8)
                for first in range(step)
            ]
            if len(set(parts)) == len(parts) and seen.isdisjoint(parts):
                break
        seen.update(parts)
        bits[:, column] = values
    return bits


def _digest(texts: Mapping[str, str]) -> str:
    state = hashlib.sha256()
    for name in sorted(texts):
        state.update(f"{name}\n{texts[name]}\n".encode())
    return state.hexdigest()


def _renamed(text: str, rtl: Path, contents: dict[str, Image]) -> str:
    def rename(match: re.Match[str]) -> str:
        count = sum(name.startswith(f"{match[1]}_use") for name in contents)
        name = f"{match[1]}_use{count:05}.mem"
        parameter = _PARAMETER.search(text, max(0, match.start() - 200), match.start())
        logic = parameter is not None and parameter[1] in LOGIC
        contents[name] = replace(read_image(rtl / match[0].strip('"')), logic=logic)
        return f'"{name}"'

    return _FILE.sub(rename, text)
