"""How far the weights of a model can be compressed, and what that costs in accuracy.

Recipes are those of `hwcompile.compress`: all layers with fewer bits, fewer weights or powers of
two, and single layers so far while the others stay. Weights are projected, not trained again, so
what is found is where to begin with training. Accuracy is that of the integers, at level
`reference`: what the hardware computes.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np

from hwcompile.compress.recipe import Compressed, apply
from hwcompile.diagnostics import CompileError
from hwcompile.engine.version import compiler_key
from hwcompile.engine.work import Job, Work, WorkEngine, contents_key
from hwcompile.frontends.load import load_model
from hwcompile.ir.types import IntArray
from hwcompile.outcomes import classes_of
from hwcompile.running import real_outputs_of
from hwcompile.verify.levels import run_reference
from hwcompile.verify.quantizing import quantized_source

_BITS = (8, 6, 5, 4, 3, 2)
_DENSITIES = (0.8, 0.65, 0.5, 0.35)

Entries = dict[str, dict[str, Any]]


class Recipe(msgspec.Struct, frozen=True):
    """A recipe of `hwcompile.compress`.

    Attributes:
        name: In a few words, which a file may be called.
        entries: By the pattern of a layer's name; none leave the model as it is.
    """

    name: str
    entries: Entries


class Judged(msgspec.Struct, frozen=True):
    """What became of a model.

    Attributes:
        right: Frames whose class is their label; -1 where the recipe can not be followed.
        frames: So many there are.
        bits: That the weights take: zeros none, and others as many as number their layer's levels.
        problem: Why it can not be followed.
    """

    right: int
    frames: int
    bits: int
    problem: str = ""


@dataclass(frozen=True)
class Examples:
    """Frames whose classes are known.

    Attributes:
        model: Contents of the model's file.
        suffix: Of its name.
        inputs: Contents of the file with the frames, .npy or .npz.
        inputs_suffix: Of its name.
        labels: Class of each frame, int64 [frames].
        inputs_are: "reals" or "codes" where the frames could be either.
    """

    model: bytes
    suffix: str
    inputs: bytes
    inputs_suffix: str
    labels: IntArray
    inputs_are: str | None = None

    @staticmethod
    def of(model: Path, inputs: Path, labels: IntArray, inputs_are: str | None) -> Examples:
        """Those of files."""
        contents = model.read_bytes(), model.suffix, inputs.read_bytes(), inputs.suffix
        return Examples(*contents, labels, inputs_are)


def recipes(layers: Sequence[str]) -> Iterator[Recipe]:
    """What is tried.

    Args:
        layers: Names of the layers with weights.
    """
    yield Recipe("plain", {})
    for bits in _BITS:
        yield Recipe(f"bits{bits}", {"*": _bits(bits)})
        for density in _DENSITIES:
            yield Recipe(f"bits{bits}_kept{_percent(density)}", {"*": _bits(bits, density)})
    for density in _DENSITIES:
        yield Recipe(f"kept{_percent(density)}", {"*": _pruned(density)})
    for bits in (4, 3):
        yield Recipe(f"powers{bits}", {"*": {"method": "powers_of_two", "bits": bits}})
    for number, layer in enumerate(layers):
        for density in _DENSITIES:
            yield Recipe(f"layer{number}_kept{_percent(density)}", {layer: _pruned(density)})
        yield Recipe(f"layer{number}_bits2", {layer: _bits(2)})


def _bits(bits: int, density: float = 1.0) -> dict[str, Any]:
    found = {"method": "fixed_point", "bits": bits}
    return found if density == 1.0 else {**_pruned(density), **found}


def _pruned(density: float) -> dict[str, Any]:
    return {"prune": "magnitude", "density": density}


def _percent(share: float) -> int:
    return round(100 * share)


def judge(examples: Examples, recipe: Recipe) -> Judged:
    """Compress the model and classify the frames with its integers."""
    with TemporaryDirectory(prefix="hwcompile-") as name:
        folder = Path(name)
        model = folder / f"model{examples.suffix}"
        model.write_bytes(examples.model)
        frames = folder / f"frames{examples.inputs_suffix}"
        frames.write_bytes(examples.inputs)
        try:
            found, bits = _compressed(model, recipe, folder)
            imported = load_model(found)
            source = quantized_source(imported.host_inputs, frames, examples.inputs_are)
            raw = run_reference(imported.graph, source)
            classes = classes_of(real_outputs_of(imported.host_outputs, raw))
        except (CompileError, ValueError) as error:
            return Judged(-1, len(examples.labels), 0, str(error).splitlines()[0])
    if classes is None or classes.shape != examples.labels.shape:
        return Judged(-1, len(examples.labels), 0, "outputs are no classes of these frames")
    return Judged(int(np.sum(classes == examples.labels)), len(examples.labels), bits)


def _compressed(model: Path, recipe: Recipe, folder: Path) -> tuple[Path, int]:
    """The model as a recipe leaves it, and the bits of its weights."""
    target = folder / f"compressed{model.suffix}"
    if recipe.entries:
        apply(model, recipe.entries, target)
        model = target
    # Weights that nothing is done to are counted, too.
    return model, sum(map(_weight_bits, apply(model, {"*": _pruned(1.0)}, folder / "counted.onnx")))


def _weight_bits(layer: Compressed) -> int:
    return (layer.weights - layer.zeros) * max((layer.levels - 1).bit_length(), 1)


def written(model: Path, recipe: Recipe, target: Path) -> None:
    """Write the model as a recipe leaves it."""
    if recipe.entries:
        apply(model, recipe.entries, target)
    else:
        target.write_bytes(model.read_bytes())


def judged(examples: Examples, tried: Sequence[Recipe], engine: WorkEngine) -> list[Judged]:
    """Judge recipes, several at once, each once."""
    packed = pickle.dumps(examples)
    key = contents_key(compiler_key(), packed.hex())
    job = Job(pickle.loads, (key, packed), judge, Judged)
    works = [
        Work(contents_key(key, msgspec.json.encode(recipe).decode()), recipe) for recipe in tried
    ]
    return engine.run(job, works)


def layer_names(model: Path) -> tuple[str, ...]:
    """The layers of a model that a recipe may name."""
    with TemporaryDirectory(prefix="hwcompile-") as name:
        found = apply(model, {"*": _pruned(1.0)}, Path(name) / "counted.onnx")
    return tuple(layer.name for layer in found)
