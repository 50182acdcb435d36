"""What high-level synthesis refuses, looked for in a project before a tool sees it.

Synthesis takes a part of C++: no recursion at run time, no dynamic memory, no calls of the system,
no virtual functions, no pointers to pointers, no containers; loops that end after a number of steps
that is known. The rules read text, as synthesis does after its preprocessor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.emit.hls.library import FOLDER
from hwcompile.emit.hls.names import SYSTEM_CALLS

TESTING = ("simulation.hpp", "testbench.hpp", "testbench.cpp", "bulk.cpp")
"""Files, without their folder, that synthesis never reads."""

INCLUDES = ("ap_int.h", "hls_stream.h", "ap_axi_sdata.h")
"""Headers of the system that synthesis brings."""

_RULES = {
    r"\b(new|delete|malloc|calloc|realloc|free)\b": "dynamic memory",
    r"\b(virtual|dynamic_cast|typeid)\b": "something that is decided at run time",
    r"\b(throw|try|catch)\b": "an exception",
    rf"\b({'|'.join(SYSTEM_CALLS)})\s*\(": "a call of the system",
    r"\bstd::\w+": "the standard library",
    r"\w\s*\*\s*\*": "a pointer to a pointer",
    r"\b(float|double|half)\b": "floating point",
    r"\b(while|do|goto|asm)\b": "a loop without a bound, or a jump",
}

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
_FOR = re.compile(r"\bfor\s*\(([^;]*);([^;]*);([^)]*)\)")
_BOUND = re.compile(r"^\s*(\w+)(?:\s*\+\s*1)?\s*(?:<|<=)\s*(.+?)\s*$")
_FUNCTION = re.compile(r"\b(\w+)\s*\((?:[^;{}()]|\([^()]*\))*\)\s*(?:const\s*)?\{")
_CONSTANT = re.compile(r"\bconstexpr\s+\w+\s+(\w+)\s*=|\b(?:int|bool)\s+([A-Z]\w*)")
_MEMBER = re.compile(r"\b\w+::(\w+)\b")
_WORD = re.compile(r"(?<![\w:])[A-Za-z_]\w*")
_KNOWN = {"clog2", "least", "most"}
_LIBRARY = "hw::"
_CONTROL = {"for", "if", "constexpr", "switch", "while", "return", "sizeof"}


@dataclass(frozen=True)
class Finding:
    """A place that synthesis would refuse."""

    file: str
    line: int
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}: {self.text}"


def check_sources(sources: Mapping[str, str]) -> None:
    """Raise if the sources of a project break a rule.

    Raises:
        CompileError: HW0622 with every place.
    """
    found = findings(sources)
    if found:
        raise CompileError(
            Diagnostic(
                "HW0622",
                f"the HLS project has what synthesis does not take, in {finding}",
                fix="report this as a bug",
            )
            for finding in found
        )


def findings(sources: Mapping[str, str]) -> tuple[Finding, ...]:
    """Every place in the sources that synthesis would refuse, by file and line.

    Args:
        sources: Path to text; test benches among them are passed over.
    """
    read = {
        name: code_of(text)
        for name, text in sorted(sources.items())
        if name.rsplit("/", 1)[-1] not in TESTING
    }
    found = [finding for name, text in read.items() for finding in _in_file(name, text)]
    return (*found, *_recursions(read))


def code_of(text: str) -> str:
    """A text as synthesis compiles it: without comments, strings and branches of simulations."""
    lines, taken = [], []
    for line in _COMMENT.sub(_blank, text).split("\n"):
        word = line.strip()
        if word.startswith("#if"):
            taken.append(not word.startswith("#ifndef HW_") or word.endswith("_HPP"))
        elif word.startswith(("#else", "#elif")):
            taken[-1] = not taken[-1] if word.startswith("#else") else False
        elif word.startswith("#endif"):
            taken.pop()
        elif all(taken):
            lines.append(line)
            continue
        lines.append("")
    return "\n".join(lines)


def _blank(match: re.Match[str]) -> str:
    if match[0].startswith('"'):
        return match[0] if match[0].endswith(('.hpp"', '.h"')) else '""'
    return "\n" * match[0].count("\n")


def _in_file(name: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#include <"):
            if not any(f"<{header}>" in line for header in INCLUDES):
                yield Finding(name, number, "a header of the system", line.strip())
            continue
        if line.lstrip().startswith("#"):
            continue
        for pattern, what in _RULES.items():
            if re.search(pattern, line):
                yield Finding(name, number, what, line.strip())
    yield from _loops(name, text)


def _loops(name: str, text: str) -> Iterator[Finding]:
    """Loops must count one variable up by one, to a bound made of constants."""
    constants = {first or second for first, second in _CONSTANT.findall(text)} | _KNOWN
    for match in re.finditer(r"\bfor\s*\(", text):
        line = text.count("\n", 0, match.start()) + 1
        loop = _FOR.match(text, match.start())
        if loop is None or not _counts(loop, constants):
            shown = text[match.start() :].split("\n", 1)[0].strip()
            yield Finding(name, line, "a loop whose number of steps is not a constant", shown)


def _counts(loop: re.Match[str], constants: set[str]) -> bool:
    bound = _BOUND.match(loop[2])
    if bound is None or loop[3].strip() != f"++{bound[1]}":
        return False
    words = set(_WORD.findall(_MEMBER.sub("", bound[2])))
    return f" {bound[1]} =" in loop[1] and words <= constants


def _recursions(read: Mapping[str, str]) -> Iterator[Finding]:
    """Functions that call themselves, through others or not.

    A template that calls itself with another constant, or with fewer arguments of a pack, is
    unrolled by the compiler.
    """
    bodies: dict[str, tuple[str, int, str]] = {}
    for name, text in read.items():
        for match in _FUNCTION.finditer(text):
            if match[1] not in _CONTROL:
                body, function = _body(text, match.end()), _space(name) + match[1]
                known = bodies.get(function, (name, text.count("\n", 0, match.start()) + 1, ""))
                bodies[function] = (*known[:2], known[2] + body)
    calls = {f: _called(body, _space(file), bodies) for f, (file, _, body) in bodies.items()}
    for function, (file, line, _) in bodies.items():
        if function in _reached(calls, function):
            yield Finding(file, line, "recursion", function.removeprefix(_LIBRARY))


def _space(file: str) -> str:
    """What stands before the names of a file's functions: the library has a namespace."""
    return _LIBRARY if file.startswith(f"{FOLDER}/") else ""


def _body(text: str, start: int) -> str:
    depth, at = 1, start
    while depth and at < len(text):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start:at]


def _called(body: str, space: str, bodies: Mapping[str, object]) -> set[str]:
    unrolled = re.sub(r"\b\w+<[^;<>()]*[+-] 1[^;<>()]*>\s*\(", "(", body)
    unrolled = re.sub(r"\b\w+\([^;()]*\.\.\.\)", "", unrolled)
    # A member of an object is not the function of the same name.
    found = re.findall(r"(?<![\w.:])((?:\w+::)*)(\w+)(?:<[^;()]*?>)?\s*\(", unrolled)
    names = {(_LIBRARY if way.startswith(_LIBRARY) else space) + name for way, name in found}
    return {name for name in names if name in bodies}


def _reached(calls: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(calls[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += calls[name]
    return seen
