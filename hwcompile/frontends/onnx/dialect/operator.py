"""An operator of ONNX or its relatives: its handler, where its name means that, its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwcompile.frontends.onnx.dialect.attributes import Attribute
from hwcompile.frontends.symbolic.dialect import Treatment

MICROSOFT_DOMAIN = "com.microsoft"
STANDARD_DOMAINS = frozenset({"", MICROSOFT_DOMAIN})
QONNX_DOMAINS = frozenset(
    {
        "onnx.brevitas",
        "qonnx.custom_op.general",
        "finn.custom_op.general",
    }
)


PACT_DOMAINS = frozenset({"PACTOps", ""})
"""Of QuantLib's operators, which Deeploy knows by their names alone."""


@dataclass(frozen=True)
class Operator(Treatment):
    """How an operator type is treated.

    Attributes:
        domains: Operator domains where the name has this meaning.
        attributes: How each attribute is treated; None for operators that are always refused.
    """

    domains: frozenset[str] = STANDARD_DOMAINS
    attributes: Mapping[str, Attribute] | None = None
