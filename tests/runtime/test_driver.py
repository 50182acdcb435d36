"""The C driver: strict C99, packing of every word format, frames through the simulated board."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwcompile
from hwcompile.boards import load_board, with_link
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.emit.interface import AxisPort
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.resources import room
from hwcompile.runtime.driver import LINK, REALS, c_type, write_driver
from hwcompile.runtime.session import run_on_board
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.toolchains.board_top import BAUD
from hwcompile.verify.beats import from_beats, to_beats
from tests.cli.running import type_command
from tests.models import ROOT
from tests.protocol.test_designs import branches
from tests.toolchains import medium

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-O1")
compiler = shutil.which("gcc") or shutil.which("cc") or ""
pytestmark = pytest.mark.skipif(not compiler, reason="no C compiler")

NUMPY = {f"{s}int{bits}_t": f"{'i' if not s else 'u'}{bits // 8}" for s in ("", "u")
         for bits in (8, 16, 32, 64)}  # fmt: skip

elements = st.one_of(
    st.just(BIPOLAR),
    st.builds(
        lambda low, span: IntType(low, low + span),
        st.integers(-(2**33), 2**33) | st.integers(-300, 300),
        st.integers(0, 2**34) | st.integers(0, 300),
    ),
)
formats = st.builds(
    StreamFormat, st.integers(1, 4), st.integers(1, 20), st.integers(1, 21), elements
)


class Port(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("vectors", "size", "parallel")),
        *((n, ctypes.c_uint8) for n in ("bits", "element_bytes", "is_signed", "is_bipolar")),
        ("word_bytes", ctypes.c_uint32),
    ]


@cache
def library() -> ctypes.CDLL:
    """The driver with the packing of single bytes made visible."""
    folder = Path(mkdtemp(prefix="hwcompile-c-"))
    (folder / "visible.c").write_text(
        '#include "hwcompile_link.c"\n'
        "uint8_t visible_get(const hwcompile_port *p, const void *v, uint32_t at);\n"
        "void visible_put(const hwcompile_port *p, void *v, uint32_t at, uint8_t byte);\n"
        "uint8_t visible_get(const hwcompile_port *p, const void *v, uint32_t at)\n"
        "{ return get_byte(p, v, at); }\n"
        "void visible_put(const hwcompile_port *p, void *v, uint32_t at, uint8_t byte)\n"
        "{ put_byte(p, v, at, byte); }\n"
    )
    sources = ("-I", str(room("templates") / "c"), str(folder / "visible.c"))
    target = folder / "visible.so"
    subprocess.run([compiler, *STRICT, "-shared", "-fPIC", *sources, "-o", target], check=True)
    return ctypes.CDLL(str(target))


@settings(max_examples=150, deadline=None)
@given(formats, st.integers(0, 2**32), st.integers(1, 2))
def test_every_word_format(form: StreamFormat, seed: int, frames: int) -> None:
    element = form.element
    port = AxisPort("x", "s_axis", form, (1, form.vectors, form.size))
    rng = np.random.default_rng(seed)
    shape = (frames, *port.shape)
    values = rng.integers(element.low, element.high, shape, endpoint=True, dtype=np.int64)
    values = np.where(values <= 0, -1, 1) if element == BIPOLAR else values
    expected = to_beats(values, port).tobytes()
    ctype = NUMPY[c_type(element)]
    array = np.ascontiguousarray(values.astype(ctype))
    size = array.dtype.itemsize
    numbers = (form.vectors, form.size, form.parallel, element.bits, size)
    described = Port(*numbers, element.signed, element == BIPOLAR, port.tdata_bytes)
    get, put = library().visible_get, library().visible_put
    get.restype = ctypes.c_uint8
    where = array.ctypes.data_as(ctypes.c_void_p)
    assert bytes(get(ctypes.byref(described), where, k) for k in range(len(expected))) == expected
    back = np.full(shape, 85, ctype)
    into = back.ctypes.data_as(ctypes.c_void_p)
    for k, byte in enumerate(expected):
        put(ctypes.byref(described), into, k, ctypes.c_uint8(byte))
    np.testing.assert_array_equal(back, values)
    beats = np.frombuffer(expected, np.uint8).reshape(-1, port.tdata_bytes)
    np.testing.assert_array_equal(back, from_beats(beats, port))


def test_what_c_can_not_hold() -> None:
    assert c_type(IntType(0, 255)) == "uint8_t"
    assert c_type(IntType(-128, 128)) == "int16_t"
    assert c_type(BIPOLAR) == "int8_t"
    with pytest.raises(CompileError, match="HW0834"):
        c_type(IntType(0, 2**64))


PATIENT = ("-DSLOW_CLOCK",)
"""Nothing is lost on a quiet line, but a simulated board on a busy machine may be slow."""

Outputs = dict[str, IntArray]
Program = Callable[[SimulatedPort, dict[str, IntArray]], tuple[int, Outputs, int]]


def program(design: Design, folder: Path, *switches: str) -> Program:
    """Compile the driver's files with a main program; returns (exit code, outputs, retries)."""
    top = design.interface.top
    sources, sinks = design.interface.inputs, design.interface.outputs
    macros = {"TEST_HEADER": f'"{top}.h"', "DESIGN": f"{top}_design"}
    if len(sources) == len(sinks) == 1:
        types = {"IN": f"{top}_in_{sources[0].name}_t", "OUT": f"{top}_out_{sinks[0].name}_t"}
        macros |= {"RUN": f"{top}_run", **types}
    defines = [f"-D{name}={value}" for name, value in macros.items()]
    files = [str(folder / name) for name in (LINK[1], REALS[1], f"{top}.c")]
    main = str(Path(__file__).with_name("posix_main.c"))
    target = folder / "main"
    command = [
        compiler,
        *STRICT,
        f"-I{folder}",
        *switches,
        *defines,
        *files,
        main,
        "-o",
        str(target),
        "-lm",
    ]
    subprocess.run(command, check=True)

    def run(port: SimulatedPort, integers: dict[str, IntArray]) -> tuple[int, Outputs, int]:
        arrays = [integers[p.name].astype(NUMPY[c_type(p.format.element)]) for p in sources]
        (folder / "in.bin").write_bytes(b"".join(array.tobytes() for array in arrays))
        frames = len(arrays[0])
        words = [port.name, str(folder / "in.bin"), str(folder / "out.bin"), str(frames)]
        done = subprocess.run([target, *words], capture_output=True, text=True, timeout=120)
        if done.returncode:
            return done.returncode, {}, 0
        data, outputs = (folder / "out.bin").read_bytes(), {}
        for p in sinks:
            kind = np.dtype(NUMPY[c_type(p.format.element)])
            count = frames * int(np.prod(p.shape))
            part, data = data[: count * kind.itemsize], data[count * kind.itemsize :]
            outputs[p.name] = np.frombuffer(part, kind).astype(np.int64).reshape(-1, *p.shape)
        return 0, outputs, int(done.stdout.split()[0])

    return run


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("digits")
    model = ROOT / "examples" / "digits" / "digits_mlp_w1a1.onnx"
    return hwcompile.compile(model, folder / "build", target_cycles=2000, clock_mhz=12)


def equal(outputs: Outputs, design: Design, integers: dict[str, IntArray]) -> None:
    expected = design.graph.evaluate(integers)
    assert outputs.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(outputs[name], values)


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.01])
def test_twenty_digits(
    digits: Design,
    noise: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = type_command(monkeypatch, capsys, "driver", digits.directory, "-o", tmp_path / "c")
    assert printed.code == 0, printed.err
    images = np.load(ROOT / "examples" / "digits" / "test_split.npz")["images"][:20]
    integers = digits.quantize((images / 16).astype(np.float32))
    run = program(digits, tmp_path / "c", *([] if noise else PATIENT))
    if noise > 0.001:  # long packets do not get through
        integers = {name: array[:8] for name, array in integers.items()}
    with SimulatedPort(digits.directory, load_board("icebreaker"), noise=noise, seed=11) as port:
        retries = 0
        for _ in range(2):
            code, outputs, count = run(port, integers)
            assert code == 0
            equal(outputs, digits, integers)
            retries += count
        assert (retries > 0) == (noise > 0)


@pytest.mark.parametrize("noise", [0.0, 0.0005])
def test_twenty_digits_over_spi(digits: Design, noise: float, tmp_path: Path) -> None:
    write_driver(digits.directory, digits.graph.types, tmp_path)
    run = program(digits, tmp_path, "-DSPI", *([] if noise else PATIENT))
    images = np.load(ROOT / "examples" / "digits" / "test_split.npz")["images"][:20]
    integers = digits.quantize((images / 16).astype(np.float32))
    board = with_link(load_board("icebreaker"), "spi")
    with SimulatedPort(digits.directory, board, noise=noise, seed=5) as port:
        code, outputs, retries = run(port, integers)
    assert code == 0
    equal(outputs, digits, integers)
    assert (retries > 0) == (noise > 0)


def test_another_design_is_noticed(
    digits: Design,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = hwcompile.compile(
        medium.save(tmp_path), tmp_path / "build", target_cycles=medium.TARGET_CYCLES
    )
    type_command(monkeypatch, capsys, "driver", other.directory)
    run = program(other, other.directory / "c")
    integers = other.quantize(np.zeros((2, 64), np.float32))
    with SimulatedPort(digits.directory, load_board("icebreaker")) as port:
        assert run(port, integers)[0] == 3  # HWCOMPILE_OTHER_DESIGN


def test_two_inputs_and_two_outputs(tmp_path: Path) -> None:
    """From C and from Python, in one run each of the same board."""
    design = hwcompile.compile_graph(branches(), tmp_path / "build", target_cycles=400)
    write_driver(design.directory, design.graph.types, tmp_path / "c")
    run = program(design, tmp_path / "c", *PATIENT)
    rng = np.random.default_rng(4)
    integers = {
        name: rng.choice(design.graph.types[name].element.values(), size=(7, *port.shape))
        for name, port in zip(design.graph.inputs, design.interface.inputs, strict=True)
    }
    board = load_board("icebreaker")
    with SimulatedPort(design.directory, board) as port:
        code, outputs, retries = run(port, integers)
        assert (code, retries) == (0, 0)
        equal(outputs, design, integers)
        ran = run_on_board(design.directory, board, port.name, BAUD, integers)
        equal(ran.outputs, design, integers)
