from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.engine.cache import cache_root
from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.verify import programs
from hwcompile.verify.beats import to_beats
from hwcompile.verify.programs import OPTIMISED, _compile, level_of
from hwcompile.verify.simulator import compile_simulator
from hwcompile.verify.verilator import find_tools
from tests.verify.passthrough import write_passthrough

SHAPE = (2, 3, 5)
FEW = 1000
"""About how many cycles a simulation here takes."""


def frames(kind: IntType, count: int = 3, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.choice(kind.values(), size=(count, *SHAPE))


@pytest.mark.parametrize(
    ("kind", "parallel"), [(IntType(-4, 3), 1), (IntType(0, 200), 5), (IntType(-99, 900), 4)]
)
@pytest.mark.parametrize("stall", [0.0, 0.6])
def test_frames_come_back(tmp_path: Path, kind: IntType, parallel: int, stall: float) -> None:
    """Widths 8, 40 and 48 bits: tdata is a byte, an integer, and bytes that fill no word."""
    write_passthrough(tmp_path, SHAPE, StreamFormat(6, 5, parallel, kind))
    simulator = compile_simulator(tmp_path, cycles=FEW)
    values = frames(kind)
    result = simulator.run({"x": values}, stall=stall, seed=4)
    assert np.array_equal(result.outputs["y"], values)
    assert np.all(np.diff(result.input_cycles["x"]) >= 1)
    assert result.cycles == result.output_cycles["y"][-1] + 1


@pytest.mark.parametrize("block", [0, 1])
def test_a_fifo_takes_its_cycles(tmp_path: Path, block: int) -> None:
    """Beat i enters in cycle i and leaves one cycle later, two in block RAM."""
    form = StreamFormat(1, 30, 1, BIPOLAR)
    write_passthrough(tmp_path, SHAPE, form, depth=4, block=block)
    simulator = compile_simulator(tmp_path, taps=True, cycles=FEW)
    values = frames(BIPOLAR)
    result = simulator.run({"x": values})
    assert np.array_equal(result.input_cycles["x"], np.arange(90))
    assert np.array_equal(result.output_cycles["y"], np.arange(90) + 1 + block)
    assert result.occupancy == {"fifo": 1 + block}
    assert np.array_equal(result.taps["fifo"], to_beats(values, simulator.interface.inputs[0]))
    stalled = simulator.run({"x": values}, stall=0.5)
    assert stalled.occupancy == {"fifo": 4}


def test_words_of_thousands_of_bits(tmp_path: Path) -> None:
    form = StreamFormat(1, 4001, 4001, BIPOLAR)
    write_passthrough(tmp_path, (1, 1, 4001), form)
    simulator = compile_simulator(tmp_path, cycles=FEW)
    values = np.random.default_rng(1).choice([-1, 1], size=(5, 1, 1, 4001))
    assert np.array_equal(simulator.run({"x": values}, stall=0.3).outputs["y"], values)


def test_runs_repeat_and_seeds_differ(tmp_path: Path) -> None:
    kind = IntType(0, 15)
    write_passthrough(tmp_path, SHAPE, StreamFormat(6, 5, 2, kind))
    simulator = compile_simulator(tmp_path, cycles=FEW)
    values = frames(kind)
    cycles = [
        simulator.run({"x": values}, stall=0.5, seed=seed).output_cycles["y"] for seed in (7, 7, 8)
    ]
    assert np.array_equal(cycles[0], cycles[1])
    assert not np.array_equal(cycles[0], cycles[2])


def test_waveforms_are_written(tmp_path: Path) -> None:
    kind = IntType(0, 15)
    write_passthrough(tmp_path / "build", SHAPE, StreamFormat(6, 5, 5, kind))
    simulator = compile_simulator(tmp_path / "build", waves="vcd", cycles=FEW)
    simulator.run({"x": frames(kind)}, waves=tmp_path / "run.vcd")
    assert "s_axis_x_tvalid" in (tmp_path / "run.vcd").read_text()


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache without programs; what they are made with is that of the machine."""
    for kind in ("verilator", "prelude", "compilers"):
        (cache_root() / kind).mkdir(parents=True, exist_ok=True)
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache" / kind).symlink_to(cache_root() / kind)
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(programs, "PRELUDE_PAYS", 0)


@pytest.mark.usefixtures("empty_cache")
def test_a_program_of_few_cycles_is_another_one(tmp_path: Path) -> None:
    """It brings the same in the same cycles; what is there already and is faster goes before."""
    kind = IntType(-3, 12)
    write_passthrough(tmp_path / "build", SHAPE, StreamFormat(6, 5, 2, kind))
    values = frames(kind)
    needed = [int(most) if most < math.inf else None for most in OPTIMISED.values()]
    assert [level_of(cycles) for cycles in needed] == list(OPTIMISED)
    assert [level_of(cycles + 1) for cycles in needed if cycles] == list(OPTIMISED)[1:]
    made = [compile_simulator(tmp_path / "build", cycles=few, taps=True) for few in needed]
    assert len({one.program for one in made}) == len(OPTIMISED)
    assert compile_simulator(tmp_path / "build", cycles=1, taps=True).program == made[-1].program
    runs = [one.run({"x": values}, stall=0.3, seed=2) for one in made]
    for run in runs[1:]:
        assert np.array_equal(runs[0].outputs["y"], run.outputs["y"])
        assert np.array_equal(runs[0].output_cycles["y"], run.output_cycles["y"])
    assert np.array_equal(runs[0].outputs["y"], values)


@pytest.mark.usefixtures("empty_cache")
def test_large_designs_are_compiled_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = IntType(-5, 9)
    write_passthrough(tmp_path / "build", SHAPE, StreamFormat(6, 5, 1, kind))
    monkeypatch.setattr(programs, "UNITY_BYTES", {"-O0": 0})
    simulator = compile_simulator(tmp_path / "build", cycles=1)
    values = frames(kind)
    assert np.array_equal(simulator.run({"x": values}).outputs["y"], values)


@pytest.mark.usefixtures("empty_cache")
def test_a_header_that_does_not_fit_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = IntType(-3, 9)
    write_passthrough(tmp_path / "build", SHAPE, StreamFormat(6, 5, 1, kind))
    stale = ["-include", str(tmp_path / "nowhere.h")]
    monkeypatch.setattr(programs, "_prelude", lambda variant, level: stale)
    simulator = compile_simulator(tmp_path / "build", cycles=1)
    values = frames(kind)
    assert np.array_equal(simulator.run({"x": values}).outputs["y"], values)


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("pays", [0, 1000])
def test_every_compiler_makes_simulators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, pays: int
) -> None:
    """With and without the translated header, which every compiler takes in its own way."""
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    monkeypatch.setenv("CXX", compiler)
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(programs, "PRELUDE_PAYS", pays)
    find_tools.cache_clear()
    commands = []

    def compiled(command: list[str], source: Path, target: Path) -> Path:
        commands.append(command)
        return _compile(command, source, target)

    monkeypatch.setattr(programs, "_compile", compiled)
    kind = IntType(0, 15)
    write_passthrough(tmp_path / "build", SHAPE, StreamFormat(6, 5, 5, kind))
    try:
        simulator = compile_simulator(tmp_path / "build", waves="vcd")
    finally:
        find_tools.cache_clear()
    simulator.run({"x": frames(kind)}, waves=tmp_path / "run.vcd")
    assert "s_axis_x_tvalid" in (tmp_path / "run.vcd").read_text()
    assert len(commands) == 4  # nothing was tried twice
    assert all(Path(words[0]).name == compiler for words in commands)
    assert any("-include" in word for words in commands for word in words) == (pays == 0)


LAST = "hw_axis_last #(.Words(6)"
FAULTS = {
    "deadlock": (
        ("assign push = s_axis_x_tvalid", "assign push = s_axis_x_tdata[0] && s_axis_x_tvalid"),
        "HW0601",
    ),
    "early": ((LAST, "hw_axis_last #(.Words(5)"), "tlast is too early"),
    "late": ((LAST, "hw_axis_last #(.Words(7)"), "tlast is missing"),
    "frame error": (("hw_axis_check #(.Words(6)", "hw_axis_check #(.Words(3)"), "frame_error_o"),
    "surplus": ((".valid_o(m_axis_y_tvalid)", ".valid_o(stored)"), "more beats"),
    "unstable": (
        (".data_o(m_axis_y_tdata)", ".data_o()"),
        "changed or went away",
    ),
    "refused": ((".push_i(push)", ".push_i(push"), "HW0704"),
}
REPAIRS = {
    "surplus": """
  logic stored;
  int unsigned sent;
  assign m_axis_y_tvalid = stored || (sent == 18);
  always_ff @(posedge aclk) sent <= aresetn ? sent + 32'(m_axis_y_tvalid && m_axis_y_tready) : 0;
""",
    "unstable": "  always_ff @(posedge aclk) m_axis_y_tdata <= ~m_axis_y_tdata;\n",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(tmp_path: Path, fault: str) -> None:
    edit, expected = FAULTS[fault]
    kind = IntType(0, 14)
    write_passthrough(tmp_path, SHAPE, StreamFormat(6, 5, 5, kind), edit=edit)
    top = tmp_path / "rtl" / "top.sv"
    top.write_text(top.read_text().replace("endmodule", REPAIRS.get(fault, "") + "endmodule"))
    x = frames(kind)
    with pytest.raises(CompileError, match=expected) as caught:
        compile_simulator(tmp_path, cycles=FEW).run({"x": x}, stall=0.5, max_idle_cycles=500)
    if fault == "deadlock":
        assert "output 'm_axis_y' moved" in str(caught.value)
