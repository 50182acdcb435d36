"""Frames through a board, without the compiler.

    python -m hwcompile_runtime DIR --port /dev/ttyUSB1 --inputs X.npy --outputs Y.npz

X.npy holds the model's one real input, X.npz an array for each; Y.npz gets its real outputs. With
`--integers` both are the network's integers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile_runtime.deployment import Deployment
from hwcompile_runtime.diagnostics import CompileError
from hwcompile_runtime.rows import AnyArray


def run_from_shell(words: Sequence[str] | None = None) -> int:
    """Run frames; the exit code is 0, or 2 when something was wrong with what was given."""
    asked = _parser().parse_args(words)
    try:
        network = Deployment.read(asked.directory)
        inputs = _arrays(asked.inputs, network, integers=asked.integers)
        with network.connect(asked.port, asked.baud, identity=asked.identity) as board:
            outputs = (board.run_integers if asked.integers else board.run)(inputs)
        np.savez(asked.outputs, **_keywords(outputs))
    except (CompileError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Wrote {asked.outputs}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hwcompile_runtime", description="Frames through a board")
    parser.add_argument("directory", type=Path, help="build directory or project of a board")
    parser.add_argument("--port", required=True, help="serial port")
    parser.add_argument("--inputs", type=Path, required=True, help="X.npy, or X.npz")
    parser.add_argument("--outputs", type=Path, required=True, help="Y.npz to write")
    parser.add_argument("--baud", type=int, default=115_200, help="bits per second")
    parser.add_argument("--integers", action="store_true", help="the network's, in and out")
    parser.add_argument("--identity", default="", help="what the board must say about itself")
    return parser


def _arrays(path: Path, network: Deployment, *, integers: bool) -> dict[str, AnyArray]:
    loaded = np.load(path, allow_pickle=False)
    if not isinstance(loaded, np.ndarray):
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    if integers:
        names = {port.name for port in network.ports.inputs}
    else:
        names = {host.source for host in network.inputs}
    if len(names) != 1:
        raise ValueError(f"X.npz with one array for each of: {', '.join(sorted(names))}")
    return {names.pop(): loaded}


def _keywords(outputs: dict[str, AnyArray]) -> dict[str, Any]:
    """`numpy.savez` calls a parameter of its own `file`."""
    return {f"{name}_" if name in ("file", "allow_pickle") else name: a
            for name, a in outputs.items()}  # fmt: skip


if __name__ == "__main__":
    sys.exit(run_from_shell())
