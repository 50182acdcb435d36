"""The lint finds what synthesis refuses, and nothing in the library."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.emit.hls.library import FOLDER, headers
from hwcompile.emit.hls.names import RESERVED, Names
from hwcompile.emit.library import LABELS
from hwcompile.resources import room
from hwcompile.verify.hls.lint import check_sources, findings
from tests.cli.small import save

FAULTS = {
    "dynamic memory": "  int *x = new int[3];",
    "something that is decided at run time": "  virtual int g() const;",
    "an exception": "  throw 1;",
    "a call of the system": '  printf("%d", 3);',
    "the standard library": "  std::vector<int> x;",
    "a pointer to a pointer": "  int **x;",
    "floating point": "  float x = 1;",
    "a loop without a bound, or a jump": "  while (x.empty()) y += 1;",
    "a loop whose number of steps is not a constant": "  for (int i = 0; i < count; ++i) y += i;",
    "a header of the system": "#include <cmath>",
}

STEPS = (
    "for (int i = 0; i != C::Words; ++i) y += i;",
    "for (int i = 0; i < C::Words; i += step) y += i;",
    "for (int i = 0; ; ++i) y += i;",
    "for (auto x : words) y += x;",
)


def body(line: str) -> dict[str, str]:
    return {"hw/x.hpp": f"template <class C>\nvoid f(int count) {{\n{line}\n}}\n"}


def library() -> dict[str, str]:
    names = [path.name for path in (room("templates") / "hls" / FOLDER).glob("*.hpp")]
    return {f"hw/{name}": text for name, text in headers(names, LABELS).items()}


def test_the_library_has_nothing_that_synthesis_refuses() -> None:
    assert findings(library()) == ()
    assert len(library()) > 25


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_of_every_kind_is_found_with_its_place(what: str) -> None:
    found = findings(body(FAULTS[what]))
    assert [(finding.what, finding.line) for finding in found] == [(what, 3)]


@pytest.mark.parametrize("loop", STEPS)
def test_loops_that_do_not_count_to_a_constant(loop: str) -> None:
    assert [finding.line for finding in findings(body(loop))] == [3]


@pytest.mark.parametrize(
    "line",
    [
        "for (int i = 0; i < C::Words; ++i) y += i;",
        "constexpr int n = 3 * C::A; for (int i = 1; i <= n; ++i) y += i;",
        "// new, float, while: a comment",
        "#ifndef HW_AP_TYPES\n  float x;\n#endif\n",
    ],
)
def test_what_is_allowed(line: str) -> None:
    assert findings(body(line)) == ()


def test_recursion_through_another_function_but_not_of_unrolled_templates() -> None:
    text = "int f(int x) {\n  return g(x);\n}\nint g(int x) {\n  return f(x - 1);\n}\n"
    assert [finding.what for finding in findings({"a.hpp": text})] == ["recursion", "recursion"]
    text = "template <int N>\nint f(int x) {\n  return f<N + 1>(x);\n}\n"
    assert findings({"a.hpp": text}) == ()


def test_a_branch_that_the_compiler_chooses_is_no_function() -> None:
    branch = "template <int N>\nint {}(int x) {{\n  if constexpr (N > 0) {{\n    {};\n  }}\n}}\n"
    text = branch.format("f", "return g<N>(x)") + branch.format("g", "return x")
    assert findings({"hw/a.hpp": text}) == ()


@pytest.mark.parametrize("name", ["lstm", "gru", "reduce", "argmax", "matvec"])
def test_a_function_of_the_user_is_not_the_one_of_the_library(name: str) -> None:
    top = f"void {name}(int &x) {{\n  hw::{name}<layer>(x);\n  hw::caller(x);\n}}\n"
    header = f"void {name}(int &x) {{\n}}\nvoid caller(int &x) {{\n  {name}(x);\n}}\n"
    assert findings({f"{name}.cpp": top, f"hw/{name}.hpp": header}) == ()
    own = f"void {name}(int &x) {{\n  {name}(x);\n}}\n"
    assert [found.what for found in findings({"top.cpp": own})] == ["recursion"]
    assert [found.what for found in findings({"hw/x.hpp": own})] == ["recursion"]


def test_no_name_of_the_user_is_a_word_that_is_refused(tmp_path: Path) -> None:
    design = hwcompile.compile(save(tmp_path), tmp_path / "out", fastest=True)
    names = Names(design.interface)
    for word in sorted(RESERVED):
        line = f"hw::stream<kind> {names.new(word)}(0);"
        assert findings({"top.cpp": f"void f() {{\n  {line}\n}}\n"}) == (), word


def test_test_benches_may_do_what_they_like() -> None:
    assert findings({"testbench.cpp": "#include <cstdio>\nint main() { return new int; }\n"}) == ()


def test_a_finding_names_file_line_and_text() -> None:
    with pytest.raises(CompileError) as caught:
        check_sources(body("  float x = 1;"))
    assert str(caught.value) == (
        "error[HW0622]: the HLS project has what synthesis does not take, in hw/x.hpp:3: "
        "floating point: float x = 1;. Try: report this as a bug."
    )
