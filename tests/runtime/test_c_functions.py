"""Everything that a host may compute, in C, against the runtime for Python, bit for bit.

Functions of the host are built by hand, so that every operation, quantizer and step occurs, whether
or not a front end makes it today; all of them are compiled at once.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from hwcompile.emit.environment import render
from hwcompile.resources import room
from hwcompile.runtime.c_reals import RESULTS, PortArray, input_function, output_function
from hwcompile.runtime.driver import REALS
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.float_kinds import KINDS
from hwcompile_runtime.host import HostInput, HostOutput, HostSource
from hwcompile_runtime.host_steps import FUNCTIONS, HostStep
from hwcompile_runtime.integers import BIPOLAR, IntArray, IntType
from hwcompile_runtime.quantizers import (
    ROUNDINGS,
    BipolarQuantizer,
    ClippedQuantizer,
    FixedQuantizer,
    IntegerQuantizer,
    LinearQuantizer,
    Quantizer,
    StepQuantizer,
)
from tests.runtime.test_deployment import awkward, in_frames
from tests.runtime.test_driver import NUMPY, STRICT

compiler = shutil.which("gcc") or shutil.which("cc") or ""
pytestmark = pytest.mark.skipif(not compiler, reason="no C compiler")

SHAPE = (3, 4, 5)
SIZE = 60
PORTS = {"u": PortArray("out_u", "int16_t", "int16_t"), "v": PortArray("out_v", "int8_t", "int8_t")}
RNG = np.random.default_rng(7)


def rows(low: float, high: float, kind: Any = np.float32) -> np.ndarray:
    """A constant for every element."""
    return RNG.uniform(low, high, SIZE).astype(kind)


def one(value: float, kind: Any = np.float32) -> np.ndarray:
    return np.array([value], kind)


def op(kind: str, *constants: np.ndarray, **attributes: Any) -> FloatOp:
    return FloatOp(kind, constants, attributes)


NARROW = {"int8": (-1000, 1000), "uint32": (4, 1000)}
"""Integers that give what a type holds."""


def either(kind: Any) -> list[FloatOp]:
    """Operations of real numbers and of integers, with constants of a type."""
    return [
        op("add", rows(-9, 9, kind)), op("sub", one(3, kind)), op("rsub", rows(-9, 9, kind)),
        op("mul", rows(-9, 9, kind)), op("div", one(-7, kind)), op("neg"), op("abs"),
        op("min", one(5, kind)), op("max", rows(-40, 40, kind)), op("relu"), op("sign"),
        op("clip", one(-3, kind), one(6, kind)), op("prelu", one(2, kind)),
        op("pow", one(3, kind)), op("equal", one(0, kind)),
        *(op(each, rows(-9, 9, kind)) for each in ("greater", "greater_equal", "less")),
        op("less_equal", one(4, kind)), op("fmod", one(-7, kind)),
    ]  # fmt: skip


FLOATS = [
    *either(np.float32),
    op("fma", rows(-2, 2), one(0.3)), op("rdiv", one(3.7)), op("floor_div", one(-0.7)),
    op("floor"), op("ceil"), op("round"), op("leaky_relu", alpha=0.03), op("leaky_relu"),
    op("thresholded_relu", alpha=0.4), op("hard_sigmoid", alpha=0.3, beta=0.45),
    op("hard_sigmoid"), op("hard_swish"), op("sqrt"), op("reciprocal"), op("softsign"),
    op("batch_norm", rows(-2, 2), rows(-1, 1), one(0.2), rows(0.1, 2), epsilon=1e-3),
    op("sigmoid"), op("rational_sigmoid"), op("tanh"), op("erf"), op("exp"), op("log"),
    op("softplus"), op("elu", alpha=0.7), op("elu"), op("selu"), op("selu", alpha=1.5, gamma=0.9),
    op("celu", alpha=0.6), op("celu"), op("gelu"), op("gelu", approximate="tanh"), op("silu"),
    op("silu", alpha=1.702), op("mish"), op("pow", rows(-2, 3)), op("cast", to="float64"),
    op("rpow", rows(0.5, 3)),
    op("cast", to="bool"), op("cast", to="int8"), op("cast", to="uint32"), op("cast", to="int64"),
    *(op(each) for each in ("acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh",
                            "sin", "sinh", "tan")),
    op("shrink", lambd=1.25, bias=0.5), op("shrink"),
]  # fmt: skip
INTEGERS = [
    *either(np.int64), op("div", rows(-9, 9, np.int64)), op("floor_div", rows(1, 9, np.int64)),
    op("shift_left", rows(0, 60, np.int64)), op("shift_right", one(3, np.int64)),
    *(op(each, rows(-99, 99, np.int64)) for each in ("bit_and", "bit_or", "bit_xor")),
    op("mod", rows(-9, -1, np.int64)), op("mod", one(7, np.int64)),
    op("mul", one(2**62 + 3, np.int64)), op("wrap", to="int8"), op("wrap", to="uint16"),
    op("wrap", to="int64"), op("cast", to="float32"), op("cast", to="bool"), op("cast", to="int32"),
]  # fmt: skip


@cache
def quantizers() -> list[Quantizer]:
    """Every class, with a scale that is no power of two and one for every element."""
    scale, zero, byte = one(0.1), one(3, np.int64), IntType(-128, 127)
    many = rows(0.05, 0.4)
    found: list[Quantizer] = [
        ClippedQuantizer(each, zero, kind, each, one(3), rounding)
        for rounding in ROUNDINGS
        for each, kind in ((scale, IntType(-7, 8)), (many, IntType(-(2**30), 2**31 - 1)))
    ]
    found += [LinearQuantizer(each, zero, byte, each) for each in (scale, many)]
    bipolar = one(0, np.int64), BIPOLAR
    found += [BipolarQuantizer(scale, *bipolar, scale, one(-0.25))]
    steps = np.sort(RNG.normal(0, 2, (SIZE, 15)).astype(np.float32))
    found += [
        StepQuantizer(scale, zero, IntType(-9, 40), each, -9, 3) for each in (steps[:1], steps)
    ]
    found += [
        FixedQuantizer(scale, zero, kind, fraction, rounding, overflow)
        for rounding in (
            "floor",
            "zero",
            "half_up",
            "half_down",
            "half_away",
            "half_zero",
            "half_even",
        )
        for overflow, kind in (("saturate", byte), ("wrap", IntType(0, 255)), ("zero", byte))
        for fraction in (4, -1)
    ]
    return found


STEPS = [
    HostStep("softmax", attributes={"shape": [1, *SHAPE], "axis": 2}),
    HostStep("log_softmax", attributes={"shape": [1, *SHAPE], "axis": -1}),
    HostStep("argmax", attributes={"shape": [1, *SHAPE], "axis": 1}),
    HostStep("topk", attributes={"shape": [1, *SHAPE], "axis": 2, "k": 3, "result": "index"}),
    HostStep("topk", attributes={"shape": [1, *SHAPE], "axis": 3, "k": 2, "result": "value"}),
    HostStep("take", index=RNG.integers(-1, SIZE, 23)),
]
QUANTIZED_SOFTMAX = HostStep(
    "quantized_softmax",
    attributes={"shape": [1, *SHAPE], "axis": 2, "input_scale": 0.07, "scale": 1 / 256,
                "zero_point": -128, "low": -128, "high": 127},
)  # fmt: skip

LP_NORMALIZATIONS = [
    HostStep("lp_normalization", attributes={"shape": [1, *SHAPE], "axis": axis, "p": p})
    for axis, p in ((2, 1), (3, 2), (1, 2))
]

FIXED_SOFTMAXES = [
    HostStep(
        "fixed_softmax",
        attributes={
            "shape": [1, *SHAPE],
            "axis": axis,
            "input_scale": scale,
            "low": -128,
            "high": 127,
        },
    )
    for axis, scale in ((2, 0.07), (3, 1.9), (1, 0.0004))
]


def source(chain: Chain, value: str = "u", index: IntArray | None = None) -> HostSource:
    places = np.arange(SIZE).reshape(SHAPE) if index is None else index
    return HostSource(value, places, 2, chain)


def of_reals(*ops: FloatOp) -> Chain:
    return Chain(Dequantize(one(0.037), one(4, np.int64)), ops)


def output(chain: Chain, *steps: HostStep, dtype: str = "float32", size: int = SIZE) -> HostOutput:
    return HostOutput("y", (1, size), dtype, "stream", (source(chain),), None, steps)


def after(steps: HostStep) -> int:
    """How many numbers a step leaves."""
    x = np.zeros((1, SIZE), np.float32)
    if steps.index is not None:
        return steps.index.size
    return int(np.asarray(FUNCTIONS[steps.kind](x, steps.attributes)).size)


@cache
def outputs() -> list[HostOutput]:
    """Model's outputs with every operation and step."""
    narrow, wide = op("cast", to="float32"), op("cast", to="float64")
    join = FloatOp("join", attributes={"op": "mul"}, branches=((op("sigmoid"),), (op("neg"),)))
    fakes = [FloatOp("fake_quant", quantizer=q) for q in quantizers()[:3]]
    found = [output(of_reals(each)) for each in (*FLOATS, join, *fakes)]
    found += [output(Chain(Integers(), (each,)), dtype="int64") for each in INTEGERS]
    found += [output(of_reals(wide, each, narrow)) for each in either(np.float64)]
    found += [output(of_reals(wide, each), dtype="float64") for each in either(np.float64)]
    for step in STEPS:
        for chain in (of_reals(), of_reals(wide), Chain(Integers())):
            found += [output(chain, step, dtype=d, size=after(step)) for d in ("float32", "int64")]
            found += [output(chain, step, HostStep("op", (op("neg"),)), size=after(step))]
    clipped = Chain(Integers(), (op("clip", one(-100, np.int64), one(100, np.int64)),))
    found += [output(clipped, QUANTIZED_SOFTMAX, dtype="int64")]
    found += [output(clipped, step, dtype="int64") for step in FIXED_SOFTMAXES]
    zeros = of_reals(op("mul", np.where(np.arange(SIZE) < 20, 0, 1).astype(np.float32)))
    found += [output(chain, step) for chain in (of_reals(), zeros) for step in LP_NORMALIZATIONS]
    found += [
        output(of_reals(), STEPS[5], STEPS[5].__class__("take", index=np.arange(22)), size=22)
    ]
    small = of_reals(op("clip", one(0), one(100)))
    found += [output(small, dtype=dtype) for dtype in RESULTS]
    return found + joined()


def joined() -> list[HostOutput]:
    """Outputs of two streams, with elements that come from nowhere."""
    place = RNG.integers(-1, 14, SHAPE)
    both = source(of_reals()), source(Chain(Dequantize(one(0.25))), "v", place)
    kinds = ("add", "sub", "mul", "min", "max")
    found = [HostOutput("y", (1, SIZE), "float32", kind, both, None, ()) for kind in kinds]
    pick = RNG.integers(0, 2 * SIZE, 37)
    bundle = HostOutput("y", (1, 37), "float32", "bundle", both, pick, ())
    mixed = both[0], source(Chain(Integers()), "v", place)
    softmax = HostStep("softmax", attributes={"shape": [1, 37], "axis": 1})
    return [
        *found,
        bundle,
        HostOutput("y", (1, 37), "float32", "bundle", both, pick, (softmax,)),
        HostOutput("y", (1, 37), "float64", "bundle", mixed, pick, ()),
    ]


@cache
def inputs() -> list[HostInput]:
    """Model's inputs with every quantizer."""
    index = np.arange(SIZE).reshape(SHAPE)
    start = Chain(Integers())
    found = [HostInput("x", "x", (1, *SHAPE), index, 0.0, start, q) for q in quantizers()]
    whole = IntegerQuantizer(one(1), one(0, np.int64), IntType(-(2**30), 2**30))
    limits = op("clip", one(-1e6), one(1e6))
    found += [HostInput("x", "x", (1, *SHAPE), index, 0.0, Chain(Integers(), ops), whole)
              for ops in ((limits, op("round")), (limits, op("cast", to="int32")))]  # fmt: skip
    padded = np.where(index % 7 == 3, -1, index[::-1])
    chain = Chain(Dequantize(rows(0.5, 2), one(3, np.int64)), (op("sub", rows(-1, 1)),))
    linear = LinearQuantizer(one(0.1), one(3, np.int64), IntType(-128, 127), one(0.1))
    return [*found, HostInput("x", "x", (1, *SHAPE), padded, 0.5, chain, linear)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """All functions, compiled without a warning."""
    folder = tmp_path_factory.mktemp("reals")
    functions = [output_function(h, f"output_{i}", PORTS) for i, h in enumerate(outputs())]
    into = PortArray("in_x", "int64_t", "int64_t")
    functions += [input_function(h, f"input_{i}", into) for i, h in enumerate(inputs())]
    assert [function.missing for function in functions if function.missing] == []
    for name in REALS:
        shutil.copy(room("templates") / "c" / name, folder)
    heads = '#include "hwcompile_reals.h"\n#include <math.h>\n#include <stddef.h>\n'
    heads += "".join(f"void t_{f.name}({f.parameters});\n" for f in functions)
    (folder / "t.c").write_text(heads + render("c/reals.c.j2", top="t", functions=functions))
    words = [compiler, *STRICT, "-shared", "-fPIC", folder / "t.c", folder / REALS[1]]
    subprocess.run([str(w) for w in (*words, "-o", folder / "t.so", "-lm")], check=True)
    return ctypes.CDLL(str(folder / "t.so"))


def called(function: Any, *arrays: np.ndarray) -> None:
    function(*(array.ctypes.data_as(ctypes.c_void_p) for array in arrays))


def test_outputs_are_those_of_the_runtime(library: ctypes.CDLL) -> None:
    ends = np.array([-(2**15), 2**15 - 1, 0, 1, -1, 4, 5, 3])
    values = np.concatenate([ends, RNG.integers(-300, 300, 5 * SIZE), np.arange(-2000, 2000, 7)])
    values = np.resize(values, (-(-values.size // SIZE), *SHAPE)).astype(np.int64)
    raw: Mapping[str, IntArray] = {"u": values, "v": RNG.integers(-128, 128, values.shape)}
    for number, host in enumerate(outputs()):
        frames = {name: _allowed(host, each) for name, each in raw.items()}
        expected = host.run(frames)
        used = list(dict.fromkeys(s.value for s in host.sources))
        assert len(np.unique(expected)) > 1
        results = np.zeros(expected.shape, host.dtype)
        for i, result in enumerate(results):
            given = [frames[name][i].astype(NUMPY[PORTS[name].type]) for name in used]
            called(getattr(library, f"t_output_{number}"), *given, result)
        np.testing.assert_array_equal(results, expected, err_msg=str(host))


def _allowed(host: HostOutput, values: IntArray) -> IntArray:
    """Integers for which the runtime computes the output: casts to narrow types refuse others."""
    casts = (o.attributes["to"] for s in host.sources for o in s.chain.ops if o.kind == "cast")
    return np.clip(values, *NARROW.get(next(casts, ""), (-(2**15), 2**15)))


def test_inputs_are_those_of_the_runtime(library: ctypes.CDLL) -> None:
    frames = in_frames(awkward(np.arange(-130, 130)), 0.1, *SHAPE)
    for number, host in enumerate(inputs()):
        expected = host.run(frames)
        assert len(np.unique(expected)) > 1
        results = np.zeros(expected.shape, np.int64)
        for frame, result in zip(frames, results, strict=True):
            called(getattr(library, f"t_input_{number}"), frame, result)
        np.testing.assert_array_equal(results, expected, err_msg=str(host))


def test_nothing_of_the_host_is_left_out() -> None:
    kinds = {each.kind for each in (*FLOATS, *INTEGERS)}
    assert kinds == KINDS.keys()
    assert {step.kind for step in STEPS} | {
        "quantized_softmax",
        "fixed_softmax",
        "lp_normalization",
        "op",
    } == FUNCTIONS.keys() | {
        "op",
        "take",
    }
    classes = {type(host.quantizer) for host in inputs()}
    assert classes == {
        q for q in Quantizer.__subclasses__() if q.__module__.startswith("hwcompile")
    }
