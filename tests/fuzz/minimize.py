"""Makes a failing case smaller while it fails in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import onnx

Fails = Callable[[onnx.ModelProto], bool]


def smaller_model(model: onnx.ModelProto, fails: Fails, seconds: float = 20) -> onnx.ModelProto:
    """Earlier tensors as outputs, fewer outputs, nodes left out, attributes dropped."""
    end = time.monotonic() + seconds
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        for candidate in _candidates(model):
            if time.monotonic() > end:
                break
            if _still(candidate, fails):
                model, changed = candidate, True
                break
    return model


def _still(model: onnx.ModelProto, fails: Fails) -> bool:
    try:
        return fails(model)
    except Exception:
        return False


def _candidates(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    graph = model.graph
    names = [o.name for o in graph.output]
    for node in graph.node:
        for name in node.output:
            if names != [name]:
                yield _pruned(model, name)
    for i, node in enumerate(graph.node):
        if node.input:
            yield _without(model, i)
    for i, node in enumerate(graph.node):
        for k in range(len(node.attribute)):
            smaller = _copy(model)
            del smaller.graph.node[i].attribute[k]
            yield smaller


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    fresh = onnx.ModelProto()
    fresh.CopyFrom(model)
    return fresh


def _pruned(model: onnx.ModelProto, output: str) -> onnx.ModelProto:
    """The model with that only output, and what it needs."""
    fresh = _copy(model)
    graph = fresh.graph
    del graph.output[:]
    graph.output.append(onnx.ValueInfoProto(name=output))
    wanted, kept = {output}, []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            kept.append(_node(node))
            wanted |= set(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    constants = [t for t in graph.initializer if t.name in wanted]
    copies = [onnx.TensorProto.FromString(t.SerializeToString()) for t in constants]
    del graph.initializer[:]
    graph.initializer.extend(copies)
    return fresh


def _node(node: onnx.NodeProto) -> onnx.NodeProto:
    fresh = onnx.NodeProto()
    fresh.CopyFrom(node)
    return fresh


def _without(model: onnx.ModelProto, index: int) -> onnx.ModelProto:
    """The model without a node, whose readers take its first input."""
    fresh = _copy(model)
    node = _node(fresh.graph.node[index])
    del fresh.graph.node[index]
    for other in fresh.graph.node:
        for k, name in enumerate(other.input):
            if name in node.output:
                other.input[k] = node.input[0]
    for output in fresh.graph.output:
        if output.name in node.output:
            output.name = node.input[0]
    return fresh


def smaller_bytes(data: bytes, fails: Callable[[bytes], bool], seconds: float = 10) -> bytes:
    """Fewer bytes: halves, quarters, ... left out while it fails."""
    end = time.monotonic() + seconds
    size = len(data) // 2
    while size and time.monotonic() < end:
        start = 0
        while start < len(data) and time.monotonic() < end:
            candidate = data[:start] + data[start + size :]
            if candidate and fails(candidate):
                data = candidate
            else:
                start += size
        size //= 2
    return data
