"""Files of Deep Compression's authors that can not be imported: HW0130 to HW0133."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.deep_compression.convert import import_deep_compression
from tests.diagnostics.place import Place
from tests.frontends.deep_compression.published import SMALL, small_network

X = np.zeros((1, 3, 9, 8))


def convert(at: Place, text: str = SMALL, cut: int = 0) -> None:
    weights, network = small_network(at.folder, text)
    weights.write_bytes(weights.read_bytes()[: -cut or None])
    import_deep_compression(weights, network, at.folder / "m.onnx", calibration=X)


def hw0130_a_network_in_caffe_s_old_form(at: Place) -> None:
    convert(at, SMALL.replace("layer {", "layers {"))


def hw0130_a_network_without_a_size(at: Place) -> None:
    convert(at, SMALL.replace("input_dim: 3", ""))


def hw0131_a_layer_of_another_type(at: Place) -> None:
    convert(at, SMALL.replace('"ReLU"', '"PReLU"', 1))


def hw0131_means_that_caffe_divides_in_its_own_way(at: Place) -> None:
    convert(at, SMALL.replace("pool: MAX", "pool: AVE"))


def hw0132_a_truncated_file(at: Place) -> None:
    convert(at, cut=100)


def hw0132_the_file_of_another_network(at: Place) -> None:
    convert(at, SMALL.replace("num_output: 7", "num_output: 8"))


def hw0133_no_frames_and_no_steps(at: Place) -> None:
    import_deep_compression(*small_network(at.folder), at.folder / "m.onnx")


def hw0133_frames_of_another_size(at: Place) -> None:
    x = np.zeros((1, 9, 8, 3))
    import_deep_compression(*small_network(at.folder), at.folder / "m.onnx", calibration=x)


def hw0133_steps_that_are_no_powers_of_two(at: Place) -> None:
    steps = at.folder / "steps.toml"
    steps.write_text("data = 1.0\nr1 = 0.3\ne1r = 2.0\ne3r = 2.0\nlast = 4.0\n")
    import_deep_compression(*small_network(at.folder), at.folder / "m.onnx", steps=steps)
