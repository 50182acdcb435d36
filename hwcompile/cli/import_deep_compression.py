"""`hwcompile import-deep-compression`: a network of Deep Compression's authors as a QONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from hwcompile.cli.answers import say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.model_answers import ImportAnswer, UnpackedLayerAnswer
from hwcompile.cli.voice import Voice
from hwcompile.frontends.deep_compression.convert import (
    BITS,
    Frames,
    UnpackedNetwork,
    import_deep_compression,
)
from hwcompile.limits import whole, writable_place
from hwcompile.report.fitting import FittingTable, TableColumn
from hwcompile.verify.numpy_files import open_numpy, unreadable


@app.command("import-deep-compression")
def import_deep_compression_command(
    file: Annotated[Path, typer.Argument(help="The weights, as Deep Compression stores them.")],
    network: Annotated[Path, typer.Option(help="Caffe's deploy network, a .prototxt.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="QONNX model to write.")],
    weight_bits: Annotated[int, typer.Option(help="Of the integers that levels become.")] = 8,
    activation_bits: Annotated[int, typer.Option(help="Of the integers of activations.")] = 8,
    calibration: Annotated[
        Path | None,
        typer.Option(help="X.npy or X.npz, inputs that say how large activations become."),
    ] = None,
    steps: Annotated[
        Path | None, typer.Option(help="Instead: a TOML file with a power of two per value.")
    ] = None,
) -> None:
    """Write a network of Deep Compression's authors as a QONNX model."""
    writable_place("--output", output)
    with progress() as step:
        found = import_deep_compression(
            file,
            network,
            output,
            weight_bits=whole("--weight-bits", weight_bits, BITS),
            activation_bits=whole("--activation-bits", activation_bits, BITS),
            calibration=None if calibration is None else _frames(calibration),
            steps=steps,
            progress=step,
        )
    if Voice.as_json:
        say(_answer(found, output))
        return
    _print(found)
    console.print(f"note: {found.note}", markup=False, soft_wrap=True)
    console.print(
        f"Wrote {output}. Next: hwcompile compile {output} -o build", markup=False, soft_wrap=True
    )


def _frames(path: Path) -> Frames:
    stored = open_numpy(path)
    arrays = list(stored.values()) if isinstance(stored, dict) else [stored]
    if len(arrays) != 1 or arrays[0].dtype.kind not in "fiu":
        why = f"it holds {len(arrays)} arrays" if len(arrays) != 1 else "it holds no numbers"
        raise unreadable(path, why)
    return np.concatenate(list(arrays[0].blocks(64)))


def _answer(found: UnpackedNetwork, output: Path) -> ImportAnswer:
    layers = [
        UnpackedLayerAnswer(
            name=layer.name,
            shape=list(layer.shape),
            entries=layer.entries,
            fillers=layer.fillers,
            weights=layer.weights,
            levels=layer.levels,
            step=layer.step,
            error=layer.error,
        )
        for layer in found.layers
    ]
    return ImportAnswer(model=str(output), layers=layers, steps=found.steps, note=found.note)


def _print(found: UnpackedNetwork) -> None:
    columns = (
        TableColumn("layer"),
        TableColumn("weights", 3),
        TableColumn("stored", 2, number=True),
        TableColumn("fillers", 4, number=True),
        TableColumn("not zero", 1, number=True),
        TableColumn("levels", 1, number=True),
        TableColumn("step", 3, number=True),
        TableColumn("error", 0, number=True),
    )
    rows = [
        (
            layer.name,
            " x ".join(map(str, layer.shape)),
            f"{layer.entries:,}",
            f"{layer.fillers:,}",
            f"{layer.weights:,}",
            f"{layer.levels}",
            f"{layer.step:g}",
            f"{layer.error:.2%}",
        )
        for layer in found.layers
    ]
    answers.print(FittingTable(columns, rows))
    stored, fillers, left = (
        sum(getattr(layer, name) for layer in found.layers)
        for name in ("entries", "fillers", "weights")
    )
    console.print(
        f"{stored:,} entries stored: {stored - fillers:,} weights and {fillers:,} fillers; "
        f"{left:,} are not zero in the model"
    )
