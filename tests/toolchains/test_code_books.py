"""Code books in build directories: no weights that bitstreams exchange, and kept by schedules."""

from __future__ import annotations

from pathlib import Path

import hwcompile
from benchmarks.techniques_layers import Layer, chosen, save, small_floats
from hwcompile.toolchains.weights import structure_of

ORACLE = "this project"
ORACLE_REASON = "what of a design is its structure is this project's own decision"

FLOATS = Layer(
    4, "minifloat, 6 bits", lambda random: chosen(random, small_floats(3, 2)), lambda w: 6 * w.size
)


def test_a_large_code_book_is_logic_and_no_weights_in_blocks(tmp_path: Path) -> None:
    """Its 64 rows would be enough for a block, but it is read within a cycle."""
    save(FLOATS, tmp_path / "layer.onnx")
    schedule = tmp_path / "schedule.toml"
    schedule.write_text(
        '[nodes."conv1"]\nkernel = "folded"\npe = 4\nsimd = 4\nencoding = "codebook"\n'
    )
    design = hwcompile.compile(tmp_path / "layer.onnx", tmp_path / "one", schedule=schedule)
    structure = structure_of(design.directory)
    rows = {name: len(image.bits) for name, image in structure.images.items()}
    assert set(rows.values()) == {144}
    books = [text for name, text in structure.texts.items() if name.endswith(".mem")]
    assert 64 in [len(text.split()) for text in books]
    # What was planned is written down, and read back.
    again = hwcompile.compile(
        tmp_path / "layer.onnx", tmp_path / "two", schedule=design.directory / "schedule.toml"
    )
    assert structure_of(again.directory).digest == structure.digest
