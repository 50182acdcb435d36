"""A slice of the link's campaign: damaged packets in the host's decoder and in hw_link_rx.

What was sent is the oracle of what may come out. That four changed bits are always found is
computed here from the polynomial alone, as in Koopman's tables (DSN 2002): 802.3 has a Hamming
distance of 5 up to 2,974 bits of data.
"""

from __future__ import annotations

from binascii import crc32
from pathlib import Path

import numpy as np

from hwcompile_runtime.packets import HEADER, MOST
from tests.fuzz.budget import Budget
from tests.fuzz.link import run


def test_no_damaged_packet_is_accepted_by_either_end(tmp_path: Path) -> None:
    figures = run(Budget("link", 5, 0.0, 0.005, tmp_path, tmp_path))
    assert figures.good, "\n".join(figures.cases)
    assert not figures.missing
    assert figures.counts["of these in RTL"] >= 5000


def test_four_changed_bits_are_always_found() -> None:
    size = HEADER - 1 + MOST
    zero = crc32(bytes(size))
    bits = [
        crc32((1 << (bit % 8)).to_bytes(1, "big").rjust(bit // 8 + 1, b"\0").ljust(size, b"\0"))
        ^ zero
        for bit in range(8 * size)
    ]
    singles = np.array([*bits, *(1 << i for i in range(32))], np.uint32)  # and those of the check
    pairs = np.sort(np.bitwise_xor.outer(singles, singles)[np.triu_indices(len(singles), 1)])
    assert pairs[0] != 0  # two bits
    places = np.minimum(np.searchsorted(pairs, singles), len(pairs) - 1)
    assert (pairs[places] != singles).all()  # three
    assert (np.diff(pairs) != 0).all()  # four
