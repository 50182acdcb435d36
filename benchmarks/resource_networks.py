"""Whole designs without a board: what is predicted, beside what synthesis for 7-series makes."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.resource_sites import INT8
from benchmarks.workloads import workloads
from hwcompile.build_directory import FILES, INTERFACE, RTL
from hwcompile.diagnostics import Origin
from hwcompile.emit.project import Files, rtl_files, write_files
from hwcompile.families.flow import Use
from hwcompile.frontends.load import load_model
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import TensorType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.schedule.planner import plan
from hwcompile.technology.model import Need, Technology
from hwcompile.toolchains.series_7 import cells_of, script, use_of

NETWORKS = ("tfc_1w1a", "kws_w3a3", "digits_mlp_w1a1", "digits_cnn_w3a3", "digits_cnn_int8")
"""Published networks at FINN's folding where there is one, and small ones as the compiler folds
them."""

_TITLES = (
    *("network", "LUT", "predicted", "error"),
    *("FF", "predicted", "BRAM", "predicted", "DSP", "predicted"),
)

_MLP = (16, 64, 32, 32, 5)
_MLP_CYCLES = 2048


@dataclass(frozen=True)
class Whole:
    """A design.

    Attributes:
        network: Its name.
        predicted: Without a board.
        measured: By Yosys; block RAMs in halves of 36 kbit.
    """

    network: str
    predicted: Need
    measured: Use

    @property
    def error(self) -> float:
        """Of the look-up tables, relative to those that synthesis makes."""
        return self.predicted.lut / self.measured.lut - 1.0


def whole_designs(model: Technology, cache: Path, console: Console) -> Iterator[Whole]:
    """Every design whose model is there, predicted by a resource model.

    Results of synthesis are kept in the cache.
    """
    for network, graph, wanted in _graphs(console):
        planned, _ = plan(graph, **wanted)
        found = estimate(planned, model)
        need = sum(found.stages.values(), found.inputs)
        yield Whole(network, need, _synthesized(rtl_files(planned), cache))


def _graphs(console: Console) -> Iterator[tuple[str, Graph, Mapping[str, Any]]]:
    """Name, lowered graph, and what the planner is asked for."""
    yield "mlp_int8", _mlp(), {"target_cycles": _MLP_CYCLES}
    for work in workloads(console.print):
        published = work.folding == "finn" or work.network.startswith("digits_")
        if work.network in NETWORKS and published:
            graph = run_passes(load_model(work.model).graph, LOWERING)
            yield work.network, graph, {"schedule": work.schedule}


def _mlp() -> Graph:
    """16-64-32-32-5 with random weights of eight bits, requantized to eight bits in between."""
    rng = np.random.default_rng(0)
    builder = Builder("mlp_int8")
    value = builder.input("x", TensorType((1, 1, _MLP[0]), INT8))
    for number, (columns, rows) in enumerate(pairwise(_MLP)):
        origin = Origin("calibration", f"layer{number}", "Gemm")
        op = Matmul(rng.integers(-128, 128, (1, rows, columns)))
        (value,) = builder.add(f"sum{number}", op, (value,), origin)
        if rows == _MLP[-1]:
            break
        step = 74 * np.sqrt(columns) * 74 / 64
        line = np.arange(-127, 128) * step * rng.uniform(0.8, 1.2, (rows, 1))
        table = np.ceil(line - step / 2).astype(np.int64)
        base, slope = np.full(rows, INT8.low), np.ones(rows, dtype=np.int64)
        origin = Origin("calibration", f"quantizer{number}", "QuantizeLinear")
        quantizer = Threshold(table, base, slope, INT8)
        (value,) = builder.add(f"act{number}", quantizer, (value,), origin)
    return builder.build((value,))


def _synthesized(files: Files, cache: Path) -> Use:
    names = [f"{RTL}/{name}" for name in str(files[FILES]).split()]
    top = str(json.loads(files[INTERFACE])["top"])
    texts = {name: text for name, text in files.items() if isinstance(text, str)}
    everything = json.dumps([version("pyosys"), texts, script(names, top)])
    kept = cache / f"{hashlib.sha256(everything.encode()).hexdigest()[:24]}.json"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_files(folder, files)
            use = use_of(cells_of(folder, names, top))
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(use)))
    return Use(**json.loads(kept.read_text()))


def section(wholes: Sequence[Whole]) -> list[str]:
    """Of `docs/resources.md`."""
    lines = [
        "## Whole designs for 7-series",
        "",
        "What is predicted where no board is named, beside what Yosys makes of the whole design as",
        "[rtl.md](rtl.md#yosys-for-7-series) shows it; tables that are memories or shift registers",
        "count like others, block RAMs are those of 36 kbit.",
        "",
        f"| {' | '.join(_TITLES)} |",
        "|---|" + "---|" * 9,
    ]
    for one in wholes:
        made, said = one.measured, one.predicted
        cells = [
            f"{made.lut:,}", f"{said.lut:,.0f}", f"{100 * one.error:+.0f} %", f"{made.ff:,}",
            f"{said.ff:,.0f}", f"{made.bram / 2:g}", f"{said.bram:g}", f"{made.dsp}",
            f"{said.dsp:g}",
        ]  # fmt: skip
        lines.append(f"| `{one.network}` | {' | '.join(cells)} |")
    return lines
