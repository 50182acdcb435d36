"""A gather seen word by word: which elements move together, and in what order words are read."""

from __future__ import annotations

from functools import cached_property, lru_cache
from math import gcd, isqrt

import numpy as np

from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.arithmetic.recoding import recoding
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Value, Word
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.gather.op import Gather


@lru_cache(maxsize=256)
def legal_parallels(op: Gather, size: int) -> tuple[int, ...]:
    """Word sizes for which every word of the result is a word of the input, or all constant.

    Args:
        op: The gather.
        size: Elements of the input.

    Returns:
        Divisors of both frame sizes, ascending; 1 is always among them.
    """
    return all_divisors(gcd(size, _grain(op.index.reshape(-1))))


def _grain(flat: IntArray) -> int:
    """The largest word size by which all runs of neighbours start and end, on both sides.

    A run is a stretch of consecutive elements of the input, or of constants.
    """
    blank = flat < 0
    follows = np.where(blank[1:], blank[:-1], ~blank[:-1] & (flat[1:] == flat[:-1] + 1))
    starts = np.append(0, np.nonzero(~follows)[0] + 1)
    sources = flat[starts]
    return gcd(
        flat.size, int(np.gcd.reduce(starts)), int(np.gcd.reduce(sources[sources >= 0], initial=0))
    )


def all_divisors(number: int) -> tuple[int, ...]:
    """All divisors, ascending."""
    low = [d for d in range(1, isqrt(number) + 1) if number % d == 0]
    return tuple(low + [number // d for d in reversed(low) if d * d != number])


def worth_trying(site: Site[Gather], legal: tuple[int, ...]) -> list[Parameters]:
    """The legal word sizes up to a whole pixel, on the side where it is larger."""
    most = max(site.inputs[0].channels, site.outputs[0].channels)
    return [{"parallel": p} for p in legal if p <= most] or [{"parallel": p} for p in legal[:1]]


@lru_cache(maxsize=256)
def word_sequence(op: Gather, parallel: int) -> IntArray:
    """The input word that each output word is a copy of, or -1, int64 [output words]."""
    words: IntArray = op.index.reshape(-1, parallel)[:, 0] // parallel
    return words


def check_parallel(parameters: Parameters, legal: tuple[int, ...]) -> str | None:
    """Why a parameter set is not `{"parallel": one of legal}`; None when it is."""
    if set(parameters) != {"parallel"}:
        return f"the only parameter is 'parallel', not {sorted(parameters)}"
    parallel = parameters["parallel"]
    if isinstance(parallel, int) and parallel in legal:
        return None
    return f"'parallel' is one of {list(legal)} here, not {parallel!r}"


class BuiltGather(Built[Gather]):
    """Words of `parallel` elements on both sides."""

    @property
    def parallel(self) -> int:
        """Elements per word."""
        return self.number("parallel")

    @cached_property
    def ports(self) -> Ports:
        """A vector is a pixel where whole words fit into one."""
        source, result = self.site.inputs[0], self.site.outputs[0]
        return Ports((_form(source, self.parallel),), _form(result, self.parallel))

    @property
    def words_in(self) -> int:
        """Input words of a frame."""
        return self.site.inputs[0].size // self.parallel


def _form(kind: TensorType, parallel: int) -> StreamFormat:
    if kind.channels % parallel == 0:
        return StreamFormat(kind.pixels, kind.channels, parallel, kind.element)
    return StreamFormat(1, kind.size, parallel, kind.element)


def code_parameters(site: Site[Gather]) -> dict[str, Value]:
    """The parameters about element codes that all modules of the family have."""
    old, new = site.inputs[0].element, site.outputs[0].element
    fill = int(new.encode(np.array([site.op.fill]))[0]) if site.op.fills else 0
    return {
        "InWidth": old.bits,
        "OutWidth": new.bits,
        "Recoding": recoding(old, new),
        "Fill": Word(new.bits, fill),
    }


def shortest_period(*rows: IntArray) -> int:
    """The smallest divisor L of the length such that every row repeats itself after L places."""
    length = rows[0].size
    return next(p for p in all_divisors(length) if all(np.array_equal(r[p:], r[:-p]) for r in rows))
