"""The cores that decide integers and order are proved against references at small sizes.

The references stand in benches under `proofs/`: they count words and multiply positions where the
cores walk. The solver chooses everything that comes in, and the word that is followed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hwcompile.emit.library import with_dependencies
from tests.rtl.formal import Problem, decide, formulate, module_text

SHORT = 8
"""Cycles from reset of the proofs that run every time."""


@dataclass(frozen=True)
class Core:
    """A bench around a core, and mutants of the core that it must reject.

    Attributes:
        bench: The bench.
        core: The module.
        parameters: Those of the bench.
        mutants: Pairs of a piece of the core's text and its replacement.
        depth: Cycles from reset.
        files: Memory images, name to text.
        slow: Whether it takes more than a few seconds.
    """

    bench: str
    core: str
    parameters: dict[str, int]
    mutants: tuple[tuple[str, str], ...]
    depth: int
    files: dict[str, str] = field(default_factory=dict)
    slow: bool = False

    def __str__(self) -> str:
        return "-".join([self.bench, *(f"{k}{v}" for k, v in self.parameters.items())])


def _gearbox(
    parameters: dict[str, int], mutants: tuple[tuple[str, str], ...], slow: bool = False
) -> Core:
    return Core("prove_gearbox", "hw_gearbox", parameters, mutants, 10, slow=slow)


def _window(
    parameters: dict[str, int],
    mutants: tuple[tuple[str, str], ...],
    depth: int = 12,
    slow: bool = False,
) -> Core:
    return Core("prove_window", "hw_window", parameters, mutants, depth, slow=slow)


CORES = (
    _gearbox(
        {"InUnits": 3, "OutUnits": 2},
        (
            ("next_take = count_d < next_leaving", "next_take = count_d <= next_leaving"),
            ("else held_q <= HeldWidth'(all >> OutWidth)", "else held_q <= HeldWidth'(all)"),
            ("(!give || out_ok_i)", "1'b1"),
        ),
    ),
    _gearbox(
        {"InUnits": 1, "OutUnits": 3},
        (
            ("out_data_o <= {in0_data_i, ", "out_data_o <= {~in0_data_i, "),
            ("[OutWidth-1:UnitWidth]};", "[OutWidth-UnitWidth-1:0]};"),
        ),
    ),
    _gearbox({"InUnits": 3, "OutUnits": 1}, (("present_data >> UnitWidth", "present_data"),)),
    _gearbox(
        {"InUnits": 3, "InLast": 1, "InWords": 2, "OutUnits": 4},
        (("in_last ? CountWidth'(InLast)", "in_last ? CountWidth'(InUnits)"),),
        slow=True,
    ),
    _gearbox(
        {"InUnits": 2, "OutUnits": 3, "OutLast": 2, "OutWords": 2},
        (
            ("if (out_last) word[i*UnitWidth+:UnitWidth] = '0;", ""),
            ("all >> (OutLast * UnitWidth)", "all >> OutWidth"),
        ),
        slow=True,
    ),
    _window(
        {},
        (
            ("(held[NumberBits-1] || !held[PlaceBits])", "1'b1"),
            ("on_map ? missing[NumberBits-1]", "on_map ? 1'b1"),
            ("kept_q <= kept_d", "kept_q <= written_q"),
            ("end_tap_row ? StepTapRow : StepTapCol", "StepTapCol"),
        ),
    ),
    _window(
        {"Height": 1, "Width": 2, "PadTop": 1, "PadLeft": 1, "OutHeight": 1, "OutWidth": 2}
        | {"KernelHeight": 2, "KernelWidth": 2, "Depth": 4},
        (
            ("(!Padded || data_on_map)", "1'b1"),
            (": begun_q || lacking[NumberBits-1]", ": 1'b1"),
            ("col_d = last_tap_col_i ? first_col_q : ", "col_d = "),
        ),
        depth=13,
        slow=True,
    ),
    Core(
        "prove_gather",
        "hw_gather",
        {},
        (
            ("&& (written_q >= need_q)", ""),
            ("(used_q != CountWidth'(Capacity))", "1'b1"),
            ("if (row_last) base_q <=", "if (advance) base_q <="),
            ("frame_q + AddressWidth'(InWords)", "frame_q"),
            ("((fire && final_q) ? CountWidth'(InWords) : '0)", "'0"),
            ("empty_q ? {Lanes{Fill}} : recoded", "recoded"),
        ),
        14,
        # {release, word, blank}: words 1 and 0 of a period, then a blank that releases both.
        {"program.mem": "2\n0\n9\n"},
    ),
    Core(
        "prove_matvec",
        "hw_matvec",
        {},
        (
            ("in0_ready_o = fire && first_fold", "in0_ready_o = fire"),
            ("x_q <= kept[step_q]", "x_q <= in0_data_i"),
            ("(first_q[Delay-1] ? start", "(last_q[Delay-1] ? start"),
            ("addr_q == AddressBits'(Depth - 1)", "addr_q == AddressBits'(Depth - 2)"),
            ("(!last_step || out_ok_i)", "1'b1"),
            ("out_valid_o <= valid_q[Delay-1] && last_q", "out_valid_o <= last_q"),
        ),
        15,
        # Lane (row, column) of two bits at row * 2 + column; a row for each step of each fold.
        {"weights.mem": "1b\ne4\n9d\n72\n"},
    ),
    Core(
        "prove_matvec",
        "hw_matvec",
        {"KeptLanes": 1},
        (("p >= KeptLanes && out_ragged_q", "p >= KeptLanes"),),
        11,
        {"weights.mem": "1b\ne4\n9d\n72\n"},
        slow=True,
    ),
    Core(
        "prove_matvec",
        "hw_matvec",
        {"External": 1},
        (("wanted && (!External || weights_valid_i)", "wanted"),),
        13,
        {"weights.mem": "1b\ne4\n9d\n72\n"},
        slow=True,
    ),
)

MARKED = [pytest.param(c, id=str(c), marks=[pytest.mark.slow] if c.slow else []) for c in CORES]
MUTANTS = [
    pytest.param(c, i, id=f"{c}-{i}", marks=[pytest.mark.slow] if c.slow or i else [])
    for c in CORES
    for i in range(len(c.mutants))
]


def _formulate(core: Core, folder: Path, change: tuple[str, str] | None = None) -> Problem:
    sources = {
        f"{name}.sv": module_text(name) for name in (*with_dependencies([core.core]), core.bench)
    }
    if change is not None:
        old, new = change
        (name,) = (name for name, text in sources.items() if old in text)
        assert sources[name].count(old) == 1, f"'{old}' occurs {sources[name].count(old)} times"
        sources[name] = sources[name].replace(old, new)
    for name, text in core.files.items():
        (folder / name).write_text(text)
    problem = formulate(folder, sources, core.bench, core.parameters)
    assert problem.asserts > 0
    assert problem.covers > 0
    return problem


@pytest.mark.parametrize("core", MARKED)
def test_a_core_loses_doubles_and_swaps_nothing_at_first(core: Core, tmp_path: Path) -> None:
    assert decide(_formulate(core, tmp_path), "bounded", SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("core", CORES, ids=str)
def test_a_core_loses_doubles_and_swaps_nothing(core: Core, tmp_path: Path) -> None:
    """So far that the second frame is reached, or all positions of a unit."""
    problem = _formulate(core, tmp_path)
    assert decide(problem, "bounded", core.depth)
    assert decide(problem, "cover", core.depth + 4)


@pytest.mark.parametrize(("core", "index"), MUTANTS)
def test_a_planted_fault_of_a_core_is_found(core: Core, index: int, tmp_path: Path) -> None:
    problem = _formulate(core, tmp_path, core.mutants[index])
    assert not decide(problem, "bounded", core.depth)
