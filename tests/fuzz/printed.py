"""Where in a printed file a hostile name does more than stand there: a leak.

Names hold `MARK` between characters that end a string, a comment, a line or a word in some
language. A word of its own outside of strings and comments, or a command that runs, is a leak.
"""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import subprocess
import tokenize
import tomllib
from collections.abc import Callable
from pathlib import Path

MARK = "hwfuzzmark"
BASH, TCLSH = shutil.which("bash"), shutil.which("tclsh")
"""Interpreters that judge scripts; None where there is none, then scripts are not judged."""
ALONE = re.compile(rf"(?<!\w){MARK}(?!\w)")

BREAKS = (
    "$(touch {})", "`touch {}`", "; touch {};", "[exec touch {}]", "\n{}\n", "\r\n{}\r\n", '" {} "',
    "' {} '", "\\ {} \\", "*/ {} /*", "// {}", "/* {}", "../../{}/", "/tmp/{}/", "\t{}\t", "# {}",
    "; {} ;", "$finish; {}", '`include "{}"', "${{{}}}", "| {} |", "&& {} &&", "> {} <",
    "$(shell touch {})", "}} {} {{", "]] {} [[", '""" {} """', "%{}%", "$::{} ", "\\n {} \\n",
    '\\" {} ', "=> {} ", ", {} ,", "\u2028{}\u2029", ") {} (", "{{{{ {} }}}}", "{{% {} %}}",
    "*) {} (*",
)  # fmt: skip
"""What surrounds the mark."""


def hostile_name(number: int) -> str:
    """One of the hostile names; it begins and ends with a letter."""
    first = BREAKS[number % len(BREAKS)].format(MARK)
    second = BREAKS[number // len(BREAKS) % len(BREAKS)].format(MARK) if number % 3 == 2 else ""
    return f"a{first}{second}b"


def _code(text: str) -> str:
    """C or Verilog without comments and strings."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
    return re.sub(pattern, " ", text, flags=re.DOTALL)


def _c_leaks(text: str) -> str:
    return "a word of its own in the code" if ALONE.search(_code(text)) else ""


def _python_leaks(text: str) -> str:
    try:
        ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        return f"not Python: {error}"
    return "a name of the program" if any(t.string == MARK for t in tokens) else ""


def _json_leaks(text: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        return f"not JSON: {error}"
    return ""


def _toml_leaks(text: str) -> str:
    try:
        tomllib.loads(text)
    except ValueError as error:
        return f"not TOML: {error}"
    return ""


def _line_leaks(text: str) -> str:
    """Of files with a statement in each line: one that the name has begun."""
    found = re.search(rf"(?m)^\s*{MARK}", text)
    return "a line of its own" if found else ""


_TCL = """
proc unknown args { return 1 }
foreach command {exec open file glob source cd exit} { catch { rename $command {} } }
proc exec args { puts LEAK }
proc touch args { puts LEAK }
proc MARK args { puts LEAK }
proc file args { return 1 }
proc source args { return 1 }
proc open args { return stdout }
proc exit args { return 1 }
""".replace("MARK", MARK)
"""A Tcl that knows no tool and starts no program, and says when a name has become a command."""


def _tcl_leaks(text: str) -> str:
    if TCLSH is None:
        return ""
    script = f"{_TCL}\n{text}\nputs THE-END\n"
    done = subprocess.run([TCLSH], input=script, capture_output=True, text=True, timeout=20)
    if "LEAK" in done.stdout:
        return "a command runs"
    return "" if "THE-END" in done.stdout else f"the script breaks: {done.stderr[:200]}"


def _shell_leaks(text: str) -> str:
    if BASH is None:
        return ""
    script = f"touch() {{ echo LEAK; }}\n{MARK}() {{ echo LEAK; }}\nset +e\n{text}\n"
    done = subprocess.run(
        [BASH, "--norc"], input=script, capture_output=True, text=True, timeout=20,
        env={"PATH": "/nowhere"}, cwd="/",
    )  # fmt: skip
    return "a command runs" if "LEAK" in done.stdout else ""


CHECKS: dict[str, Callable[[str], str]] = {
    ".sv": _c_leaks, ".v": _c_leaks, ".svh": _c_leaks, ".c": _c_leaks, ".h": _c_leaks,
    ".cpp": _c_leaks, ".py": _python_leaks, ".json": _json_leaks, ".toml": _toml_leaks,
    ".tcl": _tcl_leaks, ".xdc": _tcl_leaks, ".sdc": _tcl_leaks, ".qsf": _tcl_leaks,
    ".qpf": _line_leaks, ".pcf": _line_leaks, ".lpf": _line_leaks, ".cst": _line_leaks,
    ".ccf": _line_leaks, ".pdc": _line_leaks, ".f": _line_leaks, ".sh": _shell_leaks,
    ".txt": _line_leaks,
}  # fmt: skip
"""Suffix to what finds a leak in a text of that language: a few words, or none."""


def leaks(files: dict[str, str]) -> list[str]:
    """What leaks in files, given as name to text, their names included."""
    found = []
    for name, text in files.items():
        if re.search(r"[^\w./-]", name) or ".." in Path(name).parts or name.startswith("/"):
            found.append(f"a file is called {name!r}")
        if MARK not in text:
            continue
        check = CHECKS.get(Path(name).suffix)
        said = check(text) if check else ""
        found += [f"{name}: {said}"] if said else []
    return found


def texts(folder: Path) -> dict[str, str]:
    """All texts below a folder, by relative name."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                found[str(path.relative_to(folder))] = path.read_text()
            except UnicodeDecodeError:
                found[str(path.relative_to(folder))] = ""
    return found
