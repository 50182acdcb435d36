"""The parallel depthwise kernel: all taps of PE channels in one cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic import words
from hwcompile.ops.arithmetic.ways import out_of_multipliers
from hwcompile.ops.arithmetic.whole_words import WholeWords
from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Multiplications, Resources
from hwcompile.ops.contract.pixels import check_pixels, pixel_counts
from hwcompile.ops.contract.site import Blocks, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.depthwise.folded import constant_parts
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.folded import check_style


class ChannelsOfTaps(WholeWords[Depthwise]):
    """Channels cut into groups of pe with all their taps, in the words of `hw_depthwise_parallel`.

    Attributes are those of the op: T taps of C channels; a pixel takes C / pe words, or a word
    holds several pixels.
    """

    @property
    def pe(self) -> int:
        """Channels at a time."""
        return self.number("pe")

    @property
    def words(self) -> int:
        """Words of a pixel, and rows of the weight memory."""
        return self.op.channels // self.pe

    @property
    def fan_in(self) -> int:
        """T."""
        return self.op.taps

    @property
    def weight_type(self) -> IntType:
        """That of the op."""
        return self.op.weight_type

    @property
    def weight_blocks(self) -> IntArray:
        """Those of pe channels in a block."""
        return self.op.weights.reshape(self.op.taps, self.words, self.pe).transpose(1, 2, 0)

    @cached_property
    def ports(self) -> Ports:
        """A vector of T taps of C channels for every pixel in, one of C elements out."""
        op, pe, source = self.op, self.pe, self.site.inputs[0]
        if self.pixels > 1:
            result = StreamFormat.of_rows(self.site.outputs[0], self.pixels)
            return Ports((StreamFormat.of_rows(source, self.pixels),), result)
        order = Blocks.of(op.taps, pe, op.channels)
        size = op.taps * op.channels
        taken = StreamFormat(source.pixels, size, op.taps * pe, source.element, order)
        given = StreamFormat(source.pixels, op.channels, pe, self.site.outputs[0].element)
        return Ports((taken,), given)

    @property
    def lane_product(self) -> Multiplications | None:
        """See `Built.lane_product`."""
        return self.dot.product

    @property
    def lanes(self) -> int:
        """Pe x taps, for every pixel."""
        return self.pixels * self.pe * self.op.taps

    @cached_property
    def needs(self) -> Resources:
        """See `WholeWords.sums`; and a counter of words."""
        counter = max(self.words - 1, 1).bit_length()
        steps = Resources(lut=0.5 * counter, adders=counter, ff=counter)
        return self.sums(self.words, self.pe, self.pe) + steps

    @property
    def circuit(self) -> str:
        """One for every arithmetic."""
        return f"{super().circuit}.{self.dot.module}"

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_depthwise_parallel`."""
        size: dict[str, Value] = {"Pe": self.pe, "Depth": self.words, "Taps": self.op.taps}
        return Instance("hw_depthwise_parallel", self.values(size))

    @property
    def comment(self) -> str:
        """Folding and arithmetic."""
        op, described = self.op, self.dot.encoding.describe()
        pixels = f" of {self.pixels} pixels" if self.pixels > 1 else ""
        parts = f"{self.pe} of {op.channels} channels{pixels}"
        return f"all {op.taps} taps of {parts} per cycle: {described}"

    @cached_property
    def starts(self) -> IntArray | None:
        """Rows of the start memory: int64 [words, pe]."""
        starts = constant_parts(self.op, self.dot)
        return None if starts is None else starts.reshape(-1, self.pe)


class Parallel(Kernel[Depthwise]):
    """All taps of `pe` channels at a time, as a parallel window gives them.

    Parameters: `pe` (channels at a time; they divide the channels), `pixels` (neighbours in a row
    at a time, with all their channels; 1 if not given) and `style` (an encoding's word).
    """

    name = "parallel"
    op = Depthwise
    built = ChannelsOfTaps
    reserve = True

    def space(self, site: Site[Depthwise]) -> Iterable[Parameters]:
        """Every divisor of the channels, slowest first."""
        for pe in range(1, site.op.channels + 1):
            if site.op.channels % pe == 0:
                yield {"pe": pe}

    def space_of_pixels(self, site: Site[Depthwise]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`: the fewest pixels for every number of words of a row."""
        for pixels in pixel_counts(site.inputs[0]):
            yield {"pe": site.op.channels, "pixels": pixels}

    def ways(self, site: Site[Depthwise], parameters: Parameters) -> Iterable[Parameters]:
        """Products in look-up tables instead of multipliers."""
        found = out_of_multipliers(site.op.weight_type, site.inputs[0].element)
        return [{**parameters, **way} for way in found]

    def encodings(self, site: Site[Depthwise]) -> Iterable[Parameters]:
        """See `Kernel.encodings`."""
        types = site.op.weight_type, site.inputs[0].element
        return [{"style": style} for style in words(*types)]

    def check(self, site: Site[Depthwise], parameters: Parameters) -> str | None:
        """Unknown names, a pe that does not divide the channels, styles types do not allow."""
        channels = site.op.channels
        unknown = sorted(set(parameters) - {"pe", "pixels", "style"})
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are pe, pixels and style"
        pe = parameters.get("pe")
        if not isinstance(pe, int) or not 1 <= pe <= channels or channels % pe:
            return f"pe must divide the {channels} channels, which {pe!r} does not"
        reason = check_pixels(site.inputs[0], channels, parameters)
        if reason is not None:
            return reason
        return check_style(words(site.op.weight_type, site.inputs[0].element), parameters)
