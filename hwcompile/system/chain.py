"""The boards of a system one behind the other: who asks whom, and what each says about itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from hwcompile.boards import Board, load_board, with_link
from hwcompile.emit.interface import Interface, ports_of
from hwcompile.system.files import System
from hwcompile.toolchains.board_top import identity, led_count
from hwcompile.toolchains.joint import Joint, NextBoard
from hwcompile_runtime.deployment import identity_of
from hwcompile_runtime.ports import StreamPorts


@dataclass(frozen=True)
class Member:
    """A board of a system.

    Attributes:
        directory: Build directory of its design.
        board: The board, with its serial link alone.
        interface: Ports of its design.
        joint: Its place in the system.
        ident: What it says about itself and all boards behind it.
    """

    directory: Path
    board: Board
    interface: Interface
    joint: Joint
    ident: str

    @property
    def module(self) -> str:
        """Name of its top level."""
        return self.joint.module

    @property
    def leds(self) -> int:
        """How many LEDs its top level drives."""
        return led_count(self.board)


def members_of(directory: Path, system: System) -> tuple[Member, ...]:
    """The boards of a system, the host's first.

    Raises:
        CompileError: Those of the board files and of the build directories.
    """
    members: list[Member] = []
    last = Interface.read(directory / system.parts[-1].folder)
    for index, part in reversed(list(enumerate(system.parts))):
        folder = directory / part.folder
        interface = Interface.read(folder)
        behind = members[-1].ident if members else ""
        said = identity(folder, interface)
        if behind:
            # Another design anywhere behind it makes another identity.
            digest = hashlib.sha256(f"{said}{behind}".encode()).hexdigest()
            said = identity_of(digest, host_ports(interface, last))
        joint = Joint(f"{interface.top}_board", NextBoard(behind) if behind else None)
        if index:
            before = Interface.read(directory / system.parts[index - 1].folder)
            formats = before.outputs[0].format, interface.inputs[0].format
            joint = replace(joint, arrives=formats[0], takes=formats[1])
        board = with_link(load_board(part.board), "uart")
        members.append(Member(folder, board, interface, joint, said))
    return tuple(reversed(members))


def host_ports(first: Interface, last: Interface) -> StreamPorts:
    """The streams that a host at the first board sees: what goes in there, what the last gives."""
    return StreamPorts(ports_of(first).inputs, ports_of(last).outputs)
