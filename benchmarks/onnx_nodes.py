"""ONNX's own node tests on the integers of hardware: equal, near, refused, or wrong.

    python benchmarks/onnx_nodes.py [--level LEVEL] [--tests] [NAME ...]

`benchmarks/onnx_wrapping.py` says how a test of real numbers comes between quantizers, and whose
word the expectation is. Integers are compared with ==. A test is `near` where the front end says
in a note that it builds a float cell (LSTM, GRU) in fixed point or a normalization on integers, and
no number is more than two steps away. `refused` is an answer that names the operator and the
reason. `--tests` has a row for each test instead of each operator; NAME is part of a test's name.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.onnx_wrapping import Array, Case, cases, expected_of, wrapped
from benchmarks.output import markdown, parser, show, write
from hwcompile import backend
from hwcompile.diagnostics import CompileError

TITLES = ("operator", "refused because", "tests", "equal", "near", "refused", "wrong")
TABLES = {"": TITLES}

NEAR = "near the model's, not equal to them"
"""What the front end's note says of float cells."""
STEPS = 2
FORMATS = {
    "default": {"wx": [18], "wr": [18], "m": [18, 17], "gate": [18, 16], "sigma": [16384, 16],
                "tanh": [16384, 8]}
}  # fmt: skip
"""Number formats of float cells: fine enough for outputs of 8 bits."""


@dataclass(frozen=True)
class Outcome:
    """What became of a test.

    Attributes:
        test: ONNX's name of it.
        operator: The operator that it is about.
        result: "equal", "near", "refused", "wrong", or "crash".
        reason: The first finding where it is refused; what happened where it is wrong.
        oracle: Whose word the expectation is.
        hardware: Operations of the network; 0 where all of it is on the host.
    """

    test: str
    operator: str
    result: str
    reason: str = ""
    oracle: str = ""
    hardware: int = 0


def outcome(case: Case, level: str = "reference") -> Outcome:
    """What becomes of a test at a level."""
    name, operator = case.name, case.operator
    try:
        model, feeds = wrapped(case)
        made = backend.prepare(model, level=level, formats=FORMATS)
        found = [made.run(dict(feed)) for feed in feeds]
    except CompileError as error:
        first = error.diagnostics[0]
        return Outcome(name, operator, "refused", f"{first.code} {first.what}")
    except Exception as error:
        return Outcome(name, operator, "crash", f"{type(error).__name__}: {error}")
    assert made.imported is not None
    try:
        expected, oracle = expected_of(case, model, feeds)
    except Exception as error:
        return Outcome(name, operator, "untold", f"{type(error).__name__}: {error}")
    nodes, notes = len(made.imported.graph.nodes), made.imported.notes
    pairs = [pair for ours, theirs in zip(found, expected, strict=True)
             for pair in zip(ours, theirs, strict=True)]  # fmt: skip
    wrong = next(filter(None, (_difference(*pair) for pair in pairs)), "")
    if wrong and any(NEAR in note for note in notes) and all(_near(*pair) for pair in pairs):
        return Outcome(name, operator, "near", "", oracle, nodes)
    return Outcome(name, operator, "wrong" if wrong else "equal", wrong, oracle, nodes)


def _difference(ours: Array, theirs: Array) -> str:
    if ours.shape != theirs.shape:
        return f"shape {ours.shape} instead of {theirs.shape}"
    if ours.dtype != theirs.dtype:
        return f"{ours.dtype} instead of {theirs.dtype}"
    if not np.array_equal(ours, theirs):
        return f"{np.count_nonzero(ours != theirs)} of {ours.size} elements differ"
    return ""


def _near(ours: Array, theirs: Array) -> bool:
    apart = np.abs(ours.astype(np.int64) - theirs.astype(np.int64))
    return int(apart.max(initial=0)) <= STEPS


def _lines(rows: Iterable[Outcome]) -> list[Sequence[str]]:
    """A line for each operator, and for all."""
    found: list[Sequence[str]] = []
    ordered = sorted(rows, key=lambda row: row.operator)
    for operator, group in groupby(ordered, key=lambda row: row.operator):
        found.append(_line(f"`{operator}`", list(group)))
    return [*found, _line("all", ordered, reasons=False)]


def _plain(reason: str) -> str:
    """A reason without the sizes of one test, as a cell of a table."""
    shapes = re.sub(r"\[[-\d, ]*\]", "[...]", reason)
    shapes = re.sub(r"\b(bfloat|float|u?int)\d+\w*", "T", shapes)
    return re.sub(r"(axis|of|input|frame|set) \d+", r"\1 n", shapes).replace("|", "/")


def _line(name: str, rows: Sequence[Outcome], reasons: bool = True) -> Sequence[str]:
    counts = Counter(row.result for row in rows)
    said = Counter(_plain(row.reason) for row in rows if row.result == "refused")
    why = "; ".join(f"{reason} ({count})" for reason, count in sorted(said.items()))
    results = ("equal", "near", "refused", "wrong")
    numbers = [counts[result] + (counts["crash"] if result == "wrong" else 0) for result in results]
    return (name, why if reasons else "", str(len(rows)), *map(str, numbers))


def main() -> int:
    """Run the tests whose names are given, or all; 1 where one is wrong."""
    options_parser = parser(__doc__)
    options_parser.add_argument("names", nargs="*", metavar="NAME")
    options_parser.add_argument("--level", default="reference")
    options_parser.add_argument("--tests", action="store_true", help="a row for each test")
    options = options_parser.parse_args()
    chosen = [c for c in cases() if not options.names or any(n in c.name for n in options.names)]
    rows = [outcome(case, options.level) for case in chosen]
    lines = _lines(rows)
    if options.tests:
        listed = [(r.test, r.reason, r.oracle, r.result, str(r.hardware)) for r in rows]
        show(("test", "reason", "oracle", "result", "nodes"), listed)
    else:
        show(TITLES, lines)
    write(options, [asdict(row) for row in rows], markdown(TITLES, lines))
    return int(any(row.result in ("wrong", "crash") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
