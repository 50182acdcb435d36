"""Kernel `parallel`: the whole products of one or several pixels per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.arithmetic import words
from hwcompile.ops.arithmetic.ways import out_of_multipliers
from hwcompile.ops.arithmetic.whole_words import WholeWords
from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.pixels import pixel_counts
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.matmul.folded import MAX_LANES, check_style, row_constants
from hwcompile.ops.matmul.op import Matmul


class ProductsOfPixels(WholeWords[Matmul]):
    """All groups, rows and columns for each of some pixels, in the words of `hw_matmul_parallel`.

    Attributes are those of the op: G groups of M rows and K columns.
    """

    @property
    def fan_in(self) -> int:
        """K."""
        return self.op.fan_in

    @property
    def weight_type(self) -> IntType:
        """That of the op."""
        return self.op.weight_type

    @property
    def weight_blocks(self) -> IntArray:
        """A single block of all rows."""
        return self.op.weights.reshape(1, -1, self.op.fan_in)

    @cached_property
    def ports(self) -> Ports:
        """All channels of some pixels in, all sums of these pixels out."""
        return Ports((self._form(self.site.inputs[0]),), self._form(self.site.outputs[0]))

    def _form(self, kind: TensorType) -> StreamFormat:
        if self.pixels == 1:
            return StreamFormat(kind.pixels, kind.channels, kind.channels, kind.element)
        return StreamFormat.of_rows(kind, self.pixels)

    @property
    def lanes(self) -> int:
        """Weights times pixels."""
        return self.pixels * self.op.weights.size

    @cached_property
    def needs(self) -> Resources:
        """See `WholeWords.sums`."""
        return self.sums(1, self.op.groups * self.op.rows, self.op.groups)

    @property
    def circuit(self) -> str:
        """That of `folded`: the same lanes, adders and constants."""
        return f"{self.op.family}.folded.{self.dot.module}"

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_matmul_parallel`."""
        op = self.op
        size: dict[str, Value] = {"Groups": op.groups, "Rows": op.rows, "Terms": op.fan_in}
        return Instance("hw_matmul_parallel", self.values(size))

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
