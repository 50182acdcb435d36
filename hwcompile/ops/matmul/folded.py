"""The folded matrix-vector kernel: PE x SIMD lanes work through a matrix, one block per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray
from hwcompile.ops.dot import WISHES, Dot, start_bits, styles
from hwcompile.ops.kernel import Kernel, MemoryImage, Rendered, Resources
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.space import foldings
from hwcompile.ops.needs import MemoryKind, memory
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Access, Actor, Timing

MAX_LANES = 65536


@dataclass(frozen=True)
class _View:
    """A site with its folding, in the words of `hw_matvec`."""

    op: Matmul
    dot: Dot
    pe: int
    simd: int
    vectors: int
    out_bits: int

    @property
    def folds(self) -> int:
        return -(-self.op.rows // self.pe)

    @property
    def steps(self) -> int:
        return -(-self.op.fan_in // self.simd)

    @property
    def depth(self) -> int:
        return self.op.groups * self.folds * self.steps

    @property
    def stages(self) -> int:
        """Operands, dot product, accumulator."""
        return self.dot.stages(self.simd) + 2


class Folded(Kernel):
    """Parameters `pe` (rows at a time), `simd` (columns at a time), `style` (see `ops.dot`).

    Neither has to divide the matrix: lanes beyond its edge have weights that do not count, and the
    last word of a vector is partly empty.
    """

    name = "folded"

    def refuses(self, site: Site) -> str | None:
        """It builds every `Matmul`."""
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
        """The foldings no other one beats in cycles and lanes at once, smallest first."""
        op = _op(site)
        for pe, simd in foldings(op.rows, op.fan_in, MAX_LANES):
            yield {"pe": pe, "simd": simd}

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """Unknown names, sizes outside the matrix, and styles the types do not allow."""
        op = _op(site)
        unknown = sorted(set(parameters) - {"pe", "simd", "style"})
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are pe, simd and style"
        for name, limit in (("pe", op.rows), ("simd", op.fan_in)):
            value = parameters.get(name)
            if not isinstance(value, int) or not 1 <= value <= limit:
                return f"{name} must be a number from 1 to {limit}, not {value!r}"
        return check_style(_legal(site), parameters)

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """Vectors of K elements in, vectors of M elements out, one for each pixel and group."""
        view = _view(site, parameters)
        source = StreamFormat(view.vectors, view.op.fan_in, view.simd, site.inputs[0].element)
        result = StreamFormat(view.vectors, view.op.rows, view.pe, site.outputs[0].element)
        return Ports((source,), result)

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """One actor; only cycles that take or give a word are phases of their own."""
        view = _view(site, parameters)
        folds, steps = view.folds, view.steps
        # Cycles of a vector that act: all of the first fold, then the last one of every fold.
        cycles = np.concatenate([np.arange(steps), np.arange(2, folds + 1) * steps - 1])
        gives = np.append(np.zeros(steps - 1, dtype=np.int64), np.ones(folds, dtype=np.int64))
        duration = np.diff(np.append(cycles, folds * steps))
        taken = np.tile(np.arange(cycles.size) < steps, view.vectors).astype(np.int64)
        actor = Actor(
            np.tile(duration, view.vectors),
            {"in0": Access.stream(taken)},
            {"out": np.cumsum(np.tile(gives, view.vectors))},
        )
        return Timing({"main": actor}, view.stages)

    def interval(self, site: Site, parameters: Parameters) -> int:
        """Folds x steps for every vector."""
        view = _view(site, parameters)
        return view.vectors * view.folds * view.steps

    def lanes(self, site: Site, parameters: Parameters) -> int:
        """Pe x simd."""
        view = _view(site, parameters)
        return view.pe * view.simd

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Lanes and adders (see `Dot`), memories, registers of operands, accumulators, control."""
        view = _view(site, parameters)
        weight_width = view.pe * view.simd * view.dot.weight.bits
        input_width = view.simd * view.dot.input.bits
        accumulators = view.pe * view.out_bits
        counters = sum(max(n - 1, 1).bit_length() for n in (view.folds, view.steps, view.depth))
        flags = 4 * (view.stages - 1)
        total = Resources(
            # The choice of the start value, a bit of the adder, and for a counter a comparison
            # with its last value.
            lut=accumulators + 0.5 * counters + 4,
            adders=accumulators + counters,
            ff=accumulators + counters + flags,
        )
        if view.folds > 1:
            # A word that is passed on while it is written goes by the memory.
            total += memory(view.steps, input_width, MemoryKind.QUEUE) + Resources(lut=input_width)
        else:
            total += Resources(ff=input_width)
        total += memory(view.depth, weight_width)
        starts = _starts(view)
        if starts is not None:
            total += memory(starts.shape[0], view.pe * start_bits(starts))
        return total + view.dot.resources(view.pe, view.simd, view.out_bits)

    def circuit(self, site: Site, parameters: Parameters) -> str:
        """One for every arithmetic."""
        style = _view(site, parameters).dot.style.name.lower()
        return f"{super().circuit(site, parameters)}.{style}"

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_matvec`."""
        view = _view(site, parameters)
        op, dot = view.op, view.dot
        constants, memories = dot.start_parameters(_starts(view), op.fan_in)
        weights = MemoryImage.pack(_weight_codes(view), dot.weight.bits)
        return Rendered(
            "hw_matvec",
            {
                "Pe": view.pe,
                "Simd": view.simd,
                "Folds": view.folds,
                "Steps": view.steps,
                "Groups": op.groups,
                "LastLanes": op.rows - (view.folds - 1) * view.pe,
                "DotStages": dot.stages(view.simd),
                **dot.parameters(view.simd, view.out_bits),
                "OutBits": view.out_bits,
                **constants,
            },
            {"WeightFile": weights, **memories},
            f"{view.pe} x {view.simd} lanes, {view.folds} folds of {view.steps} steps"
            f"{f', {op.groups} groups' if op.groups > 1 else ''}: {dot.describe()}",
        )


def check_style(legal: tuple[str, ...], parameters: Parameters) -> str | None:
    """Why the parameter `style` is not one of `legal`; None when it is, or is missing."""
    style = parameters.get("style", "auto")
    if style in ("auto", *legal):
        return None
    return f"style must be auto or {' or '.join(legal)} for these types, not {style!r}"


def legal_styles(dot: Dot) -> tuple[str, ...]:
    """The values of `style` that the types of `dot` allow, besides auto."""
    allowed = styles(dot.weight, dot.input)
    return tuple(wish for wish, wanted in WISHES.items() if set(wanted) & set(allowed))


def _op(site: Site) -> Matmul:
    return cast(Matmul, site.op)


def _legal(site: Site) -> tuple[str, ...]:
    dot = Dot.choose(_op(site).weight_type, site.inputs[0].element)
    return legal_styles(dot) if dot else ()


def _view(site: Site, parameters: Parameters) -> _View:
    op, kind = _op(site), site.inputs[0]
    dot = Dot.choose(op.weight_type, kind.element, str(parameters.get("style", "auto")))
    if dot is None:
        raise InternalError(f"parameters {dict(parameters)} were not checked")
    return _View(
        op,
        dot,
        int(parameters["pe"]),
        int(parameters["simd"]),
        kind.pixels * op.groups,
        site.outputs[0].element.bits,
    )


@lru_cache(maxsize=256)
def _constant_parts(op: Matmul, dot: Dot) -> IntArray | None:
    """Constant parts of the sums, int64 [groups, rows]; every folding asks for them."""
    return dot.starts(op.weights, axis=2)


def _starts(view: _View) -> IntArray | None:
    """Rows of the start memory: int64 [groups * folds, pe]."""
    starts = _constant_parts(view.op, view.dot)
    if starts is None:
        return None
    edge = view.folds * view.pe - view.op.rows
    return np.pad(starts, ((0, 0), (0, edge))).reshape(-1, view.pe)


def _weight_codes(view: _View) -> IntArray:
    """Rows of the weight memory: int64 [groups * folds * steps, pe * simd]."""
    op, pe, simd = view.op, view.pe, view.simd
    edges = (view.folds * pe - op.rows, view.steps * simd - op.fan_in)
    padded = np.pad(
        op.weights,
        ((0, 0), (0, edges[0]), (0, edges[1])),
        constant_values=view.dot.padding,
    )
    blocks = padded.reshape(op.groups, view.folds, pe, view.steps, simd).transpose(0, 1, 3, 2, 4)
    return view.dot.weight.encode(blocks.reshape(view.depth, pe * simd))
