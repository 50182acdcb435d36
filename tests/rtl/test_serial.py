"""Serial lines to a partner whose clock is off by 3 %, and mutants that such a partner finds.

The oracle is the partner, `mains/serial.cpp`: its bits have the length and phase it is told, and it
samples in their middles. Each end may be off by 2 % by its own rules (`BAUD_ERROR`).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hwcompile.emit.shelves import source_text
from hwcompile.verify.programs import build_program
from hwcompile.verify.verilator import Variant, verilate

MAINS = Path(__file__).with_name("mains")
BYTES = 300
RIGHT = [[BYTES] * 4] * 3


def program(folder: Path, mutants: dict[str, tuple[str, str]] | None = None) -> Path:
    """Build the partner with the modules, of which some have a text replaced."""
    sources = [MAINS / "serial.sv"]
    for name in ("hw_uart_rx", "hw_uart_tx"):
        text = source_text(name)
        if mutants and name in mutants:
            old, new = mutants[name]
            assert old in text
            text = text.replace(old, new)
        (folder / f"{name}.sv").write_text(text)
        sources.append(folder / f"{name}.sv")
    verilate(sources, "serial", folder, [])
    build_program(folder, MAINS / "serial.cpp", folder / "serial", Variant())
    return folder / "serial"


def counts(built: Path, skew: int, seed: int) -> list[list[int]]:
    """Bytes sent and right to the module, and from it, at three speeds."""
    done = subprocess.run([built, str(skew), str(seed)], capture_output=True, text=True, check=True)
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return program(tmp_path_factory.mktemp("serial"))


@pytest.mark.parametrize("skew", [970, 1000, 1030])
def test_bytes_arrive_though_the_bits_of_the_other_end_are_three_percent_off(
    partner: Path, skew: int
) -> None:
    for seed in range(3):
        assert counts(partner, skew, seed) == RIGHT


MUTANTS = {
    "sampling at the edge where a bit begins": (
        "hw_uart_rx", "localparam timer_t HalfBit  = timer_t'((ClocksPerBit / 2) - 1);",
        "localparam timer_t HalfBit  = '0;",
    ),
    "sampling at the edge where a bit ends": (
        "hw_uart_rx", "timer_t'((ClocksPerBit / 2) - 1)", "timer_t'(ClocksPerBit - 3)",
    ),
    "sampling after a quarter of a bit": (
        "hw_uart_rx", "timer_t'((ClocksPerBit / 2) - 1)", "timer_t'(ClocksPerBit / 8)",
    ),
    "bits that are sent a clock too short": (
        "hw_uart_tx", "timer_t'(ClocksPerBit - 1)", "timer_t'(ClocksPerBit - 2)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [f if i == 0 else pytest.param(f, marks=pytest.mark.slow) for i, f in enumerate(MUTANTS)],
)
def test_a_mutant_is_found(fault: str, tmp_path: Path) -> None:
    module, old, new = MUTANTS[fault]
    built = program(tmp_path, {module: (old, new)})
    assert any(counts(built, skew, seed) != RIGHT for skew in (970, 1030) for seed in range(3))
