"""Which sources of models a test can use: packages that are not here are no failure.

Except where HWCOMPILE_SOURCES names the source, for example "pytorch qonnx": then somebody meant
the test to run.
"""

from __future__ import annotations

import os

import pytest

from benchmarks.hls4ml_sample import absent


def demand(source: str) -> None:
    """Skip the test where the source's package is absent; fail where it was meant to be here."""
    reason = absent(source)
    if not reason:
        return
    if source in os.environ.get("HWCOMPILE_SOURCES", "").split():
        pytest.fail(f"HWCOMPILE_SOURCES names {source}, but {reason}")
    pytest.skip(reason)
