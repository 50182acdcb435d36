"""Every legal way to store and multiply the weights of one layer, with what it costs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hwcompile.boards import Board
from hwcompile.compiler import planned_network
from hwcompile.diagnostics import fail
from hwcompile.explore.energy import Energy, energy_of
from hwcompile.families.flow import Use
from hwcompile.families.programs import ToolError, failed
from hwcompile.ir.graph import Graph
from hwcompile.ops import family
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.external_memory import PREFETCH
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.loaded_memory import SMALLEST, loaded
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.options import CompileOptions
from hwcompile.processes import in_parallel
from hwcompile.schedule.choose.choice import site_of
from hwcompile.schedule.plan import Placed, Plan
from hwcompile.technology.model import Need, Technology, generic, technology
from hwcompile.toolchains.alone import synthesize_alone

WEIGHTS = ("WeightFile", "ProgramFile", "EntryFile", "ColumnFile", "CodeFile")
"""Images of weights, of what sparse kernels run through, and of code books."""


def weight_bits(built: Built[Any]) -> int:
    """Bits of weights, their indices and code books, also where a memory of one row is wires."""
    images = built.instance.memories
    return sum(images[name].width * images[name].depth for name in WEIGHTS if name in images)


STORED = ("WeightFile", "ProgramFile")
"""Of these, what kernels take row by row, and could load."""


def smallest_image_bits(built: Built[Any]) -> int:
    """Bits of the smallest image that rows of weights could be loaded from; 0 without such rows.

    With its head, and without what stays on the chip, as code books do.
    """
    images = built.instance.memories
    rows = [loaded(images[name], PREFETCH, SMALLEST) for name in STORED if name in images]
    return sum(8 * one.size for one in rows)


@dataclass(frozen=True)
class Alternative:
    """A layer in one encoding, in the smallest folding that is fast enough.

    Attributes:
        encoding: The parameters that say how weights are stored and multiplied.
        built: The kernel with all of its parameters.
        model: Of the FPGA family.
        chosen: It is what the planner takes.
        fast_enough: It meets the target; else it is the fastest there is.
    """

    encoding: Parameters
    built: Built[Any]
    model: Technology
    chosen: bool
    fast_enough: bool

    @cached_property
    def need(self) -> Need:
        """Cells, without the output's FIFO."""
        return self.model.need(self.built.circuit, self.built.needs)

    @cached_property
    def weight_bits(self) -> int:
        """See `weight_bits`."""
        return weight_bits(self.built)

    @cached_property
    def image_bits(self) -> int:
        """See `smallest_image_bits`."""
        return smallest_image_bits(self.built)

    @cached_property
    def energy(self) -> Energy:
        """Of a frame."""
        return energy_of(self.built)

    @property
    def name(self) -> str:
        """Kernel and encoding in a few words."""
        said = [_word(*item) for item in self.encoding.items()]
        own = [] if said or not self.chosen else ["auto"]
        return " ".join([self.built.kernel.name, *said, *own])


@dataclass(frozen=True)
class Encodings:
    """What `explore_encodings` found.

    Attributes:
        layer: Name of the node.
        cycles: Per frame that alternatives may take.
        board: Whose cells are counted; None for those of a 7-series FPGA.
        alternatives: What the planner takes first; then by look-up tables, those that are too slow
            last.
    """

    layer: str
    cycles: int
    board: Board | None
    alternatives: tuple[Alternative, ...]


def explore_encodings(model: Path, layer: str, options: CompileOptions) -> Encodings:
    """Every way to store and multiply the weights of a layer, and what it takes.

    Args:
        model: The file.
        layer: Name of its node with weights, in the model or in `schedule.toml`.
        options: As for `compile`. Without a target, alternatives may take as many cycles as the
            network that is planned. Without a board, cells are those of a 7-series FPGA.

    Raises:
        CompileError: Those of `compile`, HW0405 for a board without a resource model, HW0406 for
            a layer that is not there.
    """
    planned, prediction, goal = planned_network(model, options)
    resources = technology(goal.board.device.family) if goal.board else generic()
    chosen = layer_named(planned, layer)
    cycles = prediction.interval if goal.source == "default" else goal.cycles or prediction.interval
    found = alternatives(planned.graph, chosen, cycles, resources)
    return Encodings(chosen.node.name, cycles, goal.board, found)


def synthesized(found: Encodings, most: int) -> list[Use]:
    """What synthesis makes of the first so many alternatives, each alone, several at once.

    Raises:
        CompileError: HW0805 when Yosys is not installed, HW0808 when it fails; then its folder with
            scripts and logs stays.
    """

    def made(each: Alternative) -> Use:
        folder = Path(mkdtemp(prefix="hwcompile-"))
        try:
            use = synthesize_alone(each.built, found.board, folder)
        except ToolError as error:
            raise failed(error) from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder)
        return use

    return in_parallel(made, found.alternatives[:most])


def layer_named(planned: Plan, name: str) -> Placed:
    """The node with weights that a name stands for: the node's own, or that of the model's node.

    Raises:
        CompileError: HW0406 when there is none, with the names that there are.
    """
    parts = [part for stage in planned.stages for part in stage.parts]
    layers = {part.node.name: part for part in parts if _has_encodings(part)}
    of_model = {part.node.origin.node: part for part in layers.values()}
    found = layers.get(name) or of_model.get(name)
    if found is not None:
        return found
    near = get_close_matches(name, layers, 3) if len(name) <= 200 else []
    raise fail(
        "HW0406",
        f"there is no layer '{name}' whose weights could be stored in several ways",
        "" if layers else "no layer of the model has weights in lanes",
        f"one of: {', '.join(near or list(layers)[:8])}" if layers else "a model with weights",
    )


def alternatives(
    graph: Graph, chosen: Placed, cycles: int, model: Technology
) -> tuple[Alternative, ...]:
    """All encodings of a node by every kernel that builds it, the one with fewest LUTs first.

    Args:
        graph: Lowered, with the node.
        chosen: The node as it is planned.
        cycles: Per frame, at most.
        model: Of the FPGA family.
    """
    node = chosen.node
    site = site_of(graph, node)
    found: list[Alternative] = []
    said: set[str] = set()
    for kernel in family(node.op.family).kernels:
        if kernel.refuses(site) is not None:
            continue
        for encoding in kernel.encodings(site):
            said.update(encoding)
            foldings = list(_foldings(kernel, site, encoding))
            enough = [built for built in foldings if built.interval <= cycles]
            if enough:
                taken = min(enough, key=lambda made: model.need(made.circuit, made.needs).lut)
            elif foldings:
                taken = min(foldings, key=lambda made: made.interval)
            else:
                continue
            found.append(Alternative(encoding, taken, model, False, bool(enough)))
    own = {name: value for name, value in chosen.built.parameters.items() if name in said}
    planned = Alternative(own, chosen.built, model, True, chosen.built.interval <= cycles)
    return (planned, *sorted(found, key=lambda one: (not one.fast_enough, one.need.lut)))


def _has_encodings(part: Placed) -> bool:
    site = part.built.site
    kernels = [k for k in family(part.node.op.family).kernels if k.refuses(site) is None]
    return any(encoding for kernel in kernels for encoding in kernel.encodings(site))


def _foldings(kernel: AnyKernel, site: Site[Any], encoding: Parameters) -> Iterator[Built[Any]]:
    """Every folding that the planner looks at, in an encoding that it may have."""
    for folding in (*kernel.space(site), *kernel.space_of_pixels(site)):
        parameters = {**folding, **encoding}
        if kernel.complaint(site, parameters) is None:
            yield kernel.at(site, parameters)


def _word(name: str, value: object) -> str:
    """A parameter, by its value where that says enough."""
    return str(value) if isinstance(value, str) else f"{name}={value}"
