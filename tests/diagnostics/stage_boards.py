"""Boards, their tools, their links, and what is built for them: HW08xx."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import msgspec
import numpy as np

import hwcompile
from hwcompile.boards import load_board, parse_board
from hwcompile.cli.build import build_command as build_command
from hwcompile.emit.interface import Interface, ports_of
from hwcompile.families.flow import Use
from hwcompile.families.ice40.blocks import BLOCKS
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntType
from hwcompile.options import CompileOptions
from hwcompile.resources import room
from hwcompile.runtime.driver import c_type, write_driver
from hwcompile.runtime.session import run_on_board
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.system.split import split
from hwcompile.system.verifying import verify_system
from hwcompile.toolchains.board_top import BAUD, check_memory
from hwcompile.toolchains.build import stage_modules
from hwcompile.toolchains.place_and_route import Routed
from hwcompile.toolchains.programming import programmer_command, run_programmer
from hwcompile.toolchains.record import BuildRecord, only_board
from hwcompile.toolchains.swap import (
    SOURCES,
    identity_on,
    swappable_record,
    update_weights,
    with_weights,
)
from hwcompile.toolchains.synthesis import Synthesis
from hwcompile.toolchains.vendor.soc import write_wrappers
from hwcompile.toolchains.vendor.wrapper import dma_wrapper
from hwcompile.toolchains.weights import structure_of
from hwcompile_runtime.frames import run_frames
from hwcompile_runtime.link import BoardLink
from hwcompile_runtime.packets import LOST, MET, PROTOCOL, TAKEN, Packet
from hwcompile_runtime.serial_port import open_port
from tests.boards.test_boards import data_of
from tests.diagnostics.place import Place
from tests.diagnostics.stage_designs import mark_as_busy
from tests.runtime.test_broken_lines import Cut, Made, polite, run
from tests.system.networks import layers
from tests.vendor.recurrent import recurrent


def own_board(at: Place, name: str = "mine", **changes: Any) -> str:
    """A board file of one's own: an iCEBreaker with other words in it."""
    text = (room("boards") / "icebreaker" / "board.toml").read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    (at.folder / f"{name}.toml").write_text(text)
    return f"{at.folder}/{name}.toml"


def hw0801_an_unknown_board(at: Place) -> None:
    at.design(board="icebraker")


def hw0801_a_board_file_that_is_missing(at: Place) -> None:
    at.design(board="./mine.toml")


def hw0802_a_board_file_that_is_no_toml(at: Place) -> None:
    (at.folder / "mine.toml").write_text("clock")
    load_board("./mine.toml")


def hw0802_an_unknown_key(at: Place) -> None:
    parse_board({**data_of("icebreaker"), "clok": {}}, "mine", "mine.toml")


def hw0802_a_pin_with_two_uses(at: Place) -> None:
    data = data_of("icebreaker")
    data["uart"] = {**data["uart"], "tx": data["uart"]["rx"]}
    parse_board(data, "mine", "mine.toml")


def hw0802_a_text_that_scripts_would_run(at: Place) -> None:
    data = data_of("icebreaker")
    data["clock"] = {**data["clock"], "pin": "35; exec rm"}
    parse_board(data, "mine", "mine.toml")


def hw0803_a_board_without_a_link(at: Place) -> None:
    at.design().build("upduino")


def hw0803_a_link_that_the_board_lacks(at: Place) -> None:
    at.design().build("ulx3s_85", link="spi")


def _synthesized(at: Place, use: Use, fmax: float = 50.0) -> None:
    """Build with tools that say that a design takes `use` and reaches `fmax` MHz."""
    design = at.design(fastest=True)
    modules = stage_modules(Interface.read(design.directory))
    shares = {module: Use(lut=7000 + i) for i, module in enumerate(modules)}

    def synthesize(*arguments: Any) -> Synthesis:
        return Synthesis(arguments[4], use, shares, ())

    def place(*_: Any, **__: Any) -> Routed:
        return Routed(fmax, 1, use, ())

    at.patch.setattr("hwcompile.toolchains.build.synthesize", synthesize)
    at.patch.setattr("hwcompile.toolchains.build.place_and_route", place)
    design.build("icebreaker", seeds=3)


def hw0804_a_design_larger_than_the_board(at: Place) -> None:
    _synthesized(at, Use(lut=9000, ff=300))


def hw0805_a_programmer_that_is_not_installed(at: Place) -> None:
    at.patch.setenv("PATH", str(at.folder))
    run_programmer(["iceprog", "design.bin"])


def hw0805_a_tool_that_is_not_installed(at: Place) -> None:
    at.patch.setenv("PATH", str(at.folder))
    at.patch.setattr("importlib.util.find_spec", lambda name: None)
    at.design().build("icebreaker")


def hw0806_a_baud_rate_that_the_clock_can_not_make(at: Place) -> None:
    at.design().build("icebreaker", baud=7_000_000)


def hw0807_a_design_that_is_too_slow(at: Place) -> None:
    _synthesized(at, Use(lut=900), fmax=7.5)


def hw0808_a_programmer_that_fails(at: Place) -> None:
    run_programmer(["false"])


def hw0808_a_vendors_tool_that_fails(at: Place) -> None:
    script = at.folder / "vivado"
    script.write_text('#!/bin/sh\necho "ERROR: [Place 30-640] too many LUTs"; exit 1\n')
    script.chmod(0o755)
    at.patch.setenv("PATH", str(at.folder), prepend=":")
    from hwcompile.toolchains.vendor.project import build_project

    build_project(at.design().directory, load_board("arty_a7_35"))


def hw0809_no_bitstream(at: Place) -> None:
    programmer_command(at.design().directory, load_board("icestick"))


def hw0810_a_board_that_does_not_answer(at: Place) -> None:
    ticks = count()
    BoardLink(Made(lambda request: b""), clock=lambda: float(next(ticks))).hello()


def hw0811_a_board_that_was_reset(at: Place) -> None:
    design = at.design()
    run(design, BoardLink(polite(design, lambda r: Packet(LOST, r.sequence, r.channels))))


def hw0812_a_board_with_another_design(at: Place) -> None:
    design = at.design()
    frames = {"x": np.zeros((1, 1, 1, 6), np.int64)}
    said = bytes([PROTOCOL, *range(7)])
    line = Made(lambda r: Packet(MET, r.sequence, r.channels, said).encode())
    run_frames(BoardLink(line), ports_of(design.interface), "0123456789abcdef", frames)


def hw0813_a_design_that_takes_nothing(at: Place) -> None:
    design = at.design()
    run(design, BoardLink(polite(design, lambda r: Packet(TAKEN, r.sequence, r.channels))))


def hw0814_a_port_that_is_not_there(at: Place) -> None:
    with open_port("/dev/ttyNOWHERE", BAUD):
        pass


def hw0815_somebodys_folder(at: Place) -> None:
    design = at.design()
    (design.directory / "icebreaker").mkdir()
    (design.directory / "icebreaker" / "thesis.txt").write_text("years")
    design.build("icebreaker")


def hw0816_weights_in_memory_that_the_board_lacks(at: Place) -> None:
    _, design = recurrent(at.folder / "build")
    check_memory(design.directory, load_board("icebreaker"))


def hw0817_weights_that_are_not_all_found(at: Place) -> None:
    structure = structure_of(at.design().directory)
    with_weights("", BLOCKS, structure, 2)


def _record(at: Place, **changes: Any) -> hwcompile.Design:
    """A design with the record of a bitstream that was never made."""
    design = at.design()
    folder = design.directory / "icebreaker"
    folder.mkdir()
    plain = BuildRecord(BAUD, 104, "0" * 16, 1, "12")
    msgspec.structs.replace(plain, **changes).write(folder)
    return design


def hw0818_a_bitstream_that_takes_no_other_weights(at: Place) -> None:
    swappable_record(_record(at).directory, load_board("icebreaker"))


def hw0818_no_bitstream_at_all(at: Place) -> None:
    update_weights(at.design().directory, load_board("icebreaker"), at.folder / "build")


def hw0819_a_design_of_another_structure(at: Place) -> None:
    directory = _record(at, swappable=True).directory
    folder = directory / "icebreaker" / SOURCES
    structure_of(directory).write(folder)
    (folder / "small_network.sv").unlink()
    update_weights(directory, load_board("icebreaker"), directory)


def hw0820_a_bitstream_with_other_weights(at: Place) -> None:
    directory = _record(at, swappable=True, weights="other", structure="other").directory
    identity_on(directory, load_board("icebreaker"))


def hw0821_a_family_whose_memories_are_not_known(at: Place) -> None:
    at.design().build("tang_nano_9k", swappable=True)


def hw0830_a_system_without_pseudo_terminals(at: Place) -> None:
    at.patch.delattr("os.openpty")
    SimulatedPort(at.design().directory, load_board("icebreaker"))


def hw0831_noise_on_a_real_port(at: Place) -> None:
    frames = {"x": np.zeros((1, 1, 1, 6), np.int64)}
    directory = at.design().directory
    run_on_board(directory, load_board("icebreaker"), "/dev/ttyUSB1", BAUD, frames, noise=0.5)


def hw0832_a_clock_that_the_board_can_not_make(at: Place) -> None:
    at.design().build("icebreaker", clock="13.3")


def hw0833_a_clock_that_is_none(at: Place) -> None:
    at.design().build("icebreaker", clock="fast")


def hw0834_integers_that_c_does_not_hold(at: Place) -> None:
    c_type(IntType(0, 2**64))


def hw0835_a_driver_below_a_file(at: Place) -> None:
    (at.folder / "file").write_text("")
    design = at.design()
    write_driver(design.directory, design.graph.types, at.folder / "file" / "c")


def hw0836_no_board_is_meant(at: Place) -> None:
    only_board(at.design().directory)


def hw0850_a_board_that_programs_itself(at: Place) -> None:
    programmer_command(at.design().directory, load_board("pynq_z2"))


def hw0851_a_board_without_an_open_flow(at: Place) -> None:
    at.design().verify(levels=("netlist",), board="pynq_z2")


def hw0852_more_ports_than_the_registers_have(at: Place) -> None:
    interface = at.design().interface
    dma_wrapper(replace(interface, inputs=interface.inputs * 17), "0" * 16)


def hw0853_a_wrapper_of_a_design_with_weights_in_memory(at: Place) -> None:
    _, design = recurrent(at.folder / "build")
    write_wrappers(design.directory)


def hw0854_a_clock_for_a_vendors_project(at: Place) -> None:
    build_command(at.design().directory, "zcu104", clock="auto")


def hw0860_a_board_called_like_a_folder_of_ours(at: Place) -> None:
    at.design().build(own_board(at, "rtl"))


def hw0861_a_board_whose_name_is_no_folders(at: Place) -> None:
    parse_board(data_of("icebreaker"), "..", "../board.toml")


def hw0862_another_process_is_filling_the_folder(at: Place) -> None:
    design = at.design()
    (design.directory / "icebreaker").mkdir()
    mark_as_busy(at, design.directory / "icebreaker")
    design.build("icebreaker")


def hw0863_a_damaged_record_of_a_bitstream(at: Place) -> None:
    design = _record(at)
    (design.directory / "icebreaker" / "build.json").write_text("{")
    only_board(design.directory)


def hw0870_a_board_that_is_unplugged(at: Place) -> None:
    design = at.design()
    line = polite(design, lambda r: Packet(TAKEN, r.sequence, r.channels))
    run(design, BoardLink(Cut(line, 0)))


def hw0871_a_board_that_sends_too_much(at: Place) -> None:
    design = at.design()
    surplus = bytes(3)
    run(design, BoardLink(polite(design, lambda r: Packet(TAKEN, r.sequence, 0xF0, surplus))))


def _split(at: Place, graph: Graph, *boards: str) -> None:
    split(graph, at.folder / "system", boards, CompileOptions())


def hw0880_a_folder_that_is_no_system(at: Place) -> None:
    verify_system(at.design().directory)


def hw0881_a_system_of_one_board(at: Place) -> None:
    _split(at, layers(), "icebreaker")


def hw0882_more_boards_than_parts(at: Place) -> None:
    _split(at, layers((6, 5)), "icebreaker", "icebreaker", "icebreaker")


def hw0883_parts_that_fit_nowhere(at: Place) -> None:
    small = own_board(at, **{"lut = 5280": "lut = 900"})
    _split(at, layers((6, 5)), small, small)


def hw0884_a_network_with_two_outputs(at: Place) -> None:
    graph = layers()
    _split(at, replace(graph, outputs=("act1", *graph.outputs)), "icebreaker", "icebreaker")


def hw0885_boards_of_unlike_clocks(at: Place) -> None:
    _split(at, layers(), "icebreaker", "ulx3s_85")


def hw0886_a_level_that_systems_do_not_have(at: Place) -> None:
    _split(at, layers((6, 5)), "icebreaker", "icebreaker")
    verify_system(at.folder / "system", ("netlist",))
