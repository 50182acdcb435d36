"""What a handler says about the attributes of its operator, held against what a node carries.

An operator set may give an attribute that no handler ever reads; the node then means something
else than what is built. So every operator declares each attribute: read in full, read for some of
its values, or of no consequence for a reason. A node that carries anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import onnx

from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.frontends.model import SourceNode

OLDEST_OPSET = 7
"""Before it `broadcast` and `axis` said how operands meet, and several operators had no inputs."""


@dataclass(frozen=True)
class Attribute:
    """How one attribute is treated.

    Attributes:
        values: What may be given; None when every value is implemented, or has no consequence.
        why: Why other values are refused, or why the attribute has no consequence.
    """

    values: tuple[int | str, ...] | None = None
    why: str = ""


READ = Attribute()
"""The handler reads the attribute and implements, or itself refuses, every value."""


def only(*values: int | str, why: str) -> Attribute:
    """Some values are implemented; `why` says what becomes of others."""
    return Attribute(values, why)


def harmless(why: str) -> Attribute:
    """Every value may be given, because none changes what is built."""
    return Attribute(None, why)


def unread_attributes(
    node: SourceNode, opset: int, declared: Mapping[str, Attribute]
) -> list[Diagnostic]:
    """What a node carries and its handler does not implement.

    Args:
        node: The node.
        opset: Version of the standard operator set.
        declared: By the attribute's name.

    Returns:
        HW0262 for each attribute, or value, that is not implemented; HW0264 for each that this
        version of a standard operator does not have.
    """
    known = _of_this_version(node, opset)
    found = []
    for name, value in node.attributes.items():
        if known is not None and name not in known:
            found.append(_illegal(node, opset, name))
        elif name not in declared:
            found.append(_unread(node, opset, name, value, "nothing reads it", "leave it out"))
        else:
            allowed, why = declared[name].values, declared[name].why
            if allowed is not None and not (isinstance(value, int | str) and value in allowed):
                fix = f"export the model with {name}={' or '.join(map(str, allowed))}"
                found.append(_unread(node, opset, name, value, why, fix))
    return found


def _of_this_version(node: SourceNode, opset: int) -> frozenset[str] | None:
    """The attributes that ONNX gives a standard operator; None where ONNX knows no such one."""
    if node.domain:
        return None
    try:
        schema = onnx.defs.get_schema(node.op_type, opset, "")
    except onnx.defs.SchemaError:
        return None
    return frozenset(schema.attributes)


def _set_of(node: SourceNode, opset: int) -> str:
    return f"the domain {node.domain}" if node.domain else f"operator set {opset}"


def _unread(node: SourceNode, opset: int, name: str, value: Any, why: str, fix: str) -> Diagnostic:
    what = f"this {node.op_type} of {_set_of(node, opset)} has {name}={value}"
    return Diagnostic("HW0262", f"{what}, which is not implemented", why, fix, node.origin)


def _illegal(node: SourceNode, opset: int, name: str) -> Diagnostic:
    return Diagnostic(
        "HW0264",
        f"this {node.op_type} has an attribute '{name}', which operator set {opset} does not know",
        "other versions of the operator have it, or it is misspelt, so its meaning is open",
        "name the version that the model was written for, or repair the exporter's output",
        node.origin,
    )


def check_opset(file: str, nodes: tuple[SourceNode, ...], opset: int) -> None:
    """Standard operators of a version whose meaning is implemented.

    Raises:
        CompileError: HW0263 for operator sets below `OLDEST_OPSET`.
    """
    standard = [n for n in nodes if not n.domain and onnx.defs.has(n.op_type, "")]
    if opset >= OLDEST_OPSET or not standard:
        return
    raise CompileError(
        [
            Diagnostic(
                "HW0263",
                f"'{file}' uses operator set {opset}",
                f"before {OLDEST_OPSET}, attributes said how operands meet, and operators such as "
                f"{standard[0].op_type} had another meaning",
                "convert it with onnx.version_converter.convert_version(model, 13)",
            )
        ]
    )
