"""Runs wrapped designs under cocotb."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hwcompile.build_directory import rtl_sources
from hwcompile.ir.types import IntArray
from hwcompile.toolchains.vendor.wrapper import BusPort, Wrapper, wrapper_files
from hwcompile.verify.bench import compile_bench, run_bench
from hwcompile.verify.simulator import link_memories
from hwcompile_runtime import packing

BENCHES = Path(__file__).parent / "benches"
IDENTITY = "0123456789abcdef"


def sources_of(
    directory: Path, wrapper: Wrapper, work: Path, edit: tuple[str, str] = ("", "")
) -> list[Path]:
    """The design's files and those of the wrapper, written to `work`; `edit` plants a fault."""
    design = rtl_sources(directory)
    found = []
    for name, text in wrapper_files(wrapper, [path.name for path in design]).items():
        (work / name).write_text(text.replace(*edit) if edit[0] else text)
        found.append(work / name)
    if edit[0]:
        assert any(edit[0] in text for text in wrapper_files(wrapper).values())
    return [*design, *found]


def places(wrapper: Wrapper, faults: Mapping[str, tuple[str, str]]) -> set[str]:
    """The faults whose text stands in a file of the wrapper."""
    texts = wrapper_files(wrapper).values()
    return {name for name, (text, _) in faults.items() if any(text in t for t in texts)}


def ports_of(text: str) -> list[str]:
    """The ports of a module in our style, one per line."""
    head = text[text.index("(") : text.index(");")]
    return re.findall(r"^ *(?:input|output)\b.*?(\w+),?$", head, re.MULTILINE)


def run(
    directory: Path,
    wrapper: Wrapper,
    work: Path,
    frames: Mapping[str, IntArray],
    expected: Mapping[str, IntArray],
    *,
    bench: str,
    interval: int = 0,
    timeout_cycles: int = 1000,
    edit: tuple[str, str] = ("", ""),
) -> tuple[str, ...]:
    """Compile the wrapper and run a bench with packed frames; the names of passed tests.

    `interval` is that of the design alone, in cycles.
    """
    sources = sources_of(directory, wrapper, work, edit)
    ports = ports_of((work / f"{wrapper.top}.sv").read_text())
    program = compile_bench(sources, wrapper.top, ports)
    link_memories(directory, work)
    for name in ("bench_plan", bench):
        shutil.copy(BENCHES / f"{name}.py", work)
    plan = {
        "inputs": [_port(bus, frames[bus.port.name]) for bus in wrapper.inputs],
        "outputs": [_port(bus, expected[bus.port.name]) for bus in wrapper.outputs],
        "memories": [
            {
                "prefix": port.prefix,
                "base": 0x3000 + 0x10000 * index,
                "image": (directory / port.file).read_bytes().hex(),
            }
            for index, port in enumerate(wrapper.interface.memories)
        ],
        "frames": len(next(iter(frames.values()))),
        "registers": {r.name: r.offset for r in wrapper.registers.registers},
        "constants": {r.name: r.value for r in wrapper.registers.of("constant")},
        "interval": max(interval, wrapper.cycles),
        "timeout_ns": 10 * timeout_cycles,
        "resetting": False,
    }
    (work / "plan.json").write_text(json.dumps(plan))
    return run_bench(program, wrapper.top, work, bench, seed=1)


def _port(bus: BusPort, frames: IntArray) -> dict[str, Any]:
    form = bus.packing
    return {
        "prefix": bus.port.prefix,
        "words": bus.form.words,
        "full": bus.full_bytes if bus.form.words > 1 else bus.last_bytes,
        "used": (bus.form.words - 1) * form.word_bytes + bus.last_bytes,
        "frames": [packing.pack(frame, form).tobytes().hex() for frame in frames],
    }
