"""Memory of a run does not grow with the number of frames; blocks change no integer.

Who wrote the expectations: the operating system counts the memory; the integers are those of the
same design evaluated in one piece.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile import rnn
from hwcompile.build_directory import read_insight
from hwcompile.ir.op import Op
from hwcompile.verify.columns import Column, in_blocks
from hwcompile.verify.histograms import ValueHistograms, histogram
from hwcompile.verify.levels import run_reference
from hwcompile.verify.sources import random_source
from tests.cli.small import save

ORACLE = "this project"

PROGRAM = """
import resource, sys, hwcompile
from pathlib import Path
design = hwcompile.load(sys.argv[1])
design.simulate(Path(sys.argv[2]), level=sys.argv[3]).save(Path(sys.argv[4]))
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    print(resource.getrusage(who).ru_maxrss)
"""


def peak(build: Path, frames: int, level: str, folder: Path) -> tuple[int, ...]:
    """Kilobytes of the program and of the largest program that it ran."""
    rng = np.random.default_rng(1)
    np.save(folder / "x.npy", rng.normal(size=(frames, 6)).astype(np.float32))
    words = [str(build), str(folder / "x.npy"), level, str(folder / "y.npz")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True
    )
    return tuple(int(line) for line in done.stdout.split())


def test_memory_of_a_simulation_does_not_grow_with_its_frames(tmp_path: Path) -> None:
    build = hwcompile.compile(save(tmp_path), tmp_path / "build", fastest=True).directory
    peak(build, 20, "rtl", tmp_path)  # compiles the simulator
    few, many = (peak(build, frames, "rtl", tmp_path) for frames in (2_000, 40_000))
    # 17 kB a frame were 650 MB more; what is left are 8 MB arrays that stay in memory.
    assert all(b - a < 40_000 for a, b in zip(few, many, strict=True)), (few, many)
    design = hwcompile.load(build)
    (expected,) = design.graph.evaluate(design.quantize(tmp_path / "x.npy")).values()
    np.testing.assert_array_equal(np.load(tmp_path / "y.npz")["raw"], expected)


def test_a_column_in_a_file_holds_what_was_put_in() -> None:
    column, rng = Column(), np.random.default_rng(2)
    blocks = [rng.integers(-9, 9, (700, 5, 401)) for _ in range(3)]
    for block in blocks:
        column.append(block)
    array = column.array()
    assert array.nbytes > 1 << 23
    np.testing.assert_array_equal(array, np.concatenate(blocks))
    np.testing.assert_array_equal(np.concatenate(list(in_blocks(array, 64))), array)


def test_state_lives_on_from_block_to_block() -> None:
    """A layer that remembers is evaluated in one piece, however many blocks its frames make."""
    rng = np.random.default_rng(3)
    shapes = ((9, 2), (9, 3), (3, 3))
    graph = rnn.gru(*(rng.normal(size=shape) for shape in shapes), keep=True, name="cell")
    source = random_source({"x": graph.types["x"]}, 1500, 0)
    assert len(list(source.blocks())) > 1
    np.testing.assert_array_equal(
        run_reference(graph, source)["cell"], graph.evaluate(source.whole())["cell"]
    )


def test_one_evaluation_serves_the_comparison_and_the_histograms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = hwcompile.compile(save(tmp_path), tmp_path / "build")
    graph = design.graph
    source = random_source({name: graph.types[name] for name in graph.inputs}, 7, 0)
    expected = [
        histogram(name, graph.types[name].element, values)
        for name, values in graph.evaluate(source.whole(), keep=True).items()
    ]
    evaluated: list[Op] = []
    for kind in {type(node.op) for node in graph.nodes}:
        count_evaluations(kind, evaluated, monkeypatch)
    design.verify(levels=("reference",), frames=7)
    assert [id(op) for op in evaluated] == [id(node.op) for node in design.graph.nodes]
    assert read_insight(design.directory).values == expected


def count_evaluations(kind: type[Op], evaluated: list[Op], patch: pytest.MonkeyPatch) -> None:
    original = kind.evaluate

    def evaluate(op: Op, *arguments: object) -> object:
        evaluated.append(op)
        return original(op, *arguments)  # type: ignore[arg-type]

    patch.setattr(kind, "evaluate", evaluate)


def test_histograms_look_at_the_first_frames_of_many() -> None:
    rng = np.random.default_rng(4)
    shapes = ((9, 2), (9, 3), (3, 3))
    graph = rnn.gru(*(rng.normal(size=shape) for shape in shapes), keep=True, name="cell")
    source = random_source({"x": graph.types["x"]}, 1500, 0)
    values = ValueHistograms(graph, 2 * sum(int(np.prod(x.shape)) for x in graph.types.values()))
    run_reference(graph, source, watch=values.watch)
    assert {seen.value: sum(seen.counts) for seen in values.found} == {
        name: 2 * int(np.prod(kind.shape)) for name, kind in graph.types.items()
    }
