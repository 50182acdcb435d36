"""Product quantization (PAMI 2011): a table is filled once, then entries are read and added."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.techniques_networks.product_quantization import (
    LENGTH,
    SEGMENTS,
    VECTORS,
    WORDS,
    search_parameters,
)
from tests.techniques.rows import check_network, network_of

ORACLE = ("numpy", "a paper")
ORACLE_REASON = "exhaustive inner products with the decoded vectors"


def test_only_the_table_needs_products(tmp_path: Path) -> None:
    """A product for each number of the code books; reading and adding have none."""
    found = check_network(network_of(1), tmp_path)
    books = [one for one in found.parts if one.op.family == "matmul"]
    used = sum(np.unique(codes).size for codes in search_parameters()[1].T)
    products = sum(one.op.weights.size for one in books)
    assert used * LENGTH <= products <= SEGMENTS * WORDS * LENGTH
    assert not any(one.needs.products for one in found.parts if one not in books)
    assert WORDS < VECTORS
