"""Random networks with random foldings in RTL: equal with stalls, on time without."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

import hwcompile
from hwcompile.frontends.load import load_model
from hwcompile.ir.graph import Graph
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.choose.choice import FREE
from hwcompile.schedule.choose.options import options_of
from tests.fuzz.attempts import attempt
from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures
from tests.fuzz.networks import grown

FLAVOURS = ("qdq", "qonnx", "integer")
FAULTS = ("wrong integers in RTL", "wrong predictions", "tracebacks", "hangs")
Faults = list[tuple[str, str]]


def random_schedule(graph: Graph, rng: np.random.Generator) -> dict[str, Any]:
    """A kernel and parameters for some nodes of a lowered graph, any that the kernels offer."""
    nodes: dict[str, Any] = {}
    for node in graph.nodes:
        if node.op.family in FREE or rng.random() < 0.3:
            continue
        options = options_of(graph, node)
        option = options[int(rng.integers(len(options)))]
        nodes[node.name] = {"kernel": option.choice.kernel, **dict(option.choice.parameters)}
    return {"nodes": nodes}


def design_faults(design: hwcompile.Design, stall: float) -> Faults:
    """Run at RTL: equal at every stage with stalls, and every frame ends when predicted without."""
    found: Faults = []
    stalled = design.verify(frames=3, stall=stall, boundaries=True)
    if any(stalled.mismatches.values()):
        found.append(("wrong integers in RTL", "; ".join(stalled.lines())))
    steady = design.verify(frames=8, boundaries=True)
    text = "; ".join(steady.lines())
    if any(steady.mismatches.values()):
        found.append(("wrong integers in RTL", text))
    timed = (steady.interval, steady.latency)
    exact = not design.report["design"]["data_dependent"]
    if not steady.cycles_agree or (
        exact and any(measured not in (None, predicted) for predicted, measured in timed)
    ):
        found.append(("wrong predictions", text))
    return found


def _compiled(path: Path, out: Path, rng: np.random.Generator) -> hwcompile.Design:
    """A design with a random folding, or for a random target."""
    if rng.random() < 0.4:
        target = int(2 ** rng.uniform(3, 12))
        chosen = attempt(lambda: hwcompile.compile(path, out, target_cycles=target, force=True))
        if chosen.kind == "right":
            return chosen.value  # type: ignore[no-any-return]
    schedule = random_schedule(run_passes(load_model(path).graph, LOWERING), rng)
    return hwcompile.compile(path, out, schedule=schedule, force=True)


def run_rtl(budget: Budget) -> Figures:
    """Networks of all flavours in turn."""
    figures = Figures(budget.part, least={"networks in RTL": budget.scaled(24)})
    figures.faults.update(dict.fromkeys(FAULTS, 0))
    for case in budget.cases(30):
        rng, flavour = budget.rng(case), FLAVOURS[case % len(FLAVOURS)]
        model, outputs, kinds = grown(flavour, rng, most=8)
        path = model.save(budget.folder, *outputs)
        _judge(path, budget, case, rng, figures, " ".join(kinds))
    return figures


def _judge(
    path: Path, budget: Budget, case: int, rng: np.random.Generator, figures: Figures, kinds: str
) -> None:
    out = budget.folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    compiled = attempt(lambda: _compiled(path, out, rng), seconds=60)
    faults: Faults = []
    if compiled.kind == "refused":
        figures.counts[f"refused {compiled.value.diagnostics[0].code}"] += 1
        return
    tried = compiled
    if not compiled.bad:
        stall = float(rng.choice([0.2, 0.5, 0.8]))
        tried = attempt(lambda: design_faults(compiled.value, stall), seconds=180)
        faults = tried.value if tried.kind == "right" else []
    if tried.kind == "refused":
        faults = [("tracebacks", str(tried.value))]
    if tried.bad:
        faults = [(tried.kind, tried.text)]
    figures.counts["networks in RTL"] += not tried.bad
    for kind, text in faults:
        kept = budget.keep(f"{case}.onnx", path.read_bytes())
        if (out / "schedule.toml").is_file():
            budget.keep(f"{case}.toml", (out / "schedule.toml").read_bytes())
        figures.fault(kind, f"{text[:300]}; {kinds}; {kept}; {budget.again(case)}")
