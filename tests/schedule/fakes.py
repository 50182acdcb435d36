"""Small families with freely chosen timing, registered for the tests of the planner."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

from hwcompile import ops
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract import built as contract
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Timing, single


@dataclass(frozen=True, eq=False)
class Copy(Op):
    """The sum of its inputs, which for one input is a copy."""

    family: ClassVar[str] = "fakecore"
    arity: int = 1

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        return [] if len(inputs) == self.arity else ["wrong number of inputs"]

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        low, high = sum(k.element.low for k in inputs), sum(k.element.high for k in inputs)
        return (TensorType(inputs[0].shape, IntType(low, high)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        return (np.sum(np.array(values), axis=0),)


class Light(Copy):
    """The same as a pipe."""

    family: ClassVar[str] = "fakepipe"


class Whole(Copy):
    """The same, by a core that gives nothing before it has taken a whole frame."""

    family: ClassVar[str] = "fakewhole"


def _formats(site: Site, parallel: int) -> Ports:
    def form(kind: TensorType) -> StreamFormat:
        return StreamFormat(kind.pixels, kind.channels, parallel, kind.element)

    return Ports(tuple(map(form, site.inputs)), form(site.outputs[0]))


class Built(contract.Built[Copy]):
    """Every word takes `slow` cycles."""

    @cached_property
    def ports(self) -> Ports:
        return _formats(self.site, self.number("parallel"))

    @property
    def lanes(self) -> int:
        return 0 if self.kernel.rigid else self.number("parallel")

    @property
    def needs(self) -> Resources:
        return Resources(lut=10.0 * self.number("parallel"))

    @property
    def instance(self) -> Instance:
        return Instance("none", {})

    @property
    def comment(self) -> str:
        return ""

    @cached_property
    def timing(self) -> Timing:
        slow = self.number("slow", 1)
        takes = np.zeros(self.ports.output.words * slow, dtype=np.int64)
        takes[::slow] = 1
        return single({f"in{i}": takes for i in range(len(self.site.inputs))}, takes, stages=2)


class Fake(Kernel[Copy]):
    """`parallel` elements per word; every word takes `slow` cycles."""

    op = Copy
    built = Built

    def space(self, site: Site[Copy]) -> list[Parameters]:
        channels = site.inputs[0].channels
        parallel = [p for p in range(1, channels + 1) if channels % p == 0]
        return [{"parallel": p, "slow": 1} for p in parallel]

    def check(self, site: Site[Copy], parameters: Parameters) -> str | None:
        unknown = set(parameters) - {"parallel", "slow"}
        if unknown:
            return f"there is no parameter {sorted(unknown)[0]}"
        parallel = parameters.get("parallel")
        if not isinstance(parallel, int) or not 1 <= parallel <= site.inputs[0].channels:
            return f"parallel is from 1 to {site.inputs[0].channels}"
        return None


class Core(Fake):
    name = "core"


class Slow(Fake):
    """A second kernel of the same family that only builds nodes with one input."""

    name = "slow"

    def unable(self, site: Site[Copy]) -> str | None:
        return "it takes one input" if len(site.inputs) > 1 else None

    def space(self, site: Site[Copy]) -> list[Parameters]:
        return [{"parallel": 1, "slow": 7}]


class BuiltPipe(Built):
    """One word of every input in every cycle."""

    @cached_property
    def timing(self) -> Timing:
        ones = np.ones(self.ports.output.words, dtype=np.int64)
        return single({f"in{i}": ones for i in range(len(self.site.inputs))}, ones, stages=3)


class Pipe(Fake):
    name = "pipe"
    rigid = True
    built = BuiltPipe


class BuiltGather(Built):
    """Gives nothing before it has taken a whole frame."""

    @cached_property
    def timing(self) -> Timing:
        words = self.ports.output.words
        ones = np.ones(words, dtype=np.int64)
        write = Actor(ones, {"in0": Access.stream(ones)}, {"frame": np.cumsum(ones)})
        need = np.full(words, words, dtype=np.int64)
        read = Actor(ones, {"frame": Access(need, np.cumsum(ones))}, {"out": np.cumsum(ones)})
        return Timing({"write": write, "read": read}, 1, {"frame": Buffer(2 * words, 1)})


class Gather(Fake):
    name = "whole"
    built = BuiltGather


_FAMILIES = {
    "fakecore": (Core(), Slow()),
    "fakepipe": (Pipe(),),
    "fakewhole": (Gather(),),
}


@contextmanager
def registered() -> Iterator[None]:
    """The fake families are known while this is entered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ops, "FAMILIES", (*ops.FAMILIES, *_FAMILIES))
        for name, kernels in _FAMILIES.items():
            module = ModuleType(f"hwcompile.ops.{name}")
            vars(module)["FAMILY"] = Family(name, "a fake", (Copy,), kernels, tuple)
            patch.setitem(sys.modules, module.__name__, module)
        yield


class Net:
    """Builds graphs of fakes: every method takes and returns value names."""

    def __init__(self, shape: tuple[int, int, int] = (4, 4, 8)) -> None:
        self.builder = Builder("net")
        self.x = self.builder.input("x", TensorType(shape, IntType(0, 3)))

    def add(self, kind: type[Op], name: str, *inputs: str, **fields: object) -> str:
        op = kind(len(inputs)) if issubclass(kind, Copy) else kind(**fields)
        return self.builder.add(name, op, inputs, Origin("net.onnx", name, "Fake"))[0]

    def build(self, *outputs: str) -> Graph:
        return self.builder.build(outputs)
