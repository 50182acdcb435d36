"""Reads what the simulator says about a run, and turns bad ends into diagnostics."""

from __future__ import annotations

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.emit.interface import Interface

_REPORT = "compile again if the design's files were edited; else report this as a bug"


def check_status(text: str, interface: Interface, max_idle_cycles: int) -> None:
    """Check the contents of `status.txt` (see `sim/verilator_main.cpp`).

    Raises:
        CompileError: HW0601 on a deadlock, HW0602 when a stream broke its rules.
    """
    lines = text.splitlines()
    verdict = lines[-1]
    if verdict == "done":
        return
    notes = [line.split(maxsplit=3) for line in lines[:-1]]
    if verdict == "deadlock":
        raise fail(
            "HW0601",
            f"the design '{interface.top}' is stuck: no beat moved for {max_idle_cycles} cycles",
            "; ".join(_progress(notes, interface)),
            "deeper FIFOs on the paths that join again, or a larger idle limit",
        )
    raise CompileError(
        Diagnostic(
            "HW0602", f"the design '{interface.top}' breaks a stream's rules", _broken(n), _REPORT
        )
        for n in notes
        if n[0] not in ("input", "output", "cycles", "starved")
    )


def starved_cycles(text: str, interface: Interface) -> dict[str, int]:
    """Cycles in which each stage waited for weights from external memory."""
    found = {}
    for line in text.splitlines():
        kind, *rest = line.split()
        if kind == "starved":
            found[rest[0]] = int(rest[1])
    return {port.name: found[port.prefix] for port in interface.memories}


def _progress(notes: list[list[str]], interface: Interface) -> list[str]:
    expected = {p.prefix: p.format.words for p in (*interface.inputs, *interface.outputs)}
    return [
        f"{kind} '{prefix}' moved {moved} beats ({expected[prefix]} a frame) and is {state}"
        for kind, prefix, moved, state in (n for n in notes if n[0] in ("input", "output"))
    ]


def _broken(note: list[str]) -> str:
    what = {
        "tlast": "tlast is {}",
        "surplus": "{}",
        "unstable": "{}",
        "memory": "{}",
        "frame_error": "{}: the input frames end at other beats than the design expects",
    }
    return f"at '{note[1]}', beat {note[2]}: " + what[note[0]].format(note[3])
