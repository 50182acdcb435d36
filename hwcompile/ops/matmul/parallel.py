"""Kernel `parallel`: the whole products of one or several pixels per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.arithmetic import words
from hwcompile.ops.arithmetic.dot import Dot, start_bits
from hwcompile.ops.arithmetic.ways import out_of_multipliers
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources, memory
from hwcompile.ops.contract.pixels import pixel_counts
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.matmul.folded import MAX_LANES, check_style, row_constants
from hwcompile.ops.matmul.op import Matmul


class ProductsOfPixels(Built[Matmul]):
    """All groups, rows and columns for each of some pixels, in the words of `hw_matmul_parallel`.

    Attributes are those of the op: G groups of M rows and K columns.
    """

    @property
    def pixels(self) -> int:
        """Pixels at a time."""
        return self.number("pixels")

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic."""
        wish = str(self.parameters.get("style", "auto"))
        dot = Dot.choose(self.op.weight_type, self.site.inputs[0].element, wish)
        if dot is None:
            raise InternalError(f"parameters {dict(self.parameters)} were not checked")
        return dot

    @property
    def sums(self) -> int:
        """Sums of a pixel."""
        return self.op.groups * self.op.rows

    @property
    def out_bits(self) -> int:
        """Bits of a sum."""
        return self.site.outputs[0].element.bits

    @cached_property
    def ports(self) -> Ports:
        """All channels of some pixels in, all sums of these pixels out."""
        return Ports((self._form(self.site.inputs[0]),), self._form(self.site.outputs[0]))

    def _form(self, kind: TensorType) -> StreamFormat:
        if self.pixels == 1:
            return StreamFormat(kind.pixels, kind.channels, kind.channels, kind.element)
        return StreamFormat.of_rows(kind, self.pixels)

    @cached_property
    def timing(self) -> Timing:
        """Every cycle takes a word and gives one."""
        every = np.ones(self.interval, dtype=np.int64)
        # Operands, dot product, sum.
        return single({"in0": every}, every, self.dot.stages(self.op.fan_in) + 2)

    @property
    def interval(self) -> int:
        """Words of a frame."""
        return self.ports.output.words

    @property
    def lanes(self) -> int:
        """Weights times pixels."""
        return self.pixels * self.op.weights.size

    @cached_property
    def needs(self) -> Resources:
        """Lanes and adders (see `Dot`), constants, registers of operands and sums, control."""
        op, dot, pixels = self.op, self.dot, self.pixels
        sums = pixels * self.sums * self.out_bits
        operands = pixels * op.groups * op.fan_in * dot.encoding.input.bits
        total = Resources(lut=4, adders=sums, ff=operands + sums + dot.stages(op.fan_in) + 2)
        total += memory(1, op.weights.size * dot.encoding.stored_bits)
        if self.starts is not None:
            total += memory(1, self.sums * start_bits(self.starts))
        return total + dot.resources(pixels * self.sums, op.fan_in, self.out_bits)

    @property
    def circuit(self) -> str:
        """That of `folded`: the same lanes, adders and constants."""
        return f"{self.op.family}.folded.{self.dot.module}"

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_matmul_parallel`."""
        op, dot, result = self.op, self.dot, self.ports.output
        return Instance(
            "hw_matmul_parallel",
            {
                "Pixels": self.pixels,
                "Groups": op.groups,
                "Rows": op.rows,
                "Terms": op.fan_in,
                "Words": result.words_per_vector,
                "Tail": result.size % result.parallel,
                "Group": dot.encoding.group,
                **dot.parameters(),
                "Doubled": dot.encoding.doubled,
                "SumBits": dot.sum_bits(op.fan_in, self.out_bits),
                "OutBits": self.out_bits,
                "WeightFile": dot.image(op.weights.reshape(1, -1, op.fan_in)),
                **dot.start_parameters(self.starts, op.fan_in),
            },
        )

    @property
    def comment(self) -> str:
        """Size and arithmetic."""
        op, described = self.op, self.dot.encoding.describe()
        pixels = f" of {self.pixels} pixels" if self.pixels > 1 else ""
        groups = f" of {op.groups} groups" if op.groups > 1 else ""
        return f"all {op.rows} x {op.fan_in} lanes{groups}{pixels} per cycle: {described}"

    @cached_property
    def starts(self) -> IntArray | None:
        """The row of the start memory: int64 [1, groups * rows]."""
        starts = row_constants(self.op, self.dot)
        return None if starts is None else starts.reshape(1, -1)


class Parallel(Kernel[Matmul]):
    """All groups, rows and columns of the matrix at a time, for one pixel or several.

    Parameters: `pixels` (neighbours in a row at a time; lanes of several pixels share their
    weights) and `style` (an encoding's word).
    """

    name = "parallel"
    op = Matmul
    built = ProductsOfPixels
    reserve = True

    def unable(self, site: Site[Matmul]) -> str | None:
        """See `Kernel.unable`."""
        lanes = site.op.weights.size
        if lanes > MAX_LANES:
            return f"it would take {lanes} lanes, more than {MAX_LANES}"
        return None

    def space(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """One pixel at a time."""
        return ({"pixels": 1},)

    def space_of_pixels(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`: the fewest pixels for every number of words of a row."""
        for pixels in pixel_counts(site.inputs[0]):
            if pixels * site.op.weights.size <= MAX_LANES:
                yield {"pixels": pixels}

    def ways(self, site: Site[Matmul], parameters: Parameters) -> Iterable[Parameters]:
        """Products in look-up tables instead of multipliers."""
        found = out_of_multipliers(site.op.weight_type, site.inputs[0].element)
        return [{**parameters, **way} for way in found]

    def check(self, site: Site[Matmul], parameters: Parameters) -> str | None:
        """Unknown names, more pixels than a row has, too many lanes, styles types do not allow."""
        unknown = sorted(set(parameters) - {"pixels", "style"})
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are pixels and style"
        pixels, width = parameters.get("pixels"), site.inputs[0].shape[1]
        if not isinstance(pixels, int) or not 1 <= pixels <= width:
            return f"pixels must be a number from 1 to {width}, not {pixels!r}"
        lanes = pixels * site.op.weights.size
        if lanes > MAX_LANES:
            return f"{pixels} pixels take {lanes} lanes, more than {MAX_LANES}"
        return check_style(words(site.op.weight_type, site.inputs[0].element), parameters)
