"""What the files of a build directory are called, and which names can be a file's at all."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from hwcompile_runtime.files import HOST as HOST
from hwcompile_runtime.files import INTERFACE as INTERFACE

MANIFEST = "manifest.json"
"""The file that makes a folder a build directory: what else is in it, with hashes."""
REPORT = "report.json"
INSIGHT = "insight.json"
"""The data of the pictures in `report.html`."""
REPORT_PAGE = "report.html"
"""What a person looks at."""
GRAPH = "graph.txt"
SBOM = "sbom.cdx.json"
"""What went into the design and what came out, for those who account for software."""
SCHEDULE = "schedule.toml"
LICENCE = "LICENSE"
"""Whose the emitted files are; in every folder that stands for itself."""
FILE_LIST = "filelist.f"
"""The sources for tools that run elsewhere: names relative to the list."""
BENDER = "Bender.yml"
COMPONENT = "component.xml"
"""IP-XACT."""
TIMING = "timing.sdc"
"""The clock, for whatever reads SDC."""
TIMING_VIVADO = "timing.xdc"
"""The clock, and what else Vivado wants to know of a design by itself."""
README = "README.md"
TESTBENCH = "tb"
"""Where `hwcompile testbench` writes to."""
RTL = "rtl"
"""The folder of sources and memory files."""
SOURCE_LIST = "files.f"
"""The sources' names, one a line, in the order of compilation; in a folder of sources."""
FILES = f"{RTL}/{SOURCE_LIST}"
MEMORY = "memory"
"""The folder of images for external memory."""
DUMPS = "ir"
DRIVER = "c"
"""Where `hwcompile driver` writes to."""
HLS = "hls"
"""Where `hwcompile compile --hls` writes C++ for high-level synthesis to."""
SOC = "soc"
"""Where `hwcompile wrap` writes to."""
KEPT = "kept"
"""Where files go that a replacement meets and that are not as this program wrote them."""
BOARD_RECORD = "build.json"
"""How the bitstream in a board's folder was made."""

WORK = ".hwcompile"
"""In a build directory: the new files until they take the place of the old ones."""
MARKER = ".hwcompile-made"
"""In a folder that is still being made, and in every folder that a later command adds."""

REQUIRED = (REPORT, HOST, INTERFACE, GRAPH, SCHEDULE, FILES)
"""What every manifest lists."""

_TAKEN = {SBOM, RTL, MEMORY, DUMPS, DRIVER, HLS, SOC, KEPT, WORK, MARKER, MANIFEST, *REQUIRED}
_TAKEN |= {
    name.lower()
    for name in (
        LICENCE,
        FILE_LIST,
        BENDER,
        COMPONENT,
        TIMING,
        TIMING_VIVADO,
        README,
        TESTBENCH,
        INSIGHT,
        REPORT_PAGE,
    )
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}")


def rtl_path(name: str) -> str:
    """Where a source or a memory file is, in a build directory and in projects made from one."""
    return f"{RTL}/{name}"


def core_name(top: str) -> str:
    """FuseSoC's description of a design."""
    return f"{top}.core"


def dump_name(index: int, step: str) -> str:
    """Where the graph is written after a step of the compiler, with `dump_ir`."""
    return f"{DUMPS}/{index:02d}_{step}.txt"


def is_folder_name(text: str) -> bool:
    """True for a name that a folder of a board may have: letters, digits, `_ . + -`."""
    return _NAME.fullmatch(text) is not None and not text.endswith(".")


def is_taken(text: str) -> bool:
    """True for the name of something else in a build directory, in any case of letters."""
    return text.lower() in _TAKEN


def is_inner_path(text: str) -> bool:
    """True for the name of a file below the build directory, as a manifest lists it."""
    parts = PurePosixPath(text).parts
    return "/".join(parts) == text and all(_PART.fullmatch(part) for part in parts) and bool(parts)
