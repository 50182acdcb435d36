"""Pages of five networks for a browser to look at: what is compiled, verified, and shown how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

import hwcompile
from benchmarks.pictures import SHOWN, Shown
from hwcompile.build_directory.insight import Insight
from hwcompile.report.page.refresh import refresh_page
from hwcompile.verify.compare import Mismatch
from hwcompile.verify.verification import Verification

NETWORKS = {shown.name: shown for shown in SHOWN}

WIDTHS = {"light": 1200, "dark": 1200, "narrow": 390}
"""Looks of a page, and their pixels."""


@dataclass(frozen=True)
class Pages:
    """Pages in a folder, each made when it is first asked for.

    Attributes:
        folder: Where the build directories are.
    """

    folder: Path

    def __getitem__(self, name: str) -> Path:
        """The page of a network."""
        directory = self.folder / name
        if not directory.is_dir():
            _make(NETWORKS[name], self.folder)
        return directory / "report.html"


def _make(shown: Shown, folder: Path) -> None:
    """Compile and verify; simulations of level rtl are not what is looked at here."""
    design = shown.compiled(folder)
    design.verify(levels=("reference",), frames=2)
    if shown.broken:
        _record_mismatches(design)


def _record_mismatches(design: hwcompile.Design) -> None:
    """What `hwcompile verify` writes down when the last two stages differ."""
    names = list(dict.fromkeys(node["stage"] for node in design.report["nodes"]))[-2:]
    found = tuple(
        Mismatch(name, f"/model/{name}/Conv", 1, (2, 3), 4, 15, -17, 5, 40) for name in names
    )
    outcome = Verification(4, {"hls": (), "rtl": found}, {}, 1)

    def insight(known: Insight) -> Insight:
        return replace(known, differing=outcome.findings)

    refresh_page(design.directory, outcome.record, insight)
