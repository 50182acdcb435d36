"""Modules refuse parameters they can not work with, in Verilator and in Yosys, in words.

What is illegal is what each module's header says. Legal sets are those of all other tests, and the
defaults, with which every module is read by `test_library.py`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.emit.shelves import source_files
from hwcompile.verify.verilator import lint, verilate
from tests.rtl.formal import YOSYS
from tests.rtl.illegal import REFUSALS
from tests.rtl.library import written

ILLEGAL: dict[str, dict[str, dict[str, int]]] = {
    "hw_axis_check": {"Words must be": {"Words": 0}},
    "hw_axis_last": {"Words must be": {"Words": 0}},
    "hw_beats_to_bytes": {"Bytes must be": {"Bytes": 0}},
    "hw_bytes_to_beats": {"Bytes and Words": {"Words": 0}},
    "hw_credit_fifo": {"Depth and Width": {"Depth": 0}},
    "hw_depthwise": {
        "Pe, Words and Taps": {"Taps": 0},
        "between 1 and Pe": {"Pe": 2, "KeptLanes": 3},
        "registers for operands": {"Operands": 3},
    },
    "hw_dot": {
        "Rows, Terms, Group and widths": {"SumBits": 0},
        "weights and inputs evenly": {"Rows": 4, "WeightRows": 3},
        "no register Later": {"Later": 1, "Pack": 2},
    },
    "hw_depthwise_parallel": {
        "must be at least 1": {"Depth": 0},
        "all of their channels": {"Pixels": 2, "Depth": 3},
    },
    "hw_extremum_tree": {"must be at least 1": {"Bits": 0}},
    "hw_dot_packed": {
        "Rows, Terms, Pack and widths": {"Rows": 0},
        "overlap by two bits at most": {"Overlap": 3},
    },
    "hw_fifo": {"Depth and Width": {"Depth": 0}},
    "hw_fork": {"Outputs and Width": {"Outputs": 0}},
    "hw_gearbox": {"between 1 and all units": {"InLast": 9}, "OutWords must": {"OutWords": 0}},
    "hw_join": {"Inputs and Width": {"Inputs": 0}},
    "hw_link": {"1 to 16 inputs": {"Inputs": 17}},
    "hw_link_ask": {"waited for longer": {"WaitClocks": 4096}},
    "hw_link_rx": {"a cycle or more": {"GapClocks": 0}},
    "hw_matmul_parallel": {
        "must be at least 1": {"Terms": 0},
        "a single pixel are full": {"Tail": 1},
    },
    "hw_matvec": {
        "must be at least 1": {"Groups": 0},
        "between 1 and Pe": {"Pe": 2, "KeptLanes": 5},
        "three registers more": {"Sums.registers": 4},
    },
    "hw_next_board": {"at least 4 cycles": {"ClocksPerBit": 3}},
    "hw_products": {"no such encoding": {"Encoding": 99}},
    "hw_products_agree": {"have one bit": {"WBits": 2}, "at most 16": {"Group": 17}},
    "hw_products_lut": {"one pair or four": {"Terms": 8, "Group": 2}},
    "hw_products_multiply": {"one by one": {"Terms": 8, "Group": 4}},
    "hw_codebook": {"at most 8 bits": {"CodeBits": 9}},
    "hw_products_shift": {
        "a sign and a field": {"WBits": 3, "Powers": 2},
        "one pair or four": {"Terms": 8, "Group": 2},
    },
    "hw_products_select_input": {"inputs of one bit": {"XBits": 3}},
    "hw_products_select_weight": {"one bit or two": {"WBits": 3}},
    "hw_products_separable_bits": {"n x n bits": {"WBits": 5, "XBits": 8}},
    "hw_products_separable_sums": {"2 n - 1 bits": {"WBits": 4}},
    "hw_word_sums": {"Terms, Depth, Group and widths": {"Depth": 0}},
    "hw_recode": {"only become wider": {"InWidth": 5, "OutWidth": 3}},
    "hw_reduce_parallel": {"at least 2": {"Taps": 1}},
    "hw_by_stage": {"at least 2": {"Taps": 1}},
    "hw_limited_parallel": {"at least 2": {"Taps": 1}},
    "hw_limited_add": {"widths must be": {"InBits": 0}, "without sign": {"OutSigned": 0}},
    "hw_rounded_parallel": {"at least 2": {"Taps": 1}},
    "hw_rounded_add": {"at least 1": {"Digits": 0}, "as wide": {"InBits": 7}},
    "hw_skid_buffer": {"Width must be": {"Width": 0}},
    "hw_sum_tree": {"Rows, Terms and widths": {"InBits": 0}},
    "hw_uart_rx": {"at least 4 cycles": {"ClocksPerBit": 3}},
    "hw_uart_tx": {"at least 2 cycles": {"ClocksPerBit": 1}},
    "hw_window": {
        "power of two": {"Depth": 12},
        "sizes, strides": {"Shape.kernel_width": 0},
        "strides and dilations": {"Shape.dilation_height": 0},
        "between 1 and all lanes": {"Parallel": 2, "LastLanes": 3},
        "outputs hold the inputs": {"InBits": 4, "OutBits": 3},
    },
    "hw_window_banks": {"must be at least 1": {"Rows": 0}},
    "hw_window_parallel": {
        "Depth, Banks, Parallel": {"InBits": 4, "OutBits": 3},
        "sizes, strides": {"Shape.stride_width": 0},
        "further than a row": {"Shape.pad_left": 3},
        "a ring is": {"Ring": 1},
        "a bank for every row": {"Depth": 8},
        "multiple of the stride": {"Pixels": 3, "Shape.stride_width": 2},
        "words that wait": {"Recent": 4},
    },
    "hw_window_loads": {"must be at least 1": {"RowBits": 1}},
    "hw_window_recent": {"must be at least 1": {"Reach": 0}},
    "hw_window_newest": {"must be at least 1": {"Recent": 0}},
    "hw_window_position": {"no more than a kernel": {"TapCount": 10}},
    "hw_window_taps": {"whole groups": {"Parallel": 3, "Abreast": 2}},
    "hw_window_loops": {"at least one turn": {"Shape.group_words": 0}},
}
"""Module to the words of a refusal to the parameters that cause it."""

CASES = [
    pytest.param(module, words, values, id=f"{module}-{words}")
    for module, refusals in (REFUSALS | ILLEGAL).items()
    for words, values in refusals.items()
]


def yosys(module: str, values: dict[str, int], paths: list[Path]) -> str:
    """What Yosys says when it elaborates a module from its sources."""
    pairs = " ".join(f"-chparam {name} {value}" for name, value in values.items())
    script = (
        f"read_verilog -sv -defer {' '.join(map(str, paths))}\n"
        f"hierarchy -check -top {module} {pairs}\n"
    )
    result = subprocess.run([sys.executable, "-c", YOSYS, script], capture_output=True, text=True)
    return f"{result.returncode} {result.stdout}{result.stderr}"


def _plain(values: dict[str, int], folder: Path) -> dict[str, int]:
    """The values without fields of structures, whose defaults are written to the packages."""
    for name, value in values.items():
        _, dot, field = name.partition(".")
        changed = 0
        for path in folder.glob("*_pkg.sv") if dot else ():
            # A kind is a name of two bits; numbers keep theirs, or all fields in front would move.
            default = re.compile(
                rf"(?:-?(\d+)'\w+|[a-zA-Z]\S*?)(,? +// {field}\b.*)$", re.MULTILINE
            )
            parts = default.split(path.read_text())
            count = len(parts) // 3
            for at in range(1, len(parts), 3):
                parts[at] = f"{parts[at] or 2}'d{value}"
            text = "".join(parts)
            path.write_text(text)
            changed += count
        assert changed == bool(dot), name
    return {name: value for name, value in values.items() if "." not in name}


@pytest.mark.parametrize(("module", "words", "values"), CASES)
def test_illegal_parameters_are_refused(
    module: str, words: str, values: dict[str, int], tmp_path: Path
) -> None:
    paths = written(module, tmp_path)
    values = _plain(values, tmp_path)
    options = ["-Wno-lint", *(f"-G{name}={value}" for name, value in values.items())]
    message = f"hw_[^\n]*: [^\n]*{words}"
    with pytest.raises(CompileError, match=message):
        lint(paths, module, options)
    said = yosys(module, values, paths)
    assert not said.startswith("0 ")
    assert re.search(message, said), said[-2000:]


def test_a_refused_module_does_not_become_a_simulator() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.raises(CompileError, match="hw_window: Depth must be a power of two"),
    ):
        verilate(written("hw_window", Path(folder)), "hw_window", Path(folder), ["-GDepth=12"])


def test_refusals_are_written_in_one_way() -> None:
    """Yosys prints the words of `$error`, and of `$fatal` only that there was one."""
    for name, path in source_files().items():
        text = path.read_text()
        assert "$fatal" not in text, name
        for block in re.findall(r"begin : (gen_\w+)\n +\$error\(\"(\w+)", text):
            assert block[1] == name
