"""The streams that enter and leave a design, as programs on a host see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwcompile_runtime.diagnostics import fail
from hwcompile_runtime.integers import Encoding, IntArray, IntType
from hwcompile_runtime.packing import FrameWords, Words, pack, unpack, used_bits


@dataclass(frozen=True)
class StreamPort:
    """One stream of words.

    Attributes:
        name: The network's input or output that it carries.
        shape: (height, width, channels) of a frame.
        element: Its integers.
        packing: How a frame is cut into words.
    """

    name: str
    shape: tuple[int, int, int]
    element: IntType
    packing: FrameWords

    def pack(self, values: IntArray) -> Words:
        """The words of frames.

        Args:
            values: int64 [frames, height, width, channels], each of the element type.

        Returns:
            uint8 [frames * words, word_bytes], least significant byte first.

        Raises:
            ValueError: If shape or values do not fit the port.
        """
        if values.shape[1:] != self.shape:
            raise ValueError(
                f"'{self.name}' takes frames of shape {self.shape}, not {values.shape}"
            )
        if not self.element.contains(values):
            raise ValueError(f"'{self.name}' takes {self.element}")
        return pack(values, self.packing)

    def unpack(self, words: Words) -> IntArray:
        """Inverse of `pack`: int64 [frames, height, width, channels].

        Raises:
            CompileError: HW0603 if a bit that carries no element is not zero.
        """
        mask = used_bits(self.packing)
        if (words.reshape(-1, *mask.shape) & ~mask).any():
            raise fail(
                "HW0603",
                f"output '{self.name}' has a one in a bit that carries no element",
                fix="report this as a bug: lanes beyond a vector's end must be zero",
            )
        return unpack(words, self.packing).reshape(-1, *self.shape)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StreamPort:
        """A port as `interface.json` has it."""
        height, width, channels = data["shape"]
        element = IntType(data["low"], data["high"], Encoding(data["encoding"]))
        counts = (data["vectors"], data["size"], data["parallel"])
        packing = FrameWords(*counts, element.bits, element.kind, data["tdata_bytes"])
        return StreamPort(data["name"], (height, width, channels), element, packing)


@dataclass(frozen=True)
class StreamPorts:
    """All streams of a design.

    Attributes:
        inputs: In the order of the network.
        outputs: In the order of the network.
    """

    inputs: tuple[StreamPort, ...]
    outputs: tuple[StreamPort, ...]

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StreamPorts:
        """The ports in `interface.json`."""
        return StreamPorts(
            tuple(StreamPort.from_json(port) for port in data["inputs"]),
            tuple(StreamPort.from_json(port) for port in data["outputs"]),
        )
