"""What kernels may not know: the language that prints them, and the kinds of each other's ops."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwcompile.emit.library import module_text
from hwcompile.ir.types import BIPOLAR
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.arithmetic import ENCODINGS, encodings
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.numbers import weight_type
from hwcompile.ops.arithmetic.packing import RowPacking
from hwcompile.ops.arithmetic.rank_one import SIDES, RankOne, SeparableBits, SeparableSums
from hwcompile.ops.contract.instance import Each, Name, Struct, Value
from hwcompile.ops.matmul.folded import Folded
from tests.models import ROOT
from tests.ops.matmul.cases import signed, site, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "the contract of kernels is this project's own"

OPS = sorted((ROOT / "hwcompile" / "ops").rglob("*.py"))

FORBIDDEN = {
    "a SystemVerilog literal": r"\b[0-9]+'[bdhos][0-9a-fA-F]",
    "a literal's base behind a width": r"\}'[bdh]",
    "a cast": r"\bcast\(",
    "an assertion about a type": r"\bassert isinstance\(",
    "a number for a style": r"\bStyle\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("path", OPS, ids=lambda path: str(path.relative_to(ROOT)))
def test_operators_know_no_language_and_no_numbers_for_names(path: Path, what: str) -> None:
    found = re.findall(FORBIDDEN[what], path.read_text())
    assert not found, f"{what} in {path.name}: {found}"


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a SystemVerilog literal", """return f"4'd{value}" """.replace("{value}", "9")),
        ("a literal's base behind a width", """f"{width}'d{value}" """),
        ("a cast", "op = cast(Matmul, site.op)"),
        ("an assertion about a type", "    assert isinstance(op, Matmul)"),
        ("a number for a style", '"Style": 3'),
    ],
)
def test_what_is_forbidden_would_be_found(what: str, text: str) -> None:
    assert [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)] == [what]


@pytest.mark.parametrize("name", FAMILIES)
def test_enumerations_of_the_library_are_given_by_name(name: str) -> None:
    """Where a module of the library declares an enumeration, a kernel gives no number."""
    for here in family(name).examples():
        for kernel in family(name).kernels:
            if kernel.refuses(here) is None:
                instance = kernel.at(here, next(iter(kernel.space(here)))).instance
                text = "" if instance.printed else module_text(instance.library)
                for parameter, package in enumerations(text).items():
                    value = instance.parameters.get(parameter, Name(package, "default"))
                    assert isinstance(value, Name), f"{instance.library}.{parameter} is {value!r}"
                    assert value.package == package


def enumerations(text: str) -> dict[str, str]:
    """Parameters of a module that are enumerations, and the packages of these without `_pkg`."""
    found = re.findall(r"^ *parameter (\w+)_pkg::\w+_e (\w+) =", text, re.MULTILINE)
    return {parameter: package for package, parameter in found}


def test_enumerations_are_found() -> None:
    found = {name: enumerations(module_text(name)) for name in ("hw_reduce", "hw_matvec")}
    assert found["hw_reduce"] == {"Kind": "hw_reduction"}
    assert "hw_encoding" in found["hw_matvec"].values()


@pytest.mark.parametrize("name", FAMILIES)
def test_equal_questions_get_the_same_object(name: str) -> None:
    for here in family(name).examples():
        for kernel in family(name).kernels:
            if kernel.refuses(here) is None:
                parameters = next(iter(kernel.space(here)))
                assert kernel.at(here, dict(parameters)) is kernel.at(here, parameters)


@pytest.mark.parametrize("name", FAMILIES)
def test_names_are_those_of_the_library(name: str) -> None:
    """A name that a kernel gives a parameter stands in an enumeration of the package it names."""
    for here in family(name).examples():
        for kernel in family(name).kernels:
            if kernel.refuses(here) is not None:
                continue
            instance = kernel.at(here, next(iter(kernel.space(here)))).instance
            values: list[Value] = list(instance.parameters.values())
            for value in values:
                if isinstance(value, Struct):
                    values += value.fields.values()
                if isinstance(value, Each):
                    values += value.values
                if isinstance(value, Name):
                    text = module_text(f"{value.package}_pkg")
                    assert re.search(rf"\b{value.name}\b", text), value


def test_every_encoding_has_a_module_and_a_place_in_the_enumeration() -> None:
    package = module_text("hw_encoding_pkg")
    labels = [kind.label for kind in ENCODINGS]
    assert re.findall(r"^    (\w+),?$", package, re.MULTILINE) == labels
    for kind in ENCODINGS:
        assert f"module hw_products_{kind.module}" in module_text(f"hw_products_{kind.module}")


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("group", sorted({kind.group for kind in ENCODINGS}))
@pytest.mark.parametrize("terms", [1, 3, 4, 5, 16, 17, 64, 65, 257])
def test_python_and_systemverilog_count_the_same_stages(group: int, terms: int, fast: bool) -> None:
    """The formula of `hw_matvec` for the stages of `hw_dot`, beside the tree that is walked."""
    kind = next(kind for kind in ENCODINGS if kind.group == group)
    dot = Dot(kind(signed(4), signed(4)), registers=2 if fast else 0)
    levels = (-(-terms // dot.group) - 1).bit_length()
    formula = 1 + (levels if dot.radix == 2 else (levels + 1) // 2)
    text = module_text("hw_matvec")
    assert "Levels = $clog2((Simd + Group - 1) / Group);" in text
    stages = "1 + ((Radix == 2) ? Levels : (Levels + 1) / 2) + ((Pack > 1 || Later) ? 1 : 0)"
    assert f"{stages} + RowStages;" in text
    assert "Later = Registers > 2 && Pack == 1 && Encoding == hw_encoding_pkg::Multiply;" in text
    assert dot.stages(terms) == formula
    packing = RowPacking.of(signed(4), signed(4), 2)
    packed = Dot(dot.encoding, packing, dot.registers)
    levels = (-(-terms // packed.group) - 1).bit_length()
    assert packed.stages(terms) == 2 + (levels + 1) // 2
    slow = replace(dot, registers=3)
    assert slow.stages(terms) - replace(dot, registers=2).stages(terms) == slow.waits
    assert slow.waits == (dot.encoding.label == "Multiply")


@pytest.mark.parametrize("side", SIDES)
def test_sums_of_rows_take_the_stages_that_the_library_counts(side: int) -> None:
    """Sums of rows are one stage, and the tree that adds them one for every factor of four."""
    sums = SeparableSums(RankOne.of(side), signed(4))
    tree = ((side - 1).bit_length() + 1) // 2
    assert 1 + sums.more_stages == 1 + tree == Dot(sums).stages(side * side)
    formula = "(Encoding != hw_encoding_pkg::SeparableSums) ? 0 : (WBits > 7) ? 2 : 1;"
    for module in ("hw_matvec", "hw_word_sums"):
        assert f"\n      {formula}" in module_text(module)
    assert "+ 1) / 2 + RowStages;" in module_text("hw_word_sums")
    assert sums.more_stages == (2 if sums.stored_bits > 7 else 1)
    assert not SeparableBits(RankOne.of(side), BIPOLAR).more_stages


def test_only_the_encodings_in_use_are_printed_and_that_of_modules_by_themselves() -> None:
    text = module_text("hw_products", ("Lut",))
    assert set(re.findall(r"hw_products_(\w+) #", text)) == {"lut", "multiply"}


def test_what_an_encoding_adds_makes_the_dot_product() -> None:
    """`sum * (1 or 2) + start` is the dot product, for every encoding and random numbers."""
    rng = np.random.default_rng(3)
    for weights in ([-1, 1], [-1, 0, 1], [-8, -3, 7], [0, 1]):
        for element in (unsigned(3), signed(4)):
            w, x = rng.choice(weights, 7), rng.integers(element.low, element.high + 1, 7)
            for encoding in encodings(weight_type(np.array(weights)), element):
                low, high = encoding.interval()
                starts = encoding.starts(w[None], axis=1)
                start = encoding.start(7) if starts is None else int(starts[0])
                parts, rest = divmod(int(w @ x) - start, 2 if encoding.doubled else 1)
                assert rest == 0
                assert 7 * low <= parts <= 7 * high


def test_a_lane_beyond_the_matrix_is_cleared_only_where_it_must_be() -> None:
    bipolar, wide = site(span(-8, 7), unsigned(3), (1, 5, 7)), site([-1, 1], unsigned(3), (1, 5, 7))
    kept = [
        Folded().at(here, {"pe": 2, "simd": 7}).instance.parameters["KeptLanes"]
        for here in (bipolar, wide)
    ]
    assert kept == [2, 1]
