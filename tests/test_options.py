"""What users can say: each option is declared once, and keywords are those of its class."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import hwcompile
from hwcompile.design import Design
from hwcompile.options import CompileOptions, GraphKeywords, ModelKeywords
from hwcompile.toolchains.options import BuildKeywords, BuildOptions
from hwcompile.verify.options import (
    SimulateKeywords,
    SimulateOptions,
    VerifyKeywords,
    VerifyOptions,
)

ASKED = [
    (hwcompile.compile, CompileOptions, ModelKeywords),
    (hwcompile.compile_graph, CompileOptions, GraphKeywords),
    (Design.simulate, SimulateOptions, SimulateKeywords),
    (Design.verify, VerifyOptions, VerifyKeywords),
    (Design.build, BuildOptions, BuildKeywords),
]


@pytest.mark.parametrize(("function", "kind", "names"), ASKED, ids=lambda a: a.__name__)
def test_keywords_are_the_fields_of_the_options(
    function: Callable[..., Any], kind: type, names: type
) -> None:
    types, shown = get_type_hints(kind), inspect.signature(function).parameters
    for name, meant in get_type_hints(names).items():
        assert types[name] == meant, name
        assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert shown[name].default == inspect.signature(kind).parameters[name].default
        assert f"        {name}: " in (kind.__doc__ or ""), "it is not documented"
    assert not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in shown.values())


def test_every_option_is_a_keyword_of_some_function() -> None:
    for kind in (CompileOptions, SimulateOptions, VerifyOptions, BuildOptions):
        taken = {name for _, of, names in ASKED if of is kind for name in get_type_hints(names)}
        assert taken == set(inspect.signature(kind).parameters)


def test_unknown_keywords_are_refused_by_name(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    with pytest.raises(TypeError, match="unexpected keyword argument 'target_fsp'"):
        hwcompile.compile(model, tmp_path / "out", target_fsp=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'formats'"):
        hwcompile.compile_graph(None, tmp_path / "out", formats={})  # type: ignore
    with pytest.raises(TypeError, match="unexpected keyword argument 'level'"):
        Design(tmp_path).verify(level="rtl")  # type: ignore[call-arg]
    assert list(tmp_path.iterdir()) == []


def test_options_do_not_change_once_they_are_made() -> None:
    with pytest.raises(FrozenInstanceError):
        CompileOptions().board = "icebreaker"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        VerifyOptions().stall = 0.5  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        BuildOptions().seeds = 3  # type: ignore[misc]
