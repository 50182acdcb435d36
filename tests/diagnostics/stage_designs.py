"""Options, recurrent layers, schedules and build directories: HW00xx, HW024x, HW04xx, HW05xx."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import hwcompile
from hwcompile import rnn
from hwcompile.boards import load_board
from hwcompile.build_directory.atomic import os_failure
from hwcompile.build_directory.process import write_marker
from hwcompile.compiler import lowered_ways
from hwcompile.engine.cluster import engine
from hwcompile.engine.work import Here, WorkEngine, perform_packed
from hwcompile.explore.encodings import explore_encodings
from hwcompile.explore.network.accuracy import check_pair, explore_accuracy
from hwcompile.explore.network.explore import Effort, check_installed, explore_network
from hwcompile.explore.network.recipes import Examples
from hwcompile.explore.network.tasks import Found
from hwcompile.options import CompileOptions
from hwcompile.rnn import Format, Formats, Table
from hwcompile.rnn.description import described
from hwcompile.schedule.planner import plan
from tests.cli.small import save
from tests.diagnostics.place import Place
from tests.frontends.oracle import Model
from tests.rnn.test_lstm import _weights as lstm_weights
from tests.schedule.choose.test_schedule_file import network
from tests.schedule.fakes import registered


def hw0001_a_target_of_nothing(at: Place) -> None:
    at.design(target_fps=0)


def hw0001_no_frames(at: Place) -> None:
    at.design().verify(frames=0)


def hw0002_two_targets(at: Place) -> None:
    at.design(target_fps=5, target_cycles=9)


def hw0002_a_target_for_the_fastest(at: Place) -> None:
    at.design(target_cycles=9, fastest=True)


def hw0003_waves_in_a_folder_that_is_missing(at: Place) -> None:
    design, x = at.design(), np.ones((2, 6), np.float32)
    design.simulate(x, waves=at.folder / "no" / "w.vcd")


def hw0003_waves_of_another_kind(at: Place) -> None:
    design, x = at.design(), np.ones((2, 6), np.float32)
    design.simulate(x, waves=at.folder / "w.txt")


def hw0004_waves_of_two_levels(at: Place) -> None:
    levels = ("reference", "rtl", "netlist")
    at.design().verify(levels=levels, board="icestick", waves=at.folder / "w.fst")


def hw0004_waves_of_the_reference(at: Place) -> None:
    design, x = at.design(), np.ones((2, 6), np.float32)
    design.simulate(x, level="reference", waves=at.folder / "w.vcd")


def hw0005_memory_without_a_board(at: Place) -> None:
    at.design(external_memory=400.0)


def _lstm(**changes: object) -> None:
    rnn.lstm(**{"steps": 4, **lstm_weights(), **changes})  # type: ignore[arg-type]


def hw0240_weights_that_are_no_numbers(at: Place) -> None:
    _lstm(wx=np.full((128, 20), np.nan))


def hw0240_weights_that_are_text(at: Place) -> None:
    _lstm(wr="abc")


def hw0241_weights_of_another_shape(at: Place) -> None:
    _lstm(wx=np.ones((7, 20)))


def hw0241_no_steps(at: Place) -> None:
    _lstm(steps=0)


def hw0242_weights_beyond_their_format(at: Place) -> None:
    _lstm(formats=Formats(wx=Format(12, 11)))


def hw0242_integers_beyond_their_format(at: Place) -> None:
    _lstm(wx=np.full((128, 20), 5000))


def hw0243_a_table_that_ends_too_early(at: Place) -> None:
    _lstm(formats=Formats(sigma=Table(512, 2)))


def hw0243_a_function_that_is_none(at: Place) -> None:
    _lstm(gates="softsign")


def hw0243_a_table_that_is_no_power_of_two(at: Place) -> None:
    _lstm(formats=Formats(sigma=Table(1000, 16)))


def hw0244_a_format_without_a_fraction(at: Place) -> None:
    _lstm(formats=Formats(x=Format(16)))


def hw0244_a_format_that_is_too_coarse(at: Place) -> None:
    _lstm(formats=Formats(c=Format(16, 2)))


def hw0244_a_format_that_is_too_wide(at: Place) -> None:
    _lstm(formats=Formats(wx=Format(40)))


def hw0245_a_start_of_a_state_that_is_not_kept(at: Place) -> None:
    _lstm(start=True)


def hw0246_a_signal_that_is_none(at: Place) -> None:
    described(Formats(), {"default": {"q": [8, 4]}}, "lstm")


def hw0246_a_node_that_the_model_lacks(at: Place) -> None:
    at.design(formats={"encoder": {"c": [12, 8]}})


def hw0401_a_target_that_no_folding_meets(at: Place) -> None:
    at.design(target_cycles=1, schedule={"nodes": {"fc": {"kernel": "folded", "pe": 1, "simd": 1}}})


def hw0401_depths_that_miss_the_target(at: Place) -> None:
    links = {"conv.relu__gather": {"depth": 1}}
    with registered():
        plan(network(), target_cycles=16, schedule={"links": links})


def hw0402_a_schedule_that_is_no_toml(at: Place) -> None:
    path = at.folder / "s.toml"
    path.write_text("kernel\n")
    at.design(schedule=path)


def hw0402_an_unknown_key(at: Place) -> None:
    at.design(schedule={"nodes": {"fc": {"kernel": "folded", "pe": 1, "simmd": 1}}})


def hw0402_an_unknown_node(at: Place) -> None:
    at.design(schedule={"nodes": {"fcc": {"pe": 1}}})


def hw0403_depths_that_deadlock(at: Place) -> None:
    links = {"conv.relu__sum:1": {"depth": 4}}
    with registered():
        plan(network(), target_cycles=64, schedule={"links": links})


def hw0404_a_network_larger_than_the_board(at: Place) -> None:
    m = Model()
    path = at.write(m.proto([m.op("MatMul", m.quantize(m.input(1, 300)), m.weights(300, 70))]))
    hwcompile.compile(path, at.folder / "out", board="icestick")


def hw0405_a_family_without_a_model(at: Place) -> None:
    at.design(board="gatemate_a1_evb")


def hw0406_a_layer_that_is_not_there(at: Place) -> None:
    explore_encodings(save(at.folder), "fcc", CompileOptions())


def hw0407_a_scheduler_that_does_not_answer(at: Place) -> None:
    at.patch.setattr("hwcompile.engine.cluster._TIMEOUT", 1)
    with engine("tcp://127.0.0.1:9"):
        pass


def hw0408_a_network_of_which_nothing_fits(at: Place) -> None:
    at.patch.setattr("hwcompile.explore.network.explore._Exploration.run", lambda self, shares: [])
    ways = lowered_ways(save(at.folder), CompileOptions())
    board = load_board("icestick")
    explore_network(ways, [board], lambda board: (12.0,), Effort(), WorkEngine(Here()))


def hw0409_frames_without_classes(at: Place) -> None:
    check_pair(at.folder / "x.npy", None)


def hw0409_frames_of_another_model(at: Place) -> None:
    at.patch.setattr("hwcompile.explore.network.explore._Exploration.run", lambda self, shares: [])
    np.save(at.folder / "x.npy", np.ones((3, 7), np.float32))
    model = save(at.folder)
    examples = Examples.of(model, at.folder / "x.npy", np.zeros(3, np.int64), None)
    board = load_board("icestick")
    explore_accuracy(model, examples, [board], lambda board: (12.0,), Effort(), WorkEngine(Here()))


def hw0410_a_worker_of_another_version(at: Place) -> None:
    perform_packed(bytes, ("", b""), lambda shared, task: Found(), None, "another")


def hw0805_dask_that_is_not_installed(at: Place) -> None:
    at.patch.setitem(sys.modules, "distributed", None)
    with engine("tcp://127.0.0.1:9"):
        pass


def hw0805_an_optimizer_that_is_not_installed(at: Place) -> None:
    at.patch.setitem(sys.modules, "hwcompile.explore.network.search", None)
    check_installed()


def hw0420_a_schedule_of_another_model(at: Place) -> None:
    at.design(schedule={"nodes": {"encoder": {"pe": 1}, "decoder": {"pe": 1}}})


def hw0501_a_file_in_its_place(at: Place) -> None:
    (at.folder / "build").write_text("")
    at.design()


def hw0501_somebodys_folder(at: Place) -> None:
    (at.folder / "build").mkdir()
    (at.folder / "build" / "thesis.txt").write_text("years")
    at.design(force=True)


def hw0501_a_build_without_force(at: Place) -> None:
    at.design()
    at.design()


def hw0502_below_a_file(at: Place) -> None:
    (at.folder / "file").write_text("")
    hwcompile.compile(save(at.folder), at.folder / "file" / "out")


def hw0502_a_link_to_itself(at: Place) -> None:
    (at.folder / "build").symlink_to(at.folder / "build")
    at.design()


def hw0503_a_folder_that_is_no_build(at: Place) -> None:
    hwcompile.load(at.folder)


def hw0503_a_folder_that_is_missing(at: Place) -> None:
    hwcompile.load(at.folder / "nothing")


def hw0510_a_damaged_file(at: Place) -> None:
    directory = at.design().directory
    (directory / "graph.txt").write_bytes(b"\xff\x00")
    hwcompile.load(directory).verify()


def hw0511_a_file_of_another_version(at: Place) -> None:
    path = at.design().directory / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    hwcompile.load(path.parent)


def hw0512_an_input_inside_what_is_replaced(at: Place) -> None:
    directory = at.design().directory
    hwcompile.compile(save(directory), directory, force=True)


def mark_as_busy(at: Place, folder: Path) -> None:
    """A marker of a process that runs, the first of the machine."""
    at.patch.setattr("socket.gethostname", lambda: "lab")
    with at.patch.context() as change:
        change.setattr("os.getpid", lambda: 1)
        write_marker(folder)


def hw0513_another_process_is_making_it(at: Place) -> None:
    directory = at.design().directory
    (directory / ".hwcompile").mkdir()
    mark_as_busy(at, directory / ".hwcompile")
    at.design(force=True)


def hw0516_a_full_disk(at: Place) -> None:
    raise os_failure(OSError(28, "No space left on device", "DIR/report.json"))


def hw0286_a_design_without_hardware(at: Place) -> None:
    m = Model()
    x = m.op("QuantizeLinear", m.input(1, 6), m.constant(0.25), m.constant(0, np.int8))
    y = m.op("Softmax", m.op("DequantizeLinear", x, m.constant(0.25), m.constant(0, np.int8)))
    hwcompile.compile(m.save(at.folder, y), at.folder / "build")
