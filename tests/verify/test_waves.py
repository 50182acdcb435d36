"""Waveforms: the two formats hold the same, and views name only what is there.

Who wrote the expectations: pywellen reads both formats, Verilator's own writer makes the VCD file,
zlib unpacks, and so does a reader of LZ4 blocks that is written here.
"""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
import pywellen

import hwcompile
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.resources import room
from hwcompile.verify.verilator import find_compiler
from tests.cli.running import type_command
from tests.emit.networks import CASES

Changes = list[tuple[int, int | str | float]]


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    case, folder = CASES["window"], tmp_path_factory.mktemp("waves")
    return hwcompile.compile_graph(case.build(), folder / "build", schedule={"nodes": case.nodes})


@pytest.fixture(scope="module")
def fst(design: Design, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fst") / "of a run.fst"
    assert design.verify(frames=3, waves=path).passed
    return path


def changes(path: Path) -> dict[str, Changes]:
    """Every signal with its values in time; parameters are constants."""
    wave = pywellen.Waveform(str(path))
    return {var.full_name: list(var.signal) for var in wave.all_vars()}


def named(path: Path) -> dict[str, int]:
    """What a save file of GTKWave shows: signal to bits; 0 without a range."""
    found = re.findall(r"^(TOP\..*?)(?:\[(\d+):0\])?$", path.read_text(), re.MULTILINE)
    return {name: int(left) + 1 if left else 0 for name, left in found}


def test_fst_and_vcd_hold_the_same(design: Design, fst: Path, tmp_path: Path) -> None:
    vcd = tmp_path / "run.vcd"
    assert design.verify(frames=3, waves=str(vcd)).passed
    expected, found = changes(vcd), changes(fst)
    assert len(expected) > 200
    assert found == expected
    assert fst.stat().st_size < vcd.stat().st_size / 3


def test_views_name_every_layer_and_only_signals_that_there_are(design: Design, fst: Path) -> None:
    there = {var.full_name: var.length for var in pywellen.Waveform(str(fst)).all_vars()}
    shown = named(fst.with_suffix(".gtkw"))
    assert len(shown) > 12
    assert {name: bits or 1 for name, bits in shown.items()} == {
        name: there[name] for name in shown
    }
    commands = fst.with_suffix(".sucl").read_text()
    assert re.findall(r"^variable_add (\S+)$", commands, re.MULTILINE) == list(shown)
    layers = [f"layer {stream.prefix}" for stream in design.interface.streams]
    gtkwave = fst.with_suffix(".gtkw").read_text()
    groups = re.findall(
        r"^@800200\n-(.*)\n(?:@2.\n(?!-).*\n)+@1000200\n-\1$", gtkwave, re.MULTILINE
    )
    assert [group for group in groups if group.startswith("layer")] == layers
    dividers = re.findall(r"^divider_add (\S+)$", commands, re.MULTILINE)
    assert dividers == [group.replace(" ", "_") for group in groups]
    for stream in design.interface.streams:
        inside = gtkwave.split(f"-layer {stream.prefix}\n")[1]
        assert re.findall(r"_(valid|ready|data)\b", inside) == ["valid", "ready", "data"]


def test_a_view_that_the_user_saved_stays(design: Design, fst: Path) -> None:
    path = fst.with_suffix(".gtkw")
    ours = path.read_text()
    for text, after in (("[*] GTKWave Analyzer\n", "[*] GTKWave Analyzer\n"), (f"{ours}\n", ours)):
        path.write_text(text)
        design.verify(frames=3, waves=fst)
        assert path.read_text() == after


def test_one_command_writes_waves_and_says_how_to_look_at_them(
    design: Design, fst: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fst.unlink()
    printed = type_command(
        monkeypatch, capsys, "verify", design.directory, "--frames", "3", "--waves", fst
    )
    assert printed.code == 0
    assert fst.is_file()
    assert f"gtkwave '{fst}' '{fst.with_suffix('.gtkw')}'" in printed.out
    assert f"surfer '{fst}' -c '{fst.with_suffix('.sucl')}'" in printed.out


@pytest.mark.parametrize(
    ("levels", "name", "code"),
    [
        (("reference", "rtl"), "w.txt", "HW0003"),
        (("reference", "rtl"), "no/w.fst", "HW0003"),
        (("reference", "hls"), "w.fst", "HW0004"),
        (("rtl", "netlist"), "w.fst", "HW0004"),
    ],
)
def test_waves_that_can_not_be_are_refused_before_the_run(
    levels: tuple[str, ...], name: str, code: str, design: Design, tmp_path: Path
) -> None:
    with pytest.raises(CompileError, match=code):
        design.verify(levels=levels, waves=tmp_path / name, board="icestick")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_waves_of_a_netlist_show_the_ports(design: Design, tmp_path: Path) -> None:
    path = tmp_path / "w.fst"
    assert design.verify(levels=("netlist",), board="icestick", frames=3, waves=path).passed
    there = changes(path)
    shown = named(path.with_suffix(".gtkw"))
    assert len(shown) == 10
    assert shown.keys() <= there.keys()


MAIN = """
#include <cstdio>
#include <vector>
#include "lz4.h"
#include "zlib.h"
int main(int, char** argv) {
    std::vector<char> in(1 << 22);
    in.resize(std::fread(in.data(), 1, in.size(), stdin));
    std::vector<char> out(compressBound(in.size()) + LZ4_compressBound(in.size()));
    unsigned long size = out.size();
    if (argv[1][0] == 'z') {
        if (compress2((Bytef*)out.data(), &size, (const Bytef*)in.data(), in.size(), 9)) return 1;
    } else {
        size = LZ4_compress_default(in.data(), out.data(), in.size(), out.size());
    }
    return std::fwrite(out.data(), 1, size, stdout) != size;
}
"""


@pytest.fixture(scope="module")
def packer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packer")
    (folder / "main.cpp").write_text(MAIN)
    command = [find_compiler(), "-std=c++17", "-Wall", "-Werror", "-fsanitize=undefined", "-g0"]
    command += ["-I", str(room("sim") / "fst"), "main.cpp", "-o", "packer"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "packer"


def unpacked(block: bytes) -> bytes:
    """What an LZ4 block stands for."""
    out, at = bytearray(), 0

    def length(nibble: int) -> int:
        nonlocal at
        more = nibble == 15
        while more:
            nibble += block[at]
            more = block[at] == 255
            at += 1
        return nibble

    while at < len(block):
        token = block[at]
        at += 1
        literals = length(token >> 4)
        out += block[at : at + literals]
        at += literals
        if at == len(block):
            break
        back = block[at] | block[at + 1] << 8
        at += 2
        assert 0 < back <= len(out)
        for _ in range(length(token & 15) + 4):
            out.append(out[-back])
    return bytes(out)


def samples() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    runs = b"".join(bytes([value]) * count for count, value in enumerate(range(255), 1))
    words = rng.integers(0, 256, 40, dtype=np.uint8).tobytes()
    far = rng.integers(0, 256, 70_000, dtype=np.uint8).tobytes()
    return {
        "nothing": b"",
        **{f"{size} bytes": b"a" * size for size in (1, 4, 5, 12, 13, 17, 258, 259, 260, 270, 600)},
        "noise": far,
        "runs": runs,
        "ones": b"\1" * 1_000_000,
        "words": b"".join(words[i : i + 9] for i in rng.integers(0, 31, 5_000)),
        "too far": far + far,
        "all bytes": bytes(range(256)) * 3,
    }


@pytest.mark.parametrize("name", sorted(samples()))
def test_what_is_packed_for_fst_unpacks(name: str, packer: Path) -> None:
    data = samples()[name]
    for kind, back in (("z", zlib.decompress), ("4", unpacked)):
        done = subprocess.run([str(packer), kind], input=data, capture_output=True, check=True)
        assert back(done.stdout) == data
        assert not done.stderr
        if name == "ones":
            assert len(done.stdout) < len(data) / 90
