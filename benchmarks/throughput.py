"""Networks at one input pixel per cycle, and at several.

    python benchmarks/throughput.py [--only NETWORK ...] [--slow] [--frames N] [--json FILE]
                                    [--markdown FILE]

Convolutions take all taps of a window per cycle there, or of several windows. Every row is one
network at one target: the interval and latency that were predicted and measured in RTL simulation
of random frames (any difference ends the benchmark with exit code 1, as a mismatch does), and the
layer that limits the interval. With --frames 0 networks are planned and not simulated. Networks in
`SLOW` take some minutes each; they are run with --slow, or where --only names them.
Networks that are not part of the project are skipped when their folder is absent (see
tests/models.py).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.planning_models import mobilenet
from benchmarks.workloads import ROOT, models_folder

TARGETS = {
    "digits_cnn_w3a3": (64, 16),
    "digits_cnn_int8": (64, 16),
    "cnv_w1a1": (1024, 256),
    "kws_int8_qdq": (490,),
    "mlperf_resnet": (1024, 256),
    "mlperf_kws": (490,),
    "mlperf_ad01": (1,),
    "kws_w3a3": (1,),
    "mobilenet_v1_224": (50_176,),
}
"""Cycles per frame: the pixels of the input, a quarter of them, or one where it is a vector."""

SLOW = ("mobilenet_v1_224",)
"""Networks that are not run unless they are asked for."""

MADE = {"mobilenet_v1_224": mobilenet}
"""What writes the file of a network with random weights."""

FILES = {
    "cnv_w1a1": "cnv_cifar10/cnv_w1a1.onnx",
    "kws_int8_qdq": "kws_int8_onnx/micro_kws_m_static_qdq.onnx",
    "kws_w3a3": "kws_w3a3/kws_w3a3.onnx",
    "mlperf_resnet": "mlperf_tiny/pretrainedResnet_quant.tflite",
    "mlperf_kws": "mlperf_tiny/kws_ref_model.tflite",
    "mlperf_ad01": "mlperf_tiny/ad01_int8.tflite",
}


@dataclass(frozen=True)
class Row:
    """One network; field names are those of the JSON output. `limit` names the slowest layer."""

    network: str
    target: int
    interval_cycles: int
    latency_cycles: int
    interval_cycles_measured: int | None
    latency_cycles_measured: int | None
    lanes: int
    frames: int
    mismatches: int
    limit: str


def model(network: str, folder: Path) -> Path | None:
    """The file of a network; None when it is not there. Those that are made are in `folder`."""
    if network in MADE:
        path = folder / f"{network}.onnx"
        MADE[network](path)
        return path
    if network not in FILES:
        return ROOT / "examples" / "digits" / f"{network}.onnx"
    path = models_folder() / FILES[network]
    return path if path.is_file() else None


def measure(network: str, target: int, path: Path, folder: Path, frames: int) -> Row:
    """Compile a network for a target, and verify it on random frames."""
    design = hwcompile.compile(path, folder, target_cycles=target)
    if frames:
        design.verify(frames=frames)
    report = design.report
    found: Mapping[str, Any] = report["design"]
    interval, latency = found["interval_cycles"], found["latency_cycles"]
    return Row(
        network=network,
        target=target,
        interval_cycles=interval["predicted"],
        latency_cycles=latency["predicted"],
        interval_cycles_measured=interval["measured"],
        latency_cycles_measured=latency["measured"],
        lanes=found["lanes"],
        frames=frames,
        mismatches=sum(level["mismatches"] for level in found["levels"].values()),
        limit=slowest(report["nodes"]),
    )


def slowest(nodes: list[dict[str, Any]]) -> str:
    """The first of the layers with the most cycles, and its kernel."""
    node = max(nodes, key=lambda n: int(n["interval_cycles"]["predicted"]))
    return f"{node['name']} ({node['kernel']})"


def chosen(only: list[str], slow: bool) -> list[str]:
    """The networks that are run."""
    return [name for name in TARGETS if (name in only if only else slow or name not in SLOW)]


def rows(networks: list[str], frames: int, console: Console) -> Iterator[Row]:
    """Every network whose model is there."""
    for network in networks:
        with tempfile.TemporaryDirectory() as folder:
            path = model(network, Path(folder))
            if path is None:
                console.print(f"{network}: skipped, its model is not there", style="dim")
                continue
            for target in TARGETS[network]:
                console.print(f"{network} at {target} cycles ...", style="dim")
                yield measure(network, target, path, Path(folder) / str(target), frames)


def surprising(row: Row) -> bool:
    """Whether anything differs from the reference, from the prediction, or from the target."""
    predicted = (row.interval_cycles, row.latency_cycles)
    measured = (row.interval_cycles_measured, row.latency_cycles_measured)
    late = row.interval_cycles > row.target
    return bool(row.mismatches) or late or (bool(row.frames) and predicted != measured)


TABLES = {
    "": ("network", "target", "interval", "latency", "lanes", "frames", "mismatches", "limit")
}


def line(row: Row) -> list[str]:
    """A row as documents show it."""
    values = (row.target, row.interval_cycles, row.latency_cycles, row.lanes, row.frames)
    return [f"`{row.network}`", *map(number, (*values, row.mismatches)), row.limit]


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=[])
    options_of.add_argument("--slow", action="store_true", help="also networks of some minutes")
    options_of.add_argument("--frames", type=int, default=2)
    options = options_of.parse_args()
    console = Console(width=160, highlight=False)
    found = list(rows(chosen(options.only, options.slow), options.frames, console))
    lines = [line(row) for row in found]
    show(TABLES[""], lines, left=1)
    write(options, [asdict(row) for row in found], markdown(TABLES[""], lines, left=1))
    return 1 if any(surprising(row) for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
