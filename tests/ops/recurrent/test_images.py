"""The PEs' programs, followed as the hardware does with nothing but the images."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.recurrent.arithmetic import engine_dot
from hwcompile.ops.recurrent.images import entry_image, widths
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.simulation import simulate_step
from hwcompile.ops.recurrent.static import Static
from tests.ops.gru.samples import grus
from tests.ops.lstm.samples import lstms

ORACLE = "this project"
ORACLE_REASON = "the images are followed as its own hardware does"

SIZES = ((1, 1), (2, 1), (3, 1), (8, 4), (5, 1), (12, 2))


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.one_of(lstms(cells=12), grus()), st.sampled_from(SIZES))
def test_programs_decode_to_the_matrices(site: Site, size: tuple[int, int]) -> None:
    kernel = family(site.op.family).kernel("static")
    assert isinstance(kernel, Static)
    assume(kernel.check(site, {"pes": size[0], "lanes": size[1]}) is None)
    layout = EngineLayout(kernel.cell(site.op), *size)
    assert isinstance(site.op, Lstm | Gru)
    assert _decoded(layout) == _wanted(layout, site.op)


def _decoded(layout: EngineLayout) -> list[tuple[int, int, int]]:
    """(over m, place, weight) of every non-zero weight of the programs, sorted."""
    schedule, width = simulate_step(layout), widths(layout)
    image = entry_image(layout, schedule)
    bits = np.unpackbits(image.rows, axis=1, bitorder="little")[:, : image.width]
    codes = bits.reshape(schedule.cycles, layout.pes, width.entry).astype(np.int64)
    codes = (codes << np.arange(width.entry)).sum(axis=2)
    # Any encoding of weights; tests of encodings say that theirs are those of the hardware.
    numbers = np.unique(np.concatenate([[0], *(m.reshape(-1) for m in layout.cell.matrices)]))
    stored = engine_dot(layout).codes(numbers)[0] & ((1 << width.weight) - 1)
    meaning = dict(zip(stored.tolist(), numbers.tolist(), strict=True))
    found = []
    for pe in range(layout.pes):
        place, first, over_m = 0, True, 0
        for code in codes[:, pe].tolist():
            weight = meaning[code & ((1 << width.weight) - 1)]
            flag, skip = code >> (width.entry - 1), code >> width.weight & ((1 << width.skip) - 1)
            if first:
                over_m, place = flag, (layout.m_base if flag else 0) + skip
            else:
                place += skip + (flag << width.skip)
            first = bool(code >> (width.entry - 2) & 1)
            if weight:
                found.append((over_m, place, weight))
    return sorted(found)


def _wanted(layout: EngineLayout, op: Lstm | Gru) -> list[tuple[int, int, int]]:
    lanes = layout.lanes
    y = layout.state_base + layout.rows.rank * lanes + layout.rows.lane
    m = layout.m_base + layout.units.rank * lanes + layout.units.lane
    over_y, over_m = op.wr, np.zeros((0, 1), dtype=np.int64)
    if isinstance(op, Lstm):
        over_m = op.projection
    elif not op.reset_after:
        over_y, over_m = op.wr[:2], op.wr[2]
    wanted = [(0, int(c), int(w)) for c, w in _nonzeros(op.wx)]
    wanted += [(0, int(y[c]), int(w)) for c, w in _nonzeros(over_y)]
    wanted += [(1, int(m[c]), int(w)) for c, w in _nonzeros(over_m)]
    return sorted(wanted)


def _nonzeros(matrices: IntArray) -> list[tuple[int, int]]:
    """(column, weight) of the non-zeros of [gates, rows, columns] or [rows, columns]."""
    *_, columns = np.nonzero(matrices)
    return list(zip(columns, matrices[np.nonzero(matrices)], strict=True))
