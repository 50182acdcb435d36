"""Element-wise operations as expressions in C, by the names of `hwcompile_runtime.float_kinds`.

`{x}` is the operand, `{a}` and `{b}` are constants, `{f}` is the suffix of the operand's type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

_COMPARISONS = {
    "greater": "{x} > {a}",
    "greater_equal": "{x} >= {a}",
    "less": "{x} < {a}",
    "less_equal": "{x} <= {a}",
    "equal": "{x} == {a}",
}

REALS = {
    **{kind: f"{text} ? 1.0{{f}} : 0.0{{f}}" for kind, text in _COMPARISONS.items()},
    "add": "{x} + {a}",
    "sub": "{x} - {a}",
    "rsub": "{a} - {x}",
    "mul": "{x} * {a}",
    "div": "{x} / {a}",
    "neg": "-{x}",
    "abs": "fabs{f}({x})",
    "min": "{x} > {a} ? {a} : {x}",
    "max": "{x} < {a} ? {a} : {x}",
    "relu": "{x} < 0.0{f} ? 0.0{f} : {x}",
    "sign": "{x} > 0.0{f} ? 1.0{f} : {x} < 0.0{f} ? -1.0{f} : {x}",
    "prelu": "{x} > 0.0{f} ? {x} : {a} * {x}",
    "pow": "(float)pow((double){x}, (double){a})",
    "fmod": "fmod{f}({x}, {a})",
}
"""Of float and double."""

ONLY_FLOATS = {
    "fma": "(float)((double){x} * (double){a} + (double){b})",
    "rdiv": "{a} / {x}",
    "rpow": "(float)pow((double){a}, (double){x})",
    "floor_div": "hwcompile_floor_div_f({x}, {a})",
    "floor": "floorf({x})",
    "ceil": "ceilf({x})",
    "round": "rintf({x})",
    "sqrt": "sqrtf({x})",
    "reciprocal": "1.0f / {x}",
    "rational_sigmoid": "hwcompile_rational_sigmoid({x})",
}

INTEGERS = {
    **_COMPARISONS,
    "add": "hwcompile_add({x}, {a})",
    "sub": "hwcompile_sub({x}, {a})",
    "rsub": "hwcompile_sub({a}, {x})",
    "mul": "hwcompile_mul({x}, {a})",
    "div": "hwcompile_div({x}, {a})",
    "floor_div": "hwcompile_floor_div({x}, {a})",
    "mod": "hwcompile_sub({x}, hwcompile_mul(hwcompile_floor_div({x}, {a}), {a}))",
    "fmod": "hwcompile_sub({x}, hwcompile_mul(hwcompile_div({x}, {a}), {a}))",
    "bit_and": "{x} & {a}",
    "bit_or": "{x} | {a}",
    "bit_xor": "{x} ^ {a}",
    "shift_left": "hwcompile_shift_left({x}, {a})",
    "shift_right": "hwcompile_shift_right({x}, {a})",
    "neg": "hwcompile_sub(0, {x})",
    "abs": "{x} < 0 ? hwcompile_sub(0, {x}) : {x}",
    "min": "{x} > {a} ? {a} : {x}",
    "max": "{x} < {a} ? {a} : {x}",
    "relu": "{x} < 0 ? 0 : {x}",
    "sign": "({x} > 0) - ({x} < 0)",
    "prelu": "{x} > 0 ? {x} : hwcompile_mul({a}, {x})",
    "pow": "hwcompile_power({x}, {a})",
}
"""Of 64 bits that wrap."""

Forms = tuple[str, ...]


def _always(*forms: str) -> Callable[[Mapping[str, Any]], Forms]:
    return lambda attributes: forms


def _with(defaults: Mapping[str, float], *forms: str) -> Callable[[Mapping[str, Any]], Forms]:
    """Forms whose attributes have defaults."""

    def made(attributes: Mapping[str, Any]) -> Forms:
        absent = {name: value for name, value in defaults.items() if name not in attributes}
        found = forms
        for name, value in absent.items():
            found = tuple(form.replace(f"{{{name}}}", value.hex()) for form in found)
        return found

    return made


def _gelu(attributes: Mapping[str, Any]) -> Forms:
    if attributes.get("approximate", "none") == "tanh":
        factor = float(np.sqrt(2 / np.pi)).hex()
        return (
            "{y} * {y}",
            "{y} * {x}",
            f"{(0.044715).hex()} * {{y}}",
            "{x} + {y}",
            f"{factor} * {{y}}",
            "{x} * hwcompile_logistic(2.0 * {y})",
        )
    root = float(np.sqrt(2)).hex()
    return (f"{{y}} / {root}", "1.0 + hwcompile_erf({y})", "0.5 * {x} * {y}")


_ELU = "{y} >= 0.0 ? {y} : {alpha} * expm1({y})"

FUNCTIONS_OF_DOUBLES: dict[str, Callable[[Mapping[str, Any]], Forms]] = {
    "softsign": _always("{y} / (1.0 + fabs({y}))"),
    "sigmoid": _always("hwcompile_logistic({y})"),
    "tanh": _always("tanh({y})"),
    "erf": _always("hwcompile_erf({y})"),
    "exp": _always("exp({y})"),
    "log": _always("log({y})"),
    **{
        name: _always(f"{name}({{y}})")
        for name in (
            "acos",
            "acosh",
            "asin",
            "asinh",
            "atan",
            "atanh",
            "cos",
            "cosh",
            "sin",
            "sinh",
            "tan",
        )
    },
    "softplus": _always("hwcompile_softplus({y})"),
    "elu": _with({"alpha": 1.0}, _ELU),
    "selu": _with(
        {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875},
        _ELU,
        "{gamma} * {y}",
    ),
    "celu": _with(
        {"alpha": 1.0},
        "{alpha} * expm1({y} / {alpha})",
        "({x} < 0.0 ? 0.0 : {x}) + ({y} > 0.0 ? 0.0 : {y})",
    ),
    "gelu": _gelu,
    "silu": _with({"alpha": 1.0}, "{alpha} * {y}", "{x} * hwcompile_logistic({y})"),
    "mish": _always("hwcompile_softplus({y})", "{x} * tanh({y})"),
}
"""Computed in double and rounded to float once: expressions one after the other.

`{y}` is the last one's value, the operand to begin with.
"""
