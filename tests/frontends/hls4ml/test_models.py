"""Models of hls4ml's converters: integer for integer what its C simulation computes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.hls4ml_models import SOURCES
from benchmarks.hls4ml_oracle import differing, hasty_compiler
from benchmarks.hls4ml_sample import Sample
from benchmarks.hls4ml_zoo import samples
from tests.sources import demand

ORACLE = "hls4ml C simulation"

QUICK = (
    # Rounded products, convolutions, a pool and its division.
    "truncating_convolution_default io_parallel",
    # PyTorch's order of channels, in and out.
    "torch_maps_turned io_parallel",
    # Scales that are no powers of two, and a zero point.
    "qonnx_scales io_parallel",
    # Sums that saturate on the way, in another order than that of the inputs.
    "few_sums_resource2 io_parallel",
    # An LSTM and a GRU in formats that round and wrap.
    "recurrent_stack io_parallel",
)


def named(sample: Sample) -> str:
    return f"{sample.name} {sample.io_type}"


UNREAD = ("torch_maps_off io_parallel",)
"""hls4ml itself takes the channels for rows, of which there are fewer than the kernel has."""


def marks_of(name: str) -> Iterator[pytest.MarkDecorator]:
    if name not in QUICK:
        yield pytest.mark.slow
    if name in UNREAD:
        yield pytest.mark.xfail(raises=ValueError, strict=True)


def cases() -> list[object]:
    names = ((named(sample), sample) for sample in samples())
    return [pytest.param(sample, id=name, marks=[*marks_of(name)]) for name, sample in names]


# hls4ml says so of a zero point, and then leaves the scale where it was.
@pytest.mark.filterwarnings("ignore:Failed to propagate quantization scales:UserWarning")
# Nor has an input of few bits more entries in the table of a softmax than values.
@pytest.mark.filterwarnings("ignore:Softmax layer .* table size is too large:UserWarning")
@pytest.mark.parametrize("sample", cases())
def test_integers_are_those_of_the_simulation(sample: Sample, tmp_path: Path) -> None:
    demand(sample.source)
    graph = sample.graph(tmp_path / "project")
    with hasty_compiler(tmp_path):
        graph.compile()
    found = differing(graph, frames=400)
    assert found
    assert found == dict.fromkeys(found, 0)


def test_quick_ones_are_among_them() -> None:
    assert set(QUICK) <= {named(sample) for sample in samples()}


def test_the_benchmark_leaves_no_source_out() -> None:
    assert {sample.source for sample in samples()} == set(SOURCES)


def test_a_source_that_is_meant_to_be_here_is_no_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.sources.absent", lambda source: f"{source} is not installed")
    monkeypatch.delenv("HWCOMPILE_SOURCES", raising=False)
    with pytest.raises(pytest.skip.Exception):
        demand("pytorch")
    monkeypatch.setenv("HWCOMPILE_SOURCES", "qonnx pytorch")
    with pytest.raises(pytest.fail.Exception, match="pytorch is not installed"):
        demand("pytorch")
