"""Where a provocation happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import pytest

import hwcompile
from hwcompile.design import Design
from hwcompile.frontends.load import ImportedModel, load_model
from tests.cli.small import save
from tests.frontends.oracle import Model


@dataclass(frozen=True)
class Place:
    """An empty folder, and a way to change the machine for a while."""

    folder: Path
    patch: pytest.MonkeyPatch

    def write(self, proto: onnx.ModelProto, name: str = "m.onnx") -> Path:
        """A model in the folder."""
        path = self.folder / name
        path.write_bytes(proto.SerializeToString())
        return path

    def read(self, m: Model, *outputs: str, **options: Any) -> ImportedModel:
        """Import the model that `m` collected."""
        return load_model(self.write(m.proto(outputs)), **options)

    def design(self, **options: Any) -> Design:
        """A small network, compiled."""
        return hwcompile.compile(save(self.folder), self.folder / "build", **options)


Provocation = Callable[[Place], object]
