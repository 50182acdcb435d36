"""The sources of library modules in a folder, as tools want them: packages first."""

from __future__ import annotations

from pathlib import Path

from hwcompile.emit.library import library_files


def written(module: str, folder: Path) -> list[Path]:
    """The sources of a module and of all that it names, written to `folder`, in order."""
    for name, text in library_files([module]).items():
        (folder / name).write_text(text)
    return sources(folder)


def sources(folder: Path) -> list[Path]:
    """The sources in a folder, packages first."""
    return sorted(folder.glob("*.sv"), key=lambda path: (not path.stem.endswith("_pkg"), path))
