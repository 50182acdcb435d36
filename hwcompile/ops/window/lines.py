"""How many rows of line memory a parallel window has, and how many words wait in front of them.

The lowest row under a window arrives as the window needs it. So it need not have a bank: its words
wait until the window is done with the word of the highest row in their place, which is a few words
later, and take that place.
"""

from __future__ import annotations

from functools import lru_cache

from hwcompile.ops.window.needs import least_depth, sustains
from hwcompile.ops.window.walk import Walk

_WORTH = 8
"""A bank less is worth it where a row has so many times the words that wait instead."""


@lru_cache(maxsize=1024)
def whole_rows(walk: Walk) -> int:
    """The fewest rows of line memory (words, of a ring) that slow neither side down.

    Args:
        walk: Of the window.
    """
    need, free = walk.need(), walk.free()
    least = least_depth(need, free)
    if walk.is_ring:
        depth = max(2, 1 << (least - 1).bit_length())
        while not sustains(need, free, depth):
            depth *= 2
        return depth
    rows = max(walk.reach[0] + 1, -(-least // walk.row_words))
    while not sustains(need, free, rows * walk.row_words):
        rows += 1
    return rows


@lru_cache(maxsize=1024)
def recent_words(walk: Walk) -> int:
    """The fewest words that wait for a place in line memories of a row less than a window reaches.

    Words move to their places one per cycle, when the cycle in which a place is freed is over. So
    there is one more of them than a single memory of that size would hold beyond those rows.

    Args:
        walk: Of the window.

    Returns:
        0 where every row has a bank: of windows of one row, and where rows are short.
    """
    most = walk.row_words // _WORTH
    if not walk.reach[0] or walk.row_words < most + walk.tail + 2:
        return 0
    need, free = walk.need(), walk.free()
    kept = walk.reach[0] * walk.row_words
    least = max(least_depth(need, free) - kept, 1)
    for beyond in range(least, most):
        if sustains(need, free, kept + beyond):
            return beyond + 1
    return 0
