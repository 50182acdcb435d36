"""A gather seen word by word: which elements move together, and in what order words are read."""

from __future__ import annotations

from functools import lru_cache
from math import gcd, isqrt

import numpy as np

from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.hull import code_style
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat


def op_of(site: Site) -> Gather:
    """The site's op."""
    assert isinstance(site.op, Gather)
    return site.op


@lru_cache(maxsize=256)
def legal_parallels(op: Gather, size: int) -> tuple[int, ...]:
    """Word sizes for which every word of the result is a word of the input, or all constant.

    Args:
        op: The gather.
        size: Elements of the input.

    Returns:
        Divisors of both frame sizes, ascending; 1 is always among them.
    """
    return divisors(gcd(size, _grain(op.index.reshape(-1))))


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


def divisors(number: int) -> tuple[int, ...]:
    """All divisors, ascending."""
    low = [d for d in range(1, isqrt(number) + 1) if number % d == 0]
    return tuple(low + [number // d for d in reversed(low) if d * d != number])


def worth_trying(site: Site, legal: tuple[int, ...]) -> list[Parameters]:
    """The legal word sizes up to a whole pixel, on the side where it is larger."""
    most = max(site.inputs[0].channels, site.outputs[0].channels)
    return [{"parallel": p} for p in legal if p <= most] or [{"parallel": p} for p in legal[:1]]


@lru_cache(maxsize=256)
def word_sequence(op: Gather, parallel: int) -> IntArray:
    """The input word that each output word is a copy of, or -1, int64 [output words]."""
    words: IntArray = op.index.reshape(-1, parallel)[:, 0] // parallel
    return words


def words_in(site: Site, parallel: int) -> int:
    """Input words of a frame."""
    return site.inputs[0].size // parallel


def check_parallel(site: Site, parameters: Parameters, legal: tuple[int, ...]) -> str | None:
    """Why a parameter set is not `{"parallel": one of legal}`; None when it is."""
    if set(parameters) != {"parallel"}:
        return f"the only parameter is 'parallel', not {sorted(parameters)}"
    if parameters["parallel"] in legal:
        return None
    return f"'parallel' is one of {list(legal)} here, not {parameters['parallel']!r}"


def word_ports(site: Site, parallel: int) -> Ports:
    """Formats of words of `parallel` elements; a vector is a pixel where that fits."""
    return Ports((_form(site.inputs[0], parallel),), _form(site.outputs[0], parallel))


def _form(kind: TensorType, parallel: int) -> StreamFormat:
    if kind.channels % parallel == 0:
        return StreamFormat(kind.pixels, kind.channels, parallel, kind.element)
    return StreamFormat(1, kind.size, parallel, kind.element)


def code_parameters(site: Site) -> dict[str, int | str]:
    """The parameters about element codes that all modules of the family have."""
    old, new = site.inputs[0].element, site.outputs[0].element
    op = op_of(site)
    fill = int(new.encode(np.array([op.fill]))[0]) if op.fills else 0
    return {
        "InWidth": old.bits,
        "OutWidth": new.bits,
        "Style": code_style(old, new),
        "Fill": f"{new.bits}'h{fill:x}",
    }


def shortest_period(*rows: IntArray) -> int:
    """The smallest divisor L of the length such that every row repeats itself after L places."""
    length = rows[0].size
    return next(p for p in divisors(length) if all(np.array_equal(r[p:], r[:-p]) for r in rows))
