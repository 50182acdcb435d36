"""What the host computes before and behind the network, as plain data with numpy code.

Before: the model's real inputs become the integers of the network's inputs. Behind: the integers
of the network's outputs become the model's outputs. Both are written to the build directory as
JSON and read back by whoever talks to the hardware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwcompile_runtime.chain import Chain, FloatOp, apply_all, join_values
from hwcompile_runtime.host_steps import HostStep, run_step
from hwcompile_runtime.integers import IntArray
from hwcompile_runtime.quantizers import Quantizer, quantizer_from_json
from hwcompile_runtime.rows import AnyArray


def _index_to_json(index: IntArray) -> dict[str, Any]:
    """An index array; an ascending run per axis order is written as that order only."""
    flat = np.arange(index.size)
    for axes in _orders(index.ndim):
        shape = tuple(int(index.shape[a]) for a in np.argsort(axes))
        if np.array_equal(flat.reshape(shape).transpose(axes), index):
            return {"shape": list(index.shape), "order": list(axes)}
    return {"shape": list(index.shape), "elements": index.reshape(-1).tolist()}


def _orders(rank: int) -> tuple[tuple[int, ...], ...]:
    """Axis orders worth trying: as it is, channels to the end, channels to the front."""
    known = {
        3: ((1, 2, 0), (2, 0, 1), (1, 0, 2)),
        4: ((0, 3, 1, 2), (0, 2, 3, 1)),
    }
    return (tuple(range(rank)), *known.get(rank, ()))


def _index_from_json(data: Mapping[str, Any]) -> IntArray:
    shape = tuple(data["shape"])
    if "elements" in data:
        return np.array(data["elements"], dtype=np.int64).reshape(shape)
    axes = tuple(data["order"])
    source = tuple(shape[a] for a in np.argsort(axes))
    flat = np.arange(int(np.prod(shape)), dtype=np.int64)
    return flat.reshape(source).transpose(axes)


def by_rows(values: AnyArray, rows: int) -> AnyArray:
    """View [frames, ..., rows innermost] as [rows or 1, n]; the inverse is `from_rows`."""
    return values.reshape(-1, rows).T if rows > 1 else values.reshape(1, -1)


def from_rows(values: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    """Inverse of `by_rows` for the given [frames, ...] shape."""
    return values.T.reshape(shape)


@dataclass(frozen=True, eq=False)
class HostInput:
    """How the integers of one network input come from an input of the model.

    Attributes:
        value: The network's input.
        source: The model's input.
        source_shape: Its shape, batch axis 1 included.
        index: int64 [H, W, C]: flat position in the model's input, -1 for `fill`.
        fill: Real number at places that come from nowhere.
        chain: Real numbers to real numbers in float32, which a quantizer of doubles passes over;
            rows 1, C or H*W*C.
        quantizer: Real numbers to integers; rows likewise.
    """

    value: str
    source: str
    source_shape: tuple[int, ...]
    index: IntArray
    fill: float
    chain: Chain
    quantizer: Quantizer

    @np.errstate(all="ignore")
    def run(self, x: AnyArray) -> IntArray:
        """Integers int64 [frames, H, W, C] of real numbers [frames, ...] or one frame."""
        frames = as_frames(np.asarray(x), self.source_shape)
        flat = frames.reshape(frames.shape[0], -1)
        chosen = np.where(self.index < 0, self.fill, flat[:, np.maximum(self.index, 0)])
        rows = max(self.chain.rows, self.quantizer.rows)
        if self.quantizer.doubles:
            real = by_rows(chosen.astype(np.float64), rows)
        else:
            real = self.chain.apply(by_rows(chosen.astype(np.float32), rows))
        return from_rows(self.quantizer.quantize(real), chosen.shape)

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {
            "value": self.value,
            "source": self.source,
            "source_shape": list(self.source_shape),
            "index": _index_to_json(self.index),
            "fill": self.fill,
            "chain": self.chain.to_json(),
            "quantizer": self.quantizer.to_json(),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> HostInput:
        """Inverse of `to_json`."""
        return HostInput(
            data["value"],
            data["source"],
            tuple(data["source_shape"]),
            _index_from_json(data["index"]),
            data["fill"],
            Chain.from_json(data["chain"]),
            quantizer_from_json(data["quantizer"]),
        )


@dataclass(frozen=True, eq=False)
class HostSource:
    """Real numbers from one output of the network.

    Attributes:
        value: The network's output.
        index: int64 of the tensor's shape: flat position in one frame of it, -1 for `fill`.
        fill: Integer at places that come from nowhere.
        chain: From integers to the tensor; rows 1, or one per element of `index`.
    """

    value: str
    index: IntArray
    fill: int
    chain: Chain

    @np.errstate(all="ignore")
    def run(self, outputs: Mapping[str, IntArray]) -> AnyArray:
        """The tensor [frames, n] from integers [frames, H, W, C]."""
        frames = outputs[self.value]
        flat = frames.reshape(frames.shape[0], -1)
        index = self.index.reshape(-1)
        chosen = np.where(index < 0, self.fill, flat[:, np.maximum(index, 0)]).astype(np.int64)
        rows = self.chain.rows
        return from_rows(self.chain.apply(by_rows(chosen, rows)), chosen.shape)

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {
            "value": self.value,
            "index": _index_to_json(self.index),
            "fill": self.fill,
            "integers": not self.chain.start.to_json(),
            "chain": self.chain.to_json(),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> HostSource:
        """Inverse of `to_json`."""
        index = _index_from_json(data["index"])
        return HostSource(data["value"], index, data["fill"], Chain.from_json(data["chain"]))


@dataclass(frozen=True, eq=False)
class HostOutput:
    """How one output of the model comes from outputs of the network.

    Attributes:
        name: The model's output.
        shape: Its shape, batch axis 1 included.
        dtype: Its element type.
        kind: "stream" (one source), "bundle" (sources one after the other, then `pick`), or a
            joining operator (add, sub, mul, min, max) of two sources.
        sources: Where the numbers come from.
        pick: Of a bundle: flat position in all sources' elements, else None.
        steps: What happens behind that.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    kind: str
    sources: tuple[HostSource, ...]
    pick: IntArray | None
    steps: tuple[HostStep, ...]

    @np.errstate(all="ignore")
    def run(self, outputs: Mapping[str, IntArray]) -> AnyArray:
        """The model's output [frames, ...] from integers [frames, H, W, C] by output name."""
        parts = [source.run(outputs) for source in self.sources]
        if self.kind == "bundle":
            assert self.pick is not None
            x = np.concatenate(parts, axis=1)[:, self.pick.reshape(-1)]
        elif self.kind == "stream":
            x = parts[0]
        else:
            x = join_values(self.kind, parts[0], parts[1])
        for step in self.steps:
            x = run_step(step, x)
        frames = int(x.shape[0])
        shape = self.shape if self.shape and self.shape[0] == 1 else (1, *self.shape)
        return x.reshape(frames, *shape[1:]).astype(self.dtype)

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "kind": self.kind,
            "sources": [s.to_json() for s in self.sources],
            "pick": None if self.pick is None else _index_to_json(self.pick),
            "steps": [_step_to_json(s) for s in self.steps],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> HostOutput:
        """Inverse of `to_json`."""
        return HostOutput(
            data["name"],
            tuple(data["shape"]),
            data["dtype"],
            data["kind"],
            tuple(HostSource.from_json(s) for s in data["sources"]),
            None if data["pick"] is None else _index_from_json(data["pick"]),
            tuple(_step_from_json(s) for s in data["steps"]),
        )


def _step_to_json(step: HostStep) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "ops": [op.to_json() for op in step.ops],
        "index": None if step.index is None else _index_to_json(step.index),
        "attributes": step.attributes,
    }


def _step_from_json(data: Mapping[str, Any]) -> HostStep:
    return HostStep(
        data["kind"],
        tuple(FloatOp.from_json(op) for op in data["ops"]),
        None if data["index"] is None else _index_from_json(data["index"]),
        dict(data["attributes"]),
    )


def as_frames(x: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    """`x` as [frames, ...]: a batch of the model's input, or one frame with or without batch axis.

    Raises:
        ValueError: If the shape fits neither.
    """
    inner = shape[1:] if shape and shape[0] == 1 else shape
    # A number alone has no axis of frames: its shape without the first one is its shape too.
    if x.ndim and x.shape[1:] == inner:
        return x
    if x.shape == inner:
        return x[None]
    if x.ndim == len(shape) + 1 and x.shape[1:] == shape:
        return x
    raise ValueError(f"the model's input has shape {list(shape)}, not {list(x.shape)}")


__all__ = ["HostInput", "HostOutput", "HostSource", "apply_all", "as_frames", "by_rows"]
