"""What the JSON files of a build directory hold, as types; unknown versions are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from hwcompile.build_directory.names import REQUIRED, is_inner_path

MANIFEST_SCHEMA = 2
REPORT_SCHEMA = 1
HOST_SCHEMA = 1
INTERFACE_SCHEMA = 1

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Identifier = Annotated[str, msgspec.Meta(pattern=r"\A[a-z_][a-z0-9_]{0,199}\Z")]
"""A name as `emit.names.identifier` makes it; the templates print it as it is."""

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


class Expected(msgspec.Struct, frozen=True):
    """A number of cycles: predicted at once, measured by simulation."""

    predicted: Count
    measured: Count | None


class Predicted(msgspec.Struct, frozen=True):
    """A number of cycles of one node, which is not measured by itself."""

    predicted: Count


class StretchReport(msgspec.Struct, frozen=True):
    """Frames of an output whose ends repeat; see `schedule.time.frame_ends.Stretch`."""

    first: Count
    ends: Annotated[list[Count], msgspec.Meta(min_length=1)]
    period: Positive
    later: Count

    def __post_init__(self) -> None:
        """Refuse a turn of more frames than are known."""
        if self.period > len(self.ends):
            raise ValueError(f"{self.period} frames can not take turns among {len(self.ends)}")


class FrameEndsReport(msgspec.Struct, frozen=True):
    """When frames end; see `schedule.time.frame_ends.FrameEnds`."""

    outputs: Annotated[list[list[StretchReport]], msgspec.Meta(min_length=1)]
    exact_frames: Count | None

    def __post_init__(self) -> None:
        """Refuse stretches that do not begin with frame 0, or go back."""
        for line in self.outputs:
            firsts = [stretch.first for stretch in line]
            if firsts[:1] != [0] or sorted(set(firsts)) != firsts:
                raise ValueError("the ends of frames do not begin with frame 0")


class Cells(msgspec.Struct, frozen=True):
    """What something is predicted to take."""

    lut: int
    ff: int
    memory_bits: int
    multipliers: int


class DesignReport(msgspec.Struct, frozen=True):
    """The part `design` of a report."""

    name: str
    interval_cycles: Expected
    latency_cycles: Expected
    frame_end_cycles: Annotated[list[int], msgspec.Meta(min_length=1)]
    frame_ends: FrameEndsReport
    frames_in_turn: Positive
    data_dependent: bool
    clock_mhz: Annotated[float, msgspec.Meta(gt=0)]
    frames_per_second: float
    lanes: int
    multipliers: float
    levels: dict[str, dict[str, Any]]
    resources: dict[str, Any] | None
    resources_predicted: Cells
    fit: dict[str, Any] | None
    fifo_bits: Count


class OriginReport(msgspec.Struct, frozen=True):
    """Where a node comes from."""

    file: str
    node: str
    op_type: str


class Estimate(msgspec.Struct, frozen=True):
    """What a node takes: predicted, and as synthesized."""

    predicted: Cells
    synthesized: dict[str, float] | None


class NodeReport(msgspec.Struct, frozen=True):
    """One node."""

    name: str
    stage: str
    origin: OriginReport
    kernel: str
    parameters: dict[str, Any]
    interval_cycles: Predicted
    latency_cycles: Predicted
    lanes: int
    arithmetic: str
    external_memory: dict[str, int] | None
    resources: Estimate


class LinkReport(msgspec.Struct, frozen=True):
    """One FIFO."""

    name: str
    depth: Count
    width_bits: Count
    block: bool


class Report(msgspec.Struct, frozen=True):
    """`report.json`; see `docs/report.md`."""

    schema: int
    design: DesignReport
    nodes: list[NodeReport]
    links: list[LinkReport]


class HostFile(msgspec.Struct, frozen=True):
    """`host.json`: how the model's inputs and outputs come from the network's integers.

    Attributes:
        schema: Version of this form.
        inputs: As `HostInput.to_json` makes them.
        outputs: As `HostOutput.to_json` makes them.
        notes: Remarks of the front end.
    """

    schema: int
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    notes: list[str]


class PortFile(msgspec.Struct, frozen=True):
    """A stream in `interface.json`; see `emit.interface.AxisPort`."""

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

    def __post_init__(self) -> None:
        """Refuse numbers that contradict each other."""
        height, width, channels = self.shape
        if self.vectors * self.size != height * width * channels:
            raise ValueError(f"shape and words of '{self.name}' contradict each other")
        # A word may be wider than a vector: the last operand of a concatenation has few channels.
        if self.low > self.high:
            raise ValueError(f"the elements of '{self.name}' are impossible")


class MemoryFile(msgspec.Struct, frozen=True):
    """A port to external memory in `interface.json`; see `emit.interface.MemoryPort`."""

    name: str
    prefix: Identifier
    status: Identifier
    address_bits: Annotated[int, msgspec.Meta(ge=12, le=64)]
    data_bits: Annotated[int, msgspec.Meta(ge=8, le=1024)]
    size: Positive
    file: str

    def __post_init__(self) -> None:
        """Refuse an image that lies elsewhere."""
        if not is_inner_path(self.file):
            raise ValueError(f"{self.file!r:.80} is not a file's name")
        if self.data_bits & (self.data_bits - 1):
            raise ValueError(f"data_bits is {self.data_bits}")


class InterfaceFile(msgspec.Struct, frozen=True):
    """`interface.json`: the ports of the top level."""

    schema: int
    top: Identifier
    inputs: Annotated[list[PortFile], msgspec.Meta(min_length=1)]
    outputs: Annotated[list[PortFile], msgspec.Meta(min_length=1)]
    streams: list[PortFile]
    memories: list[MemoryFile]
