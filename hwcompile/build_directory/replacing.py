"""New build directories: complete or absent, and nothing is removed that is not provably ours.

A new directory is made beside its place and renamed. An existing one is replaced file by file:
everything new is first written to `.hwcompile/new` inside it, then a plan of moves is written,
and only then files move. Whoever comes after a kill throws away what has no plan, and finishes
what has one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hwcompile.build_directory.atomic import flush, os_failure, write_atomic
from hwcompile.build_directory.folders import made_folders, remove_folder
from hwcompile.build_directory.names import MANIFEST, MARKER, WORK
from hwcompile.build_directory.ownership import (
    is_there,
    is_unchanged,
    keep,
    owned_files,
    place_to_keep,
    remove_empty_folders,
    remove_tree,
)
from hwcompile.build_directory.process import is_running, read_marker, write_marker
from hwcompile.diagnostics import CompileError, fail, reason_of

NEW = "new"
PLAN = "plan.json"
_SUFFIX = ".hwcompile-new"


class Replacement(msgspec.Struct, frozen=True):
    """What happens to a directory that is replaced; doing it twice is doing it once.

    Attributes:
        kept: (file, new place) of what is in the way and is not as this program wrote it.
        folders: Folders of ours that belong to the old design.
        removed: (file, its hashes) of the old design that the new one does not have.
        installed: Files of the new design.
    """

    kept: list[tuple[str, str]]
    folders: list[str]
    removed: list[tuple[str, list[str]]]
    installed: list[str]


@dataclass
class Staging:
    """A build directory while it is made.

    Attributes:
        folder: Where its files are to be written.
        kept: Filled when it is done: files that were in the way, where they are now.
    """

    folder: Path
    kept: list[str] = field(default_factory=list)


@contextmanager
def new_build_directory(
    target: Path, *, force: bool, inputs: Iterable[Path] = ()
) -> Iterator[Staging]:
    """Yield a folder to fill that becomes `target` when the block succeeds.

    When the block raises, nothing is left behind and an older build stays untouched. A symbolic
    link stays one; the directory that it names is made or replaced.

    Args:
        target: The build directory.
        force: Replace the files of an existing one. Files that are not of this program stay;
            where one is in the way it goes to `kept/`.
        inputs: Files that are read meanwhile; they may not lie in the directory.

    Raises:
        CompileError: HW0501 if `target` exists (without `force`, or when it is not a build
            directory), HW0502 if the place can not be written to, HW0512 for inputs inside,
            HW0513 when another process is making it, HW0516 when another file fails.
    """
    with _system_errors(target):
        real = target.resolve()
        inside = real.is_dir()
        if inside:
            recover(real)
        _check(target, real, force=force, inputs=inputs)
        _clean_beside(real)
        stage = _stage_inside(real) if inside else _stage_beside(real)
    staging = Staging(stage)
    with _system_errors(target):
        try:
            yield staging
            if inside:
                staging.kept = _install(real)
            else:
                flush(stage / MANIFEST)
                (stage / MARKER).unlink()
                stage.rename(real)
        finally:
            remove_tree(stage)
            if inside:
                _leave(real)


def kept_notes(kept: Iterable[str]) -> tuple[str, ...]:
    """What is said of files that were moved to make room."""
    return tuple(f"'{to}' was in the way and not as compiled; it is yours" for to in kept)


def recover(directory: Path) -> None:
    """Finish, or throw away, what a killed process left in a build directory.

    Raises:
        CompileError: HW0513 when that process still runs and is moving files.
        OSError: When the directory can not be written to.
    """
    work = directory / WORK
    if not is_there(work) or work.is_symlink():
        return
    marker = read_marker(work)
    if marker and not marker.abandoned:
        raise fail(
            "HW0513",
            f"another process is making '{directory}'",
            f"process {marker.pid} on {marker.host} began and is not done",
            "wait for it, or another folder with -o",
        )
    _leave(directory)


def _leave(directory: Path) -> None:
    """End a replacement: finished when there is a plan, else thrown away."""
    work = directory / WORK
    if (work / PLAN).is_file():
        _carry_out(directory, msgspec.json.decode((work / PLAN).read_bytes(), type=Replacement))
    remove_tree(work)


def check_target(target: Path, *, force: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse what `new_build_directory` would, before the work whose result it is to hold.

    Raises:
        CompileError: HW0501, HW0502, HW0512.
    """
    with _system_errors(target):
        _check(target, target.resolve(), force=force, inputs=inputs)


def _check(target: Path, real: Path, *, force: bool, inputs: Iterable[Path]) -> None:
    if not is_there(real):
        return
    if not real.is_dir():
        raise fail("HW0501", f"the output '{target}' is a file", fix="name another folder with -o")
    if not any(real.iterdir()):
        return
    if owned_files(real) is None:
        raise fail(
            "HW0501",
            f"the folder '{target}' exists and is not a build directory of hwcompile",
            "replacing it could delete files that are yours",
            "name another folder with -o",
        )
    if not force:
        raise fail(
            "HW0501",
            f"the build directory '{target}' exists",
            fix="--force to replace it, or another folder with -o",
        )
    for path in inputs:
        if path.resolve().is_relative_to(real):
            raise fail(
                "HW0512",
                f"the input '{path}' lies in the build directory '{target}'",
                "that directory is about to be replaced",
                "move the input elsewhere, or another folder with -o",
            )


def _stage_inside(real: Path) -> Path:
    work = real / WORK
    work.mkdir()
    write_marker(work)
    (work / NEW).mkdir()
    return work / NEW


def _stage_beside(real: Path) -> Path:
    real.parent.mkdir(parents=True, exist_ok=True)
    name = f".{real.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
    stage = real.with_name(name)
    stage.mkdir()
    write_marker(stage)
    return stage


def _clean_beside(real: Path) -> None:
    """Remove what killed compilations of the same directory left beside it."""
    if not real.parent.is_dir():
        return
    start = f".{real.name[:100]}."
    for path in real.parent.iterdir():
        if not path.name.startswith(start) or not path.name.endswith(_SUFFIX):
            continue
        number = path.name[len(start) : -len(_SUFFIX)].partition("-")[0]
        marker = read_marker(path)
        gone = marker.abandoned if marker else number.isdigit() and not is_running(int(number))
        if gone and number != str(os.getpid()):
            remove_tree(path)


def _install(real: Path) -> list[str]:
    """Replace a directory's files by those in `.hwcompile/new`; returns what was kept."""
    work = real / WORK
    plan = _plan(real)
    write_atomic(work / PLAN, msgspec.json.encode(plan))
    moved = _carry_out(real, plan)
    return [*(to for _, to in plan.kept), *moved]


def _plan(real: Path) -> Replacement:
    new = real / WORK / NEW
    installed = sorted(str(p.relative_to(new)) for p in new.rglob("*") if p.is_file())
    owned = owned_files(real) or {}
    unchanged = {name for name, hashes in owned.items() if is_unchanged(real / name, hashes)}
    # The manifest lists the others; it is ours when it can be read.
    unchanged |= {MANIFEST} if owned else set()
    kept: dict[str, str] = {}
    for name in _in_the_way(real, installed, unchanged):
        kept[name] = place_to_keep(real, name)
    gone = [(name, sorted(owned[name])) for name in sorted(unchanged - {MANIFEST, *installed})]
    return Replacement(list(kept.items()), made_folders(real), gone, installed)


def _in_the_way(real: Path, installed: list[str], unchanged: set[str]) -> list[str]:
    """Files, links and folders where new files go that are not ours to remove."""
    found = set()
    for name in installed:
        parts = name.split("/")
        above = ["/".join(parts[:end]) for end in range(1, len(parts))]
        blocked = [p for p in above if is_there(real / p) and not _is_folder(real / p)]
        if blocked:
            found.add(blocked[0])
        elif is_there(real / name) and (name not in unchanged or _is_folder(real / name)):
            found.add(name)
    return sorted(found)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _carry_out(real: Path, plan: Replacement) -> list[str]:
    """Do what the plan says and is not done yet; returns what folders of ours had that is kept."""
    new = real / WORK / NEW
    for name, to in plan.kept:
        if is_there(real / name) and not is_there(real / to) and not _is_installed(new, name, plan):
            keep(real, name, to)
    made = set(made_folders(real))
    moved = [kept for name in plan.folders if name in made for kept in remove_folder(real, name)]
    for name, hashes in plan.removed:
        if is_unchanged(real / name, hashes):
            (real / name).unlink()
    for name in [*(n for n in plan.installed if n != MANIFEST), MANIFEST]:
        if (new / name).is_file():
            (real / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(real / name)
    remove_empty_folders(real, [name for name, _ in plan.removed])
    flush(real)
    (real / WORK / PLAN).unlink(missing_ok=True)
    return moved


def _is_installed(new: Path, name: str, plan: Replacement) -> bool:
    """True when a new file already took the place of what was to be kept."""
    mine = [n for n in plan.installed if n == name or n.startswith(f"{name}/")]
    return bool(mine) and not all((new / n).is_file() for n in mine)


@contextmanager
def _system_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = error.filename2 or error.filename
        if name is None:
            raise
        own = str(target.absolute())
        if str(name).startswith((own, str(target), str(Path(own).parent))):
            raise _not_writable(target, error) from error
        raise os_failure(error) from error
    except RuntimeError as error:
        if "ymlink" not in str(error):
            raise
        fix = "another folder with -o"
        raise fail("HW0502", f"'{target}' is a link that leads to itself", fix=fix) from error


def _not_writable(target: Path, error: OSError) -> CompileError:
    name = error.filename2 or error.filename
    where = f" ('{name}')" if name and str(name) != str(target) else ""
    return fail(
        "HW0502",
        f"can not write the build directory '{target}'",
        reason_of(error) + where,
        "a folder you may write to, with -o",
    )
