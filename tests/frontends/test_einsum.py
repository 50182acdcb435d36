"""Einsum as sums, products of matrices and moves, beside ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.onnx.einsum import equation_of
from hwcompile.frontends.onnx.einsum_nodes import with_products
from tests.frontends.oracle import Model, check, families, runtime

ORACLE = ("ONNX Runtime", "numpy")
ORACLE_REASON = "numpy wrote the equations that ONNX took over"

SIZES = dict(zip("nabcdefg", (1, 2, 3, 4, 5, 6, 2, 7), strict=True))
"""Letter to the size of its axis; n is the batch, and a where it is not."""


def _model(equation: str, constants: str = "") -> tuple[Model, str]:
    """The equation between quantized tensors; those at the positions of `constants` are weights."""
    m = Model()
    sizes = SIZES | ({} if "n" in equation or "." in equation else {"a": 1})
    operands = []
    for place, term in enumerate(equation.partition("->")[0].replace(" ", "").split(",")):
        shape = [sizes[letter] for letter in term.replace("...", "fg" if "n" in term else "nf")]
        if str(place) in constants:
            operands.append(m.weights(*shape))
            continue
        x = m.input(*shape, name="xyz"[place])
        operands.append(m.quantize(x, 0.125, 3 - place))
    return m, m.op("Einsum", *operands, equation=equation)


@pytest.mark.parametrize(
    ("equation", "constants"),
    [
        ("nbc,ncd->nbd", ""),  # MatMul
        ("nbc,ndc->nbd", ""),  # the second on its side
        ("ncb,ncd->ndb", ""),  # both, and the result
        ("nebd,nfbd->nbef", ""),  # heads: queries and keys of Keras
        ("nbef,nfbd->nebd", ""),  # shares and values
        ("nbc,ncd->nb", ""),  # d is added up first
        ("nb,nc->nbc", ""),  # a Mul, spread
        ("nbc,nc->ncb", ""),
        ("nb,nb->n", ""),
        ("nabc,ncad->nbd", ""),  # two letters added up
        ("n...c,n...c->n...", ""),
        ("...c,...c", ""),
        ("nbc,cd->nbd", "1"),  # Dense
        ("nbc,cde->nbde", "1"),  # Dense with heads
        ("nbde,dec->nbc", "1"),
        ("dc,nbc->ndb", "0"),
        ("nac,acd->nad", "1"),  # a matrix for each a
        ("nbc,cb->nb", "1"),
        ("nbc,c->nbc", "1"),  # a factor for each channel
        ("nbc->ncb", ""),
        ("n b c -> n c", ""),  # a sum
        ("nbb->nb", ""),  # a diagonal
        ("acb", ""),  # the result's axes in alphabetical order
    ],
)
def test_equations_mean_what_onnx_runtime_computes(
    equation: str, constants: str, tmp_path: Path
) -> None:
    model, result = _model(equation, constants)
    found = check(model, tmp_path, result)
    kinds = families(found)
    assert ("attention" in kinds) == (equation.startswith(("nbc,ncd", "nbc,ndc", "ncb,", "ne"))
                                      or equation in ("nbef,nfbd->nebd", "nb,nb->n",
                                                      "nabc,ncad->nbd", "...c,...c",
                                                      "n...c,n...c->n..."))  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_two_operands(data: st.DataObject) -> None:
    terms = [
        "".join(data.draw(st.permutations(["n", *data.draw(st.sets(st.sampled_from("abcd")))])))
        for _ in range(2)
    ]
    terms = ["n" + term.replace("n", "") for term in terms]
    letters = sorted({*terms[0], *terms[1]} - {"n"})
    result = "n" + "".join(data.draw(st.permutations(letters)))[: data.draw(st.integers(0, 3))]
    weights = data.draw(st.sampled_from(["", "1"]))
    model, name = _model(f"{','.join(terms)}->{result}", weights)
    with TemporaryDirectory() as folder:
        if weights and not set(terms[1]) <= {*result, *terms[0]}:
            with pytest.raises(CompileError, match="adds up numbers of a constant"):
                load_model(model.save(Path(folder), name))
        else:
            check(model, Path(folder), name)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4), min_size=1, max_size=2), st.data())
def test_results_that_are_not_written_are_numpys(
    terms: list[list[str]], data: st.DataObject
) -> None:
    text = ["".join(term) for term in terms]
    with_dots = data.draw(st.booleans())
    text = [("..." if with_dots else "") + term for term in text]
    arrays = [np.ones([2] * (len(term) + 2 * with_dots)) for term in terms]
    found = equation_of(",".join(text), [a.ndim for a in arrays])
    expected = np.einsum(",".join(text), *arrays)
    assert len(found.result) == expected.ndim
    order = {"...2": "x", "...1": "y"}
    names = ["".join(order.get(n, n) for n in part) for part in (*found.operands, found.result)]
    rest = f"{','.join(names[:-1])}->{names[-1]}"
    arrays = [np.random.default_rng(1).normal(size=a.shape) for a in arrays]
    np.testing.assert_allclose(np.einsum(rest, *arrays), np.einsum(",".join(text), *arrays))


@pytest.mark.parametrize("batch", [1, "N"])
@pytest.mark.parametrize(
    ("equation", "constants"),
    [
        ("nbc,cde->nbde", "1"),
        ("nbde,dec->nbc", "1"),
        ("dc,nbc->ndb", "0"),
        ("nac,acd->nad", "1"),
        ("nebd,nfbd->nbef", ""),
        ("nbef,nfbd->nebd", ""),
        ("n...c,n...c->n...", ""),
        ("...c,cd->...d", "1"),
    ],
)
def test_matmul_in_its_place_computes_the_same(
    equation: str, constants: str, batch: int | str, tmp_path: Path
) -> None:
    """For a quantizer that knows MatMul alone; also where the file leaves the batch open."""
    m, rng = Model(), np.random.default_rng(5)
    operands, feeds = [], {}
    for place, term in enumerate(equation.partition("->")[0].split(",")):
        shape = [SIZES[letter] for letter in term.replace("...", "fg" if "n" in term else "nf")]
        if str(place) in constants:
            operands.append(m.constant(rng.integers(-9, 9, shape)))
        else:
            operands.append(m.input(batch, *shape[1:], name="xy"[place]))
            feeds[operands[-1]] = rng.integers(-9, 9, (4, *shape[1:])).astype(np.float32)
    result = m.op("Einsum", *operands, equation=equation)
    path = m.save(tmp_path, result)
    (expected,) = runtime(path, feeds)
    changed = with_products(onnx.load(path))
    assert [node.op_type for node in changed.graph.node].count("MatMul") == 1
    assert not any(node.op_type == "Einsum" for node in changed.graph.node)
    onnx.save(changed, path)
    (found,) = runtime(path, feeds)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("equation", ["nbc,nc->nbc", "nbc,ncd->nb", "nbb,nbc->nc", "nb,nc,nc->nb"])
def test_an_einsum_that_is_no_product_of_matrices_stays(equation: str, tmp_path: Path) -> None:
    model, result = _model(equation)
    proto = onnx.load(model.save(tmp_path, result))
    assert with_products(proto) == proto


def test_three_factors_are_refused_with_the_equation(tmp_path: Path) -> None:
    model, result = _model("nab,nbc,ncd->nad")
    with pytest.raises(CompileError, match=r"HW0201.*'nab,nbc,ncd->nad'.*multiplies 3 tensors"):
        load_model(model.save(tmp_path, result))


def test_axes_of_one_letter_are_of_one_size(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 3, 4))
    y = m.op("Einsum", x, m.weights(5, 4, 2), equation="nbc,ncd->nbd")
    with pytest.raises(CompileError, match=r"HW0204.*axes 'n' .* have 1 and 5 elements"):
        load_model(m.save(tmp_path, y))


def test_a_batch_of_the_file_may_be_stacked_matrices(tmp_path: Path) -> None:
    """Weights of their own for each entry: it is no batch of frames, and one frame is all."""
    m = Model()
    x = m.quantize(m.input(5, 3, 4))
    y = m.op("Einsum", x, m.weights(5, 4, 2), equation="nbc,ncd->nbd")
    path = m.save(tmp_path, y)
    frame = m.rng.integers(-9, 9, (5, 3, 4)).astype(np.float32) / 4
    (expected,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": frame})
    found = load_model(path).run({"x": frame[None]})[y]
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)


def test_a_constant_is_not_added_up(tmp_path: Path) -> None:
    model, result = _model("nbc,cd->nb", "1")
    with pytest.raises(CompileError, match=r"HW0201.*adds up numbers of a constant"):
        load_model(model.save(tmp_path, result))
