"""Weights in a routed design: found by their random contents, replaced without another routing."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from hwcompile.boards import Board, with_link
from hwcompile.build_directory import (
    BOARD_RECORD,
    board_folder,
    making_folder,
    read_report,
    source_names,
    update_report,
)
from hwcompile.build_directory.names import MARKER
from hwcompile.diagnostics import CompileError, fail
from hwcompile.emit.finished import memory_macros, own_name
from hwcompile.emit.interface import Interface
from hwcompile.emit.library import library_names
from hwcompile.families import family_names, family_of, flow_of, fpga_family
from hwcompile.families.blocks import BlockText
from hwcompile.families.flow import NETLIST, ROUTED
from hwcompile.families.programs import ToolError, command_of, failed, run_logged
from hwcompile.toolchains.board_top import TOP, identity, write_board_top
from hwcompile.toolchains.memory_map import AmbiguousError, filled, locate, missing_columns
from hwcompile.toolchains.record import BuildRecord, read_record
from hwcompile.toolchains.synthesis import FORCED
from hwcompile.toolchains.weights import LEAST_ROWS, Structure, called, structure_of

SEEDED = "seeded"
"""The routed design with random contents, as `family.ROUTED` is called with the weights."""
SOURCES = "seed"
"""The folder with the sources that were routed."""
_BLOCK = re.compile(r"(.*)\.\d+\.\d+")
"""Yosys appends the block's position to the memory's name."""


def check_swappable(board: Board) -> None:
    """Refuse a board whose routed design does not show the contents of memory blocks.

    Raises:
        CompileError: HW0821.
    """
    flow_of(board)  # refuses boards of vendors' flows
    _blocks_of(board)


def _blocks_of(board: Board) -> BlockText:
    """How the routed design for a board states its blocks of memory."""
    own = family_of(board)
    if own.blocks is None:
        known = [name for name in family_names() if fpga_family(name).blocks]
        raise fail(
            "HW0821",
            f"weights can not be exchanged in bitstreams for '{board.id}'",
            f"the open tools for {own.name} do not say where the contents of memories lie",
            f"a board of family {' or '.join(known)}, or a build without --swappable",
        )
    return own.blocks


def fill_routed(board: Board, folder: Path, structure: Structure) -> None:
    """Put a design's weights into the routed design in `folder`, which has random ones.

    The design with random contents stays there as `seeded`, for the next weights.

    Raises:
        CompileError: HW0817 when weights are not all found in blocks.
    """
    kind = _blocks_of(board)
    routed = (folder / ROUTED).with_suffix(kind.suffix)
    seeded = (folder / SEEDED).with_suffix(kind.suffix)
    routed.replace(seeded)
    text = seeded.read_text()
    expected = blocks_of_weights(folder)
    routed.write_text(with_weights(text, kind, structure, expected))


def with_weights(text: str, kind: BlockText, structure: Structure, expected: int) -> str:
    """A routed design's text with the weights where its blocks hold random contents.

    Args:
        text: The routed design.
        kind: Its form.
        structure: The design; its weights are filled in.
        expected: Blocks that hold weights.

    Raises:
        CompileError: HW0817 when they are not all found.
    """
    blocks = kind.read(text)
    try:
        found = locate(blocks, structure.seeds)
    except AmbiguousError as error:
        raise _not_found("two memories look the same where a block was cut", str(error)) from error
    if len(found) != expected:
        raise _not_found("blocks are missing", f"{len(found)} of {expected} were found")
    depth = len(next(iter(blocks.values()))) if blocks else 1
    for name, columns in missing_columns(found, structure.seeds, depth).items():
        # Digits of the file beyond the memory's width, and bits that no lane has, are zero.
        if structure.images[name].bits[:, list(columns)].any():
            raise _not_found("bits are missing", f"those of '{name}' in columns {columns}")
    changed = {at: filled(blocks[at], cols, structure.images) for at, cols in found.items()}
    return kind.write(text, changed)


def blocks_of_weights(folder: Path) -> int:
    """How many blocks of memory synthesis made of the memories that had to be in blocks."""
    forced = {line.partition("/")[2] for line in (folder / FORCED).read_text().split()}
    cells = json.loads((folder / NETLIST).read_text())["modules"][TOP]["cells"]
    count = 0
    for name, cell in cells.items():
        block = _BLOCK.fullmatch(name)
        filled_in = any("1" in v for k, v in cell["parameters"].items() if k.startswith("INIT"))
        if block and filled_in:
            count += any(f".{block[1]}".endswith(f".{local}") for local in forced)
    return count


def pack_routed(board: Board, folder: Path) -> None:
    """Pack the routed design in `folder`.

    Raises:
        ToolError: When the packer fails.
    """
    step = flow_of(board).pack(board)
    run_logged(command_of(step), step.program.name, folder, folder / "pack.log")


def update_weights(directory: Path, board: Board, previous: Path) -> Path:
    """Make a bitstream by exchanging the weights in that of a former build.

    Args:
        directory: Build directory with the new weights.
        board: The board.
        previous: Build directory with a bitstream made to take other weights.

    Returns:
        The bitstream in `directory`.

    Raises:
        CompileError: HW0821 for a family where it can not be done, HW0818 when the former build
            can not take weights, HW0819 when the designs differ in more than weights, HW0808 when
            the packer fails.
    """
    check_swappable(board)
    old, new = board_folder(previous, board.id), board_folder(directory, board.id)
    record = swappable_record(previous, board)
    board = with_link(board, record.link)
    structure = structure_of(directory)
    names = _former_names(directory, previous)
    _check_same(structure.called(names), old / SOURCES)
    _check_top(directory, board, record, old / f"{TOP}.sv", names)
    kind = _blocks_of(board)
    text = (old / SEEDED).with_suffix(kind.suffix).read_text()
    routed = with_weights(text, kind, structure, blocks_of_weights(old))
    changed = {"weights": structure.weights, "structure": structure.digest}
    with _folder_to_fill(directory, old, new):
        bitstream = new / flow_of(board).bitstream
        bitstream.unlink(missing_ok=True)
        (new / BOARD_RECORD).unlink(missing_ok=True)
        (new / ROUTED).with_suffix(kind.suffix).write_text(routed)
        try:
            pack_routed(board, new)
        except ToolError as error:
            raise failed(error) from error
        msgspec.structs.replace(record, **changed).write(new)
    _copy_figures(previous, directory)
    return bitstream


@contextmanager
def _folder_to_fill(directory: Path, old: Path, new: Path) -> Iterator[None]:
    """The new build's folder with the files of the old one; the old one itself when it is that."""
    if new.resolve() == old.resolve():
        yield
        return
    unwanted = shutil.ignore_patterns("decoded.v", MARKER)
    with making_folder(directory, new.name):
        shutil.copytree(old, new, ignore=unwanted, dirs_exist_ok=True)
        yield


def _copy_figures(source: Path, target: Path) -> None:
    """The same logic has the same figures."""
    former = read_report(source)

    def change(report: dict[str, Any]) -> None:
        report["design"]["resources"] = former["design"]["resources"]
        for node, other in zip(report["nodes"], former["nodes"], strict=True):
            node["resources"]["synthesized"] = other["resources"]["synthesized"]

    if source.resolve() != target.resolve():
        update_report(target, change)


def swappable_record(previous: Path, board: Board) -> BuildRecord:
    """The record of a bitstream that takes other weights.

    Raises:
        CompileError: HW0818 when there is none.
    """
    record = read_record(previous / board.id)
    if record is None or not record.swappable:
        raise fail(
            "HW0818",
            f"'{previous}' has no bitstream for '{board.id}' that takes other weights",
            "there is none" if record is None else "it was built without --swappable",
            f"hwcompile build {previous} --board {board.id} --swappable",
        )
    return record


def identity_on(directory: Path, board: Board) -> str:
    """What a board that holds this design's bitstream says about itself.

    Raises:
        CompileError: HW0820 when the bitstream has other weights than the design.
    """
    record = read_record(directory / board.id)
    if record is None or not record.swappable:
        return identity(directory, Interface.read(directory))
    structure = structure_of(directory)
    if (structure.weights, structure.digest) != (record.weights, record.structure):
        raise fail(
            "HW0820",
            f"the bitstream for '{board.id}' in '{directory}' has other weights than the design",
            "the design changed after the build",
            f"hwcompile build {directory} --board {board.id} --update-weights {directory}",
        )
    return record.identity


def _former_names(directory: Path, previous: Path) -> dict[str, str]:
    """Modules and macros are called after the model's file, which may have another name."""
    mine, former = Interface.read(directory).top, Interface.read(previous).top
    stems = [name.removesuffix(".sv") for name in source_names(directory)]
    own = {stem for stem in stems if stem == mine or stem.startswith(f"{mine}_")}
    own |= {own_name(name, mine) for name in library_names()}  # the board's top level has more
    macros = zip(memory_macros(mine), memory_macros(former), strict=True)
    return {**{stem: former + stem.removeprefix(mine) for stem in own}, **dict(macros)}


def _check_same(structure: Structure, sources: Path) -> None:
    """Compare with the sources of the former build; they lie in a folder of their own."""
    files = {path.name: path for path in sources.iterdir()}
    texts = {name: files[name].read_text() for name in files if name not in structure.seeds}
    for name in sorted({*structure.texts, *texts}):
        if structure.texts.get(name) != texts.get(name):
            raise _other_structure(name, structure.texts.get(name), texts.get(name))
    for name, image in structure.seeds.items():
        if name not in files or files[name].read_text() != image.text():
            raise _other_structure(name, None, None)


def _other_structure(name: str, mine: str | None, other: str | None) -> CompileError:
    what = "the new design differs from the routed one in more than weights"
    fix = "a build with --swappable of the new design"
    if mine is None or other is None:
        side = "both" if mine is other else "the new design" if other is None else "the routed one"
        where = "not the same in both" if side == "both" else f"only in {side}"
        return fail("HW0819", what, f"'{name}' is {where}", fix)
    if name.endswith(".mem"):
        rows = len(mine.split())
        why = f"the memory '{name}' has {rows} rows; below {LEAST_ROWS} it is in the logic"
        return fail("HW0819", what, why, fix)
    pairs = zip(mine.splitlines(), other.splitlines(), strict=False)
    lines = [(i, m, o) for i, (m, o) in enumerate(pairs, 1) if m != o]
    line, new, old = lines[0] if lines else (len(other.splitlines()) + 1, "more lines", "the end")
    why = f"'{name}', line {line}: '{new.strip()}', formerly '{old.strip()}'"
    return fail("HW0819", what, why, fix)


def _check_top(
    directory: Path, board: Board, record: BuildRecord, former: Path, names: dict[str, str]
) -> None:
    """The top level around the design must be what would be written today."""
    with tempfile.TemporaryDirectory(prefix="hwcompile-top-") as work:
        folder = Path(work)
        write_board_top(directory, board, folder, record.baud, record.clock, record.identity)
        mine = called((folder / former.name).read_text(), names)
    if mine != former.read_text():
        raise _other_structure(former.name, mine, former.read_text())


def _not_found(what: str, why: str) -> CompileError:
    return fail("HW0817", f"the weights can not be exchanged: {what}", why, "no --swappable")
