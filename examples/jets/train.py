"""Trains sparse networks of the size of jet taggers, whose neurons are truth tables.

    pip install "hwcompile[train]"
    python examples/jets/train.py

16 features, five classes, layers of 64, 32, 32 and 5 neurons that read three or four numbers of two
or three bits each, as LogicNets has them (Umuroglu et al., FPL 2020). The data are generated: every
class is a bent cloud of points. Two models are written beside this script: in `jets_float.onnx`
weights are any real numbers, in `jets_w4.onnx` they have four bits, so that it can be built with
multiplying lanes as well. Takes a minute; results are seeded, and may differ with another PyTorch.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

HERE = Path(sys.argv[0]).resolve().parent

FEATURES, CLASSES = 16, 5
SIZES = (FEATURES, 64, 32, 32, CLASSES)
FAN_IN = (3, 4, 4, 4)
INPUT = (0.5, 3)  # step and bits, signed
HIDDEN = (0.5, 2)
OUTPUT = (0.25, 6)
WEIGHT_BITS = 4
EPOCHS = 40


def points(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Features [count, 16] and classes [count]; the classes' shapes are always the same."""
    shapes, rng = np.random.default_rng(16), np.random.default_rng(seed)
    centres = shapes.normal(size=(CLASSES, FEATURES)) * 0.8
    mixing = shapes.normal(size=(CLASSES, FEATURES, FEATURES)) / 4
    classes = rng.integers(CLASSES, size=count)
    hidden = rng.normal(size=(count, FEATURES))
    bent = np.einsum("nij,nj->ni", mixing[classes], np.tanh(hidden) * 2) + 0.4 * hidden
    features = (centres[classes] + bent).astype(np.float32)
    return torch.from_numpy(features), torch.from_numpy(classes)


def rounded(x: torch.Tensor, step: float, low: int, high: int) -> torch.Tensor:
    """Quantized; the gradient passes where nothing is clipped."""
    inside = torch.clamp(x / step, low, high)
    return (inside + (torch.round(inside) - inside).detach()) * step


def signed(bits: int) -> tuple[int, int]:
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


class SparseLayer(nn.Module):
    """Every neuron reads `fan_in` inputs that were drawn once."""

    def __init__(self, inputs: int, neurons: int, fan_in: int, quantized: bool) -> None:
        super().__init__()
        mask = torch.zeros(neurons, inputs)
        for row in mask:
            row[torch.randperm(inputs)[:fan_in]] = 1
        self.register_buffer("mask", mask)
        self.weight = nn.Parameter(torch.randn(neurons, inputs) / fan_in**0.5)
        self.norm = nn.BatchNorm1d(neurons)
        self.quantized = quantized

    def step(self) -> float:
        return float((self.weight.detach() * self.mask).abs().max()) / signed(WEIGHT_BITS)[1]

    def weights(self) -> torch.Tensor:
        masked = self.weight * self.mask
        return rounded(masked, self.step(), *signed(WEIGHT_BITS)) if self.quantized else masked

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(functional.linear(x, self.weights()))


class Tagger(nn.Module):
    def __init__(self, quantized: bool) -> None:
        super().__init__()
        shapes = zip(SIZES, SIZES[1:], FAN_IN, strict=False)
        self.layers = nn.ModuleList([SparseLayer(*shape, quantized) for shape in shapes])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = rounded(x, INPUT[0], *signed(INPUT[1]))
        for layer in self.layers[:-1]:
            x = rounded(torch.relu(layer(x)), HIDDEN[0], 0, (1 << HIDDEN[1]) - 1)
        return rounded(self.layers[-1](x), OUTPUT[0], *signed(OUTPUT[1]))


def fit(net: Tagger) -> float:
    """Train with Adam; return the accuracy on points that were not trained on."""
    features, classes = points(20_000, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(features)), 256):
            loss = functional.cross_entropy(net(features[batch]), classes[batch])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
        schedule.step()
    net.eval()
    test, expected = points(5_000, 2)
    with torch.no_grad():
        return float((net(test).argmax(1) == expected).float().mean())


def export(net: Tagger, path: Path) -> None:
    """QONNX: quantizers, matrices with zeros, and batch normalizations."""
    nodes: list[onnx.NodeProto] = []
    tensors: dict[str, Any] = {}

    def quant(name: str, x: str, step: float, bits: int, is_signed: int) -> str:
        names = [f"{name}_{part}" for part in ("scale", "zero", "bits")]
        tensors.update(zip(names, (step, 0.0, float(bits)), strict=True))
        nodes.append(
            helper.make_node(
                "Quant", [x, *names], [f"{name}_out"], name, domain="qonnx.custom_op.general",
                signed=is_signed, narrow=0, rounding_mode="ROUND",
            )
        )  # fmt: skip
        return f"{name}_out"

    def node(kind: str, name: str, *inputs: str) -> str:
        nodes.append(helper.make_node(kind, list(inputs), [f"{name}_out"], name))
        return f"{name}_out"

    value = quant("features", "x", *INPUT, 1)
    for number, layer in enumerate(net.layers):
        name = f"layer{number}"
        weight = layer.weights().detach().numpy().T
        tensors[f"{name}_weight"] = weight
        operand = f"{name}_weight"
        if layer.quantized:
            operand = quant(operand, operand, layer.step(), WEIGHT_BITS, 1)
        value = node("MatMul", name, value, operand)
        norm = layer.norm
        parts = {
            "gain": norm.weight, "bias": norm.bias, "mean": norm.running_mean,
            "variance": norm.running_var,
        }  # fmt: skip
        tensors.update({f"{name}_{part}": t.detach().numpy() for part, t in parts.items()})
        value = node("BatchNormalization", f"{name}_norm", value, *(f"{name}_{p}" for p in parts))
        if number < len(net.layers) - 1:
            value = quant(f"{name}_act", node("Relu", f"{name}_relu", value), *HIDDEN, 0)
        else:
            value = quant("scores", value, *OUTPUT, 1)
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, FEATURES])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, CLASSES])],
        [numpy_helper.from_array(np.asarray(a, np.float32), n) for n, a in tensors.items()],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("qonnx.custom_op.general", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def main() -> None:
    for name, quantized in (("jets_float", False), ("jets_w4", True)):
        torch.manual_seed(0)
        net = Tagger(quantized)
        print(f"{name}: {100 * fit(net):.1f} % of unseen points right")
        export(net, HERE / f"{name}.onnx")
    features, classes = points(1_000, 3)
    vectors = {"features": features.numpy(), "classes": classes.numpy()}
    np.savez_compressed(HERE / "test_points.npz", **vectors)


if __name__ == "__main__":
    main()
