"""TFLite's reference kernels, and what is compared with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from hwcompile.frontends.tflite.load import import_with_streams
from hwcompile.frontends.tflite.read import read_file

Array = np.ndarray[Any, Any]


def frames_of(path: Path, count: int, seed: int = 0) -> list[Array]:
    """Random frames for every input of a model; the first ones hold the least and the largest."""
    file, rng = read_file(path), np.random.default_rng(seed)
    found = []
    for number in file.inputs:
        tensor = file.tensors[number]
        shape = tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape
        if tensor.dtype == "float32":
            x: Array = rng.normal(0, 3, (count, *shape))
            ends = (-1000, 1000)
        else:
            limits = np.iinfo(tensor.dtype)
            ends = (limits.min, limits.max)
            x = rng.integers(ends[0], ends[1] + 1, (count, *shape))
        x[0], x[1 % count] = ends
        found.append(x.astype(tensor.dtype))
    return found


def check(path: Path, count: int = 40, seed: int = 0) -> None:
    """Every tensor of the network and every output equals the reference kernels', on all frames."""
    tensors, outputs = differing(path, count, seed)
    assert not any(tensors.values()), tensors
    assert not outputs


def differing(
    path: Path, count: int, seed: int = 0, chosen: list[Array] | None = None
) -> tuple[dict[str, int], int]:
    """How many elements of each tensor of the network differ, and how many of all outputs.

    Args:
        path: The model.
        count: Frames.
        seed: Of random frames.
        chosen: So many frames for every input instead.

    Raises:
        AssertionError: If an output has another type.
    """
    file = read_file(path)
    model, streams = import_with_streams(file)
    frames = frames_of(path, count, seed) if chosen is None else chosen
    computed, outputs = reference(path, frames, tuple(streams))
    names = [file.tensors[n].name for n in file.inputs]
    given = dict(zip(names, frames, strict=True))
    values = model.graph.evaluate(model.run_host_inputs(given), keep=True)
    found = {}
    for number, name in streams.items():
        got = values[name].reshape(count, -1)
        found[file.tensors[number].name] = int(np.count_nonzero(got != computed[number]))
    wrong = 0
    for number, result in zip(file.outputs, model.run(given).values(), strict=True):
        wrong += int(np.count_nonzero(result.reshape(count, -1) != outputs[number]))
        assert result.dtype == outputs[number].dtype
    return found, wrong


def differing_in_sequence(path: Path, count: int, seed: int = 0) -> tuple[dict[str, int], int]:
    """The same for a model with states: what is left of them goes in again with the next frame.

    Raises:
        AssertionError: If the model has no states, or they are not told to the user.
    """
    file = read_file(path)
    model, streams = import_with_streams(file)
    frames = frames_of(path, count, seed)
    computed, outputs = reference(path, frames, tuple(streams))
    names = [file.tensors[n].name for n in file.inputs]
    state = {h.source: _beginning(path, h.source) for h in model.host_inputs
             if h.source not in names}  # fmt: skip
    assert state
    assert len(model.notes) == len(state)
    found, wrong = {file.tensors[n].name: 0 for n in streams}, 0
    for i in range(count):
        given = {n: f[i : i + 1] for n, f in zip(names, frames, strict=True)}
        values = model.graph.evaluate(model.run_host_inputs(given | state), keep=True)
        for number, name in streams.items():
            equal = values[name].reshape(-1) == computed[number][i]
            found[file.tensors[number].name] += int(np.count_nonzero(~equal))
        results = model.run_host_outputs(values)
        for number in file.outputs:
            equal = results[file.tensors[number].name].reshape(-1) == outputs[number][i]
            wrong += int(np.count_nonzero(~equal))
        state = {name: results[f"{name}_next"] for name in state}
    return found, wrong


def _beginning(path: Path, name: str) -> Array:
    """What the state is in front of the first frame."""
    file = read_file(path)
    if name in file.beginnings:
        return file.beginnings[name]
    (tensor,) = (t for t in file.tensors if t.name == name)
    zero = int(tensor.zero_point[0]) if tensor.dtype == "int8" else 0
    return np.full(tensor.shape, zero, dtype=tensor.dtype)


def reference(
    path: Path, frames: list[Array], kept: tuple[int, ...]
) -> tuple[dict[int, Array], dict[int, Array]]:
    """Tensors [frames, elements] by number: those that are asked for, and the outputs."""
    run = Interpreter(
        str(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    run.allocate_tensors()
    inputs = [d["index"] for d in run.get_input_details()]
    outputs = [d["index"] for d in run.get_output_details()]
    found: dict[int, list[Array]] = {n: [] for n in (*kept, *outputs)}
    for frame in zip(*frames, strict=True):
        for number, x in zip(inputs, frame, strict=True):
            run.set_tensor(number, x[None] if run.get_tensor(number).ndim > x.ndim else x)
        run.invoke()
        for number, values in found.items():
            values.append(run.get_tensor(number).reshape(-1).copy())
    stacked = {n: np.stack(v) for n, v in found.items()}
    return {n: stacked[n] for n in kept}, {n: stacked[n] for n in outputs}
