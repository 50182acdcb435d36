"""Keeping the largest channels while a pixel's words go by."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.kernel import Kernel, Rendered, Resources
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Access, Actor, Buffer, Timing, single


class Serial(Kernel):
    """Every lane keeps its own sorted list; at the end of a pixel the lists are merged.

    For k = 1 a tree of registered comparators merges them, and the result is started by the step
    that takes the pixel's last word. For more, the lists move to a second set of registers, from
    which the largest head is drawn once per cycle while the next pixel comes in.

    Parameters:
        parallel: Channels per input word, from 1 to all.
    """

    name = "serial"

    def refuses(self, site: Site) -> str | None:
        """Never."""
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
        """The divisors of the channels, ascending: other word sizes only waste lanes.

        For k > 1 only few lanes, as their heads are compared one after the other in a cycle.
        """
        channels = site.inputs[0].channels
        most = channels if _op(site).k == 1 else min(channels, 4)
        return [{"parallel": p} for p in range(1, most + 1) if channels % p == 0]

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        if set(parameters) != {"parallel"}:
            return f"the only parameter is 'parallel', not {sorted(parameters)}"
        parallel, channels = parameters["parallel"], site.inputs[0].channels
        if isinstance(parallel, int) and 1 <= parallel <= channels:
            return None
        return f"'parallel' is from 1 to the {channels} channels, not {parallel!r}"

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """`parallel` channels per word in, single elements out."""
        kind, out = site.inputs[0], site.outputs[0]
        parallel = int(parameters["parallel"])
        return Ports(
            (StreamFormat(kind.pixels, kind.channels, parallel, kind.element),),
            StreamFormat(out.pixels, out.channels, 1, out.element),
        )

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """For k = 1 a phase per input word; else two actors with one set of lists between them."""
        (form,), k = self.ports(site, parameters).inputs, _op(site).k
        ones = np.ones(form.words, dtype=np.int64)
        ends = np.tile(np.arange(form.words_per_vector) == form.words_per_vector - 1, form.vectors)
        if k == 1:
            stages = 1 + _levels(form.parallel)
            return single({"in0": ones}, ends.astype(np.int64), stages)
        keep = Actor(ones, {"in0": Access.stream(ones)}, {"lists": np.cumsum(ends)})
        pixel, place = np.divmod(np.arange(form.vectors * k), k)
        lists = Access(pixel + 1, pixel + (place == k - 1))
        # There is one set: it is filled again after the last draw, and drawn from after that.
        draw = Actor(1 + (place == k - 1), {"lists": lists}, {"out": np.arange(pixel.size) + 1})
        return Timing({"keep": keep, "draw": draw}, stages=1, buffers={"lists": Buffer(1)})

    def interval(self, site: Site, parameters: Parameters) -> int:
        """Per pixel a cycle for each input word, but for k > 1 at least k + 1."""
        (form,), k = self.ports(site, parameters).inputs, _op(site).k
        return form.vectors * max(form.words_per_vector, k + 1 if k > 1 else 1)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Lists and comparators; a comparison of n bits takes about n / 2 tables."""
        (form,), k = self.ports(site, parameters).inputs, _op(site).k
        lanes, bits = form.parallel, form.element.bits
        key = bits + _index_bits(site)
        depth = min(k, form.words_per_vector)
        insert = lanes * depth * key
        merge = (lanes - 1) * key
        compare = lanes * depth * bits + (lanes - 1) * bits
        sets = 1 if k == 1 else 2
        registers = lanes * depth * (key + 1) * sets + (lanes if k == 1 else 1) * key
        counters = form.words_per_vector.bit_length() + _index_bits(site) + 4
        return Resources(
            lut=insert + merge + (sets - 1) * lanes * depth * key + counters,
            adders=compare,
            ff=registers + counters,
        )

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_argmax` or, for more than one result, `hw_topk`."""
        op = _op(site)
        (form,) = self.ports(site, parameters).inputs
        numbers: dict[str, int | str] = {
            "Lanes": form.parallel,
            "Width": form.element.bits,
            "Signed": int(form.element.signed),
            "Words": form.words_per_vector,
            "LastLanes": (form.size - 1) % form.parallel + 1,
            "IndexWidth": site.outputs[0].element.bits if op.result == "index" else 1,
            "GiveIndex": int(op.result == "index"),
        }
        if op.k == 1:
            return Rendered(
                "hw_argmax",
                numbers,
                comment=f"largest of {form.size} channels, {form.parallel} at a time",
            )
        numbers |= {"K": op.k, "Depth": min(op.k, form.words_per_vector)}
        return Rendered(
            "hw_topk",
            numbers,
            comment=f"largest {op.k} of {form.size} channels, {form.parallel} at a time",
        )


def _op(site: Site) -> TopK:
    assert isinstance(site.op, TopK)
    return site.op


def _levels(lanes: int) -> int:
    """Levels of a tree that merges `lanes` candidates."""
    return (lanes - 1).bit_length()


def _index_bits(site: Site) -> int:
    return (site.inputs[0].channels - 1).bit_length() if _op(site).result == "index" else 0
