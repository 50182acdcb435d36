"""Kernel `parallel`: whole products of some groups, of a pixel or of several, per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.ways import out_of_multipliers
from hwcompile.ops.arithmetic.whole_words import WholeWords
from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Multiplications, Resources
from hwcompile.ops.contract.pixels import pixel_counts
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.matmul.folded import MAX_LANES, check_style, row_constants
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.separable import arithmetic, check_separable, styles


class ProductsOfPixels(WholeWords[Matmul]):
    """All rows and columns of some groups, in the words of `hw_matmul_parallel`.

    Attributes are those of the op: G groups of M rows and K columns. A pixel takes G / abreast
    words, or a word holds all groups of several pixels.
    """

    @property
    def abreast(self) -> int:
        """Groups at a time."""
        return self.number("groups", self.op.groups)

    @property
    def words(self) -> int:
        """Words of a pixel, and rows of the weight memory."""
        return self.op.groups // self.abreast

    @property
    def fan_in(self) -> int:
        """K."""
        return self.op.fan_in

    @property
    def weight_type(self) -> IntType:
        """That of the op."""
        return self.op.weight_type

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic."""
        op, vectors = self.op, self.pixels * self.abreast
        return arithmetic(
            op,
            self.site.inputs[0].element,
            self.parameters,
            size=(vectors * op.rows, op.fan_in, self.out_bits),
            depth=self.words,
            vectors=vectors,
        )

    @property
    def weight_blocks(self) -> IntArray:
        """Those of all groups of a word in a block."""
        return self.op.weights.reshape(self.words, -1, self.op.fan_in)

    @cached_property
    def ports(self) -> Ports:
        """The channels of some groups in, all sums of these out; or those of some pixels."""
        return Ports((self._form(self.site.inputs[0]),), self._form(self.site.outputs[0]))

    def _form(self, kind: TensorType) -> StreamFormat:
        if self.pixels == 1:
            size = kind.channels // self.words
            return StreamFormat(kind.pixels * self.words, size, size, kind.element)
        return StreamFormat.of_rows(kind, self.pixels)

    @property
    def lane_product(self) -> Multiplications | None:
        """See `Built.lane_product`."""
        return self.dot.product

    @property
    def lanes(self) -> int:
        """Weights of a word times pixels."""
        return self.pixels * self.op.weights.size // self.words

    @cached_property
    def needs(self) -> Resources:
        """See `WholeWords.sums`; and a counter of words where there are several."""
        total = self.sums(self.words, self.abreast * self.op.rows, self.abreast)
        if self.words == 1:
            return total
        counter = (self.words - 1).bit_length()
        return total + Resources(lut=0.5 * counter, adders=counter, ff=counter)

    @property
    def circuit(self) -> str:
        """That of `folded`: the same lanes, adders and constants."""
        return f"{self.op.family}.folded.{self.dot.module}"

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_matmul_parallel`."""
        op = self.op
        size: dict[str, Value] = {"Groups": self.abreast, "Rows": op.rows}
        size["Terms"] = self.dot.pairs(op.fan_in)
        values = self.values(size)
        if self.words > 1:
            values["Words"] = self.words
        return Instance("hw_matmul_parallel", values)

    @property
    def comment(self) -> str:
        """Size and arithmetic."""
        op, described = self.op, self.dot.encoding.describe()
        pixels = f" of {self.pixels} pixels" if self.pixels > 1 else ""
        parts = f"{self.abreast} of {op.groups}" if self.words > 1 else f"{op.groups}"
        groups = f" of {parts} groups" if op.groups > 1 else ""
        return f"all {op.rows} x {op.fan_in} lanes{groups}{pixels} per cycle: {described}"

    @cached_property
    def starts(self) -> IntArray | None:
        """Rows of the start memory: int64 [words, groups of a word * rows]."""
        starts = row_constants(self.op, self.dot)
        return None if starts is None else starts.reshape(self.words, -1)


class Parallel(Kernel[Matmul]):
    """All rows and columns of some groups at a time, for one pixel or all groups of several.

    Parameters: `pixels` (neighbours in a row at a time; lanes of several pixels share their
    weights), `groups` (how many at a time; they divide the groups, all if not given) and `style`
    (an encoding's word, or `separable`, as in `folded`).
    """

    name = "parallel"
    op = Matmul
    built = ProductsOfPixels
    reserve = True

    def unable(self, site: Site[Matmul]) -> str | None:
        """See `Kernel.unable`."""
        lanes = site.op.rows * site.op.fan_in
        if lanes > MAX_LANES:
            return f"it would take {lanes} lanes, more than {MAX_LANES}"
        return None

    def space(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """One pixel at a time: several groups of it, slowest first, then all.

        A single group at a time is a folding of `folded`.
        """
        groups, lanes = site.op.groups, site.op.rows * site.op.fan_in
        for some in range(2, groups):
            if groups % some == 0 and some * lanes <= MAX_LANES:
                yield {"pixels": 1, "groups": some}
        if groups * lanes <= MAX_LANES:
            yield {"pixels": 1}

    def space_of_pixels(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`: the fewest pixels for every number of words of a row."""
        for pixels in pixel_counts(site.inputs[0]):
            if pixels * site.op.weights.size <= MAX_LANES:
                yield {"pixels": pixels}

    def ways(self, site: Site[Matmul], parameters: Parameters) -> Iterable[Parameters]:
        """Products in look-up tables instead of multipliers."""
        found = out_of_multipliers(site.op.weight_type, site.inputs[0].element)
        return [{**parameters, **way} for way in found]

    def encodings(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """See `Kernel.encodings`: every arithmetic of lanes; weights are wires."""
        return [{"style": style} for style in styles(site)]

    def check(self, site: Site[Matmul], parameters: Parameters) -> str | None:
        """Unknown names, more pixels than a row has, too many lanes, styles types do not allow."""
        unknown = sorted(set(parameters) - {"pixels", "groups", "style"})
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are pixels, groups and style"
        pixels, width = parameters.get("pixels"), site.inputs[0].shape[1]
        if not isinstance(pixels, int) or not 1 <= pixels <= width:
            return f"pixels must be a number from 1 to {width}, not {pixels!r}"
        every = site.op.groups
        groups = parameters.get("groups", every)
        if not isinstance(groups, int) or groups < 1 or every % groups:
            return f"groups must divide the {every} groups, which {groups!r} does not"
        if pixels > 1 and groups < every:
            return f"with pixels above 1, groups is {every} (all groups), not {groups}"
        lanes = pixels * groups * site.op.rows * site.op.fan_in
        if lanes > MAX_LANES:
            return f"{pixels} pixels take {lanes} lanes, more than {MAX_LANES}"
        return check_separable(site.op, parameters) or check_style(styles(site), parameters)
