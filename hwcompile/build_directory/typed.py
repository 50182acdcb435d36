"""What the small JSON files of a build directory hold, as types; other versions are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from hwcompile.build_directory.fields import Count, Identifier, Positive
from hwcompile.build_directory.names import REQUIRED, is_inner_path

MANIFEST_SCHEMA = 2

_HASH = re.compile(r"[0-9a-f]{64}")


class Manifest(msgspec.Struct, frozen=True):
    """`manifest.json`: what made the directory, and every file with its SHA-256.

    Attributes:
        schema: Version of this form.
        hwcompile: Version of the compiler.
        packages: Versions of packages that decide what it computes.
        model: The source model: its name and hash.
        files: Path to SHA-256.
        pending: The same of files that are being rewritten: either hash is right.
    """

    schema: int
    hwcompile: str
    packages: dict[str, str]
    model: dict[str, str]
    files: dict[str, str]
    pending: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse paths that lead elsewhere, and hashes that are none."""
        for path, value in (*self.files.items(), *self.pending.items()):
            if not is_inner_path(path):
                raise ValueError(f"{path!r:.80} is not a file's name")
            if not _HASH.fullmatch(value):
                raise ValueError(f"the hash of '{path}' is not one")
        missing = [name for name in REQUIRED if name not in self.files]
        if missing:
            raise ValueError(f"it does not list '{missing[0]}'")

    def hashes(self, name: str) -> tuple[str, ...]:
        """The hashes that a file may have; none when it is not listed."""
        found = (self.files.get(name), self.pending.get(name))
        return tuple(value for value in found if value)


class IndexFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """Positions in another array, as an order of its axes or one by one.

    Attributes:
        shape: Of the array of positions.
        order: Axes of an ascending run, in the order in which they are read; absent when
            `elements` says it.
        elements: Flat positions, -1 for `fill`; absent when `order` says it.
    """

    shape: list[Count]
    order: list[Count] | None = None
    elements: list[int] | None = None


class ChainFile(msgspec.Struct, frozen=True):
    """Element-wise operations, in the order in which they are done.

    Attributes:
        start: `scale` and `zero_point` of the integers it begins with; empty when it begins with
            the numbers themselves.
        ops: One object per operation: its `kind`, `constants`, `attributes`, `quantizer` and
            `branches`, where it has them; `docs/semantics.md` tells what they compute.
    """

    start: dict[str, Any]
    ops: list[dict[str, Any]]


class HostInputFile(msgspec.Struct, frozen=True):
    """How the integers of one input of the network come from an input of the model.

    Attributes:
        value: The network's input.
        source: The model's input.
        source_shape: Its shape, batch axis 1 included.
        index: For every integer its position in the model's input.
        fill: Real number at places that come from nowhere.
        chain: From real numbers to real numbers.
        quantizer: From real numbers to integers: its `kind` and constants.
    """

    value: str
    source: str
    source_shape: list[Count]
    index: IndexFile
    fill: float
    chain: ChainFile
    quantizer: dict[str, Any]


class HostSourceFile(msgspec.Struct, frozen=True):
    """Real numbers from one output of the network.

    Attributes:
        value: The network's output.
        index: For every number its position in one frame of that output.
        fill: Integer at places that come from nowhere.
        integers: True when the numbers are the network's integers themselves.
        chain: From integers to numbers.
    """

    value: str
    index: IndexFile
    fill: int
    integers: bool
    chain: ChainFile


class HostStepFile(msgspec.Struct, frozen=True):
    """What the host does behind the network.

    Attributes:
        kind: Of the step.
        ops: Element-wise operations, as in a chain.
        index: Positions that it takes, or null.
        attributes: Of the step.
    """

    kind: str
    ops: list[dict[str, Any]]
    index: IndexFile | None
    attributes: dict[str, Any]


class HostOutputFile(msgspec.Struct, frozen=True):
    """How one output of the model comes from outputs of the network.

    Attributes:
        name: The model's output.
        shape: Its shape, batch axis 1 included.
        dtype: Its element type, as numpy calls it.
        kind: "stream" (one source), "bundle" (sources one after the other, then `pick`), or what
            joins two sources: add, sub, mul, min, max.
        sources: Where the numbers come from.
        pick: Of a bundle: positions in the elements of all sources; else null.
        steps: What happens behind that.
    """

    name: str
    shape: list[Count]
    dtype: str
    kind: str
    sources: list[HostSourceFile]
    pick: IndexFile | None
    steps: list[HostStepFile]


class HostFile(msgspec.Struct, frozen=True):
    """`host.json`: how the model's inputs and outputs come from the network's integers.

    Attributes:
        schema: Version of this form.
        inputs: One for every input of the network.
        outputs: One for every output of the model.
        notes: Remarks of the front end.
    """

    schema: int
    inputs: list[HostInputFile]
    outputs: list[HostOutputFile]
    notes: list[str]


class PortFile(msgspec.Struct, frozen=True):
    """A stream of words, and how they make frames; `docs/rtl.md` tells more.

    Attributes:
        name: The value that it carries.
        prefix: Of its signals: `<prefix>_tdata` and so on. Of a stream inside: the node that a
            reader of the model knows.
        shape: (height, width, channels) of a frame.
        vectors: Vectors of a frame.
        size: Elements of a vector.
        parallel: Elements of a word.
        low: The least value of an element.
        high: The largest value of an element.
        encoding: "int" (unsigned where `low` is not negative, else two's complement) or "bipolar"
            (one bit: 0 means -1, 1 means +1).
        words_per_frame: Words of a frame.
        tdata_bytes: Width of tdata: the word, padded with zero bits at the top. Bytes.
        blocks: Of a stream inside whose vectors are the taps of a window, all taps of a block of
            channels side by side: how many taps there are, and channels of a block.
    """

    name: str
    prefix: str
    shape: tuple[Positive, Positive, Positive]
    vectors: Positive
    size: Positive
    parallel: Positive
    low: int
    high: int
    encoding: str
    words_per_frame: Positive
    tdata_bytes: Positive
    blocks: tuple[Positive, Positive] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that contradict each other."""
        height, width, channels = self.shape
        if self.blocks is not None and self.size % (self.blocks[0] * self.blocks[1]):
            raise ValueError(f"blocks and vectors of '{self.name}' contradict each other")
        if self.vectors * self.size != height * width * channels:
            raise ValueError(f"shape and words of '{self.name}' contradict each other")
        # A word may be wider than a vector: the last operand of a concatenation has few channels.
        if self.low > self.high:
            raise ValueError(f"the elements of '{self.name}' are impossible")


class MemoryFile(msgspec.Struct, frozen=True):
    """An AXI4 read master of the top level, and the image that the memory behind it holds.

    Attributes:
        name: The stage that reads it.
        prefix: Of its signals: `<prefix>_araddr` and so on.
        status: Prefix of `<status>_base_i` (where the image begins, a multiple of 4096, constant),
            `<status>_starved_o` (cycles in which the stage waited) and `<status>_error_o`.
        address_bits: Width of araddr. Bits.
        data_bits: Width of rdata. Bits.
        size: Of the image. Bytes.
        file: The image, as a path in the build directory.
        load_cycles: From reset until words are accepted, without the cycles in which memory was
            waited for, where the image is read once; 0 where it is read as frames pass.
    """

    name: str
    prefix: Identifier
    status: Identifier
    address_bits: Annotated[int, msgspec.Meta(ge=12, le=64)]
    data_bits: Annotated[int, msgspec.Meta(ge=8, le=1024)]
    size: Positive
    file: str
    load_cycles: Count = 0

    def __post_init__(self) -> None:
        """Refuse an image that lies elsewhere."""
        if not is_inner_path(self.file):
            raise ValueError(f"{self.file!r:.80} is not a file's name")
        if self.data_bits & (self.data_bits - 1):
            raise ValueError(f"data_bits is {self.data_bits}")


class InterfaceFile(msgspec.Struct, frozen=True):
    """`interface.json`: the ports of the top level. Its clock is aclk, its reset aresetn.

    Attributes:
        schema: Version of this form.
        top: Name of the top level's module.
        inputs: In the order of the network.
        outputs: In the order of the network.
        streams: What leaves each stage, in stream order.
        memories: Ports to external memory, in stream order.
    """

    schema: int
    top: Identifier
    inputs: Annotated[list[PortFile], msgspec.Meta(min_length=1)]
    outputs: Annotated[list[PortFile], msgspec.Meta(min_length=1)]
    streams: list[PortFile]
    memories: list[MemoryFile]
