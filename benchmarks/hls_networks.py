"""Every network that the documents name, as a build directory: what `hls.py` runs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx

import hwcompile
from benchmarks import recurrent
from benchmarks.digits import DIGITS
from benchmarks.digits import build as digits
from benchmarks.lenet import BUDGET, images, lenet
from benchmarks.workloads import LARGE, SMALL, Workload, models_folder, workloads
from hwcompile.design import Design
from hwcompile.verify.frames import Frames

STEPS = 20
"""Time steps of the large recurrent networks."""


@dataclass(frozen=True)
class Network:
    """A network that is built into a folder.

    Attributes:
        name: Its id, the same in all benchmarks; behind a point what is peculiar.
        build: Makes the build directory.
        frames: Random frames, unless `inputs` are there.
        inputs: Frames of its own, as codes or as reals.
        codes: Whether the frames are codes.
    """

    name: str
    build: Callable[[Path], Design]
    frames: int = SMALL
    inputs: Frames | None = None
    codes: bool = True


Note = Callable[[str], None]
"""Hears of networks that are not there."""


def networks(note: Note, tf2onnx: str = "") -> Iterator[Network]:
    """All networks whose files are there.

    Args:
        note: See `Note`.
        tf2onnx: A Python that has tf2onnx and TensorFlow, for networks of TensorFlow Lite.
    """
    yield from _files(note)
    yield from _digits()
    yield from _pruned(note)
    yield from _recurrent()
    yield from _tflite(note, tf2onnx)


def _files(note: Note) -> Iterator[Network]:
    """ONNX files at the compiler's own folding, and at that which FINN publishes."""
    for work in workloads(note):
        if work.network.startswith("digits"):
            continue
        own = work.folding == "own" or work.network.startswith("tfc")
        name = work.network if own else f"{work.network}.{work.folding}"
        yield Network(name, partial(_file, work), work.frames)


def _file(work: Workload, folder: Path) -> Design:
    return hwcompile.compile(
        work.model,
        folder,
        schedule=work.schedule,
        target_cycles=work.target_cycles,
        fastest=work.fastest,
    )


def _digits() -> Iterator[Network]:
    """The project's own, on every test image."""
    pictures = (np.load(DIGITS / "test_split.npz")["images"] / 16).astype(np.float32)
    for kind in ("mlp_w1a1", "cnn_w3a3", "cnn_int8", "lstm", "gru"):
        name = f"digits_{kind}"
        yield Network(name, partial(digits, name), len(pictures), pictures, codes=False)


def _pruned(note: Note) -> Iterator[Network]:
    """LeNet-300-100 with both sparse kernels."""
    weights = models_folder() / "lenet_sparse" / "lenet300100.npz"
    if not weights.is_file():
        note(f"lenet_sparse: skipped, there is no {weights}")
        return
    queues = {"nodes": {"ip1": {"kernel": "broadcast", "pes": 8, "queue": 16}}}

    def build(schedule: dict[str, Any] | None, folder: Path) -> Design:
        model = folder.with_suffix(".onnx")
        onnx.save(lenet(weights), model)
        budget = None if schedule else BUDGET
        return hwcompile.compile(model, folder, target_cycles=budget, schedule=schedule)

    for name, schedule in (("lenet_sparse", None), ("lenet_sparse.broadcast", queues)):
        yield Network(name, partial(build, schedule), SMALL, images(SMALL))


def _recurrent() -> Iterator[Network]:
    """Sparse LSTMs of published accelerators' shapes, weights inside and in external memory."""
    ese = recurrent.ese
    kinds: dict[str, tuple[Callable[[], recurrent.Workload], dict[str, str]]] = {
        "ese_lstm": (ese, {}),
        "ese_lstm.channels": (recurrent.ese_channels, {}),
        "ese_lstm.balanced": (recurrent.ese_balanced, {}),
        "ese_lstm.external": (ese, {"weights": "external"}),
        "sr1_lstm": (recurrent.sr1, {}),
    }

    def build(make: Callable[[], recurrent.Workload], more: dict[str, str], path: Path) -> Design:
        work = make()
        nodes = {n: {"kernel": "static", **p, **more} for n, p in work.parameters.items()}
        return hwcompile.compile_graph(work.graph, path, schedule={"nodes": nodes})

    for name, (make, more) in kinds.items():
        yield Network(name, partial(build, make, more), STEPS)


def _tflite(note: Note, tf2onnx: str) -> Iterator[Network]:
    """MLPerf Tiny's networks, converted to ONNX."""
    files = {"mlperf_ad01": "ad01_int8", "mlperf_kws": "kws_ref_model"}
    files["mlperf_resnet"] = "pretrainedResnet_quant"

    def build(file: Path, folder: Path) -> Design:
        model = folder.with_suffix(".onnx")
        command = [tf2onnx, "-m", "tf2onnx.convert", "--tflite", str(file), "--opset", "13"]
        subprocess.run([*command, "--output", str(model)], check=True, capture_output=True)
        return hwcompile.compile(model, folder, fastest=True)

    for name, stem in files.items():
        file = models_folder() / "mlperf_tiny" / f"{stem}.tflite"
        if not tf2onnx or not file.is_file():
            missing = f"there is no {file}" if tf2onnx else "--tf2onnx names no Python"
            note(f"{name}: skipped, {missing}")
            continue
        yield Network(name, partial(build, file), LARGE)
