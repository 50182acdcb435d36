"""Finds the published networks that some tests use; they are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def model_folder() -> Path:
    """The folder named by HWCOMPILE_MODELS, else `shared/models` beside the checkout."""
    named = os.environ.get("HWCOMPILE_MODELS")
    return Path(named) if named else ROOT.parent / "shared" / "models"


def model_path(name: str) -> Path:
    """The file `name` of the models folder, for example "tfc_mnist/TFC_1W1A.onnx".

    Skips the test where the folder is absent. Fails where the folder is there but not the file,
    and where HWCOMPILE_MODELS names a folder that is absent: then somebody meant the test to run.
    """
    folder = model_folder()
    if not folder.is_dir():
        reason = (
            f"the folder of published models '{folder}' is absent; name it with HWCOMPILE_MODELS"
        )
        if "HWCOMPILE_MODELS" in os.environ:
            pytest.fail(reason)
        pytest.skip(reason)
    path = folder / name
    if not path.is_file():
        pytest.fail(f"the folder of published models '{folder}' has no '{name}'")
    return path
