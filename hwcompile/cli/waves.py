"""The option `--waves`, and how what it writes is looked at."""

from __future__ import annotations

import shlex
from pathlib import Path

from hwcompile.cli.app import console
from hwcompile.emit.waves import GTKWAVE, SURFER

WAVES = "Waveform file to write, .fst or .vcd, with views for GTKWave and Surfer (rtl, netlist)."
"""Help of the option."""


def tell_of_waves(waves: Path | None) -> None:
    """Print the commands that show a waveform file, if one was written."""
    if waves is None:
        return
    file, gtkwave, surfer = (
        shlex.quote(str(path))
        for path in (waves, waves.with_suffix(GTKWAVE), waves.with_suffix(SURFER))
    )
    for line in (f"gtkwave {file} {gtkwave}", f"surfer {file} -c {surfer}"):
        console.print(f"To look at the waves: {line}", markup=False, soft_wrap=True)
