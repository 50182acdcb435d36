"""A network of Caffe as plain data, with the shape of everything that flows in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.frontends.deep_compression.caffe_text import read_caffe_text

Shape = tuple[int, int, int]
"""Channels, height, width."""

Pair = tuple[int, int]
"""Of height and width."""


@dataclass(frozen=True)
class Window:
    """What a convolution or a pool moves over its input.

    Attributes:
        kernel: Its size.
        stride: Pixels from one place to the next.
        pad: Pixels in front of the input.
        end: Pixels behind it; negative where the last ones are not read.
        dilation: Pixels from one tap to the next.
    """

    kernel: Pair
    stride: Pair
    pad: Pair
    end: Pair
    dilation: Pair = (1, 1)


@dataclass(frozen=True)
class CaffeLayer:
    """A layer, whose result is a value with the layer's name.

    Attributes:
        name: Unique in the network.
        kind: `Convolution`, `ReLU`, `Pooling`, `Concat`, `Dropout` or `Softmax`.
        inputs: Names of values.
        shape: Of the result.
        window: Of a convolution, or a pool; None for a pool over the whole map.
        group: Of a convolution.
        mean: Whether a pool takes means.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: Shape
    window: Window | None = None
    group: int = 1
    mean: bool = False


@dataclass(frozen=True)
class CaffeNetwork:
    """A network.

    Attributes:
        file: Name of the file it was read from.
        input: Name of the value that comes in.
        layers: In an order in which they can be computed.
        shapes: Of every value.
        outputs: Values that no layer reads.
    """

    file: str
    input: str
    layers: tuple[CaffeLayer, ...]
    shapes: dict[str, Shape]
    outputs: tuple[str, ...]

    @property
    def convolutions(self) -> tuple[CaffeLayer, ...]:
        """The layers with weights, in their order."""
        return tuple(layer for layer in self.layers if layer.kind == "Convolution")

    def weight_shape(self, layer: CaffeLayer) -> tuple[int, int, int, int]:
        """Outputs, inputs, height and width of a convolution's weights."""
        assert layer.window is not None
        channels = self.shapes[layer.inputs[0]][0]
        return (layer.shape[0], channels // layer.group, *layer.window.kernel)

    def readers(self, value: str) -> tuple[CaffeLayer, ...]:
        """The layers that read a value."""
        return tuple(layer for layer in self.layers if value in layer.inputs)


def read_network(path: Path) -> CaffeNetwork:
    """The network that a deploy.prototxt describes.

    Raises:
        CompileError: Those of `read_caffe_text`; HW0131 for a layer that can not be built, and
            HW0130 for a network that contradicts itself.
    """
    message = read_caffe_text(path)
    name, shape = _input(message, path.name)
    reading = _Reading(path.name, {name: shape}, {name: name})
    for part in message.layer:
        if part.type != "Input":
            reading.add(part)
    if not reading.layers:
        raise _no_network(path.name, "it has no layers")
    read = {value for layer in reading.layers for value in layer.inputs}
    outputs = tuple(layer.name for layer in reading.layers if layer.name not in read)
    return CaffeNetwork(path.name, name, tuple(reading.layers), reading.shapes, outputs)


def _no_network(file: str, why: str) -> CompileError:
    fix = "the deploy network as a .prototxt"
    return fail("HW0130", f"'{file}' is not a network of Caffe that can be read", why, fix)


def _input(message: Any, file: str) -> tuple[str, Shape]:
    """Name and shape of the one input, in any of the three ways in which it can be written."""
    found = [
        (layer.top[0], layer) for layer in message.layer if layer.type == "Input" and layer.top
    ]
    if len(message.input) + len(found) != 1:
        count = len(message.input) + len(found)
        raise _no_network(file, f"it has {count} inputs instead of one with its size")
    if found:
        name, shapes = found[0][0], found[0][1].input_param.shape
    else:
        name, shapes = message.input[0], message.input_shape
    dims = list(shapes[0].dim) if shapes else list(message.input_dim)
    if len(dims) != 4 or min(dims) < 1:
        said = " x ".join(map(str, dims)) or "nothing"
        raise _no_network(
            file, f"the size of its input is {said}, not batch x channels x rows x columns"
        )
    return name, (dims[1], dims[2], dims[3])


@dataclass
class _Reading:
    """A network while it is read.

    Attributes:
        file: Its name.
        shapes: Of every value so far.
        value: What the blobs of the file stand for: a layer may write over its input.
        layers: So far.
    """

    file: str
    shapes: dict[str, Shape]
    value: dict[str, str]
    layers: list[CaffeLayer] = field(default_factory=list)

    def add(self, part: Any) -> None:
        """Read a layer."""
        origin = Origin(self.file, part.name, part.type or "no type")
        if part.type not in _KINDS:
            kinds = ", ".join(_KINDS)
            raise _refused(origin, "this type is not known", f"one of {kinds}")
        if not part.name or part.name in self.shapes:
            raise _refused(origin, "its name is missing or taken", "a name for every layer")
        missing = [name for name in part.bottom if name not in self.value]
        if missing or not part.bottom:
            what = f"nothing before makes its bottom '{missing[0]}'" if missing else "no bottom"
            raise _refused(origin, what, "layers in the order in which they are computed")
        if len(part.top) != 1 or (len(part.bottom) != 1 and part.type != "Concat"):
            raise _refused(origin, "it has more bottoms or tops than one", "one of each")
        inputs = tuple(self.value[name] for name in part.bottom)
        layer = _KINDS[part.type](part, inputs, [self.shapes[name] for name in inputs], origin)
        if min(layer.shape) < 1:
            raise _refused(origin, "its input is smaller than its window", "a larger input")
        self.layers.append(layer)
        self.shapes[layer.name] = layer.shape
        self.value[part.top[0]] = layer.name


def _refused(origin: Origin, why: str, fix: str) -> CompileError:
    return fail("HW0131", "this layer of Caffe can not be built", why, fix, origin)


def _pair(part: Any, name: str, default: int, origin: Origin) -> Pair:
    """A number of height and one of width, in any of the ways in which they can be written."""
    plain = "kernel_size" if name == "kernel" else name
    one = getattr(part, plain)
    values = list(one) if not isinstance(one, int) else [one] if part.HasField(plain) else []
    if part.HasField(f"{name}_h") or part.HasField(f"{name}_w"):
        if values:
            raise _refused(origin, f"{plain} and {name}_h, {name}_w contradict", "one of them")
        values = [getattr(part, f"{name}_h"), getattr(part, f"{name}_w")]
    if len(values) > 2:
        raise _refused(origin, f"{plain} has {len(values)} numbers", "one, or one for each axis")
    values = values or [default]
    least = 0 if name == "pad" else 1
    if min(values) < least:
        raise _refused(origin, f"its {plain} is {min(values)}", f"at least {least}")
    return (values[0], values[-1])


def _convolution(
    part: Any, inputs: tuple[str, ...], shapes: list[Shape], origin: Origin
) -> CaffeLayer:
    """Caffe leaves pixels at the end out that fill no window, as ONNX does."""
    p = part.convolution_param
    channels, *size = shapes[0]
    if p.num_output < 1 or p.group < 1 or channels % p.group or p.num_output % p.group:
        why = f"{channels} channels and {p.num_output} outputs do not make {p.group} groups"
        raise _refused(origin, why, "numbers that its group divides")
    if not p.bias_term or p.axis != 1:
        why = "it has no bias, or another axis; the weights' file has a bias for every layer"
        raise _refused(origin, why, "a convolution of channels with a bias")
    kernel, stride, pad = (
        _pair(p, n, d, origin) for n, d in (("kernel", 0), ("stride", 1), ("pad", 0))
    )
    dilation = (p.dilation[0], p.dilation[-1]) if p.dilation else (1, 1)
    window = Window(kernel, stride, pad, pad, dilation)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    rows, columns = (
        (n + 2 * q - k) // s + 1 for n, q, k, s in zip(size, pad, spans, stride, strict=True)
    )
    return CaffeLayer(part.name, part.type, inputs, (p.num_output, rows, columns), window, p.group)


def _pooling(part: Any, inputs: tuple[str, ...], shapes: list[Shape], origin: Origin) -> CaffeLayer:
    """Caffe adds a last window that hangs over the end, unless it begins behind the padded input.

    See `PoolingLayer::Reshape`. Means over windows that hang over are divided by what is inside the
    padded input, which no operator of ONNX does; such pools are refused.
    """
    p = part.pooling_param
    channels, *size = shapes[0]
    mean = p.pool == 1
    if p.pool == 2:
        raise _refused(origin, "stochastic pooling is for training", "MAX or AVE")
    if p.global_pooling:
        return CaffeLayer(part.name, part.type, inputs, (channels, 1, 1), mean=mean)
    kernel, stride, pad = (
        _pair(p, n, d, origin) for n, d in (("kernel", 0), ("stride", 1), ("pad", 0))
    )
    counts, ends = [], []
    for n, k, s, q in zip(size, kernel, stride, pad, strict=True):
        if q >= k:
            raise _refused(
                origin, f"its pad {q} is no smaller than its kernel {k}", "a smaller pad"
            )
        count = -(-(n + 2 * q - k) // s) + 1
        if q and (count - 1) * s >= n + q:
            count -= 1
        counts.append(count)
        ends.append((count - 1) * s + k - n - q)
    if max(end - k for end, k in zip(ends, kernel, strict=True)) >= 0:
        raise _refused(origin, "its last window lies behind its input", "a stride up to its kernel")
    if mean and (max(pad) or max(ends) > 0):
        why = (
            "its means are over windows that hang over the edge, which Caffe divides in its own way"
        )
        raise _refused(origin, why, "windows inside the input, or global_pooling")
    window = Window(kernel, stride, pad, (ends[0], ends[1]))
    return CaffeLayer(
        part.name, part.type, inputs, (channels, counts[0], counts[1]), window, mean=mean
    )


def _concat(part: Any, inputs: tuple[str, ...], shapes: list[Shape], origin: Origin) -> CaffeLayer:
    p = part.concat_param
    if p.axis != 1 or p.concat_dim != 1:
        raise _refused(origin, "it joins another axis than channels", "axis 1")
    if len({shape[1:] for shape in shapes}) > 1:
        raise _refused(origin, "its bottoms have different rows or columns", "equal maps")
    _, rows, columns = shapes[0]
    total = sum(shape[0] for shape in shapes)
    return CaffeLayer(part.name, part.type, inputs, (total, rows, columns))


def _element_wise(
    part: Any, inputs: tuple[str, ...], shapes: list[Shape], origin: Origin
) -> CaffeLayer:
    if part.relu_param.negative_slope:
        why = f"its negative slope is {part.relu_param.negative_slope:g}"
        raise _refused(origin, why, "a plain ReLU")
    if part.softmax_param.axis != 1:
        raise _refused(origin, "it is over another axis than channels", "axis 1")
    return CaffeLayer(part.name, part.type, inputs, shapes[0])


_KINDS: dict[str, Callable[[Any, tuple[str, ...], list[Shape], Origin], CaffeLayer]] = {
    "Convolution": _convolution,
    "ReLU": _element_wise,
    "Pooling": _pooling,
    "Concat": _concat,
    "Dropout": _element_wise,
    "Softmax": _element_wise,
}
