"""A public name of the package means one thing, wherever it stands.

Who searches for a class or a function by its name finds one; what shares a name is one idea, in
several rooms, and named here with the reason.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from tests.house.measures import files, place_of

REPEATED = {
    "Bounds": "of an LSTM's and of a GRU's inner signals",
    "bounds": "of an LSTM's and of a GRU's inner signals",
    "cell_of": "an LSTM and a GRU as the engine of recurrent cells sees it",
    "problems": "why an LSTM and why a GRU is not legal",
    "small": "a small LSTM and a small GRU for the generic tests",
    "examples": "every family of operators has some",
    "Folded": "every kernel that is called `folded` in schedules",
    "Parallel": "every kernel that is called `parallel` in schedules",
    "Table": "the operator, which texts of graphs name, and the users' word for samples of one",
    "Window": "the operator, which texts of graphs name, and windows over any axes of a source",
    "quantize": "real numbers to integers: of a tensor in front ends, of a whole model for users",
    "Format": "a fixed-point format: of recurrent layers, and of hls4ml's types",
    "identifier": "any text as a name: of a node, and of what is emitted for it",
    "dequantized": "integers as real numbers: a tensor's, and an accumulator's",
    "spread": "constants as rows: of a quantizer, and of the rows that are distinct",
}
"""What may stand in several modules, and why it is one idea."""


def public_names(texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The modules of every public class and function that a module defines."""
    found = defaultdict(list)
    for name, text in texts:
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                found[node.name].append(name)
    return found


def repeated() -> dict[str, list[str]]:
    texts = ((place_of(p), p.read_text(encoding="utf-8")) for p in files())
    found = public_names(texts)
    assert len(found) > 1000
    return {name: modules for name, modules in found.items() if len(set(modules)) > 1}


def test_public_names_mean_one_thing() -> None:
    found = {name: modules for name, modules in repeated().items() if name not in REPEATED}
    assert found == {}, "rename what means something else, or say in REPEATED why it is one idea"


def test_every_exception_is_one() -> None:
    assert sorted(REPEATED.keys() - repeated().keys()) == []


def test_private_names_methods_and_overloads_are_no_repetition() -> None:
    text = "def f(): pass\ndef f(): pass\nclass C:\n    def g(self): pass\ndef _h(): pass\n"
    found = public_names([("a", text), ("b", "def g(): pass\ndef _h(): pass\n")])
    assert {name: set(modules) for name, modules in found.items()} == {
        "f": {"a"},
        "C": {"a"},
        "g": {"b"},
    }
