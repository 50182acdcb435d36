"""What a bench is told about a wrapped design: `plan.json` in the working directory."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from cocotb.handle import HierarchyObject, LogicObject


class Port(TypedDict):
    """A stream's port: beats of a frame, bytes of the last beat and of all, and frames in hex."""

    prefix: str
    words: int
    full: int
    used: int
    frames: list[str]


class Memory(TypedDict):
    """A port to weights in memory, and what lies there, in hexadecimal."""

    prefix: str
    base: int
    image: str


class Plan(TypedDict):
    """The whole plan; `interval` is in cycles."""

    inputs: list[Port]
    outputs: list[Port]
    memories: list[Memory]
    frames: int
    registers: dict[str, int]
    constants: dict[str, int]
    interval: int
    timeout_ns: int
    resetting: bool


class Dut(HierarchyObject):
    """What the benches name of a design itself; ports of its streams go by their prefix."""

    aclk: LogicObject
    aresetn: LogicObject


PLAN: Plan = json.loads(Path("plan.json").read_text())
AT = PLAN["registers"]
FRAMES = PLAN["frames"]


def coins(seed: object, probability: float) -> Iterator[bool]:
    """True with a probability, forever."""
    choice = random.Random(f"{seed}")
    while True:
        yield choice.random() < probability
