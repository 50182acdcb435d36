"""Which compilers and headers level `hls` finds."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from hwcompile.engine.cache_size import CONTENTS
from hwcompile.processes import run_captured
from hwcompile.verify.hls import compilers
from hwcompile.verify.hls.compilers import (
    MAIN,
    ProgramKind,
    ap_types,
    compile_program,
    other_compilers,
)
from hwcompile.verify.hls.running import FIRST_PRODUCTS, QUICK_PRODUCTS, slow_kinds
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


def test_what_runs_little_is_not_optimised() -> None:
    small, large = slow_kinds(QUICK_PRODUCTS), slow_kinds(FIRST_PRODUCTS + 1)
    assert {kind.exact for kind in small} == {True, False}
    for kind in small:
        assert ("-O0" in kind.options()) == (kind.exact or kind.sanitize)
    assert not any("-O0" in kind.options() for kind in large)
    assert [replace(kind, quick=False) for kind in small] == list(large)


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        (ProgramKind(), "hls_standard.hpp"),
        (ProgramKind(sanitize=True), "hls_standard.hpp"),
        (ProgramKind(exact=True), "ap_int.h"),
    ],
)
def test_every_kind_of_program_has_its_header_translated(
    kind: ProgramKind, header: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    monkeypatch.setattr(compilers, "PRELUDE_PAYS", 0)
    monkeypatch.setattr(compilers, "_run", lambda words: Path(words[-1]).write_text("translated"))
    options = compilers._prelude(find_compiler(), kind, ["c++", *kind.options()])
    assert Path(options[-1]).name.removesuffix(".gch") == header


def test_translated_headers_are_used_and_are_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer before a translated header pays, with it, and where it is damaged."""
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    monkeypatch.setattr(compilers, "PRELUDE_PAYS", 1)
    kind = ProgramKind(exact=True, quick=True)
    commands: list[list[str]] = []

    def watched(command: list[str]) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return run_captured(command)

    monkeypatch.setattr(compilers, "run_captured", watched)

    def answer(number: int) -> int:
        text = f"#include <ap_int.h>\nint main() {{ return int(ap_uint<3>({number})); }}\n"
        return subprocess.run([compile_program({MAIN: text}, kind)]).returncode

    assert answer(9) == 1
    assert len(commands) == 1
    assert answer(18) == 2
    assert "c++-header" in commands[1]
    (translated,) = (tmp_path / "prelude").glob("*/ap_int.h.gch")
    assert any(str(translated.with_suffix("")) in word for word in commands[2])
    translated.write_bytes(b"damaged")
    contents = translated.with_name(CONTENTS)
    listed = re.sub(r"[0-9a-f]{64}", hashlib.sha256(b"damaged").hexdigest(), contents.read_text())
    contents.write_text(listed)
    assert answer(27) == 3
    assert len(commands) > 3
