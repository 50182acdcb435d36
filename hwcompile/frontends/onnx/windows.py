"""Sliding windows as ONNX describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.linear import Window

PER_AXIS = {"strides": 1, "dilations": 1}


def window_of(node: SourceNode, kernel: Sequence[int], size: Sequence[int]) -> Window:
    """The window that ONNX attributes describe, `auto_pad` resolved.

    Args:
        node: Operator with strides, dilations, pads, auto_pad.
        kernel: Taps per spatial axis.
        size: Input size per spatial axis.

    Raises:
        CompileError: HW0232 for more than two spatial axes.
    """
    rank = len(kernel)
    if rank not in (1, 2) or len(size) != rank:
        raise fail(
            "HW0232",
            f"this {node.op_type} has {len(size)} spatial axes",
            "signals and pictures are supported, volumes are not",
            "reshape the model to one or two spatial axes",
            node.origin,
        )
    get: dict[str, Any] = {
        name: tuple(node.attributes.get(name) or [default] * rank)
        for name, default in PER_AXIS.items()
    }
    strides, dilations = get["strides"], get["dilations"]
    mode = str(node.attributes.get("auto_pad", "NOTSET"))
    pads = list(node.attributes.get("pads") or [0] * 2 * rank)
    if mode == "VALID":
        pads = [0] * 2 * rank
    elif mode in ("SAME_UPPER", "SAME_LOWER"):
        for i in range(rank):
            extent = (kernel[i] - 1) * dilations[i] + 1
            outputs = -(-size[i] // strides[i])
            total = max((outputs - 1) * strides[i] + extent - size[i], 0)
            small, large = total // 2, total - total // 2
            upper = mode == "SAME_UPPER"
            pads[i], pads[rank + i] = (small, large) if upper else (large, small)
    lengths = [len(strides), len(dilations), len(pads)] == [rank, rank, 2 * rank]
    lengths &= tuple(node.attributes.get("kernel_shape") or kernel) == tuple(kernel)
    if not lengths or min(*kernel, *strides, *dilations) < 1 or min(pads) < 0:
        raise fail(
            "HW0234",
            f"this {node.op_type} has impossible strides, dilations, kernel or pads",
            "",
            "give one positive entry per spatial axis, two pads that are not negative, and the "
            "kernel_shape of the weights",
            node.origin,
        )
    return Window(tuple(kernel), strides, dilations, tuple(pads[:rank]), tuple(pads[rank:]))
