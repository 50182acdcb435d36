"""Trains the digits networks and writes their model files and test vectors beside this script.

    pip install "hwcompile[train,oracle]"
    python examples/digits/train.py

Takes about three minutes on two cores. Results are seeded; another version of PyTorch may round
differently and give other weights.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from data import load_split
from export import export_cnn, export_float, export_mlp
from networks import BinaryMlp, FloatCnn, ResidualCnn
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from torch import nn
from torch.nn import functional

HERE = Path(sys.argv[0]).resolve().parent


def fit(net: nn.Module, epochs: int, rate: float) -> float:
    """Train with Adam; return the accuracy on the test split. Latent binary weights stay in +-1."""
    train_x, train_y, test_x, test_y = (torch.from_numpy(a) for a in load_split())
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        net.train()
        for batch in torch.split(torch.randperm(len(train_x)), 64):
            loss = functional.cross_entropy(net(train_x[batch]), train_y[batch])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            if isinstance(net, BinaryMlp):
                for weight in net.weights:
                    weight.data.clamp_(-1, 1)
        schedule.step()
    net.eval()
    with torch.no_grad():
        return float((net(test_x).argmax(1) == test_y).float().mean())


class Calibration(CalibrationDataReader):
    """Feeds training images to ONNX Runtime's quantizer, one batch of one at a time."""

    def __init__(self) -> None:
        self.images = iter(load_split()[0][:300])

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self.images, None)
        return None if image is None else {"image": image[None]}


def quantize_int8(model: onnx.ModelProto, target: Path) -> None:
    """Quantize with ONNX Runtime's `quantize_static`: QDQ, int8, per-channel weights."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "float.onnx"
        onnx.save(model, source)
        quantize_static(
            source,
            target,
            Calibration(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
        )


def main() -> None:
    torch.manual_seed(7)
    torch.set_num_threads(2)
    mlp, cnn, base = BinaryMlp(), ResidualCnn(), FloatCnn()
    print(f"digits_mlp_w1a1  float-side accuracy {fit(mlp, 200, 1e-2):.4f}")
    onnx.save(export_mlp(mlp), HERE / "digits_mlp_w1a1.onnx")
    print(f"digits_cnn_w3a3  float-side accuracy {fit(cnn, 100, 1e-2):.4f}")
    onnx.save(export_cnn(cnn), HERE / "digits_cnn_w3a3.onnx")
    print(f"digits_cnn_int8  float accuracy      {fit(base, 100, 1e-2):.4f}")
    quantize_int8(export_float(base), HERE / "digits_cnn_int8.onnx")
    _, _, test_x, test_y = load_split()
    images = np.round(test_x * 16).astype(np.uint8)
    np.savez_compressed(HERE / "test_split.npz", images=images, labels=test_y.astype(np.uint8))


if __name__ == "__main__":
    main()
