"""Long short-term memory cells."""

from __future__ import annotations

from hwcompile.ops.contract.family import Family
from hwcompile.ops.lstm.examples import examples
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.lstm.rowwise import RowWise
from hwcompile.ops.lstm.scaled import ScaledLstm
from hwcompile.ops.lstm.scaled_examples import scaled_examples
from hwcompile.ops.lstm.static import LstmStatic

FAMILY = Family(
    name="lstm",
    summary="long short-term memory: sparse matrices and element-wise parts of every time step",
    ops=(Lstm, ScaledLstm),
    kernels=(LstmStatic(), RowWise()),
    examples=lambda: (*examples(), *scaled_examples()),
)
