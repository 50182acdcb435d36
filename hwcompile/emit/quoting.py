"""Foreign text in emitted text, one function per language: the templates' filters.

Names of models, nodes and boards are anybody's. Where they are printed they are a comment, a
string, or a word that was checked; nothing that they hold is read as the language's own.
"""

from __future__ import annotations

import re
import shlex

from hwcompile.diagnostics import InternalError

_PRAGMA = re.compile(
    r"\s*(verilator|synopsys|synthesis|pragma|translate|yosys|altera|intel|xilinx|cadence|mentor"
    r"|ambit|coverage|spyglass|vcs|leda|hlint|nosynth|type:|noqa|pylint|ruff|fmt:|isort)",
    re.IGNORECASE,
)
"""How a comment begins that a tool takes for an order."""
_WORD = re.compile(r"[A-Za-z0-9_./:+-]+")


def comment(text: str) -> str:
    """Text inside a comment of Verilog, C, Tcl, Python or a constraint file: one line of ASCII.

    It does not end the comment, go on in the next line, or begin like an order to a tool.
    """
    line = re.sub(r"[^\x20-\x7e]+", " ", text).rstrip()
    line = re.sub(r"\*(?=/)|/(?=\*)", lambda match: f"{match[0]} ", line).replace("??/", "? ?/")
    while line.endswith("\\"):
        line = line[:-1].rstrip()
    return f"'{line}'" if _PRAGMA.match(line) else line


def docstring(text: str) -> str:
    """The same inside a Python docstring."""
    return comment(text).replace("\\", "\\\\").replace('"', "'")


def python(text: str) -> str:
    """A Python string."""
    return ascii(text)


def tcl(text: str) -> str:
    """A word of Tcl, in double quotes: nothing in it is substituted."""
    return f'"{tcl_text(text)}"'


def tcl_text(text: str) -> str:
    """Text inside double quotes of Tcl, or of a QSF file."""
    escaped = re.sub(r'([\\"$\[\]{};])', r"\\\1", text)
    return re.sub(r"[^\x20-\x7e]", lambda match: _tcl_code(ord(match[0])), escaped)


def _tcl_code(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else "?"


def verilog(text: str) -> str:
    """A string of SystemVerilog: ASCII as it is, other bytes of UTF-8 as octal numbers."""
    data = text.encode("utf-8", "backslashreplace")
    plain = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}"
        for byte in data
    )
    return f'"{"".join(plain)}"'


def c_string(text: str) -> str:
    """A string of C."""
    return verilog(text).replace("?", "\\077")


def shell(text: str) -> str:
    """A word of a POSIX shell."""
    return shlex.quote(text)


def make(text: str) -> str:
    """A word of a Makefile.

    Raises:
        InternalError: For text that no quoting helps: line ends, blanks, colons.
    """
    if re.search(r"[\s:%|;#=\x00]", text):
        raise InternalError(f"{text!r} can not be a word of a Makefile")
    return text.replace("$", "$$").replace("\\", "\\\\")


def markdown(text: str) -> str:
    """Text in a paragraph or a table's cell of Markdown: shown as it is, on one line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", line)


def word(text: str) -> str:
    """A word where the language has no quoting: PCF, LPF, CST, CCF, PDC, a part's name.

    Raises:
        InternalError: When it is none; readers of boards refuse such texts, with their place.
    """
    if not _WORD.fullmatch(text):
        raise InternalError(f"{text!r:.80} is not a word that a script can hold")
    return text


FILTERS = {
    function.__name__: function
    for function in (
        *(comment, docstring, python, tcl, tcl_text, verilog, c_string, shell, make, markdown),
        word,
    )
}
"""Name to function, as the templates use them."""
