"""Fronts with a further axis: how many frames a design classifies as they are labelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace as changed

from hwcompile.boards import Board
from hwcompile.compiler import lowered_ways
from hwcompile.diagnostics import CompileError, fail
from hwcompile.engine.work import WorkEngine
from hwcompile.explore.network.explore import (
    Effort,
    Front,
    best_of,
    check_installed,
    explore_network,
)
from hwcompile.explore.network.recipes import (
    Examples,
    Judged,
    Recipe,
    judged,
    layer_names,
    recipes,
    written,
)
from hwcompile.ir.graph import Graph
from hwcompile.options import CompileOptions

MODELS = 8
"""Recipes of which designs are searched, at most."""


@dataclass
class AccurateFront:
    """What was found of several models.

    Attributes:
        front: Designs of all of them.
        ways: The graphs that their `way` counts.
        recipes: Those that designs are of, by name.
        tried: Recipes that were judged.
        refused: Why recipes were left out that seemed worth it.
    """

    front: Front
    ways: list[Graph]
    recipes: dict[str, Recipe]
    tried: int
    refused: list[str] = field(default_factory=list)


def check_pair(data: Path | None, labels: Path | None) -> None:
    """Refuse frames without classes, and classes without frames.

    Raises:
        CompileError: HW0409 then.
    """
    if (data is None) != (labels is None):
        missing = "--labels" if labels is None else "--data"
        raise fail("HW0409", "accuracy needs frames and their classes", f"{missing} is missing",
                   "--data and --labels, or none of them")  # fmt: skip


def explore_accuracy(
    model: Path,
    examples: Examples,
    boards: Sequence[Board | None],
    clocks: Callable[[Board | None], tuple[float, ...]],
    effort: Effort,
    engine: WorkEngine,
    step: Callable[[str], None] = lambda text: None,
) -> AccurateFront:
    """Search recipes for the weights, and the designs of those that are worth it.

    Args:
        model: An ONNX file.
        examples: Its contents with frames and their classes.
        boards: As for `explore_network`, and so on.
        clocks: In MHz, for a board.
        effort: Shared by the recipes.
        engine: What does it.
        step: Called with what is done next.

    Raises:
        CompileError: Those of `explore_network`, and HW0409 where the model as it is can not be
            judged.
    """
    check_installed()
    every = list(recipes(layer_names(model)))
    step(f"judging {len(every)} recipes")
    found = judged(examples, every, engine)
    if found[0].right < 0:
        what = "the frames can not be classified"
        raise fail("HW0409", what, found[0].problem, "frames and labels of this model")
    worth = list(_worth(every, found))
    share = replace(
        effort,
        designs=max(effort.designs // len(worth), 1),
        points=max(effort.points // len(worth), 1),
    )
    made = AccurateFront(Front(), [], {}, len(every))
    with TemporaryDirectory(prefix="hwcompile-") as folder:
        for recipe, verdict in worth:
            path = Path(folder) / f"{recipe.name}{model.suffix}"
            written(model, recipe, path)
            try:
                ways = lowered_ways(path, CompileOptions())
                one = explore_network(
                    ways, boards, clocks, share, engine, _named(step, recipe.name)
                )
            except CompileError as error:
                if not recipe.entries:
                    raise
                made.refused.append(f"'{recipe.name}' was left out: {error.diagnostics[0]}")
                continue
            _add(made, one, ways, recipe, verdict)
    points = []
    for board in boards:
        name = board.id if board else ""
        points += best_of([point for point in made.front.points if point.board == name])
    made.front.points = points
    return made


def _named(step: Callable[[str], None], name: str) -> Callable[[str], None]:
    return lambda text: step(f"{name}: {text}")


def _add(
    made: AccurateFront, one: Front, ways: Sequence[Graph], recipe: Recipe, verdict: Judged
) -> None:
    """The designs of a recipe, with what is known of it."""
    offset, accuracy = len(made.ways), verdict.right / max(verdict.frames, 1)
    made.front.points += [
        changed(point, way=point.way + offset, recipe=recipe.name, accuracy=accuracy)
        for point in one.points
    ]
    made.front.designs_tried += one.designs_tried
    made.front.planned += one.planned
    made.ways += ways
    made.recipes[recipe.name] = recipe


def _worth(every: Sequence[Recipe], found: Sequence[Judged]) -> Iterator[tuple[Recipe, Judged]]:
    """The model as it is, and recipes of which none has fewer bits and makes fewer mistakes."""
    from hwcompile.explore.network.search import unbeaten

    yield every[0], found[0]
    able = [i for i in range(1, len(every)) if found[i].right >= 0]
    kept = unbeaten([(float(found[i].bits), float(-found[i].right)) for i in able])
    ordered = sorted((able[k] for k in kept), key=lambda i: (-found[i].right, found[i].bits))
    most = MODELS - 1
    step = max(len(ordered) / most, 1.0)
    for number in range(min(len(ordered), most)):
        index = ordered[int(number * step)]
        yield every[index], found[index]
