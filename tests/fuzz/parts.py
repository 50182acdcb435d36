"""The parts of a campaign: name to `module:function`, imported when they run."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures

PARTS: dict[str, str] = {
    "networks-qdq": "tests.fuzz.networks:qdq",
    "networks-qonnx": "tests.fuzz.networks:qonnx",
    "networks-integer": "tests.fuzz.networks:integer",
    "networks-rtl": "tests.fuzz.hardware:run_rtl",
    "models": "tests.fuzz.protos:run",
    "models-structured": "tests.fuzz.models:run",
    "inputs": "tests.fuzz.files:inputs",
    "boards": "tests.fuzz.files:boards",
    "directories": "tests.fuzz.directories:run",
    "names": "tests.fuzz.hostile:run",
    "schedules": "tests.fuzz.scheduled:run",
    "options": "tests.fuzz.options:run",
    "cache": "tests.fuzz.caches:run",
    "kills": "tests.fuzz.kills:run",
    "link": "tests.fuzz.link:run",
    "peers": "tests.fuzz.peers:run",
}


def part(name: str) -> Callable[[Budget], Figures]:
    """The function that runs a part."""
    module, _, function = PARTS[name].partition(":")
    found: Callable[[Budget], Figures] = getattr(import_module(module), function or "run")
    return found
