"""A compiled network as a host sees it: real numbers in, real numbers out.

    network = Deployment.read("out")                        # host.json and interface.json
    with network.connect("/dev/ttyUSB1", 1_000_000) as board:
        outputs = board.run({"x": images})               # {"y": scores}

Whoever moves the words in another way takes the steps one by one:

    words = network.pack(network.quantize({"x": images}))
    ...
    outputs = network.dequantize(network.unpack(received))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile_runtime.diagnostics import CompileError as CompileError
from hwcompile_runtime.files import (
    HOST,
    HOST_SCHEMA,
    INTERFACE,
    INTERFACE_SCHEMA,
    digest_of,
    read_json,
)
from hwcompile_runtime.frames import run_frames
from hwcompile_runtime.host import HostInput, HostOutput
from hwcompile_runtime.integers import IntArray
from hwcompile_runtime.link import BoardLink, timeout_of
from hwcompile_runtime.packets import PROTOCOL
from hwcompile_runtime.packing import FrameWords, Words
from hwcompile_runtime.ports import StreamPort, StreamPorts
from hwcompile_runtime.rows import AnyArray
from hwcompile_runtime.serial_port import open_port

Reals = Mapping[str, AnyArray]
"""The model's inputs or outputs by name; [frames, ...] each, in the model's shape."""


@dataclass(frozen=True)
class Deployment:
    """What computers do before and behind a design.

    Attributes:
        folder: Where its files are.
        ports: The design's streams.
        inputs: How the network's integers come from the model's inputs.
        outputs: How the model's outputs come from the network's integers.
    """

    folder: Path
    ports: StreamPorts
    inputs: tuple[HostInput, ...]
    outputs: tuple[HostOutput, ...]

    @staticmethod
    def read(folder: Path | str) -> Deployment:
        """Read `host.json` and `interface.json` of a build directory or a board's project.

        Raises:
            CompileError: HW0510 when one of them is missing or damaged, HW0511 when another
                version of hwcompile wrote it.
        """
        place = Path(folder)
        host = read_json(place / HOST, HOST_SCHEMA)
        interface = read_json(place / INTERFACE, INTERFACE_SCHEMA)
        return Deployment(
            place,
            StreamPorts.from_json(interface),
            tuple(HostInput.from_json(entry) for entry in host["inputs"]),
            tuple(HostOutput.from_json(entry) for entry in host["outputs"]),
        )

    def behind(
        self, inputs: Mapping[str, FrameWords], outputs: Mapping[str, FrameWords]
    ) -> Deployment:
        """The same network behind a bus whose words differ from those of its streams.

        Args:
            inputs: For every input of the network, how its frames are cut.
            outputs: For every output likewise.
        """
        sides = (self.ports.inputs, inputs), (self.ports.outputs, outputs)
        found = (tuple(replace(p, packing=words[p.name]) for p in side) for side, words in sides)
        return replace(self, ports=StreamPorts(*found))

    def quantize(self, inputs: Reals) -> dict[str, IntArray]:
        """The network's integers of the model's real inputs.

        Returns:
            Input of the network to int64 [frames, height, width, channels].

        Raises:
            ValueError: When an input is missing or unknown, a shape does not fit, the inputs have
                different numbers of frames, or a number has no integer of the network.
        """
        _check_names(inputs, {host.source for host in self.inputs})
        found = {host.value: host.run(np.asarray(inputs[host.source])) for host in self.inputs}
        for port in self.ports.inputs:
            if not port.element.contains(found[port.name]):
                raise ValueError(f"'{port.name}' takes {port.element}")
        _check_frames(found)
        return found

    def dequantize(self, outputs: Mapping[str, IntArray]) -> dict[str, AnyArray]:
        """The model's real outputs of the network's integers [frames, height, width, channels]."""
        _check_names(outputs, {port.name for port in self.ports.outputs})
        return {host.name: host.run(outputs) for host in self.outputs}

    def pack(self, values: Mapping[str, IntArray]) -> dict[str, Words]:
        """The words of every input's integers: uint8 [frames * words, word_bytes].

        Raises:
            ValueError: When an input is missing or unknown, or its integers do not fit.
        """
        _check_names(values, {port.name for port in self.ports.inputs})
        return {port.name: port.pack(np.asarray(values[port.name])) for port in self.ports.inputs}

    def unpack(self, words: Mapping[str, Words]) -> dict[str, IntArray]:
        """The integers of every output's words: int64 [frames, height, width, channels]."""
        _check_names(words, {port.name for port in self.ports.outputs})
        return {port.name: _unpacked(port, words[port.name]) for port in self.ports.outputs}

    def run(self, inputs: Reals, move: Callable[[dict[str, IntArray]], Any]) -> dict[str, AnyArray]:
        """Real outputs of real inputs; `move` makes the outputs' integers of the inputs'."""
        return self.dequantize(move(self.quantize(inputs)))

    @property
    def identity(self) -> str:
        """What a board says that holds this design: see `identity_of`.

        Raises:
            CompileError: HW0510 when the design's sources are not in the folder.
        """
        return identity_of(digest_of(self.folder), self.ports)

    @contextmanager
    def connect(self, port: str, baud: int, *, identity: str = "") -> Iterator[ConnectedBoard]:
        """A board on a serial port.

        Args:
            port: As the system calls it, such as "/dev/ttyUSB1".
            baud: Bits per second, as the bitstream was built for.
            identity: Sixteen hexadecimal digits that the design must show; without them those of
                the sources in the folder.

        Raises:
            CompileError: HW0805 without pyserial, HW0814 when the port can not be opened.
        """
        with open_port(port, baud) as line:
            link = BoardLink(line, timeout=timeout_of(baud))
            yield ConnectedBoard(self, link, identity or self.identity)


@dataclass(frozen=True)
class ConnectedBoard:
    """A board that holds a network.

    Attributes:
        network: What it computes.
        link: The conversation with it.
        identity: What it must say about itself.
    """

    network: Deployment
    link: BoardLink
    identity: str

    def run(self, inputs: Reals) -> dict[str, AnyArray]:
        """The model's real outputs of its real inputs.

        Raises:
            ValueError: See `Deployment.quantize`.
            CompileError: See `run_frames`.
        """
        return self.network.run(inputs, self.run_integers)

    def run_integers(self, inputs: Mapping[str, IntArray]) -> dict[str, IntArray]:
        """The integers that the network makes of integers, [frames, height, width, channels].

        Raises:
            CompileError: See `run_frames`.
        """
        return run_frames(self.link, self.network.ports, self.identity, inputs)


def identity_of(digest: str, ports: StreamPorts) -> str:
    """What a board says about itself: 16 hexadecimal digits, most significant byte first.

    Least significant byte first these are: the protocol's version, inputs and outputs (four bits
    each), and six bytes that change with the design's sources and memory contents.
    """
    count = len(ports.outputs) << 4 | len(ports.inputs)
    return f"{digest[:12]}{count:02x}{PROTOCOL:02x}"


def _unpacked(port: StreamPort, words: Words) -> IntArray:
    return port.unpack(np.asarray(words, dtype=np.uint8).reshape(-1, port.packing.word_bytes))


def _check_names(given: object, known: set[str]) -> None:
    if not isinstance(given, Mapping) or given.keys() != known:
        raise ValueError(f"a dictionary with one array for each of: {', '.join(sorted(known))}")


def _check_frames(values: Mapping[str, IntArray]) -> None:
    counts = {name: len(array) for name, array in values.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"the inputs have different numbers of frames: {counts}")
