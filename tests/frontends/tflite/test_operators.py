"""Every operator against TFLite's reference kernels, tensor by tensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.frontends.tflite.networks import MAKERS
from tests.frontends.tflite.oracle import check

ORACLE = "TFLite reference kernels"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", MAKERS)
def test_every_integer_is_that_of_the_reference_kernel(
    name: str, seed: int, tmp_path: Path
) -> None:
    writer, inputs, outputs = MAKERS[name](np.random.default_rng(seed))
    check(writer.save(tmp_path / "m.tflite", inputs, outputs), 30, seed)
