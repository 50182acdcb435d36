"""A Tcl interpreter in which the commands of vendors' tools are only written down."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

MOCK = """
proc exit {{code 0}} {error "exit $code"}
rename file _file
proc file {op args} {
  if {$op eq "copy"} {record copy {*}$args; return}
  return [_file $op {*}$args]
}
proc puts {text} {say $text}
proc source {name} {}
proc unknown {name args} {
  record $name {*}$args
  switch $name {
    get_board_parts {return $::board_parts}
    get_property {
      switch [lindex $args 0] {
        PROGRESS {return 100%}
        SLACK {return $::slack}
        default {return status}
      }
    }
    create_bd_cell {return [lindex $args end]}
    get_bd_pins - get_bd_intf_pins - get_bd_cells - get_ports {return [lindex $args end]}
    default {return $name}
  }
}
"""


@dataclass
class Run:
    """What a script did.

    Attributes:
        calls: Commands with their words, in order.
        said: What it printed.
        error: Why it ended early, "" when it did not.
    """

    calls: list[tuple[str, ...]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    error: str = ""

    def of(self, name: str) -> list[tuple[str, ...]]:
        """The words behind a command, for each call of it."""
        return [call[1:] for call in self.calls if call[0] == name]


def run(script: Path, *, board_parts: str = "some:board:part0:1.0", slack: float = 1.0) -> Run:
    """Run a script in its own folder."""
    tkinter = pytest.importorskip("tkinter")
    with contextlib.chdir(script.parent):
        return _run(tkinter, script, board_parts, slack)


def _run(tkinter: Any, script: Path, board_parts: str, slack: float) -> Run:
    tcl, done = tkinter.Tcl(), Run()
    tcl.createcommand("record", lambda *words: done.calls.append(words))
    tcl.createcommand("say", lambda text: done.said.append(text))
    tcl.setvar("board_parts", board_parts)
    tcl.setvar("slack", str(slack))
    tcl.eval(MOCK)
    try:
        tcl.eval(script.read_text())
    except tkinter.TclError as error:
        done.error = str(error)
    return done
