"""Folders that later commands add to a build directory: of boards, of wrappers. Marked as ours.

The marker is written before the first file, so that the leftovers of a kill are known; it lists
the files when the folder is finished. Only what was made is removed: a file that somebody put
into a finished folder is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hwcompile.build_directory.atomic import os_failure
from hwcompile.build_directory.names import MARKER, WORK, is_folder_name, is_taken
from hwcompile.build_directory.ownership import keep, place_to_keep, remove_tree
from hwcompile.build_directory.process import read_marker, write_marker
from hwcompile.diagnostics import CompileError, fail


def board_folder(directory: Path, board: str) -> Path:
    """The folder of a board in a build directory.

    Args:
        directory: The build directory.
        board: The board's id.

    Raises:
        CompileError: HW0860 when the id can not be a folder's name.
    """
    if not is_folder_name(board) or is_taken(board):
        raise fail(
            "HW0860",
            f"a board can not be called {board!r:.80}",
            f"its files go to a folder of that name in '{directory}', "
            + ("where something else has it" if is_taken(board) else "and that is no such name"),
            "a board file with another name, of letters, digits and underscores",
        )
    return directory / board


@contextmanager
def making_folder(directory: Path, name: str) -> Iterator[Path]:
    """An empty folder in the build directory, marked as ours; an earlier one is cleared.

    When the block raises, what was made stays for people to read, and goes the next time.

    Raises:
        CompileError: HW0815 when the folder is somebody else's, HW0862 when another process is
            filling it, HW0516 when it can not be written to.
    """
    folder = directory / name
    try:
        start_folder(directory, name)
    except OSError as error:
        raise os_failure(error, f"the folder '{folder}' can not be made") from error
    try:
        yield folder
    except BaseException:
        with suppress(OSError):
            finish_folder(folder, complete=False)
        raise
    try:
        finish_folder(folder, complete=True)
    except OSError as error:
        raise os_failure(error, f"the folder '{folder}' can not be finished") from error


def start_folder(directory: Path, name: str) -> None:
    """Make or clear the folder and mark it; see `making_folder`."""
    folder = directory / name
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _foreign(folder, "it is a link or a file")
    if folder.is_dir():
        clear_folder(directory, name)
    folder.mkdir(exist_ok=True)
    write_marker(folder)


def finish_folder(folder: Path, *, complete: bool) -> None:
    """List the folder's files in its marker; `complete` when nothing went wrong."""
    names = (str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())
    files = tuple(sorted(name for name in names if name != MARKER))
    write_marker(folder, files, complete=complete)


def clear_folder(directory: Path, name: str) -> list[str]:
    """Empty a folder of ours; files that were added to a finished one are kept.

    Returns:
        What was kept, as (new) paths in the build directory.

    Raises:
        CompileError: HW0815 when it is somebody else's, HW0862 when a process is filling it.
    """
    folder = directory / name
    marker = read_marker(folder)
    if marker is None:
        if any(folder.iterdir()):
            raise _foreign(folder, "it has files that this program did not make")
        return []
    if not marker.abandoned:
        raise fail(
            "HW0862",
            f"another process is filling the folder '{folder}'",
            f"process {marker.pid} on {marker.host} began it and is not done",
            "wait for it, or end it",
        )
    kept = []
    if marker.files is not None:
        ours = {*marker.files, MARKER}
        for path in sorted(folder.rglob("*")):
            inner = str(path.relative_to(folder))
            if (path.is_symlink() or not path.is_dir()) and inner not in ours:
                kept.append(place_to_keep(directory, f"{name}/{inner}"))
                keep(directory, f"{name}/{inner}", kept[-1])
    write_marker(folder)  # from here on a kill leaves something that goes the next time
    for path in list(folder.iterdir()):
        if path.name == MARKER:
            continue
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink()
    return kept


def remove_folder(directory: Path, name: str) -> list[str]:
    """Clear a folder of ours and remove it; returns what was kept."""
    kept = clear_folder(directory, name)
    remove_tree(directory / name)
    return kept


def is_complete(folder: Path) -> bool:
    """True when the folder was made by this program, wholly and without an error."""
    marker = read_marker(folder)
    return marker is not None and marker.complete


def made_folders(directory: Path) -> list[str]:
    """Names of the folders of ours in a build directory, sorted."""
    if not directory.is_dir():
        return []
    inner = (path for path in directory.iterdir() if path.is_dir() and not path.is_symlink())
    return sorted(p.name for p in inner if p.name != WORK and read_marker(p) is not None)


def _foreign(folder: Path, why: str) -> CompileError:
    return fail(
        "HW0815",
        f"the folder '{folder}' is not one that this program made",
        why,
        "move it away, or give the board file another name",
    )
