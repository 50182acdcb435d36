"""What a plan takes on an FPGA family: every kernel, FIFO and controller, and the link around."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwcompile.schedule.plan import Link, Placed, Plan, Stage
from hwcompile.technology.model import Need, Technology
from hwcompile.technology.plumbing import (
    FIFO,
    ISSUE,
    LINK,
    fifo_resources,
    issue_resources,
    link_resources,
)

Depth = Callable[[Link], int]


@dataclass(frozen=True)
class Estimate:
    """What a plan takes.

    Attributes:
        stages: By stage name, output FIFOs included.
        nodes: By node name. The FIFOs of a stage count for its first node: the one with weights, if
            any has. So do those between it and an input of the network.
        layers: The same by the name of the node in the user's model that it comes from.
        inputs: The FIFOs at the inputs.
        link: The link to the host.
    """

    stages: Mapping[str, Need]
    nodes: Mapping[str, Need]
    layers: Mapping[str, Need]
    inputs: Need
    link: Need

    @property
    def around(self) -> Need:
        """The link to the host and the FIFOs at the inputs."""
        return self.inputs + self.link

    @property
    def total(self) -> Need:
        """The whole FPGA."""
        return sum(self.stages.values(), self.around)


def estimate(plan: Plan, model: Technology, depth: Depth = lambda link: link.depth) -> Estimate:
    """What a plan takes.

    Args:
        plan: Stages and links.
        model: Of the family.
        depth: Depth of a link's FIFO, where the plan's are not chosen yet.
    """

    def fifos(value: str) -> Need:
        return sum((fifo_need(model, link, depth(link)) for link in plan.links_from(value)), Need())

    stages: dict[str, Need] = {}
    nodes: dict[str, Need] = {}
    layers: dict[str, Need] = {}
    for stage in plan.stages:
        needs = [part_need(part, model) for part in stage.parts]
        needs[0] += fifos(stage.name) + _issue_need(stage, model)
        stages[stage.name] = sum(needs, Need())
        for part, need in zip(stage.parts, needs, strict=True):
            nodes[part.node.name] = need
            name = part.node.origin.node or part.node.name
            layers[name] = layers.get(name, Need()) + need
    ends = [plan.link_to(None, port).format for port in range(len(plan.graph.outputs))]
    link = link_resources(
        [form.bits for form in plan.inputs],
        [form.bits for form in ends],
    )
    inputs = sum((fifos(value) for value in plan.graph.inputs), Need())
    first = {stage.name: stage.parts[0].node.name for stage in plan.stages}
    for read in (link for value in plan.graph.inputs for link in plan.links_from(value)):
        if read.consumer is not None:
            nodes[first[read.consumer]] += fifo_need(model, read, depth(read))
    return Estimate(stages, nodes, layers, inputs, model.need(LINK, link))


def _issue_need(stage: Stage, model: Technology) -> Need:
    """The controller that stands in place of a core."""
    if stage.parts[0].built.kernel.rigid:
        return model.need(ISSUE, issue_resources(len(stage.inputs)))
    return Need()


def part_need(part: Placed, model: Technology) -> Need:
    """One node."""
    return model.need(part.built.circuit, part.built.needs)


def fifo_need(model: Technology, link: Link, depth: int) -> Need:
    """The FIFO of a link."""
    return model.need(FIFO, fifo_resources(link.format.bits, depth, block=link.block))
