"""A plugin of pytest: designs under test, whose mismatches are failed assertions.

    def test_the_network(hwcompile_design):
        design = hwcompile_design("model.onnx", target_fps=10_000)
        design.check(frames=200, stall=0.2)
        design.check_outputs(images, scores)

A model is compiled once per session and set of options. What a check measured becomes properties
of the test, which `--junitxml` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np

    from hwcompile.design import Design
    from hwcompile.verify.verification import Verification

    Arrays = Mapping[str, np.ndarray[Any, Any]] | np.ndarray[Any, Any]

Recorder = Callable[[str, object], None]
Factory = Callable[..., "DesignUnderTest"]


@dataclass(frozen=True)
class DesignUnderTest:
    """A design, with checks that fail a test.

    Attributes:
        design: The build directory.
        record: Takes properties of the test.
    """

    design: Design
    record: Recorder

    def check(self, **options: Any) -> Verification:
        """Demand the same integers, and the predicted cycles, at every level.

        Args:
            options: See `hwcompile.verify.options.VerifyOptions`.

        Raises:
            AssertionError: With the paragraphs of the report, when something differs.
            CompileError: See `Design.verify`.
        """
        __tracebackhide__ = True
        outcome = self.design.verify(**options)
        self.record("hwcompile.frames", outcome.frames)
        predicted, measured = outcome.interval
        self.record("hwcompile.interval", predicted if measured is None else measured)
        if not outcome.passed:
            raise AssertionError("\n".join([str(self.design.directory), *outcome.lines()]))
        return outcome

    def check_outputs(self, inputs: Arrays, expected: Arrays, level: str = "rtl") -> None:
        """Demand the model's real outputs, element for element.

        Args:
            inputs: The model's real inputs, as `Design.simulate` takes them.
            expected: Output to [frames, ...]; or the one output's array.
            level: Where the frames run.

        Raises:
            AssertionError: When an output is missing, or some of its numbers differ.
            CompileError: See `Design.simulate`.
        """
        __tracebackhide__ = True
        outputs = self.design.simulate(inputs, level=level).real
        wanted = expected if isinstance(expected, Mapping) else dict.fromkeys(outputs, expected)
        if wanted.keys() != outputs.keys():
            raise AssertionError(f"the outputs are {', '.join(outputs)}, not {', '.join(wanted)}")
        for name, values in outputs.items():
            difference = _difference(values, wanted[name])
            if difference:
                raise AssertionError(f"output '{name}' at level {level}: {difference}")


@pytest.fixture(scope="session")
def hwcompile_builds(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Design]:
    """Compiles models, each once per set of options; opens build directories."""
    made: dict[str, Design] = {}

    def build(model: Path | str, **options: Any) -> Design:
        import hwcompile

        if Path(model).is_dir():
            return hwcompile.load(model)
        key = repr((str(Path(model).resolve()), sorted(options.items())))
        if key not in made:
            folder = tmp_path_factory.mktemp("hwcompile")
            made[key] = hwcompile.compile(model, folder / "build", **options)
        return made[key]

    return build


@pytest.fixture
def hwcompile_design(hwcompile_builds: Callable[..., Design], record_property: Recorder) -> Factory:
    """Makes designs under test of a model file with `hwcompile.compile`'s options, or a build."""

    def make(model: Path | str, **options: Any) -> DesignUnderTest:
        return DesignUnderTest(hwcompile_builds(model, **options), record_property)

    return make


def _difference(got: np.ndarray[Any, Any], expected: Any) -> str:
    """Where two arrays first differ; "" when they are equal."""
    import numpy as np

    wanted = np.asarray(expected)
    if wanted.shape != got.shape:
        return f"the shape is {got.shape}, not {wanted.shape}"
    wrong = np.argwhere((got != wanted) & ~((got != got) & (wanted != wanted)))
    if not len(wrong):
        return ""
    place = tuple(int(i) for i in wrong[0])
    return (
        f"{len(wrong):,} of {got.size:,} numbers differ, "
        f"the first at {place}: expected {wanted[place]}, got {got[place]}"
    )
