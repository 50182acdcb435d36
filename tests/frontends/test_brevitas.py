"""Networks of Brevitas in every form that it writes, against PyTorch and the files' executors."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from onnx import load

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.ops.gather.op import Gather
from tests.frontends.oracle import runtime
from tests.sources import demand

ORACLE = ("PyTorch", "QONNX executor", "ONNX Runtime")

FAST = [
    *(("any scale", "qonnx dynamo"), ("residual", "qcdq script"), ("LSTM", "qonnx script")),
    ("attention", "qcdq script"),
]
FORMS = ("qonnx dynamo", "qonnx script", "qcdq dynamo", "qcdq script")
WITHOUT_EXECUTOR = {"LSTM"}
"""QONNX has no executor of this cell."""


@pytest.fixture(scope="module")
def networks() -> ModuleType:
    demand("brevitas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tests.frontends import brevitas_networks

    return brevitas_networks


def check(networks: ModuleType, name: str, form: str, folder: Path) -> None:
    import torch

    module = networks.prepared(name)
    rng = np.random.default_rng(3)
    frames = rng.normal(0, 1, (12, *networks.NETWORKS[name].shape)).astype(np.float32)
    x = torch.tensor(frames)
    path = networks.written(module, x[:1], folder / "model.onnx", form)
    (found,) = load_model(path).run(frames).values()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        expected = module(x)
    np.testing.assert_array_equal(found, getattr(expected, "value", expected).numpy())
    assert len(np.unique(found)) > 4
    if name not in WITHOUT_EXECUTOR:
        np.testing.assert_array_equal(found, executed(path, frames))


def executed(path: Path, frames: np.ndarray) -> np.ndarray:
    """What the executor of the file's format makes of the frames."""
    domains = {each.domain for each in load(path).opset_import}
    if "qonnx.custom_op.general" not in domains:
        source = load(path).graph.input[0].name
        return runtime(path, {source: frames})[0]
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.util.cleanup import cleanup_model

    model = cleanup_model(ModelWrapper(str(path)))
    source, result = model.graph.input[0].name, model.graph.output[0].name
    return np.concatenate([execute_onnx(model, {source: f[None]})[result] for f in frames])


@pytest.mark.parametrize(("name", "form"), FAST)
def test_networks_compute_what_pytorch_does(
    name: str, form: str, networks: ModuleType, tmp_path: Path
) -> None:
    check(networks, name, form, tmp_path)


def test_heads_of_a_packed_layer_are_cut_out_as_they_stand(
    networks: ModuleType, tmp_path: Path
) -> None:
    """Queries, keys and values are parts of one layer's channels, and keep their order."""
    check(networks, "packed attention", "qonnx script", tmp_path)
    graph = load_model(tmp_path / "model.onnx").graph
    moved = [node.op for node in graph.nodes if isinstance(node.op, Gather)]
    assert len(moved) == 3
    assert all(np.all(np.diff(op.index.reshape(-1)) > 0) for op in moved)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_every_network_in_every_form(form: str, networks: ModuleType, tmp_path: Path) -> None:
    wanted = [n for n, network in networks.NETWORKS.items() if form in network.forms]
    assert len(wanted) > 10
    for name in wanted:
        check(networks, name, form, tmp_path)


@pytest.mark.slow
def test_an_lstm_of_any_scale_is_refused_by_name(networks: ModuleType, tmp_path: Path) -> None:
    import torch
    from brevitas import nn

    x = torch.randn(1, 7, 5)
    module = nn.QuantLSTM(5, 4, batch_first=True)
    for _ in range(2):
        module(x)
    path = networks.written(module.eval(), x, tmp_path / "model.onnx", "qonnx script")
    with pytest.raises(CompileError, match=r"HW0236.*QuantLSTMCell.*no power of two"):
        load_model(path)
