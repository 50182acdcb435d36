"""How far foldings that the planner finds are from the cheapest ones there are.

    python benchmarks/optimum.py [--only NETWORK ...] [--seconds N] [--json FILE] [--markdown FILE]

Every row is a network at a target: what the planner's choice costs (`generic_costs`, in look-up
tables, gearboxes and FIFOs included), and the least cost of any choice, by an integer program that
HiGHS solves to its end: a variable for each option of a node that meets the target, and for each
pair of formats that may meet on a stream. Where HiGHS runs out of time, `bound` is what it has
proved so far, and the gap is to that. Networks that are not part of the project are
skipped when their folder is absent (see tests/models.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from benchmarks.output import markdown, number, parser, show, write
from benchmarks.workloads import ROOT, models_folder
from hwcompile.frontends.load import load_model
from hwcompile.ir.graph import Graph
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.choose.assignment import Assignment
from hwcompile.schedule.choose.folding import Space, unlike_options
from hwcompile.schedule.choose.prices import generic_costs

NETWORKS = {
    "tfc_1w1a": ("tfc_mnist/TFC_1W1A.onnx", (64,)),
    "tfc_2w2a": ("tfc_mnist/TFC_2W2A.onnx", (64,)),
    "kws_w3a3": ("kws_w3a3/kws_w3a3.onnx", (392, 32)),
    "cnv_w1a1": ("cnv_cifar10/cnv_w1a1.onnx", (28_800, 8_100, 1_024)),
    "kws_int8_qdq": ("kws_int8_onnx/micro_kws_m_static_qdq.onnx", (125_440,)),
    "mlperf_resnet": ("mlperf_tiny/pretrainedResnet_quant.tflite", (32_768,)),
    "mlperf_kws": ("mlperf_tiny/kws_ref_model.tflite", (8_000,)),
    "mlperf_ad01": ("mlperf_tiny/ad01_int8.tflite", (640,)),
    "digits_mlp_w1a1": ("", (64,)),
    "digits_cnn_w3a3": ("", (576, 64)),
    "digits_cnn_int8": ("", (576, 64)),
}
"""File in the folder of models ("" for the project's own), and cycles per frame."""

FORBIDDEN = 1e8
"""Costs from here on stand for streams that must not meet."""


@dataclass(frozen=True)
class Row:
    """A network at a target: costs in look-up tables, the gap in percent of the bound."""

    network: str
    target: int
    options: int
    cost: float
    bound: float
    proved: bool
    gap_percent: float


@dataclass
class Program:
    """An integer program as it grows: least cost, equations, and which variables are whole."""

    costs: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)

    def variable(self, cost: float, *, whole: bool) -> int:
        """A new variable from 0 to 1; its number."""
        self.costs.append(cost)
        self.whole.append(int(whole))
        return len(self.costs) - 1

    def equation(self, terms: Mapping[int, float], right: float) -> None:
        """A sum of variables times factors that equals a number."""
        for column, value in terms.items():
            self.rows.append(len(self.right))
            self.columns.append(column)
            self.values.append(value)
        self.right.append(right)

    def least(self, seconds: float) -> tuple[float, bool]:
        """The least cost, or a lower bound of it where the time is over, and which of them."""
        shape = (len(self.right), len(self.costs))
        matrix = coo_array((self.values, (self.rows, self.columns)), shape=shape).tocsr()
        found = milp(
            np.array(self.costs),
            integrality=np.array(self.whole),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, self.right, self.right),
            options={"time_limit": seconds, "mip_rel_gap": 1e-6},
        )
        return float(found.mip_dual_bound), found.status == 0


def costs_of(graph: Graph, target: int, seconds: float) -> tuple[int, float, float, bool]:
    """What the planner finds for a lowered graph, and what is least.

    Args:
        graph: As it is planned.
        target: Cycles per frame.
        seconds: For the integer program.

    Returns:
        How many options nodes have, the planner's cost, and what `Program.least` says.
    """
    space, costs = Space.of(graph, {}).reaching(target), generic_costs(graph)
    every = {
        node.name: unlike_options(space.options[node.name], target, partial(costs.option, node))
        for node in space.nodes
    }
    problem = Assignment(graph, space.nodes, every, target, costs)
    cost = problem.cost(space.cheapest(target, costs))
    return sum(map(len, every.values())), cost, *program_of(problem).least(seconds)


def program_of(problem: Assignment) -> Program:
    """The choice of options as an integer program.

    Args:
        problem: With all options of every node that meet the target as candidates.
    """
    program = Program()
    number_of = {
        node.name: [
            program.variable(problem.own(node, option), whole=True)
            for option in problem.candidates[node.name]
        ]
        for node in problem.nodes
    }
    for numbers in number_of.values():
        program.equation(dict.fromkeys(numbers, 1.0), 1.0)
    for node in problem.nodes:
        for edge in problem.out[node.name]:
            before = _by_format(problem, edge.start, -1)
            after = _by_format(problem, edge.end, edge.port)
            rows: list[dict[int, float]] = [{} for _ in before]
            columns: list[dict[int, float]] = [{} for _ in after]
            for i, first in enumerate(before):
                for j, second in enumerate(after):
                    pair = (
                        problem.candidates[edge.start][first[0]],
                        problem.candidates[edge.end][second[0]],
                    )
                    cost = problem.joint(edge, *pair)
                    if cost < FORBIDDEN and problem.fast(edge, *pair):
                        variable = program.variable(cost, whole=False)
                        rows[i][variable] = columns[j][variable] = 1.0
            for side, groups, sums in (
                (edge.start, before, rows),
                (edge.end, after, columns),
            ):
                for group, terms in zip(groups, sums, strict=True):
                    chosen = {number_of[side][index]: -1.0 for index in group}
                    program.equation(terms | chosen, 0.0)
    return program


def _by_format(problem: Assignment, name: str, port: int) -> list[list[int]]:
    """Candidates of a node, by number, grouped by their format at a port (-1: the output)."""
    groups: dict[int, list[int]] = {}
    for index, option in enumerate(problem.candidates[name]):
        groups.setdefault(problem.number_of(option, port), []).append(index)
    return list(groups.values())


def rows(words: Sequence[str], seconds: float, console: Console) -> Iterator[Row]:
    """A row for every network and target."""
    for network, (file, targets) in NETWORKS.items():
        path = models_folder() / file if file else ROOT / f"examples/digits/{network}.onnx"
        if (words and network not in words) or not path.is_file():
            console.print(f"{network}: skipped")
            continue
        for target in targets:
            yield measure(network, path, target, seconds)


def measure(network: str, path: Path, target: int, seconds: float) -> Row:
    """One network at one target."""
    graph = run_passes(load_model(path).graph, LOWERING)
    options, cost, bound, proved = costs_of(graph, target, seconds)
    return Row(network, target, options, cost, bound, proved, 100 * (cost / bound - 1))


TITLES = ("network", "target", "options", "cost", "least cost", "proved", "gap %")
TABLES = {"": TITLES}


def line(row: Row) -> list[str]:
    """A row as documents show it."""
    costs = (f"{row.cost:,.0f}", f"{row.bound:,.0f}", "yes" if row.proved else "no")
    gap = f"{max(row.gap_percent, 0):.2f}"  # HiGHS' bound is right to a millionth
    return [f"`{row.network}`", number(row.target), number(row.options), *costs, gap]


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=[])
    options_of.add_argument("--seconds", type=float, default=120.0, help="for one integer program")
    options = options_of.parse_args()
    console = Console(width=160, highlight=False)
    found = []
    for row in rows(options.only, options.seconds, console):
        console.print(f"{row.network} at {row.target}: {row.gap_percent:.2f} %", style="dim")
        found.append(row)
    lines = [line(row) for row in found]
    show(TABLES[""], lines, left=1)
    write(options, [asdict(row) for row in found], markdown(TABLES[""], lines, left=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
