"""View-models of an HLS project: a plan, legalised into exactly what the templates print."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.emit.hls.library import function_of, has_header, header_of
from hwcompile.emit.hls.literals import Array, array, element_type, member
from hwcompile.emit.hls.names import Names, memory_suffix, top_function
from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.emit.netlist import interface_of
from hwcompile.emit.printed import PrintedModule
from hwcompile.ops.arithmetic import ENCODINGS
from hwcompile.ops.arithmetic.encoding import PACKAGE
from hwcompile.ops.contract.instance import Instance, Memories, Name
from hwcompile.ops.contract.loaded_memory import LoadedMemory
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.site import Ports, StreamFormat
from hwcompile.schedule.plan import Link, Placed, Plan, Stage

BETWEEN = 2
"""Words of a stream between the layers of a stage, which the RTL joins without a FIFO."""


@dataclass(frozen=True)
class ChannelView:
    """A stream of the top function."""

    name: str
    kind: str
    depth: int
    block: bool
    words: int


@dataclass(frozen=True)
class AxisView:
    """An AXI4-Stream port, and the stream on its inner side."""

    prefix: str
    config: str
    tdata_bytes: int
    bits: int
    lanes: int
    words: int
    stream: str


@dataclass(frozen=True)
class ForkView:
    """A stream that several layers read."""

    source: str
    targets: tuple[str, ...]
    words: int


@dataclass(frozen=True)
class LayerView:
    """A call of a function, its configuration, and its memories.

    The function is of the library, in `header`, or is printed for this layer alone.
    """

    name: str
    config: str
    function: str
    header: str
    origin: str
    notes: tuple[str, ...]
    members: tuple[str, ...]
    arrays: tuple[Array, ...]
    arguments: tuple[str, ...]
    interval: int
    printed: PrintedModule | None = None


@dataclass(frozen=True)
class Project:
    """Everything the templates need.

    Attributes:
        interface: Ports, and the streams that leave the stages, as of the RTL.
        steps: Layers and forks, in the order of the top function.
        taps: Stage to the name of the stream that leaves it.
    """

    interface: Interface
    inputs: tuple[AxisView, ...]
    outputs: tuple[AxisView, ...]
    streams: tuple[ChannelView, ...]
    steps: tuple[LayerView | ForkView, ...]
    encodings: tuple[str, ...]
    taps: dict[str, str]

    @property
    def top(self) -> str:
        """The name of the top function."""
        return top_function(self.interface)

    @property
    def layers(self) -> tuple[LayerView, ...]:
        """The calls of the library."""
        return tuple(step for step in self.steps if isinstance(step, LayerView))

    @property
    def forks(self) -> tuple[ForkView, ...]:
        """The forks."""
        return tuple(step for step in self.steps if isinstance(step, ForkView))

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers of the library that the layers call, sorted."""
        return tuple(sorted({layer.header for layer in self.layers if layer.header}))

    @property
    def printed(self) -> tuple[PrintedModule, ...]:
        """Functions of single layers."""
        return tuple(layer.printed for layer in self.layers if layer.printed)


def view_of(plan: Plan) -> Project:
    """Legalise a plan: names, constants, memories. Pure; the same plan gives the same project.

    Raises:
        CompileError: HW0430 with every layer that C++ has no header for.
    """
    check_layers(plan)
    return _Builder(plan).project()


def check_layers(plan: Plan) -> None:
    """Raise if C++ can not say everything that a plan has.

    Raises:
        CompileError: HW0430 with every such layer.
    """
    parts = [part for stage in plan.stages for part in stage.parts]
    findings = [
        Diagnostic(
            "HW0430",
            f"there is no HLS for node '{part.node.name}'",
            reason,
            f"another kernel in the schedule, or the RTL, which has '{part.built.kernel.name}'",
            part.node.origin,
        )
        for part in parts
        if (reason := _reason(part.built.instance))
    ]
    if findings:
        raise CompileError(findings)


def _reason(instance: Instance) -> str:
    if isinstance(instance.external, LoadedMemory):
        return "its weights are loaded from an image, which the HLS library does not read"
    if instance.external:
        return "its weights come from external memory, which the HLS library does not read"
    if instance.printed:
        return ""
    wanted = [instance.library, *(f"hw_products_{module}" for module in _products(instance))]
    missing = [module for module in wanted if not has_header(module)]
    return f"the HLS library has no header for {missing[0]} yet" if missing else ""


def _products(instance: Instance) -> list[str]:
    """What the library's modules of its encodings are called, after `hw_products_`."""
    labels = {
        value.name
        for value in instance.parameters.values()
        if isinstance(value, Name) and value.package == PACKAGE
    }
    return [kind.module for kind in ENCODINGS if kind.label in labels]


class _Builder:
    """Walks a plan in stream order and gives everything its name."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.interface = interface_of(plan)
        self.names = Names(self.interface)
        self.streams: list[ChannelView] = []
        self.steps: list[LayerView | ForkView] = []
        self.taps: dict[str, str] = {}
        self.signals: dict[str, str] = {}

    def project(self) -> Project:
        """The whole."""
        inputs = tuple(self._input(port) for port in self.interface.inputs)
        for stage in self.plan.stages:
            self._stage(stage)
        outputs = tuple(
            self._port(port, self.signals[self.plan.link_to(None, index).name])
            for index, port in enumerate(self.interface.outputs)
        )
        labels = {
            value.name
            for stage in self.plan.stages
            for part in stage.parts
            for value in part.built.instance.parameters.values()
            if isinstance(value, Name) and value.package == PACKAGE
        }
        return Project(
            self.interface,
            inputs,
            outputs,
            tuple(self.streams),
            tuple(self.steps),
            tuple(sorted(labels)),
            self.taps,
        )

    def _input(self, port: AxisPort) -> AxisView:
        links = self.plan.links_from(port.name)
        return self._port(port, self._leaving(port.name, port.format, links))

    def _port(self, port: AxisPort, stream: str) -> AxisView:
        config = self.names.new(f"{port.prefix}_config")
        form = port.format
        return AxisView(
            prefix=port.prefix,
            config=config,
            tdata_bytes=port.tdata_bytes,
            bits=form.element.bits,
            lanes=form.parallel,
            words=form.words,
            stream=stream,
        )

    def _stage(self, stage: Stage) -> None:
        sources = tuple(
            self.signals[self.plan.link_to(stage.name, port).name]
            for port in range(len(stage.inputs))
        )
        *inner, last = stage.parts
        for part in inner:
            value, form = part.node.outputs[0], part.built.ports.output
            target = self._stream(value, form, BETWEEN, block=False)
            self.steps.append(self._layer(part, target, (*sources, target)))
            sources = (target,)
        place = len(self.steps)
        links = self.plan.links_from(stage.name)
        target = self._leaving(stage.name, stage.formats.output, links)
        self.steps.insert(place, self._layer(last, target, (*sources, target)))
        self.taps[stage.name] = target

    def _leaving(self, value: str, form: StreamFormat, links: tuple[Link, ...]) -> str:
        """The stream of a value; with several consumers, a fork to a stream for each follows."""
        if len(links) == 1:
            name = self._stream(value, form, links[0].depth, block=links[0].block)
            self.signals[links[0].name] = name
            return name
        name = self._stream(value, form, BETWEEN, block=False)
        for link in links:
            self.signals[link.name] = self._stream(link.name, form, link.depth, block=link.block)
        targets = tuple(self.signals[link.name] for link in links)
        self.steps.append(ForkView(name, targets, form.words))
        return name

    def _stream(self, value: str, form: StreamFormat, depth: int, *, block: bool) -> str:
        name = self.names.new(value)
        kind = f"hw::word<{element_type(form.element)}, {form.parallel}>"
        self.streams.append(ChannelView(name, kind, depth, block, form.words))
        return name

    def _layer(self, part: Placed, name: str, streams: tuple[str, ...]) -> LayerView:
        instance = part.built.instance
        memories = tuple(
            array(self.names.new(f"{name}_{memory_suffix(key)}"), image)
            for key, image in instance.memories.items()
        )
        own = None
        if instance.printed:
            function = self.names.new(f"{name}_{instance.printed.kind}")
            own = PrintedModule(function, instance.printed, _notes(part))
        return LayerView(
            name=name,
            config=self.names.new(f"{name}_config"),
            function=own.name if own else f"hw::{function_of(instance.library)}",
            header="" if own else header_of(instance.library),
            origin=str(part.node.origin),
            notes=_notes(part),
            members=(*_frame_members(part.built.ports), *_members(instance)),
            arrays=memories,
            arguments=(*streams, *(memory.name for memory in memories)),
            interval=part.built.interval,
            printed=own,
        )


def _members(instance: Instance) -> list[str]:
    return [
        line
        for name, value in instance.parameters.items()
        if not isinstance(value, MemoryImage | Memories)
        for line in member(name, value)
    ]


def _frame_members(ports: Ports) -> list[str]:
    """How many words of a frame pass each stream."""
    words = {f"In{i}FrameWords": form.words for i, form in enumerate(ports.inputs)}
    words["OutFrameWords"] = ports.output.words
    return [line for name, value in words.items() for line in member(name, value)]


def _notes(part: Placed) -> tuple[str, ...]:
    folding = ", ".join(f"{key} {value}" for key, value in part.built.parameters.items())
    kernel = f"  kernel {part.built.kernel.name}" + (f"; {folding}" if folding else "")
    notes = [f"{part.node.name}: {part.node.origin}", kernel]
    if part.built.comment:
        notes.append(f"  {part.built.comment}")
    return tuple(notes)
