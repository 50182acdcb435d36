"""Memory files: the text of rows, and rows of codes, against Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.emit.literals import memory_text
from hwcompile.ops.contract.memory_image import MemoryImage


@pytest.mark.parametrize(("bits", "lanes"), [(1, 3), (3, 5), (4, 2), (9, 7), (33, 2), (63, 1)])
def test_a_row_is_a_hexadecimal_number_of_its_codes(bits: int, lanes: int) -> None:
    rng = np.random.default_rng(bits)
    codes = rng.integers(0, 2**bits - 1, (6, lanes), endpoint=True)
    image = MemoryImage.pack(codes, bits)
    assert (image.width, image.depth) == (bits * lanes, 6)
    digits = -(-bits * lanes // 4)
    numbers = [sum(int(code) << bits * i for i, code in enumerate(row)) for row in codes]
    assert memory_text(image) == "".join(f"{number:0{digits}x}\n" for number in numbers)
