"""Predicts how long cycles of circuits are on an FPGA family, in ns.

The figures of a family are those that its place-and-route tool reports for single cells and the
wires between them, with which the slowest paths of placed networks are met best
(`benchmarks/delays.py` fits them, `benchmarks/clock.py` measures the error).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt

import msgspec

from hwcompile.board_file import Device
from hwcompile.families import fpga_family
from hwcompile.families.family import DELAYS
from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications
from hwcompile.ops.contract.paths import Path
from hwcompile.technology.rules import Rules, banks_of, blocks_of, dsp_of, rules_of, small_of

TABLE_ROWS = 16
"""Rows of a memory that are one table."""


class Delays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Delays of one speed grade, in ns, each with the wire that follows.

    Attributes:
        register: From the clock to a register's output, and into the next one.
        memory: The same for a block of memory.
        inside: The same for a register inside a block of memory, which stands far from logic.
        level: A look-up table.
        carry: An adder or comparison, without its bits.
        bit: A bit of it.
        product: A DSP block.
        near: The same between registers that can stand beside it.
        spread: Of n products that are made side by side, and of a word out of n blocks of memory,
            the slowest takes sqrt(n) times so much more: blocks stand far from each other.
    """

    register: float
    memory: float
    inside: float
    level: float
    carry: float
    bit: float
    product: float
    near: float
    spread: float


@dataclass(frozen=True)
class DelayModel:
    """A family's delays at a speed grade."""

    delays: Delays
    rules: Rules

    def of(self, path: Path) -> float:
        """Of a path, registers included. ns."""
        each = self.delays
        banks = banks_of(path.memory, self.rules) if path.memory else 0
        total = each.memory if banks else each.register
        alone = not (path.levels or path.carries or path.product)
        if alone and self._inside(path.memory):
            total = each.register
        elif path.held and self._inside(path.held) and not self._in_dsp(path.product):
            # A DSP block would have the register in front of it inside as well.
            total = each.inside + each.spread * sqrt(blocks_of(path.held, self.rules))
        total += each.level * path.levels
        total += 0.0 if path.latched else each.level * self._levels(path.memory, banks)
        total += sum(each.carry + each.bit * bits for bits in path.carries)
        return total + (self._product(path.product, path.near) if path.product else 0.0)

    def _inside(self, memory: Memory | None) -> bool:
        """The register behind a memory is inside its block, if that has nothing else around it."""
        if memory is None or memory.kind not in (MemoryKind.ROM, MemoryKind.APART):
            return False
        return self.rules.products.absorb and banks_of(memory, self.rules) == 1

    def _levels(self, memory: Memory | None, banks: int) -> int:
        """Of a choice between blocks, or between what a memory is made of that is no block.

        Blocks of a queue have a choice behind them, for a word that is read as it is written.

        What is read of constants goes into a register; of others, the address does, and a choice
        between tables follows, or between registers where those are cheaper.
        """
        if banks:
            queue = memory is not None and memory.kind is MemoryKind.QUEUE
            return int(queue) + (banks.bit_length() if banks > 1 else 0)
        if memory is None or memory.kind is MemoryKind.ROM:
            return 0
        if not small_of(memory, self.rules):
            return max((memory.depth - 1).bit_length() - 1, 1)
        tables = -(-memory.depth // TABLE_ROWS)
        return 1 + -(-(tables - 1).bit_length() // 2)

    def _in_dsp(self, factors: Multiplications | None) -> bool:
        return bool(factors and dsp_of(Multiplications(factors.left, factors.right), self.rules))

    def slowest(self, paths: Sequence[Path]) -> tuple[Path, float]:
        """The path of several that takes longest, the first of equals, and how long. ns."""
        return max(((path, self.of(path)) for path in paths), key=lambda found: found[1])

    def _product(self, factors: Multiplications, near: bool) -> float:
        """One block, or several and the sums of their parts; in logic a sum of rows."""
        each, bits = self.delays, factors.left + factors.right
        if self._in_dsp(factors):
            # Small parts of a product that is split may be in logic, but are added like others.
            parts = self.rules.products.parts(factors.left, factors.right)
            block = each.near if near else each.product
            block += each.spread * sqrt(factors.count)
            return block + (parts - 1).bit_length() * (each.carry + each.bit * bits)
        rows = max(min(factors.left, factors.right) - 1, 1).bit_length()
        return each.level + rows * (each.carry + each.bit * bits)


@cache
def delay_model(device: Device) -> DelayModel | None:
    """The model for a device; None where its family or its speed grade was not measured."""
    path = fpga_family(device.family).file(DELAYS)
    if path is None:
        return None
    known = msgspec.json.decode(path.read_bytes(), type=Mapping[str, Delays])
    grades = [name for name in known if name in (device.device, device.speed, device.package)]
    return DelayModel(known[grades[0]], rules_of(device.family)) if grades else None
