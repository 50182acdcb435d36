"""Calibrates the resource models on synthesis runs, and publishes their errors.

    python benchmarks/resources.py [--boards NAME ...] [--cache FOLDER] [--dry] [--json FILE]
                                   [--only WORD]

Every kernel is synthesized alone at several sizes for the FPGA of every board named; coefficients
are fitted to three quarters of the runs and errors measured on the rest. Writes
`calibration.json` in the families' folders, which the compiler reads, and `docs/resources.md`; with
--dry it only prints. Runs are kept in the cache by the contents of everything that goes in.

Of families whose boards are not named, the document keeps what it says.

With `--only`, kernels whose name holds the word are synthesized and fitted alone; the others keep
their coefficients, and of the document what it says of these kernels is written anew.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
from platformdirs import user_cache_path
from rich.console import Console

from benchmarks.resource_fit import Run, error, fit, refit
from benchmarks.resource_networks import Whole, section, whole_designs
from benchmarks.resource_runs import Alone, Link, fifo_circuit, measured
from benchmarks.resource_sites import INT8, U4, subjects
from hwcompile.boards import Board, load_board
from hwcompile.emit.alone import circuit_of
from hwcompile.families.family import CALIBRATION, GENERIC
from hwcompile.ir.types import BIPOLAR
from hwcompile.technology.features import LUT_FEATURES, Amounts, amounts
from hwcompile.technology.model import Calibration, Technology, generic, technology
from hwcompile.technology.plumbing import FIFO, LINK, fifo_resources, link_resources
from hwcompile.technology.rules import rules_of

ROOT = Path(sys.argv[0]).resolve().parents[1]
BOARDS = ("icebreaker", "ulx3s_25", "tang_nano_9k", "arty_a7_35")
PARTS = ("lut", "ff", "bram", "dsp")
_AIM = 0.15
SOFT = ("elementwise.product", "matmul.folded.multiply", "depthwise.folded.multiply")
"""Kernels that are also synthesized without DSP blocks, so that products in logic have a price."""

HELD_OF = 4
"""Of so many runs of a kernel, one is held out."""

FIFOS = ((8, 2), (40, 2), (8, 12), (32, 6), (16, 40), (24, 100), (64, 8), (1, 24), (16, 3))
LINKS = ((INT8, 1), (INT8, 6), (U4, 16), (BIPOLAR, 24))

console = Console()


def main() -> None:
    """Run what is missing, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", nargs="+", default=list(BOARDS))
    parser.add_argument("--cache", type=Path, default=user_cache_path("hwcompile") / "resources")
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every run, with plain names")
    parser.add_argument("--only", default="", metavar="WORD", help="kernels with it in their name")
    options = parser.parse_args()
    results: dict[str, tuple[Calibration, list[Run]]] = {}
    for name in options.boards:
        board = load_board(name)
        family = board.device.family
        found = _split(_runs(board, options.cache, options.only))
        if options.only:
            results[family] = (refit(technology(family).calibration, found), found)
        else:
            results[family] = (fit(family, version("pyosys"), found), found)
    parts = {name: part_of(*found) for name, found in results.items()}
    page = ROOT / "docs" / "resources.md"
    if options.only:
        text = document(parts, [])
    else:
        new = results.get(GENERIC)
        model = Technology(new[0]) if new else generic()
        wholes = list(whole_designs(model, options.cache, console))
        text = document(kept_parts(page.read_text()) | parts, wholes)
    console.print(text, markup=False, soft_wrap=True)
    if options.json:
        options.json.write_text(json.dumps(list(plain(results)), indent=2) + "\n")
    if not options.dry:
        for family, (calibration, _) in results.items():
            encoded = msgspec.json.format(msgspec.json.encode(calibration), indent=2)
            folder = ROOT / "hwcompile" / "families" / family
            (folder / CALIBRATION).write_bytes(encoded + b"\n")
        page.write_text(renewed(page.read_text(), results) if options.only else text)


def plain(
    results: Mapping[str, tuple[Calibration, Sequence[Run]]],
) -> Iterator[dict[str, str | bool | float]]:
    """A row for every run: what synthesis counts, and what the model says."""
    for family, (calibration, runs) in results.items():
        for run in runs:
            said = predicted(Technology(calibration), run)
            row: dict[str, str | bool | float] = {"family": family, "kernel": run.name}
            row |= {"workload": run.label, "held_out": run.held}
            row |= {part: getattr(run.measured, part) for part in PARTS}
            yield row | {f"{part}_predicted": said[part] for part in PARTS}


@dataclass(frozen=True)
class _Wanted:
    """A run that is to be done."""

    name: str
    label: str
    amounts: Amounts
    subject: Alone | Link


def _runs(board: Board, cache: Path, word: str) -> Iterator[Run]:
    wanted = list(_wanted(board, word))
    title = f"synthesis for {board.id}"
    found = measured([each.subject for each in wanted], cache, title, console)
    for each, one in zip(wanted, found, strict=True):
        if one.problem:
            console.print(f"{board.id}: {each.name} {each.label}: {one.problem}", markup=False)
            continue
        yield Run(each.name, each.label, each.amounts, one, held=False)


def _wanted(board: Board, word: str) -> Iterator[_Wanted]:
    rules = rules_of(board.device.family)
    for subject in (subject for subject in subjects() if word in subject.name):
        built = subject.built
        for dsp in (True, False) if subject.name in SOFT else (True,):
            device = board if dsp else _without_dsp(board)
            label = subject.label if dsp else f"{subject.label}, no DSP blocks"
            parts = amounts(built.needs, rules, dsp=dsp)
            yield _Wanted(subject.name, label, parts, Alone(circuit_of(built), device))
    for width, depth in FIFOS if word in FIFO else ():
        block = depth > 64
        parts = amounts(fifo_resources(width, depth, block=block), rules)
        circuit = Alone(fifo_circuit(width, depth, block), board)
        yield _Wanted(FIFO, f"{width} bits x {depth}", parts, circuit)
    for element, channels in LINKS if word in LINK else ():
        bits = 8 * -(-element.bits * channels // 8), 8 * -(-(element.bits + 2) * channels // 8)
        parts = amounts(link_resources([bits[0]], [bits[1]]), rules)
        yield _Wanted(LINK, f"{channels} x {element}", parts, Link(element, channels, board))


def _without_dsp(board: Board) -> Board:
    capacities = msgspec.structs.replace(board.capacities, dsp=0)
    return msgspec.structs.replace(board, capacities=capacities)


def _split(runs: Iterable[Run]) -> list[Run]:
    """Hold out the third of every four runs of a kernel."""
    count: dict[str, int] = {}
    found = []
    for run in runs:
        number = count[run.name] = count.get(run.name, 0) + 1
        held = number % HELD_OF == HELD_OF - 1
        found.append(Run(run.name, run.label, run.amounts, run.measured, held))
    return found


def predicted(model: Technology, run: Run) -> dict[str, float]:
    """What the model says about a run."""
    lut, ff = model.figures(run.name, run.amounts)
    return {"lut": lut, "ff": ff, "bram": run.amounts.bram, "dsp": run.amounts.dsp}


def errors(model: Technology, runs: Sequence[Run]) -> dict[str, list[float]]:
    """Relative errors by part."""
    each = [(predicted(model, run), run.measured) for run in runs]
    return {
        part: [error(said[part], getattr(measured, part), part) for said, measured in each]
        for part in PARTS
    }


@dataclass(frozen=True)
class Part:
    """What the document says of a family.

    Attributes:
        runs: How many there are.
        far: Kernels above what is aimed at.
        table: Lines with the errors of all kernels.
        calibration: The coefficients.
    """

    runs: int
    far: str
    table: Sequence[str]
    calibration: Calibration


def part_of(calibration: Calibration, runs: Sequence[Run]) -> Part:
    """That of new runs."""
    model = Technology(calibration)
    return Part(len(runs), "; ".join(_far_off(model, runs)), _table(model, runs), calibration)


def kept_parts(text: str) -> dict[str, Part]:
    """What a document says of families that have coefficients."""
    parts = {}
    for name in dict.fromkeys(re.findall(r"^- (\w+): ", text, re.MULTILINE)):
        far = re.search(rf"^- {name}: (.*)\.$", text, re.MULTILINE)
        section = re.search(rf"^## {name}\n\n((?:\|.*\n)+)", text, re.MULTILINE)
        if far is None or section is None:
            raise ValueError(f"the document has no errors of {name}")
        table = section[1].splitlines()
        (count,) = re.findall(r"^\| all \| (\d+) \|", table[-1])
        found = far[1].removeprefix("none")
        parts[name] = Part(int(count), found, table, technology(name).calibration)
    return parts


def document(parts: Mapping[str, Part], wholes: Sequence[Whole]) -> str:
    """`docs/resources.md`."""
    families = {load_board(name).device.family: name for name in BOARDS}
    boards = [name for family, name in families.items() if family in parts]
    ordered = {family: parts[family] for family in (*families, *parts) if family in parts}
    total = sum(part.runs for part in parts.values())
    lines = [
        "# Resource models",
        "",
        f"Generated by `python benchmarks/resources.py --boards {' '.join(boards)}`",
        f"from {total} synthesis runs with Yosys {version('pyosys')}; do not edit.",
        "",
        "A kernel says what it is made of: logic, bits of adders, registers, memories, products",
        "(`hwcompile/ops/contract/needs.py`). `hwcompile/technology` says what that takes on an",
        "FPGA family: block RAMs and DSP blocks by the rules of Yosys and of our flow, look-up",
        "tables and flip-flops by coefficients that are fitted to synthesis runs of single kernels",
        "(`calibration.json` in its folder). One run of every four of a kernel is held out of the",
        "fit. The model of Artix-7 is that of Zynq-7000, too, and of designs without a board.",
        "",
        "Errors are |predicted - synthesized| / synthesized. Where fewer than 20 look-up tables or",
        "flip-flops are in use, they are relative to 20; for blocks, to one. Columns are medians;",
        "of most kernels one run is held out, so that column is a single error.",
        "",
        "Above 15 %, by kernel, part, and whether fitted or held out:",
        "",
    ]
    lines += [f"- {family}: {part.far or 'none'}." for family, part in ordered.items()]
    lines += [
        "",
        "Two known causes: read-only memories lose the bits that are constant in the weights at",
        "hand, which moves memories at the limit between logic and blocks; and on Gowin products",
        "of four bits or more that were meant for look-up tables go to multipliers",
        "(`matmul.folded.lut`), because Yosys tries its smaller multipliers on all that is left.",
    ]
    for family, part in ordered.items():
        lines += ["", f"## {family}", "", *part.table]
    lines += ["", *section(wholes)]
    calibrations = {family: part.calibration for family, part in ordered.items()}
    return "\n".join([*lines, "", *_coefficients(calibrations), ""])


def renewed(text: str, results: Mapping[str, tuple[Calibration, Sequence[Run]]]) -> str:
    """The document with other errors of some kernels; sums over all kernels stay."""
    lines, section = [], ""
    for line in text.splitlines():
        section = line[3:] if line.startswith("## ") else section
        family = section or line[2:].partition(":")[0]
        if family not in results:
            lines.append(line)
            continue
        calibration, runs = results[family]
        model, names = Technology(calibration), {f"`{run.name}`" for run in runs}
        if not section:
            kept = [] if line.endswith(": none.") else line.partition(": ")[2][:-1].split("; ")
            kept = [entry for entry in kept if entry.partition(" ")[0] not in names]
            far = sorted([*kept, *_far_off(model, runs)], key=lambda entry: entry.partition(" ")[0])
            lines.append(f"- {family}: {'; '.join(far) or 'none'}.")
        elif line.startswith("| all "):
            rows = {name: _row(name, model, _of_name(runs, name)) for name in names}
            while lines[-1].startswith("| `"):
                row = lines.pop()
                rows.setdefault(row.split(" ")[1], row)
            lines += [rows[name] for name in sorted(rows, key=lambda name: name.strip("`"))]
            lines.append(line)
        else:
            lines.append(line)
    return "\n".join([*lines, ""])


def _of_name(runs: Sequence[Run], title: str) -> list[Run]:
    return [run for run in runs if f"`{run.name}`" == title]


def _far_off(model: Technology, runs: Sequence[Run]) -> Iterator[str]:
    """Medians above what is aimed at."""
    for name in sorted({run.name for run in runs}):
        for held, word in ((False, "fitted"), (True, "held out")):
            found = errors(model, [r for r in runs if r.name == name and r.held is held])
            for part, values in found.items():
                if values and float(np.median(np.abs(values))) > _AIM:
                    yield f"`{name}` {part.upper()} {word} {_percent(values)}"


def _table(model: Technology, runs: Sequence[Run]) -> list[str]:
    head = " | ".join(f"{part.upper()} fitted | held out" for part in PARTS)
    lines = [f"| kernel | runs | {head} |", "|---|---|" + "---|---|" * len(PARTS)]
    names = sorted({run.name for run in runs})
    lines += [_row(f"`{name}`", model, [r for r in runs if r.name == name]) for name in names]
    return [*lines, _row("all", model, runs)]


def _row(title: str, model: Technology, runs: Sequence[Run]) -> str:
    fitted, held = ([r for r in runs if r.held is flag] for flag in (False, True))
    sides = [errors(model, side) for side in (fitted, held)]
    cells = [_percent(side[part]) for part in PARTS for side in sides]
    return f"| {title} | {len(runs)} | {' | '.join(cells)} |"


def _percent(values: Sequence[float]) -> str:
    return f"{100 * float(np.median(np.abs(values))):.0f} %" if values else ""


def _coefficients(calibrations: Mapping[str, Calibration]) -> list[str]:
    lines = [
        "## Coefficients",
        "",
        "Look-up tables for a unit of each feature, over all kernels; every kernel has its own,",
        "drawn to these.",
        "",
        "| feature | " + " | ".join(calibrations) + " |",
        "|---|" + "---|" * len(calibrations),
    ]
    for feature in LUT_FEATURES:
        values = [each.common.lut.get(feature, 0.0) for each in calibrations.values()]
        lines.append(f"| {feature} | " + " | ".join(f"{value:.2f}" for value in values) + " |")
    return lines


if __name__ == "__main__":
    main()
