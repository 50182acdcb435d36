"""The networks that benchmarks run, with published foldings where there are any."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwcompile.frontends.load import load_model
from hwcompile.passes.pipelines import LOWERING, run_passes

ROOT = Path(sys.argv[0]).resolve().parents[1]

SMALL, LARGE = 200, 4
"""Frames that are simulated of a small and of a large network."""

Folding = tuple[tuple[int, int], ...]
"""(PE, SIMD) of every matrix-vector unit, in network order."""

# finn-examples, build/*/folding_config/*.json.
TFC: Folding = ((16, 49), (8, 8), (8, 8), (10, 8))
CNV: Folding = (
    (16, 3), (32, 32), (16, 32), (16, 32), (4, 32), (1, 32), (1, 4), (1, 8), (5, 1),
)  # fmt: skip
KWS: Folding = ((32, 10), (32, 8), (32, 8), (1, 8))


@dataclass(frozen=True)
class Workload:
    """A network at one folding: a schedule, or what the compiler's own choice is to reach.

    Attributes:
        network: Its id, the same in all benchmarks.
        folding: `finn` for the folding that FINN publishes, `own` for the compiler's choice.
        model: The file.
        frames: How many are compared with the reference unless asked otherwise.
        schedule: A partial schedule, or None.
        target_cycles: What the compiler is asked for; None for the fastest.
    """

    network: str
    folding: str
    model: Path
    frames: int = SMALL
    schedule: dict[str, Any] | None = None
    target_cycles: int | None = None

    @property
    def fastest(self) -> bool:
        """Whether the compiler is asked for the fastest folding."""
        return self.schedule is None and self.target_cycles is None


def models_folder() -> Path:
    """Where the published networks are: HWCOMPILE_MODELS, else `shared/models` beside."""
    named = os.environ.get("HWCOMPILE_MODELS")
    return Path(named) if named else ROOT.parent / "shared" / "models"


def matmul_schedule(model: Path, folding: Folding) -> dict[str, Any]:
    """A partial schedule that gives the model's matrix-vector units these foldings, in order."""
    graph = run_passes(load_model(model).graph, LOWERING)
    names = [node.name for node in graph.nodes if node.op.family == "matmul"]
    if len(names) != len(folding):
        raise ValueError(f"{model.name} has {len(names)} matrix-vector units, not {len(folding)}")
    return {
        "nodes": {
            name: {"kernel": "folded", "pe": pe, "simd": simd}
            for name, (pe, simd) in zip(names, folding, strict=True)
        }
    }


def workloads(note: Callable[[str], None]) -> Iterator[Workload]:
    """Every workload whose model is there; `note` hears of those that are not."""
    folder = models_folder()
    int8 = "kws_int8_onnx/micro_kws_m_static_{}.onnx"
    published = (
        ("tfc_1w1a", "tfc_mnist/TFC_1W1A.onnx", TFC, None, SMALL),
        ("tfc_1w2a", "tfc_mnist/TFC_1W2A.onnx", TFC, None, SMALL),
        ("tfc_2w2a", "tfc_mnist/TFC_2W2A.onnx", TFC, None, SMALL),
        ("cnv_w1a1", "cnv_cifar10/cnv_w1a1.onnx", CNV, 28_800, LARGE),
        ("kws_w3a3", "kws_w3a3/kws_w3a3.onnx", KWS, 392, SMALL),
        ("kws_int8_qdq", int8.format("qdq"), None, 125_440, LARGE),
        ("kws_int8_qoperator", int8.format("qoperator"), None, 125_440, LARGE),
    )
    for network, name, folding, target, frames in published:
        model = folder / name
        if not model.is_file():
            note(f"{network}: skipped, there is no {model}")
            continue
        if folding:
            schedule = matmul_schedule(model, folding)
            yield Workload(network, "finn", model, frames, schedule=schedule)
        if target:
            yield Workload(network, "own", model, frames, target_cycles=target)
    digits = ROOT / "examples" / "digits"
    for network in ("digits_mlp_w1a1", "digits_cnn_w3a3", "digits_cnn_int8"):
        yield Workload(network, "own", digits / f"{network}.onnx")
