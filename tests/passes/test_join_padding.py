from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.frontends.tflite.load import import_file
from hwcompile.frontends.tflite.read import read_file
from hwcompile.ir.graph import Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.pool.op import Pool
from hwcompile.passes.dead_nodes import remove_dead_nodes
from hwcompile.passes.join_padding import join_padding, pads_around
from hwcompile.passes.pipelines import LOWERING, run_passes
from tests.frontends.tflite.networks import MAKERS
from tests.kernelbench import random_frames
from tests.passes.test_lower_conv import chain

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

MAP = TensorType((5, 7, 2), IntType(-4, 3))


def around(kind: TensorType, pads: tuple[int, ...], fill: int) -> Gather:
    """Pixels of one integer at (top, left, bottom, right) of a map."""
    top, left, bottom, right = pads
    places = np.arange(kind.size).reshape(kind.shape)
    edges = ((top, bottom), (left, right), (0, 0))
    return Gather(np.pad(places, edges, constant_values=-1), fill)


def conv(pads: tuple[int, ...] = (0, 0, 0, 0), value: int = 0, stride: int = 1) -> Conv:
    weights = np.arange(3 * 3 * 4 * 2).reshape(3, 3, 4, 2) % 5 - 2
    return Conv(weights, 1, (stride, stride), (1, 1), pads, value)


def joined(kind: TensorType, *ops: Op) -> list[Op]:
    """What is left of a chain of operations; its meaning is compared."""
    whole = chain(kind, *ops)
    last = whole.outputs[-1]
    before = Graph(whole.name, whole.inputs, (last,), whole.nodes, whole.types)
    after = remove_dead_nodes(join_padding(before))
    verify(after, "join_padding")
    assert after.types[last] == before.types[last]
    x = {"x": random_frames(kind, 3, np.random.default_rng(0))}
    np.testing.assert_array_equal(after.evaluate(x)[last], before.evaluate(x)[last])
    return [node.op for node in after.nodes]


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(*[st.integers(0, 4)] * 4),
    st.tuples(*[st.integers(0, 2)] * 4),
    st.integers(-6, 5),
    st.sampled_from([0, 3]),
    st.integers(1, 3),
)
def test_meaning_is_kept(
    outer: tuple[int, ...], inner: tuple[int, ...], fill: int, value: int, stride: int
) -> None:
    joined(MAP, around(MAP, outer, fill), conv(inner, value, stride))
    joined(MAP, around(MAP, outer, fill), Pool("max", (3, 4), (stride, 1), (1, 1), inner, value))


def test_keras_padding_in_front_of_a_convolution_takes_no_hardware() -> None:
    (op,) = joined(MAP, around(MAP, (0, 0, 1, 1), 3), conv(value=9, stride=2))
    assert isinstance(op, Conv)
    assert (op.pads, op.pad_value) == ((0, 0, 1, 1), 3)


@pytest.mark.parametrize(
    "ops",
    [
        (around(MAP, (3, 0, 0, 0), 1), conv()),
        (around(MAP, (0, 1, 0, 3), 1), conv((0, 0, 0, 1), 1)),
        (around(MAP, (1, 0, 0, 0), 1), conv((0, 1, 0, 0), 2)),
        (Gather(np.flip(around(MAP, (1, 1, 1, 1), 1).index, 0).copy(), 1), conv()),
    ],
    ids=["a window in the padding", "together too far", "two integers", "not padding alone"],
)
def test_what_stays(ops: tuple[Op, ...]) -> None:
    assert len(joined(MAP, *ops)) == 2


def test_pads_around() -> None:
    assert pads_around(around(MAP, (1, 2, 3, 4), 0), MAP) == (1, 2, 3, 4)
    moved: IntArray = np.roll(around(MAP, (1, 2, 3, 4), 0).index, 1, axis=1)
    assert pads_around(Gather(moved, 0), MAP) == (1, 3, 3, 3)
    assert pads_around(Gather(np.swapaxes(moved, 0, 1), 0), MAP) is None


def test_other_readers_keep_the_node() -> None:
    both = chain(MAP, around(MAP, (1, 1, 1, 1), 0), conv())
    assert both.outputs == ("y0", "y1")
    after = remove_dead_nodes(join_padding(both))
    assert [type(node.op) for node in after.nodes] == [Gather, Conv]
    assert after.nodes[1].inputs == ("x",)


def test_a_file_with_pads_around_its_own_gathers_nothing(tmp_path: Path) -> None:
    """The moves to small frames around a dilated convolution of old converters."""
    for seed in range(6):
        writer, inputs, outputs = MAKERS["small frames"](np.random.default_rng(seed))
        path = writer.save(tmp_path / "m.tflite", inputs, outputs)
        graph = run_passes(import_file(read_file(path)).graph, LOWERING)
        assert not any(isinstance(node.op, Gather) for node in graph.nodes)
