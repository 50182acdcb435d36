"""Time and memory from a model file to a plan, each model in a process of its own.

    python benchmarks/planning.py [--only MODEL ...] [--json FILE] [--markdown FILE]

Memory is the most the process had; time is its processor time, from the file to the plan.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.output import markdown, number, parser, show, write
from benchmarks.planning_models import MODELS
from benchmarks.workloads import ROOT, workloads

LIMITS: dict[str, tuple[float, float | None]] = {
    "layer_1080x1920": (20, 800),
    "layers20_64_128x128": (30, 1000),
    "mobilenet_v1_224": (10, 800),
    "dense_4096": (8, None),
    "squeezenet_227": (180, 2500),
    "resnet50_w1a2_224": (180, 2500),
    "vit_tiny_224": (600, 4000),
    "layers50_16_16x16": (5, None),
    "layers3_256_32x32": (6, None),
}
"""CPU seconds and MB that a model may take."""

OWN = (4.0, None)
"""The same for the networks that README names."""

ASKED: dict[str, dict[str, Any]] = {"vit_tiny_224": {"target_cycles": 1_500_000}}
"""Models that take minutes, and so are planned where they are asked for alone; their options."""

TABLES = {"": ("model", "CPU s", "MB", "interval", "latency")}


def measure(model: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Plan a model here."""
    from hwcompile.frontends.load import load_model
    from hwcompile.passes.pipelines import LOWERING, run_passes
    from hwcompile.schedule.planner import plan

    start = time.process_time()
    _, prediction = plan(run_passes(load_model(model).graph, LOWERING), **options)
    seconds = time.process_time() - start
    return {
        "cpu_seconds": round(seconds, 2),
        "peak_mb": round(peak_kilobytes() / 1024),
        "interval_cycles": prediction.interval,
        "latency_cycles": prediction.latency,
    }


def peak_kilobytes() -> int:
    """The most memory that this process has had; Linux's rusage counts that of its parent, too."""
    status = Path("/proc/self/status")
    if status.is_file():
        return next(int(line.split()[1]) for line in status.open() if line.startswith("VmHWM"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def elsewhere(model: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Plan a model in a process of its own."""
    command = [sys.executable, str(ROOT / "benchmarks" / "planning.py"), "--one", str(model)]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    text = subprocess.run(
        [*command, json.dumps(options)], check=True, capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, **threads},
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(text)
    return found


def row(name: str, limit: tuple[float, float | None], found: dict[str, Any]) -> dict[str, Any]:
    """A row of the table."""
    return {"model": name, **found, "limit_seconds": limit[0], "limit_mb": limit[1]}


def rows(only: list[str]) -> list[dict[str, Any]]:
    """All models, or those that are asked for."""
    found = []
    with TemporaryDirectory() as folder:
        for name, make in MODELS.items():
            if name in only or not (only or name in ASKED):
                path = Path(folder) / f"{name}.onnx"
                make(path)
                found.append(row(name, LIMITS[name], elsewhere(path, ASKED.get(name, {}))))
    for work in workloads(lambda note: print(note, file=sys.stderr)):
        if not only or work.network in only:
            options = {"schedule": work.schedule, "target_cycles": work.target_cycles}
            name = f"{work.network} {work.folding}"
            found.append(row(name, OWN, elsewhere(work.model, options)))
    return found


def line(found: dict[str, Any]) -> list[str]:
    """A row as text."""
    fields = ("cpu_seconds", "peak_mb", "interval_cycles", "latency_cycles")
    return [f"`{found['model']}`", *(number(found[field]) for field in fields)]


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(Path(sys.argv[2]), json.loads(sys.argv[3]))))
        return
    known = parser(__doc__)
    known.add_argument("--only", nargs="*", default=[], metavar="MODEL", help="names of models")
    options = known.parse_args()
    found = rows(options.only)
    cells = [line(item) for item in found]
    show(TABLES[""], cells, left=1)
    write(options, found, markdown(TABLES[""], cells, left=1))


if __name__ == "__main__":
    main()
