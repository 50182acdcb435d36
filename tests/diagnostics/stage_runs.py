"""Simulation, verification, frames and the programs behind them: HW06xx, HW07xx."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx

import hwcompile
from hwcompile import backend
from hwcompile.boards import load_board
from hwcompile.emit.interface import AxisPort
from hwcompile.explore.power import PowerOptions, estimate_power
from hwcompile.families.flow import Use
from hwcompile.families.ice40.bits.database import chip_database
from hwcompile.ir.types import IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.resources import room
from hwcompile.toolchains.overflow import check_far_too_large
from hwcompile.toolchains.record import BuildRecord
from hwcompile.toolchains.synthesis import VERILOG, Synthesis
from hwcompile.verify import programs, verilator
from hwcompile.verify.beats import from_beats, to_beats
from hwcompile.verify.bench import compile_bench, run_bench
from hwcompile.verify.protocol import check_protocol
from hwcompile.verify.simulator import compile_simulator
from hwcompile.verify.verilator import Tools
from tests.diagnostics.place import Place
from tests.frontends.oracle import Model
from tests.verify.passthrough import write_passthrough
from tests.verify.test_simulator import FAULTS, SHAPE
from tests.verify.test_simulator import frames as passed_frames


def _fault(at: Place, name: str) -> None:
    """Run a FIFO with a fault in it; other tests run the same one, so that it is built once."""
    edit, _ = FAULTS[name]
    kind = IntType(0, 14)
    write_passthrough(at.folder, SHAPE, StreamFormat(6, 5, 5, kind), edit=edit)
    simulator = compile_simulator(at.folder)
    simulator.run({"x": passed_frames(kind)}, stall=0.5, max_idle_cycles=500)


def hw0601_a_design_that_is_stuck(at: Place) -> None:
    _fault(at, "deadlock")


def hw0602_a_frame_that_ends_too_early(at: Place) -> None:
    _fault(at, "early")


def hw0603_a_one_where_no_element_is(at: Place) -> None:
    port = AxisPort("x", "s", StreamFormat(2, 3, 2, IntType(-8, 7)), (1, 2, 3))
    beats = to_beats(np.zeros((1, 1, 2, 3), dtype=np.int64), port)
    beats[1, 0] |= 16
    from_beats(beats, port)


def _bench(at: Place, results: str | None, said: str = "") -> None:
    """Run a bench whose process writes these results and ends."""

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        if results is not None:
            Path(command[5]).write_text(results)
        return SimpleNamespace(stdout="", stderr=said, returncode=1)

    at.patch.setattr(subprocess, "run", run)
    run_bench(at.folder / "program", "top", at.folder, "bench", seed=1)


def hw0604_a_test_that_fails(at: Place) -> None:
    failure = '<failure error_msg="the frame came too late" />'
    _bench(at, f'<testsuites><testcase name="ends_on_time">{failure}</testcase></testsuites>')


def hw0657_no_test_in_the_module(at: Place) -> None:
    _bench(at, "<testsuites />")


def hw0657_a_run_that_ends_before_it_begins(at: Place) -> None:
    last = at.folder / "results.xml"
    last.write_text('<testsuites><testcase name="of_the_run_before" /></testsuites>')
    _bench(at, None, "Traceback\n  File x\nModuleNotFoundError: No module named 'bench'\n")


def _simulate(at: Place, frames: object, **options: Any) -> None:
    at.design().simulate(frames, level="reference", **options)  # type: ignore[arg-type]


def hw0605_frames_of_another_shape(at: Place) -> None:
    _simulate(at, np.ones((2, 7), np.float32))


def hw0605_frames_for_another_input(at: Place) -> None:
    _simulate(at, {"images": np.ones((2, 6), np.float32)})


def hw0606_a_file_that_is_none_of_numpys(at: Place) -> None:
    (at.folder / "x.npy").write_text("hello")
    _simulate(at, at.folder / "x.npy")


def hw0607_a_level_that_is_none(at: Place) -> None:
    at.design().verify(levels=("reference", "layout"))


def hw0609_no_board_for_a_netlist(at: Place) -> None:
    at.design().verify(levels=("netlist",))


def hw0609_no_board_for_a_bitstream(at: Place) -> None:
    at.design().verify(levels=("bitstream",))


def hw0610_a_cell_without_a_model(at: Place) -> None:
    def synthesize(*arguments: Any) -> Synthesis:
        folder = arguments[4]
        (folder / VERILOG).write_text("")
        return Synthesis(folder, Use(), {}, ("LUT4", "MULTADDALU18X18"))

    at.patch.setenv("HWCOMPILE_CACHE", str(at.folder / "cache"))
    at.patch.setattr("hwcompile.verify.netlist.synthesize", synthesize)
    at.patch.setattr("hwcompile.verify.netlist.cell_models", lambda board: "module LUT4 ();")
    at.design().verify(levels=("netlist",), board="tang_nano_9k")


def hw0611_bits_that_nobody_documented(at: Place) -> None:
    at.design().verify(levels=("bitstream",), board="ulx3s_85")


def _built(at: Place, link: str = "uart") -> hwcompile.Design:
    """A design with a file where the bitstream for an iCEBreaker would be."""
    design = at.design()
    folder = design.directory / "icebreaker"
    folder.mkdir()
    (folder / "design.bin").write_bytes(bytes(8))
    BuildRecord(115_200, 104, "0" * 16, 1, "12", link=link).write(folder)
    return design


def hw0611_a_bitstream_with_another_link(at: Place) -> None:
    _built(at, "spi").verify(levels=("bitstream",), board="icebreaker")


def hw0612_bits_of_another_device(at: Place) -> None:
    at.patch.setattr("hwcompile.families.ice40.bits.decode.chip_database", lambda device: None)
    at.patch.setattr("hwcompile.families.ice40.bits.decode.unpack_text", lambda *_: "")

    def parse(*_: object) -> None:
        raise ValueError("there is no tile at 40, 2")

    at.patch.setattr("hwcompile.families.ice40.bits.decode.parse_text", parse)
    _built(at).verify(levels=("bitstream",), board="icebreaker")


def hw0613_a_database_of_another_structure(at: Place) -> None:
    folder = at.folder / "share" / "ice40"
    folder.mkdir(parents=True)
    (folder / "chipdb-5k.bin").write_bytes(b"another")
    spec = SimpleNamespace(submodule_search_locations=[str(at.folder)])
    at.patch.setattr("importlib.util.find_spec", lambda name: spec)
    chip_database.cache_clear()
    chip_database("up5k")


def hw0630_frames_with_nan(at: Place) -> None:
    _simulate(at, np.full((2, 6), np.nan, np.float32))


def hw0631_frames_of_text(at: Place) -> None:
    _simulate(at, np.full((2, 6), "a"))


def hw0632_integers_that_may_be_real(at: Place) -> None:
    _simulate(at, np.ones((2, 6), np.int64))


def hw0633_no_frames(at: Place) -> None:
    _simulate(at, np.ones((0, 6), np.float32))


def hw0634_a_file_that_unpacks_to_too_much(at: Place) -> None:
    at.patch.setattr("hwcompile.verify.numpy_files.BOMB_BYTES", 1000)
    np.savez_compressed(at.folder / "x.npz", x=np.zeros((9000, 6), np.float32))
    _simulate(at, at.folder / "x.npz")


def hw0635_another_word_for_what_inputs_are(at: Place) -> None:
    _simulate(at, np.ones((2, 6), np.int64), inputs_are="integers")


def hw0636_codes_of_an_input_that_is_taken_in_two_ways(at: Place) -> None:
    m = Model()
    x = m.input(1, 6)
    scales = [m.op("MatMul", m.quantize(x, scale), m.weights(6, 4)) for scale in (0.5, 0.25)]
    path = at.write(m.proto([m.quantize(y) for y in scales]))
    design = hwcompile.compile(path, at.folder / "build", fastest=True)
    design.simulate(np.ones((2, 6), np.int64), level="reference", inputs_are="codes")


def hw0637_codes_beyond_the_input(at: Place) -> None:
    _simulate(at, np.full((2, 6), 8), inputs_are="codes")


def hw0638_no_board_for_power(at: Place) -> None:
    estimate_power(at.design(), PowerOptions())


def hw0638_energies_that_nobody_wrote_down(at: Place) -> None:
    at.patch.setattr("hwcompile.explore.power.energies_of", lambda family: None)
    estimate_power(at.design(), PowerOptions(board="icebreaker"))


def hw0638_a_network_that_the_host_computes(at: Place) -> None:
    none = SimpleNamespace(stages=())
    at.patch.setattr("hwcompile.explore.power.read_plan", lambda directory: none)
    estimate_power(at.design(), PowerOptions(board="icebreaker"))


def hw0640_a_design_far_beyond_the_board(at: Place) -> None:
    design = at.design()
    report = design.report
    report["design"]["resources_predicted"]["lut"] = 20_260
    for number, node in enumerate(report["nodes"], 1):
        node["resources"]["predicted"]["lut"] = 900 * number
    check_far_too_large(report, load_board("icestick"))


def hw0701_a_folder_of_the_installation_is_missing(at: Place) -> None:
    at.patch.setattr("hwcompile.resources.__file__", str(at.folder / "hwcompile" / "resources.py"))
    room("templates")


def hw0702_no_verilator(at: Place) -> None:
    at.patch.setenv("PATH", str(at.folder))
    at.patch.setattr("importlib.util.find_spec", lambda name: None)
    verilator._find_verilator()


def hw0703_no_compiler(at: Place) -> None:
    at.patch.setenv("PATH", str(at.folder))
    at.patch.delenv("CXX", raising=False)
    verilator.find_compiler()


def hw0704_verilator_refuses_the_design(at: Place) -> None:
    program = at.folder / "verilator"
    program.write_text("#!/bin/sh\necho '%Error: top.sv:3:9: syntax error' >&2\nexit 1\n")
    program.chmod(0o755)
    tools = Tools(program, at.folder, "c++", clang=False, versions="1")
    at.patch.setattr(verilator, "find_tools", lambda: tools)
    verilator.lint([at.folder / "top.sv"], "top")


def hw0705_the_compiler_fails(at: Place) -> None:
    programs._run(["sh", "-c", "echo 'Vdut.cpp:1:1: error: no room' >&2; exit 1"])


def hw0706_no_cocotb(at: Place) -> None:
    at.patch.setattr("importlib.util.find_spec", lambda name: None)
    compile_bench([], "top", [])


def hw0706_no_bus_models(at: Place) -> None:
    at.patch.setattr("importlib.util.find_spec", lambda name: None)
    check_protocol(at.folder, {}, {})


def _relu(at: Place) -> onnx.ModelProto:
    m = Model()
    return m.proto([m.op("Relu", m.input(1, 6, kind=onnx.TensorProto.INT8))])


def hw0614_two_arrays_for_one_input(at: Place) -> None:
    backend.run_model(_relu(at), [np.zeros((1, 6), np.int8)] * 2)


def hw0614_a_sequence_for_an_input(at: Place) -> None:
    backend.run_model(_relu(at), [[np.zeros((1, 6), np.int8)]])


def hw0615_a_device_that_is_none(at: Place) -> None:
    backend.prepare(_relu(at), "CUDA")
