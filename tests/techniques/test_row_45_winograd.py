"""Efficient sparse Winograd (1802.06367): products of weights that are left, and additions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.techniques_networks.network import Array, Network
from benchmarks.techniques_networks.winograd import PES, pruned_weights, tiles
from hwcompile.compiler import planned_network
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.types import IntArray
from hwcompile.ops.conv.winograd import INPUT
from hwcompile.ops.matmul.sparse import Programs
from hwcompile.options import CompileOptions
from hwcompile.verify.simulator import compile_simulator
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "numpy")
ORACLE_REASON = "the paper says which products there are: one for each weight and tile"

COUNTER = """
  int file;
  int unsigned products, zeros, fillers;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) {products, zeros, fillers} <= '0;
    else if (valid_q[2] && (weight_q3 == '0)) fillers <= fillers + 1;
    else if (valid_q[2]) begin
      products <= products + 1;
      if (gen_channel[0].x_q == '0) zeros <= zeros + 1;
    end
  end
  final begin
    file = $fopen("FILE", "a");
    $fdisplay(file, "%0d %0d %0d %0d", WBits, products, zeros, fillers);
    $fclose(file);
  end

endmodule
"""


def test_a_sparse_layer_multiplies_by_the_weights_that_are_left(tmp_path: Path) -> None:
    network = network_of(45, "sparse")
    found = check_network(network, tmp_path)
    (products,) = (part for part in found.parts if part.needs.products)
    assert isinstance(products, Programs)
    assert products.lanes == PES
    # Positions have shares of weights from a tenth to four fifths; none waits for the fullest.
    left = int(np.count_nonzero(pruned_weights()))
    assert products.interval <= 1.05 * tiles() * left / PES

    inputs = network.inputs(tmp_path / "network.onnx")
    (codes,) = found.design.quantize(inputs).values()
    counted, zeros, fillers = _counted(network, codes, tmp_path)
    assert counted == left * tiles() * len(inputs["x"])
    # Weights alone are skipped; how many inputs of products are zero depends on the frame.
    assert zeros == _products_with_zero(inputs["x"])
    assert counted + fillers == PES * products.plan.steps * tiles() * len(inputs["x"])


def test_dense_weights_give_what_the_convolution_gives(tmp_path: Path) -> None:
    """Sums of four times the integers, in steps of a quarter."""
    found = check_network(network_of(45, "exactly"), tmp_path)
    assert [part.needs.products for part in found.parts if part.needs.products]


def _counted(network: Network, x: IntArray, folder: Path) -> tuple[int, int, int]:
    """Products of weights of 4 bits in RTL: all, those whose input is zero, and none at all."""
    options = CompileOptions(**network.options)
    plan, *_ = planned_network(folder / "network.onnx", options)
    files = rtl_files(plan)
    (module,) = (name for name in files if name.endswith("hw_sparse_pe.sv"))
    text = files[module]
    assert isinstance(text, str)
    assert text.count("\nendmodule\n") == 1
    result = folder / "products.txt"
    counting = text.replace("\nendmodule\n", COUNTER.replace("FILE", str(result)))
    write_files(folder / "counting", {**files, module: counting})
    (name,) = plan.graph.inputs
    compile_simulator(folder / "counting", cycles=100_000).run({name: x})
    rows = np.loadtxt(result, dtype=np.int64, ndmin=2)
    products, zeros, fillers = rows[rows[:, 0] == 4, 1:].sum(axis=0)
    return int(products), int(zeros), int(fillers)


def _products_with_zero(x: Array) -> int:
    """How many products of the network have an input of zero, by numpy."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (4, 4), axis=(2, 3))[:, :, ::2, ::2]
    numbers = np.einsum("ai,ncyxij,bj->abncyx", INPUT, windows, INPUT)
    codes = np.clip(np.rint(np.maximum(numbers, 0) / 2), 0, 63).reshape(16, *windows.shape[:4])
    readers = np.count_nonzero(pruned_weights(), axis=1)  # [16, channels]
    return int(((codes == 0).sum(axis=(1, 3, 4)) * readers).sum())
