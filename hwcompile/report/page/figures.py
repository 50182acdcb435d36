"""What the page shows, as plain data: rows of tables and of pictures, made from the JSON files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hwcompile.build_directory.insight import ActivityInsight, BoardInsight, Insight
from hwcompile.technology.design import PARTS

Row = dict[str, Any]
Report = dict[str, Any]

NEARLY = 1.5
"""A board that lacks less than half of what a design takes nearly fits it."""


def counted(count: int, what: str) -> str:
    """A number with its unit, which has an s unless it is one."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def short_figure(value: float) -> str:
    """A figure of about three digits, and never in powers of ten."""
    return f"{round(value):,}" if value >= 1000 else f"{value:.3g}"


@dataclass(frozen=True)
class StageFigures:
    """A stage of the design with its nodes, as `report.json` lists them.

    Attributes:
        name: Of the stage.
        nodes: Its entries of `nodes`.
    """

    name: str
    nodes: tuple[Report, ...]

    @property
    def cycles(self) -> int:
        """Cycles per frame of its slowest node."""
        return max(int(node["interval_cycles"]["predicted"]) for node in self.nodes)

    @property
    def lanes(self) -> int:
        """Lanes of all its nodes."""
        return sum(int(node["lanes"]) for node in self.nodes)

    @property
    def kernels(self) -> str:
        """What builds its nodes."""
        return " + ".join(node["kernel"] for node in self.nodes)

    @property
    def folding(self) -> str:
        """The parameters of its first node, which decide how long a frame takes."""
        return " ".join(f"{key}={value}" for key, value in self.nodes[0]["parameters"].items())

    def cells(self, kind: str) -> int:
        """Predicted use of one kind of cells."""
        return sum(int(node["resources"]["predicted"][kind]) for node in self.nodes)


def stages_of(report: Report) -> tuple[StageFigures, ...]:
    """The stages in stream order."""
    found: dict[str, list[Report]] = {}
    for node in report["nodes"]:
        found.setdefault(node["stage"], []).append(node)
    return tuple(StageFigures(name, tuple(nodes)) for name, nodes in found.items())


def cycle_rows(report: Report) -> list[Row]:
    """Cycles of every stage against the interval of the design."""
    interval = report["design"]["interval_cycles"]["predicted"]
    return [
        {
            "stage": stage.name,
            "cycles": stage.cycles,
            "busy": stage.cycles / max(interval, 1),
            "label": stage.name,
            "figures": f"{stage.cycles:,}",
        }
        for stage in stages_of(report)
    ]


def resource_rows(report: Report) -> list[Row]:
    """What every node takes, for a treemap and its table."""
    return [
        {
            "stage": stage.name,
            "lut": stage.cells("lut"),
            "ff": stage.cells("ff"),
            "memory_bits": stage.cells("memory_bits"),
            "multipliers": stage.cells("multipliers"),
        }
        for stage in stages_of(report)
    ]


@dataclass(frozen=True)
class BoardUse:
    """How much of a board a design takes.

    Attributes:
        board: The board's id.
        share: Of the part that is scarcest, 1 for all of it.
        part: That part.
        used: Of it.
        have: Of it.
    """

    board: str
    share: float
    part: str
    used: int
    have: int

    @property
    def verdict(self) -> str:
        """In words."""
        if self.share <= 1:
            return "fits"
        return "nearly fits" if self.share <= NEARLY else "does not fit"

    @property
    def text(self) -> str:
        """For a reader."""
        return f"{self.share:.0%}: {self.used:,} of {self.have:,} {self.part}"


def board_uses(insight: Insight) -> list[BoardUse]:
    """Every board with a model, those with most room first."""
    return sorted(map(_board_use, insight.boards), key=lambda use: (use.share, use.board))


def _board_use(entry: BoardInsight) -> BoardUse:
    shares = []
    for part, title in PARTS.items():
        used, have = getattr(entry.predicted, part), getattr(entry.capacities, part)
        share = used / have if have else float("inf") if used else 0.0
        shares.append(BoardUse(entry.board, share, title, used, have))
    return max(shares, key=lambda use: use.share)


def fifo_rows(report: Report, insight: Insight) -> list[Row]:
    """Every FIFO: depth, most words that were in it, bits."""
    held = {stream.name: stream.held for stream in insight.streams}
    return [
        {
            "fifo": link["name"],
            "depth": link["depth"],
            "held": held.get(link["name"]),
            "bits": link["depth"] * link["width_bits"],
            "label": link["name"],
            "figures": _fill(link, held.get(link["name"])),
        }
        for link in report["links"]
    ]


def _fill(link: Report, held: int | None) -> str:
    filled = "" if held is None else f"{held:,} of "
    width = f" of {counted(link['width_bits'], 'bit')}" + (" in block RAM" if link["block"] else "")
    return filled + counted(link["depth"], "word") + width


def activity_rows(insight: Insight) -> list[Row]:
    """Runs of slices in which a process mostly does the same, for a Gantt chart."""
    if insight.timeline is None:
        return []
    edges = insight.timeline.edges
    return [row for process in insight.timeline.processes for row in _runs(process, edges)]


def process_labels(insight: Insight) -> list[Row]:
    """What stands above every process' line of time."""
    if insight.timeline is None:
        return []
    length = max(insight.timeline.edges[-1] - insight.timeline.edges[0], 1)
    return [
        {
            "process": one.process,
            "label": one.process,
            "figures": f"works {sum(one.work) / length:.0%}",
        }
        for one in insight.timeline.processes
    ]


def _runs(process: ActivityInsight, edges: list[int]) -> Iterator[Row]:
    states = {"works": process.work, "waits": process.starved, "stalls": process.blocked}
    start, doing = 0, ""
    for slot in range(len(edges)):
        last = slot == len(edges) - 1
        now = "" if last else _mostly(states, slot)
        if now == doing and not last:
            continue
        if doing:
            cycles = {state: sum(spent[start:slot]) for state, spent in states.items()}
            length = edges[slot] - edges[start]
            yield {
                "process": process.process,
                "begin": edges[start],
                "end": edges[slot],
                "state": doing,
                "share": cycles[doing] / length,
                "cycles": cycles[doing],
            }
        start, doing = slot, now


def _mostly(states: dict[str, list[int]], slot: int) -> str:
    """What takes most of a slice; "" where nothing happens any more."""
    state = max(states, key=lambda state: states[state][slot])
    return state if states[state][slot] else ""


def histogram_rows(insight: Insight) -> list[Row]:
    """Bins of every tensor's histogram, placed within the tensor's type (0 to 1)."""
    rows = []
    for tensor in insight.values:
        size = tensor.high - tensor.low + 1
        most = max(tensor.counts)
        rows += [
            {
                "tensor": tensor.value,
                "begin": (edge - tensor.low) / size,
                "end": (following - tensor.low) / size,
                "from": edge,
                "to": following - 1,
                "count": count,
                "share": count / most,
            }
            for edge, following, count in zip(
                tensor.edges, tensor.edges[1:], tensor.counts, strict=False
            )
            if count
        ]
    return rows


def value_labels(insight: Insight) -> list[Row]:
    """What stands above every tensor's histogram."""
    return [
        {
            "tensor": tensor.value,
            "label": tensor.value,
            "figures": f"{tensor.least:,} to {tensor.largest:,} of "
            f"{tensor.low:,} to {tensor.high:,}",
        }
        for tensor in insight.values
    ]
