"""Random schedules: legal ones are built, damaged ones are built or refused in words.

Whatever is accepted has to compute the same integers as the network without a schedule; what is
run in RTL with random legal schedules is in `hardware`.
"""

from __future__ import annotations

import shutil
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

import hwcompile
from hwcompile.frontends.load import load_model
from hwcompile.passes.pipelines import LOWERING
from hwcompile.passes.pipelines import run_passes as lowered
from tests.fuzz.attempts import Attempt, attempt
from tests.fuzz.budget import Budget
from tests.fuzz.damage import damaged
from tests.fuzz.figures import Figures
from tests.fuzz.files import Files
from tests.fuzz.hardware import random_schedule
from tests.fuzz.networks import FLAVOURS, Feeds, feeds_of, grown

NETWORKS = 12
"""Networks whose schedules are damaged; each is compiled once as it is."""


class Network:
    """A network with its schedule and what it computes."""

    def __init__(self, folder: Path, rng: np.random.Generator) -> None:
        flavour = str(rng.choice(list(FLAVOURS)))
        self.out = folder / "out"
        model, outputs, _ = grown(flavour, rng, most=4)
        self.path = model.save(folder, *outputs)
        self.feeds = feeds_of(model, rng, frames=2)
        self.design = hwcompile.compile(self.path, folder / "plain", fastest=True)
        self.text = self.design.schedule
        self.expected = self.results(self.design)

    def results(self, design: hwcompile.Design) -> Feeds:
        """Real outputs at level reference."""
        return design.simulate(self.feeds, level="reference").real

    def equal(self, design: hwcompile.Design) -> bool:
        """Whether a design of the same network computes the same."""
        found = self.results(design)
        return all(np.array_equal(found[name], y) for name, y in self.expected.items())

    def compiled(self, schedule: Path) -> hwcompile.Design:
        """The network with a schedule."""
        shutil.rmtree(self.out, ignore_errors=True)
        return hwcompile.compile(self.path, self.out, schedule=schedule)


def run(budget: Budget) -> Figures:
    """Damaged schedules of random networks, and legal random ones between them."""
    files = Files(budget, 200)
    files.figures.faults["wrong integers"] = 0
    networks: dict[int, Network] = {}
    for case in budget.cases(240):
        rng, which = budget.rng(case), case % NETWORKS
        if which not in networks:
            networks[which] = _network(budget, which)
        network = networks[which]
        if case % 6 == 5:
            _legal(network, budget, case, rng, files.figures)
            continue
        path = budget.folder / "schedule.toml"

        def read(contents: bytes, network: Network = network, path: Path = path) -> Attempt:
            path.write_bytes(contents)
            return attempt(lambda: network.equal(network.compiled(path)))

        data = damaged(network.text.encode(), rng)
        files.judge(case, "schedule.toml", data, read)
    return files.figures


def _network(budget: Budget, which: int) -> Network:
    """The network of that number, the first that is not refused; other parts judge the others."""
    for draw in count():
        folder = budget.folder / f"network{which}-{draw}"
        folder.mkdir()
        rng = budget.rng(1_000_000 + 1000 * draw + which)
        made = attempt(partial(Network, folder, rng), seconds=60)
        if isinstance(made.value, Network):
            return made.value
    raise AssertionError("counting ended")


def _legal(
    network: Network, budget: Budget, case: int, rng: np.random.Generator, figures: Figures
) -> None:
    """A schedule out of what the kernels themselves offer; it may still be refused in words."""
    graph = lowered(load_model(network.path).graph, LOWERING)
    schedule = random_schedule(graph, rng)
    shutil.rmtree(network.out, ignore_errors=True)
    tried = attempt(
        lambda: network.equal(hwcompile.compile(network.path, network.out, schedule=schedule))
    )
    figures.counts["legal schedules"] += 1
    figures.counts["legal schedules refused"] += tried.kind == "refused"
    if tried.bad:
        figures.fault(tried.kind, f"{tried.text}; {schedule}; {budget.again(case)}")
    elif tried.kind == "right" and not tried.value:
        figures.fault("wrong integers", f"{schedule}; {budget.again(case)}")
