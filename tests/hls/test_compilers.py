"""Which compilers and headers level `hls` finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwcompile.verify.hls.compilers import (
    MAIN,
    ProgramKind,
    ap_types,
    compile_program,
    other_compilers,
)
from hwcompile.verify.verilator import find_compiler


def wrapper(folder: Path, name: str) -> Path:
    """A compiler of another name that is the same in all but that."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec {find_compiler()} "$@"\n')
    path.chmod(0o755)
    return path


def test_a_second_compiler_is_found_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_compiler() not in other_compilers()
    other = wrapper(tmp_path, "clang++")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CXX", "g++")
    assert other_compilers() == (str(other),)
    program = compile_program({MAIN: "int main() {}\n"}, ProgramKind(compiler=str(other)))
    assert program.is_file()


def test_headers_are_those_of_the_package() -> None:
    assert ap_types().parts[-4:] == ("hls4ml", "templates", "vivado", "ap_types")
    assert str(ap_types()) in ProgramKind(exact=True).options()
    assert str(ap_types()) not in ProgramKind().options()
