"""Pictures of reports for README and docs, as a browser shows them.

    python benchmarks/pictures.py             writes docs/pictures/report.png
    python benchmarks/pictures.py --all DIR   every network below, light, dark and narrow, to DIR

Needs Debian's chromium and chromium-driver, and Selenium.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hwcompile
from benchmarks.browser import browser, picture, show
from benchmarks.pages import ROOT
from hwcompile.build_directory import rewrite_files

DIGITS = ROOT / "examples" / "digits"
PICTURES = ROOT / "docs" / "pictures"

WIDE, TOP = 1100, 1000
"""Pixels of the picture in the README."""


@dataclass(frozen=True)
class Shown:
    """A design whose report is shown.

    Attributes:
        name: Of the picture.
        model: A file of `examples/digits`.
        cycles: Target per frame.
        broken: A weight in its memory is flipped before it is verified.
    """

    name: str
    model: str
    cycles: int
    broken: bool = False

    def page(self, folder: Path) -> Path:
        """Compile and verify it; returns the page."""
        design = self.compiled(folder)
        if self.broken:
            _flip(design.directory)
        design.verify(levels=("reference", "rtl"), frames=4, boundaries=self.broken)
        return design.directory / "report.html"

    def compiled(self, folder: Path) -> hwcompile.Design:
        """Compile it into a folder of its name."""
        source = DIGITS / self.model
        if source.suffix == ".npz":
            return self._recurrent(source, folder)
        return hwcompile.compile(source, folder / self.name, target_cycles=self.cycles)

    def _recurrent(self, source: Path, folder: Path) -> hwcompile.Design:
        sys.path.insert(0, str(DIGITS))  # before the benchmark of the same name
        from recurrent import load_weights, network

        graph = network(load_weights(source))
        return hwcompile.compile_graph(graph, folder / self.name, target_cycles=self.cycles)


SHOWN = (
    Shown("mlp", "digits_mlp_w1a1.onnx", 64),
    Shown("residual", "digits_cnn_w3a3.onnx", 2_000),
    Shown("lstm", "digits_lstm.npz", 2_000),
    Shown("int8", "digits_cnn_int8.onnx", 4_000),
    Shown("failed", "digits_cnn_w3a3.onnx", 10_000, broken=True),
)

README = SHOWN[1]


def _flip(directory: Path) -> None:
    memory = max(directory.glob("rtl/*.mem"), key=lambda path: path.stat().st_size)
    text = memory.read_text()
    flipped = ("1" if text[0] == "0" else "0") + text[1:]
    rewrite_files(directory, {f"rtl/{memory.name}": flipped})


def take(chrome: Any, shown: Shown, work: Path, target: Path) -> None:
    """Write the pictures of one design: light, dark and narrow."""
    page = shown.page(work)
    for look, width, dark in (("light", WIDE, False), ("dark", WIDE, True), ("narrow", 390, False)):
        show(chrome, page, width=width, dark=dark)
        picture(chrome, target / f"{shown.name}_{look}.png")


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--all", type=Path, help="every network, light, dark and narrow")
    asked = parser.parse_args().all
    (asked or PICTURES).mkdir(parents=True, exist_ok=True)
    with browser() as chrome, tempfile.TemporaryDirectory() as work:
        if asked:
            for shown in SHOWN:
                take(chrome, shown, Path(work), asked)
            return
        show(chrome, README.page(Path(work)), width=WIDE, dark=False)
        picture(chrome, PICTURES / "report.png", height=TOP)


if __name__ == "__main__":
    main()
