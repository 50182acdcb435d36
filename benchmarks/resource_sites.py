"""What is synthesized to calibrate the resource models: every kernel at several sizes.

A subject is a kernel with a site and a folding, or a part of the plumbing (output FIFOs, the
controller in front of pipes). Contents are random but always the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from benchmarks.resource_attention import attention_sites
from benchmarks.resource_choice import choice_sites
from benchmarks.resource_large import large_sites
from benchmarks.resource_parallel import adder_sites, parallel_sites, sums_in_order
from benchmarks.resource_products import product_sites
from benchmarks.resource_subject import Subject
from benchmarks.resource_tables import neuron_sites
from benchmarks.resource_words import width_sites
from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile.ops.gather.op import Gather, Take
from hwcompile.ops.gru.examples import small as small_gru
from hwcompile.ops.lstm.examples import small as small_lstm
from hwcompile.ops.lstm.scaled_examples import scaled_site, small_scaled
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reduce.limited_sum import LimitedSum
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from hwcompile.ops.table.op import Table
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.window.op import Window

INT8, INT4, U8, U4, U2 = (
    IntType(-128, 127), IntType(-8, 7), IntType(0, 255), IntType(0, 15), IntType(0, 3),
)  # fmt: skip
TERNARY = IntType(-1, 1)


SEVERAL = {"matmul.folded": 7, "width.gearbox": 3, "window.parallel": 2}
"""Kernels of several kinds of circuits, so many times as many."""


def subjects(most: int = 5) -> Iterator[Subject]:
    """At most so many of each kernel, more of some (`SEVERAL`); those of large layers on top."""
    found: dict[str, list[Subject]] = {}
    for part in (_matmul, _depthwise, _thresholds, _casts, _pipes, _movers, _recurrent):
        for subject in part():
            found.setdefault(f"{subject.site.op.family}.{subject.kernel.name}", []).append(subject)
    for name, every in found.items():
        count = min(len(every), SEVERAL.get(name, 1) * most)
        for index in range(count):
            yield every[index * len(every) // count]
    for kernel, op, kind, parameters in (*large_sites(), *attention_sites()):
        yield from _of(op, kind if isinstance(kind, tuple) else (kind,), kernel, parameters)


def _of(op: Op, kinds: Iterable[TensorType], kernel: str, *sets: Parameters) -> Iterator[Subject]:
    yield from _on(Site.of(op, *kinds), kernel, *sets)


def _on(site: Site, kernel: str, *sets: Parameters) -> Iterator[Subject]:
    chosen = family(site.op.family).kernel(kernel)
    for parameters in sets:
        reason = chosen.refuses(site) or chosen.complaint(site, parameters)
        if reason:
            raise ValueError(f"{site.op.family}.{kernel}: {reason}")
        yield Subject(chosen, site, parameters)


def _weights(element: IntType, *shape: int, seed: int = 0) -> IntArray:
    rng = np.random.default_rng(seed)
    return rng.choice(element.values(), size=shape).astype(np.int64)


def _vector(element: IntType, channels: int, pixels: int = 1) -> tuple[TensorType]:
    return (TensorType((1, pixels, channels), element),)


def _folded(
    weight: IntType, element: IntType, rows: int, columns: int, *foldings: tuple[int, int]
) -> Iterator[Subject]:
    op = Matmul(_weights(weight, 1, rows, columns))
    sets = [{"pe": pe, "simd": simd} for pe, simd in foldings]
    yield from _of(op, _vector(element, columns), "folded", *sets)


def _matmul() -> Iterator[Subject]:
    yield from _folded(BIPOLAR, BIPOLAR, 32, 64, (2, 16), (4, 32), (16, 4))
    yield from _folded(BIPOLAR, BIPOLAR, 64, 784, (2, 49), (4, 16))
    yield from _folded(BIPOLAR, U2, 32, 72, (4, 9), (2, 24))
    yield from _folded(BIPOLAR, U8, 16, 27, (2, 9), (8, 3))
    yield from _folded(TERNARY, INT4, 32, 32, (4, 8), (2, 16))
    yield from _folded(IntType(-3, 3), IntType(0, 7), 24, 72, (2, 9), (4, 4))
    yield from _folded(INT4, U4, 32, 40, (2, 8), (2, 10))
    yield from _folded(INT8, INT8, 24, 36, (1, 1), (1, 2), (2, 2), (1, 6))
    yield from _folded(INT8, U8, 10, 96, (1, 4), (2, 3), (5, 1))
    yield from _folded(INT8, IntType(-2048, 2047), 8, 32, (1, 2), (2, 2))
    for op, kind, sets in product_sites():
        yield from _of(op, (kind,), "folded", *sets)
    rng = np.random.default_rng(5)
    for rows, columns, density in ((32, 48, 0.2), (48, 64, 0.1)):
        weights = _weights(INT8, 1, rows, columns) * (rng.random((1, rows, columns)) < density)
        op = Matmul(weights)
        for name in ("sparse", "broadcast"):
            kernel = family("matmul").kernel(name)
            site = Site.of(op, *_vector(IntType(-1000, 1000), columns))
            sets = list(kernel.space(site))
            wanted = {int(s["pes"]): s for s in sets if int(s["pes"]) in (1, 2, 4, 8)}
            for parameters in wanted.values():
                yield Subject(kernel, site, parameters)


def _depthwise() -> Iterator[Subject]:
    for weight, element, channels, parts in (
        (INT8, INT8, 16, (1, 2, 4)),
        (IntType(-3, 3), IntType(0, 7), 32, (2, 4, 8)),
        (BIPOLAR, U4, 24, (4, 8)),
        (BIPOLAR, BIPOLAR, 32, (8, 16)),
    ):
        op = Depthwise(_weights(weight, 9, channels))
        kinds = _vector(element, 9 * channels, 4)
        yield from _of(op, kinds, "folded", *({"pe": pe} for pe in parts))


def _requantization(element: IntType, result: IntType, channels: int, rows: int, seed: int) -> Site:
    """`clip(round(x * scale + shift))` with constants for each of `rows` rows."""
    rng = np.random.default_rng(seed)
    steps, span = result.levels - 1, element.levels
    scale = rng.uniform(0.6, 1.6, rows) * steps / span
    middle = (element.low + element.high) / 2 + rng.normal(size=rows) * span / 20
    levels = np.arange(1, steps + 1) - 0.5 - steps / 2
    table = np.ceil(levels / scale[:, None] + middle[:, None]).astype(np.int64)
    base, slope = np.full(rows, result.low), np.ones(rows, dtype=np.int64)
    return Site.of(Threshold(table, base, slope, result), *_vector(element, channels, 2))


def _random_thresholds(
    element: IntType, result: IntType, channels: int, rows: int, seed: int
) -> Site:
    rng = np.random.default_rng(seed)
    table = np.sort(rng.choice(element.values(), size=(rows, result.levels - 1)), axis=1)
    base, slope = np.full(rows, result.low), np.ones(rows, dtype=np.int64)
    return Site.of(Threshold(table, base, slope, result), *_vector(element, channels, 2))


def _late_lines(element: IntType, result: IntType, channels: int, rows: int, seed: int) -> Site:
    """Rising lines on which every other step or so comes one value of x too late."""
    rng = np.random.default_rng(seed)
    steps = result.levels - 1
    spacing = rng.uniform(0.6, 1.4, rows) * element.levels / steps
    first = element.low + rng.uniform(-0.1, 0.3, rows) * element.levels
    exact = np.ceil(first[:, None] + spacing[:, None] * np.arange(steps)).astype(np.int64)
    table = exact + rng.integers(0, 2, exact.shape)
    base, slope = np.full(rows, result.low), np.ones(rows, dtype=np.int64)
    return Site.of(Threshold(table, base, slope, result), *_vector(element, channels, 2))


def _at(kernel: str, site: Site, *parallels: int) -> Iterator[Subject]:
    yield from _on(site, kernel, *({"parallel": parallel} for parallel in parallels))


def _thresholds() -> Iterator[Subject]:
    wide, narrow = IntType(-20000, 19999), IntType(-200, 199)
    yield from _at("comparators", _random_thresholds(narrow, BIPOLAR, 32, 32, 1), 2, 8)
    yield from _at("comparators", _random_thresholds(narrow, U2, 24, 24, 2), 2, 6)
    yield from _at("comparators", _random_thresholds(narrow, IntType(-3, 3), 16, 16, 3), 2, 4)
    yield from _at("comparators", _random_thresholds(wide, U2, 16, 1, 4), 2, 4)
    yield from _at("comparators", _random_thresholds(IntType(0, 500), IntType(0, 6), 8, 8, 5), 1, 2)
    yield from _at("binary_search", _random_thresholds(narrow, U4, 24, 24, 6), 1, 2, 4)
    yield from _at("binary_search", _random_thresholds(wide, INT8, 16, 16, 7), 1, 2)
    yield from _at("binary_search", _random_thresholds(wide, IntType(-16, 15), 32, 1, 8), 2, 4)
    yield from _at("requantize", _requantization(wide, INT8, 24, 24, 9), 1, 2, 4)
    yield from _at("requantize", _requantization(IntType(-3000, 2900), INT4, 32, 32, 10), 2, 4)
    yield from _at("requantize", _requantization(wide, U8, 16, 1, 11), 1, 2)
    yield from _at("requantize", _requantization(IntType(-90000, 89999), INT8, 8, 8, 12), 1, 2)
    yield from _at("late_requantize", _late_lines(IntType(-900, 899), INT4, 16, 16, 13), 1, 2)
    yield from _at("late_requantize", _late_lines(IntType(-9000, 8999), U8, 8, 8, 14), 1, 2)
    yield from _at("late_requantize", _late_lines(IntType(-300, 300), U4, 24, 24, 15), 3)
    for element, result, channels, parallels in (
        (IntType(-512, 511), INT4, 24, (2, 4, 8)),
        (IntType(-8192, 8191), INT8, 16, (1, 2, 4)),
    ):
        steps = result.levels - 1
        spacing = element.levels // (steps + 1) // 2
        first = element.low // 2 + 5 * np.arange(channels, dtype=np.int64)
        rows = first[:, None] + spacing * np.arange(steps, dtype=np.int64)
        op = Threshold(rows, np.full(channels, result.low), np.ones(channels, np.int64), result)
        yield from _at("shift", Site.of(op, *_vector(element, channels, 2)), *parallels)


def _casts() -> Iterator[Subject]:
    """Fewer bits behind the point, and before it, with constants of all elements or of channels."""
    for bits, dropped, result, rows, rounding, overflow, parallels in (
        (12, 4, 6, 1, "floor", "wrap", (2, 4)),
        (16, 6, 8, 16, "half_even", "saturate", (1, 2)),
        (20, 8, 8, 16, "half_up", "saturate", (1, 4)),
        (12, 3, 8, 1, "half_away", "saturate", (4,)),
        (16, 8, 6, 16, "zero", "wrap", (2,)),
    ):
        rng = np.random.default_rng(bits + dropped)
        offset = rng.integers(-9, 10, rows) if rows > 1 else np.zeros(1, dtype=np.int64)
        grain = np.full(rows, dropped, dtype=np.int64)
        low, high = (np.full(rows, end, dtype=np.int64) for end in _twos(result))
        op = Cast(0, dropped, offset, grain, low, high, rounding, overflow)
        yield from _at("adjust", Site.of(op, *_vector(IntType(*_twos(bits)), 16, 2)), *parallels)


def _twos(bits: int) -> tuple[int, int]:
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _pipes() -> Iterator[Subject]:
    for element, rows, result, channels, parallels in (
        (INT8, 1, INT8, 16, (1, 2, 4)),
        (IntType(-16, 15), 16, INT4, 16, (2, 4)),
        (U4, 1, IntType(-3, 3), 24, (4, 8)),
        (IntType(-512, 511), 1, INT8, 8, (1, 2)),
        (U8, 8, INT8, 8, (1, 2)),
    ):
        op = Table(_weights(result, rows, element.levels), result)
        yield from _at("rom", Site.of(op, *_vector(element, channels, 2)), *parallels)

    def pair(op: Op, first: IntType, second: IntType) -> Site:
        return Site.of(op, *(TensorType((1, 2, 24), element) for element in (first, second)))

    yield from _at("linear", pair(Linear((1, 1), 0), INT8, INT8), 2, 8)
    yield from _at("linear", pair(Linear((3, -5), 17), INT8, U4), 2, 6)
    yield from _at("linear", pair(Linear((13, 1), -3), IntType(-900, 900), INT8), 2, 4)
    yield from _at("product", pair(Product(), INT8, INT8), 1, 2, 4)
    yield from _at("product", pair(Product(), IntType(-2048, 2047), IntType(0, 1023)), 1, 2)
    yield from _at("product", pair(Product(), INT8, BIPOLAR), 4, 8)
    yield from _at("extremum", pair(Extremum("max"), INT8, U8), 2, 8)
    yield from _at("extremum", pair(Extremum("min"), U4, INT4), 4, 12)
    yield from _at("extremum", pair(Extremum("max"), IntType(-5000, 5000), INT8), 2, 4)
    for first, second, result, parallels in (
        (INT4, INT4, INT8, (1, 2)),
        (U2, U4, INT4, (2, 6)),
        (IntType(0, 31), INT4, INT8, (1, 2)),
    ):
        table = PairTable(_weights(result, first.levels, second.levels), result)
        yield from _at("pair_table", pair(table, first, second), *parallels)


def _movers() -> Iterator[Subject]:
    for part in (
        *(_windows, _reductions, _rounded_sums, _limited_sums, _parallel),
        *(_widths, _concats, _gathers, _largest, _choices),
    ):
        yield from part()


def _windows() -> Iterator[Subject]:
    for shape, element, taps, strides, pads, parallels in (
        ((8, 8, 4), U4, (3, 3), (1, 1), (1, 1, 1, 1), (1, 4)),
        ((8, 8, 16), BIPOLAR, (3, 3), (1, 1), (0, 0, 0, 0), (4, 16)),
        ((16, 16, 8), INT8, (2, 2), (2, 2), (0, 0, 0, 0), (2, 8)),
        ((28, 28, 1), U8, (3, 3), (1, 1), (1, 1, 1, 1), (1,)),
        ((32, 10, 8), INT8, (5, 3), (2, 1), (2, 1, 2, 1), (4, 8)),
        ((16, 16, 32), IntType(0, 7), (3, 3), (1, 1), (1, 1, 1, 1), (8,)),
    ):
        op = Window(taps, strides, (1, 1), pads, 0, 1)
        sets = ({"parallel": parallel} for parallel in parallels)
        yield from _of(op, (TensorType(shape, element),), "line_buffer", *sets)


def _reductions() -> Iterator[Subject]:
    kernel = family("reduce").kernels[0]
    for kind, element, channels, taps, parallels in (
        ("max", INT8, 16, 4, (1, 4)),
        ("sum", INT8, 16, 16, (2, 4)),
        ("max", U4, 24, 4, (8, 24)),
        ("sum", IntType(0, 7), 32, 9, (4, 8)),
        ("max", BIPOLAR, 64, 4, (16,)),
    ):
        site = Site.of(Reduce(kind, taps), *_vector(element, taps * channels, 4))
        for parallel in parallels:
            found = next(s for s in kernel.space(site) if parallel in s.values())
            yield Subject(kernel, site, found)


def _parallel() -> Iterator[Subject]:
    for op, kind, sets in parallel_sites():
        yield from _of(op, (kind,), "parallel", *sets)
    for kernel, op, kind, sets in (*sums_in_order(), *neuron_sites(), *adder_sites()):
        yield from _of(op, (kind,), kernel, *sets)


def _rounded_sums() -> Iterator[Subject]:
    kernel = family("reduce").kernel("rounding")
    single = IntType(-2791728896, 630823360)  # of float32 numbers, in steps of one power of two
    for element, channels, taps, parallels in (
        (single, 4, 4, (1, 4)), (single, 3, 9, (1, 3)),
        (IntType(-(1 << 25), 1 << 24), 8, 4, (2, 8)),
    ):  # fmt: skip
        site = Site.of(RoundedSum(taps, 24), *_vector(element, taps * channels, 4))
        for parallel in parallels:
            yield Subject(kernel, site, {"pe": parallel})


def _limited_sums() -> Iterator[Subject]:
    kernel = family("reduce").kernel("limiting")
    for element, end, channels, taps, parallels in (
        (IntType(-128, 127), 255, 8, 16, (1, 4, 8)), (IntType(-2048, 2047), 2047, 4, 9, (1, 4)),
        (IntType(-32768, 32767), 131071, 6, 12, (2, 3)), (IntType(-20, 31), 40, 12, 5, (3, 12)),
    ):  # fmt: skip
        op = LimitedSum(taps, -end - 1, end)
        site = Site.of(op, *_vector(element, taps * channels, 4))
        for parallel in parallels:
            yield Subject(kernel, site, {"pe": parallel})


def _widths() -> Iterator[Subject]:
    for op, kind in width_sites():
        yield from _of(op, (kind,), "gearbox", {})


def _ends(kernel: AnyKernel, site: Site, most: int | None = None) -> Iterator[Subject]:
    """With the first of the parameter sets worth considering, and the last or number `most`."""
    sets = list(kernel.space(site))
    end = len(sets) - 1
    for index in sorted({0, end if most is None else min(most, end)}):
        yield Subject(kernel, site, sets[index])


def _concats() -> Iterator[Subject]:
    for name in ("abreast", "interleave"):
        kernel = family("concat").kernel(name)
        for element, channels in ((INT8, (8, 8)), (U4, (16, 8, 8)), (BIPOLAR, (32, 32))):
            site = Site.of(Concat(), *(_vector(element, n, 2)[0] for n in channels))
            if kernel.refuses(site) is None:
                yield from _ends(kernel, site)


def _largest() -> Iterator[Subject]:
    kernel = family("argmax").kernels[0]
    for element, channels, k, result in (
        (INT8, 10, 1, "index"), (IntType(-5000, 5000), 10, 1, "index"),
        (INT8, 32, 1, "value"), (INT8, 16, 3, "index"), (U4, 24, 2, "value"),
    ):  # fmt: skip
        yield from _ends(kernel, Site.of(TopK(k, result), *_vector(element, channels)), 2)


def _gathers() -> Iterator[Subject]:
    rng = np.random.default_rng(3)
    for element, shape, shuffled in (
        (INT8, (4, 4, 8), False), (U4, (8, 8, 4), False), (BIPOLAR, (4, 4, 16), False),
        (INT8, (4, 4, 8), True), (U4, (8, 8, 4), True), (IntType(-500, 500), (2, 8, 4), True),
    ):  # fmt: skip
        size = int(np.prod(shape))
        flat = np.arange(size).reshape(shape)
        index = rng.permutation(size).reshape(shape) if shuffled else flat[: shape[0] // 2]
        for kernel in family("gather").kernels:
            site = Site.of(
                Gather(index, 0 if element != BIPOLAR else 1), TensorType(shape, element)
            )
            if kernel.name == "wires" or kernel.refuses(site):
                continue
            yield from _ends(kernel, site)
    for shape, count, element in (
        ((4, 5, 8), 6, INT8), ((8, 8, 4), 16, U4), ((2, 8, 4), 3, IntType(-500, 500)),
        ((16, 16, 6), 20, INT8), ((3, 5, 16), 15, BIPOLAR), ((1, 40, 2), 9, U8),
    ):  # fmt: skip
        places = TensorType((1, 1, count), IntType(0, shape[0] * shape[1] - 1))
        taken = Site.of(Take(), TensorType(shape, element), places)
        yield from _ends(family("gather").kernel("stored"), taken)


def _choices() -> Iterator[Subject]:
    for kernel, op, kinds, parameters in choice_sites():
        yield from _of(op, kinds, kernel, parameters)


def _recurrent() -> Iterator[Subject]:
    for op, inputs in (
        (small_lstm(4, 8, 0, True, False, False), 4),
        (small_lstm(4, 6, 4, True, True, False), 4),
        (small_gru(4, 8, True, False), 4),
        (small_gru(6, 10, True, False), 6),
    ):
        site = Site.of(op, TensorType((1, 4, inputs), INT8))
        for kernel in family(op.family).kernels:
            if kernel.refuses(site) is None and not kernel.data_dependent:
                yield from _ends(kernel, site, 1)
    for units, *lanes in ((4, 1, 4), (12, 12)):
        sets = ({"lanes": n} for n in lanes)
        yield from _on(scaled_site(small_scaled(units), 4), "rowwise", *sets)
