"""hls4ml's C simulation beside the integers that are built from the same model graph."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np

from hwcompile.frontends.hls4ml.load import import_model_graph
from hwcompile.frontends.imported import ImportedModel
from hwcompile.ir.types import IntArray

Reals = np.ndarray[Any, np.dtype[np.float64]]

COMPILER = """#!/bin/sh
# g++ without optimization: the same numbers, several times sooner.
for word; do
  shift
  [ "$word" = "-O3" ] && word=-O0
  set -- "$@" "$word"
done
exec {compiler} "$@"
"""


@contextmanager
def hasty_compiler(folder: Path) -> Iterator[None]:
    """hls4ml's build script finds a g++ that does not optimize."""
    compiler, path = which("g++"), os.environ["PATH"]
    program = folder / "g++"
    program.write_text(COMPILER.format(compiler=compiler))
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{path}"
    try:
        yield
    finally:
        os.environ["PATH"] = path


def inputs_of(imported: ImportedModel, frames: int, seed: int) -> list[Reals]:
    """Real numbers for each input: on the grid of its format, small ones, extremes, and between."""
    rng = np.random.default_rng(seed)
    found = []
    for host in imported.host_inputs:
        kind = imported.graph.types[host.value]
        element, step = kind.element, kind.scale[0]
        shape = (frames, *host.source_shape[1:])
        wide = rng.integers(element.low, element.high + 1, shape)
        small = np.clip(np.rint(rng.normal(0, 1, shape) / step), element.low, element.high)
        frame = rng.random((frames,) + (1,) * (len(shape) - 1))
        codes = np.where(frame < 0.5, small, wide)
        ends = rng.choice([element.low, element.high, 0], shape)
        codes = np.where(rng.random(shape) < 0.1, ends, codes).astype(np.float64)
        codes[0], codes[1], codes[2] = element.low, element.high, 0
        if element.low < 0:
            codes += np.where(frame > 0.9, rng.uniform(0, 1, shape), 0)
        found.append(codes * step)
    return found


def simulated(graph: Any, inputs: list[Reals]) -> list[Reals]:
    """What hls4ml's compiled C++ predicts, each output [frames, elements] in doubles."""
    result = graph.predict(inputs if len(inputs) > 1 else inputs[0])
    outputs = result if isinstance(result, list) else [result]
    return [np.asarray(y, np.float64).reshape(inputs[0].shape[0], -1) for y in outputs]


def computed(imported: ImportedModel, inputs: list[Reals]) -> tuple[list[IntArray], list[int]]:
    """Integers of each output [frames, elements], and their binary digits behind the point."""
    hosts = zip(imported.host_inputs, inputs, strict=True)
    raw = imported.graph.evaluate({host.value: host.run(x) for host, x in hosts})
    frames, digits = inputs[0].shape[0], []
    for host in imported.host_outputs:
        (source,) = host.sources
        digits.append(-int(np.log2(float(next(source.chain.start.arrays())[0]))))
    values = [raw[host.sources[0].value].reshape(frames, -1) for host in imported.host_outputs]
    return values, digits


def differing(graph: Any, frames: int = 1000, seed: int = 0) -> dict[str, int]:
    """Elements in which both differ, by output; the graph is compiled by hls4ml already."""
    imported = import_model_graph(graph)
    inputs = inputs_of(imported, frames, seed)
    values, digits = computed(imported, inputs)
    expected = simulated(graph, inputs)
    return {
        host.name: int(np.sum(ours != np.ldexp(theirs, places)))
        for host, ours, theirs, places in zip(
            imported.host_outputs, values, expected, digits, strict=True
        )
    }
