"""Gated recurrent units."""

from __future__ import annotations

from hwcompile.ops.contract.family import Family
from hwcompile.ops.gru.examples import examples
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.gru.static import GruStatic

FAMILY = Family(
    name="gru",
    summary="gated recurrent unit: sparse matrices and element-wise parts of every time step",
    ops=(Gru,),
    kernels=(GruStatic(),),
    examples=examples,
)
