"""Every stream module is proved, and every proof is shown to notice planted faults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.diagnostics import Origin
from hwcompile.emit.shelves import source_files
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.resources import room
from tests.rtl.formal import Problem, decide, formulate, module_text

DEPTH = 12
INDUCTION = 3


@dataclass(frozen=True)
class Proof:
    """A module, its parameters, and (textual) mutants that its properties must reject.

    Attributes:
        top: The module.
        parameters: Its parameters.
        mutants: Pairs of a piece of text and its replacement.
        parts: Further modules it instantiates; the mutants apply to `top` only.
        defines: Macros for Yosys.
        inductive: False where the properties are checked up to a depth only.
    """

    top: str
    parameters: dict[str, int]
    mutants: tuple[tuple[str, str], ...]
    parts: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    inductive: bool = True

    def __str__(self) -> str:
        return "-".join([self.top, *(f"{k}{v}" for k, v in self.parameters.items())])


CREDIT = (
    ("ok_o = ok_q", "ok_o = 1'b1"),
    ("if (reserve_i && !pop) ok_d", "if (reserve_i) ok_d"),
    ("if (!reserve_i && pop) ok_d", "if (pop && valid_o && push_i) ok_d"),
    ("ok_d = (reserved_q != CountW'(Depth - 1))", "ok_d = 1'b1"),
    ("(reserve_i != pop)", "(reserve_i || pop)"),
    ("pop ? '1 : CountW'(1)", "CountW'(1)"),
)
ONE = (("push_i || (valid_q && !ready_i);", "push_i || valid_q;"),)
TWO = (
    ("head_q <= tail_valid_q ? tail_q : data_i", "head_q <= data_i"),
    ("tail_valid_q <= tail_valid_q && push_i", "tail_valid_q <= push_i"),
    ("tail_valid_q <= tail_valid_q || push_i", "tail_valid_q <= push_i"),
    ("assign head_free = !head_valid_q || ready_i", "assign head_free = ready_i"),
    ("if (push_i) tail_q <= data_i", "tail_q <= data_i"),
)
MEMORY = (
    ("write_q == LAST", "write_q == '0"),
    ("if (take) read_q <=", "if (take && push_i) read_q <="),
    ("if (push_i && !take) some_d", "if (push_i && take) some_d"),
    ("some_d = (read_next != write_q)", "some_d = 1'b1"),
    ("read_next != write_q", "read_q != write_q"),
)
BLOCK = (
    ("&& (!valid_q || ready_i)", ""),
    ("take || (valid_q && !ready_i)", "take"),
    ("if (take) data_q <= mem", "data_q <= mem"),
    ("(!valid_q || ready_i);", "!valid_q && ready_i;"),
)


def _credit(depth: int, block: int, mutants: tuple[tuple[str, str], ...]) -> Proof:
    return Proof(
        "hw_credit_fifo",
        {"Width": 2, "Depth": depth, "Block": block},
        mutants,
        defines=("HW_CREDIT_FIFO_REQUIRE=assume",),
    )


PROOFS = (
    # With one place, reserving and taking never meet in a cycle: CREDIT[1] changes nothing.
    _credit(1, 0, (CREDIT[0], CREDIT[2], *ONE)),
    _credit(2, 0, CREDIT + TWO),
    _credit(3, 0, CREDIT + MEMORY),
    _credit(4, 0, ()),
    _credit(5, 0, ()),
    _credit(1, 1, ()),
    _credit(2, 1, ()),
    _credit(3, 1, MEMORY + BLOCK),
    _credit(4, 1, ()),
    _credit(5, 1, ()),
    Proof(
        "hw_skid_buffer",
        {"Width": 2},
        (
            ("load) data_q <= skid_valid_q ? skid_q : data_i", "load) data_q <= data_i"),
            ("skid_valid_q <= skid_valid_q || push", "skid_valid_q <= push"),
            ("if (push) skid_q <= data_i", "skid_q <= data_i"),
            ("assign ready_o = !skid_valid_q", "assign ready_o = 1'b1"),
            ("      valid_q <= skid_valid_q || push", "      valid_q <= skid_valid_q"),
        ),
    ),
    Proof(
        "hw_fifo",
        {"Width": 2, "Depth": 3, "Block": 0},
        (
            (".push_i(push)", ".push_i(valid_i)"),
            (".reserve_i(push)", ".reserve_i(valid_i)"),
            ("push = valid_i && ready_o", "push = valid_i && ready_o && ready_i"),
        ),
        parts=("hw_credit_fifo",),
        inductive=False,
    ),
    Proof(
        "hw_fifo",
        {"Width": 1, "Depth": 2, "Block": 1},
        ((".push_i(push)", ".push_i(valid_i)"),),
        parts=("hw_credit_fifo",),
        inductive=False,
    ),
    Proof(
        "hw_axi_reader",
        {
            "DataBits": 8,
            "AddressBits": 6,
            "RowBits": 2,
            "Block": 0,
            "Rows": 3,
            "BurstBeats": 2,
            "Depth": 4,
        },
        (
            ("(room_q >= beats)", "(room_q != '0)"),
            ("room_q + RoomBits'(pop);", "room_q + RoomBits'(row_ready_i);"),
            ("(!valid_q || arready_i) &&", ""),
            ("valid_q <= ask || (valid_q && !arready_i)", "valid_q <= ask"),
            ("length_q <= last ? 8'(Rest - 1) :", "length_q <="),
            ("offset_q <= last ? '0 :", "offset_q <="),
            ("error_o <= error_o ||", "error_o <="),
        ),
        parts=("hw_wrap", "hw_credit_fifo"),
        inductive=False,
    ),
    Proof(
        "hw_fork",
        {"Outputs": 3, "Width": 2},
        (
            ("& ~done_q", ""),
            ("ready_o ? '0 : (done_q | ready_i)", "done_q | ready_i"),
            ("ready_o ? '0 : (done_q | ready_i)", "ready_o ? '0 : ready_i"),
            ("&(done_q | ready_i)", "|(done_q | ready_i)"),
            ("else if (valid_i) done_q", "else done_q"),
        ),
    ),
    Proof(
        "hw_join",
        {"Inputs": 3, "Width": 2},
        (
            ("valid_o = &valid_i", "valid_o = |valid_i"),
            ("{Inputs{valid_o && ready_i}}", "{Inputs{ready_i}}"),
        ),
    ),
    Proof(
        "hw_issue",
        {"Inputs": 3, "Width": 5},
        (
            ("&in_valid_i && out_ok_i;", "&in_valid_i;"),
            ("&in_valid_i && out_ok_i;", "|in_valid_i && out_ok_i;"),
            ("in_ready_o = {Inputs{out_start_o}}", "in_ready_o = in_valid_i & {Inputs{out_ok_i}}"),
            ("out_data_o = in_data_i", "out_data_o = in_data_i << 1"),
        ),
    ),
)

MUTANTS = [(proof, index) for proof in PROOFS for index in range(len(proof.mutants))]


def _sources(proof: Proof) -> dict[str, str]:
    return {f"{name}.sv": module_text(name) for name in (*proof.parts, proof.top)}


def _formulate(proof: Proof, folder: Path, sources: dict[str, str]) -> Problem:
    problem = formulate(folder, sources, proof.top, proof.parameters, proof.defines)
    assert problem.asserts > 0
    assert problem.covers > 0
    return problem


@pytest.mark.parametrize("proof", PROOFS, ids=str)
def test_the_properties_hold(proof: Proof, tmp_path: Path) -> None:
    problem = _formulate(proof, tmp_path, _sources(proof))
    assert decide(problem, "bounded", DEPTH)
    assert decide(problem, "cover", DEPTH)
    if proof.inductive:
        assert decide(problem, "induction", INDUCTION)


@pytest.mark.parametrize(
    ("proof", "index"), MUTANTS, ids=[f"{proof}-{index}" for proof, index in MUTANTS]
)
def test_a_planted_fault_is_found(proof: Proof, index: int, tmp_path: Path) -> None:
    """The fault must be reachable from reset: the bounded check fails, not only the induction."""
    old, new = proof.mutants[index]
    sources = _sources(proof)
    text = sources[f"{proof.top}.sv"]
    assert text.count(old) == 1, f"'{old}' occurs {text.count(old)} times"
    sources[f"{proof.top}.sv"] = text.replace(old, new)
    assert not decide(_formulate(proof, tmp_path, sources), "bounded", DEPTH)


def test_nothing_of_a_proof_is_in_what_is_emitted(tmp_path: Path) -> None:
    """Properties stand in files of the tests; users read modules without them."""
    builder = Builder("product")
    x = builder.input("x", TensorType((1, 2, 3), IntType(-8, 7)))
    weights = np.array([[[1, -2, 3], [4, 0, -6]]], dtype=np.int64)
    graph = builder.build(builder.add("y", Matmul(weights), (x,), Origin("test", "y", "Matmul")))
    rtl = hwcompile.compile_graph(graph, tmp_path / "b", fastest=True).directory / "rtl"
    emitted = [*rtl.glob("*.sv"), *room("templates").rglob("*.sv*")]
    assert len(emitted) > len(source_files())
    for path in emitted:
        assert not re.search(
            r"FORMAL|\b(assert|assume|cover)\b *\(|anyconst|anyseq", path.read_text()
        )
