"""Kernel `adder_graph`: the whole matrix as adders that share partial sums."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.adders.kernel import AdderKernel, Adders
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul


class MatrixAdders(Adders[Matmul]):
    """All groups of a pixel."""

    @property
    def blocks(self) -> IntArray:
        """The groups."""
        return self.op.weights

    @property
    def places(self) -> tuple[IntArray, IntArray]:
        """One group behind the other."""
        groups, rows, columns = self.op.weights.shape
        outputs = np.arange(groups * rows).reshape(groups, rows)
        return outputs, np.arange(groups * columns).reshape(groups, columns)


class MatrixAdderGraphs(AdderKernel[Matmul]):
    """See `AdderKernel`."""

    op = Matmul
    built = MatrixAdders

    def weights(self, site: Site[Matmul]) -> IntArray:
        """All groups."""
        return site.op.weights
