"""View-models: a plan, legalised into exactly what the templates print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hwcompile.emit.interface import AxisPort, Interface, MemoryPort
from hwcompile.emit.literals import Printable, memory_name, memory_text
from hwcompile.emit.memory_ports import MemoryView, memory_ports, memory_view
from hwcompile.emit.names import OWN, identifier, top_name
from hwcompile.emit.printed import PrintedModule
from hwcompile.ops.arithmetic.encoding import PACKAGE
from hwcompile.ops.contract.external_memory import ExternalMemory
from hwcompile.ops.contract.instance import Memories, Name, Value, Word
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.plan import Link, Placed, Plan, Stage


@dataclass(frozen=True)
class InstanceView:
    """A library module in a stage: the core, or a pipe.

    `valid` and `data` name the signals it drives; `source_valid` and `source_data` (pipes only)
    those it reads. `constants` are input ports with a fixed value, `unused` one-bit outputs that
    nothing reads; a `packed` core has its inputs in one port.
    """

    module: str
    name: str
    parameters: tuple[tuple[str, Printable], ...]
    notes: tuple[str, ...]
    width: int
    valid: str
    data: str
    source_valid: str = ""
    source_data: str = ""
    constants: tuple[tuple[str, Word], ...] = ()
    unused: tuple[str, ...] = ()
    external: ExternalMemory | None = None
    packed: bool = False


@dataclass(frozen=True)
class FifoView:
    """One output FIFO of a stage, or of a graph input."""

    index: int
    depth: int
    block: int
    name: str


@dataclass(frozen=True)
class StageView:
    """A stage module; `memory` is its read master, when weights come from external memory."""

    module: str
    name: str
    notes: tuple[str, ...]
    input_widths: tuple[int, ...]
    width: int
    core: InstanceView
    pipes: tuple[InstanceView, ...]
    fifos: tuple[FifoView, ...]
    valid: str
    data: str
    memory: MemoryView | None = None

    def inputs(self, port: str) -> str:
        """A port of all inputs together, the first in the least significant bits."""
        count = len(self.input_widths)
        return "{" + ", ".join(f"in{i}_{port}" for i in reversed(range(count))) + "}"


@dataclass(frozen=True)
class PortView:
    """An AXI4-Stream port of the top level with the word inside its tdata."""

    prefix: str
    name: str
    tdata_bits: int
    width: int
    words: int
    fifos: tuple[FifoView, ...]
    signal: str


@dataclass(frozen=True)
class ConnectionView:
    """A stage instance: for each input and output port, the name of the stream's signals."""

    view: StageView
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    memory: MemoryPort | None = None


@dataclass(frozen=True)
class StreamView:
    """A ready/valid stream between stages: `<name>_valid`, `_ready`, `_data`."""

    name: str
    width: int


@dataclass(frozen=True)
class Netlist:
    """Everything the templates need, and the files beside them.

    Attributes:
        interface: Ports of the top level.
        stages: In topological order.
        streams: One for every link.
        memories: File name to text.
        images: File in the build directory to what external memory holds.
        library: Library modules that are named here, without suffix, sorted.
        encodings: Labels of the encodings that instances name.
        printed: Modules that stand for one piece of hardware alone.
    """

    interface: Interface
    inputs: tuple[PortView, ...]
    outputs: tuple[PortView, ...]
    stages: tuple[ConnectionView, ...]
    streams: tuple[StreamView, ...]
    memories: dict[str, str]
    images: dict[str, bytes]
    library: tuple[str, ...]
    encodings: tuple[str, ...]
    printed: tuple[PrintedModule, ...] = ()

    @property
    def loaders(self) -> tuple[str, ...]:
        """Stages that load their weights before the first word is accepted."""
        views = (made.view for made in self.stages)
        return tuple(view.name for view in views if view.memory and view.memory.loads)


def build_netlist(plan: Plan) -> Netlist:
    """Legalise a plan: names, widths, memory files. Pure; the same plan gives the same netlist."""
    top = top_name(plan.graph.name)
    memories: dict[str, str] = {}
    library = {"hw_credit_fifo", "hw_axis_check", "hw_axis_last", "hw_tap"}
    printed = printed_modules(top, plan)
    for module in printed.values():
        library.update(module.needed)
    signals = signal_names(plan.links)
    stages = []
    for stage in plan.stages:
        view = _stage_view(top, stage, plan.links_from(stage.name), memories, library, printed)
        inputs = tuple(
            signals[plan.link_to(stage.name, port).name] for port in range(len(stage.inputs))
        )
        outputs = tuple(signals[link.name] for link in plan.links_from(stage.name))
        stages.append(ConnectionView(view, inputs, outputs))
    found = {
        stage.name: made.view.core.external for stage, made in zip(plan.stages, stages, strict=True)
    }
    externals = {name: external for name, external in found.items() if external}
    ports = memory_ports(externals)
    stages = [
        replace(made, memory=ports.get(name)) for name, made in zip(found, stages, strict=True)
    ]
    interface = replace(interface_of(plan), memories=tuple(ports.values()))
    return Netlist(
        interface=interface,
        inputs=tuple(
            _input_view(port, plan.links_from(port.name), signals) for port in interface.inputs
        ),
        outputs=tuple(
            _port_view(port, (), signals[plan.link_to(None, i).name])
            for i, port in enumerate(interface.outputs)
        ),
        stages=tuple(stages),
        streams=tuple(StreamView(signals[link.name], link.format.bits) for link in plan.links),
        memories=dict(sorted(memories.items())),
        images={ports[name].file: memory.contents() for name, memory in externals.items()},
        library=tuple(sorted(library)),
        encodings=_encodings(stages),
        printed=tuple(printed.values()),
    )


def printed_modules(top: str, plan: Plan) -> dict[str, PrintedModule]:
    """By node, the modules that are printed for one piece of hardware alone.

    They are called after the design, like its copy of the library, and so are not in anybody's way.
    """
    found: dict[str, PrintedModule] = {}
    taken: set[str] = set()
    for part in (part for stage in plan.stages for part in stage.parts):
        printed = part.built.instance.printed
        if printed is None:
            continue
        name = base = f"{top}{OWN}{identifier(part.node.name, longest=60)}_{printed.kind}"
        count = 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name)
        notes = (f"{part.node.name}: {part.node.origin}", f"  {part.built.comment}")
        found[part.node.name] = PrintedModule(name, printed, notes)
    return found


def _encodings(stages: Sequence[ConnectionView]) -> tuple[str, ...]:
    names = {
        value.name
        for made in stages
        for instance in (made.view.core, *made.view.pipes)
        for _, value in instance.parameters
        if isinstance(value, Name) and value.package == PACKAGE
    }
    return tuple(sorted(names))


def signal_names(links: tuple[Link, ...]) -> dict[str, str]:
    """Name of a link to the name of its signals in the top level: identifiers, all different."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for link in links:
        name = base = identifier(link.name, longest=80)
        count = 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name)
        names[link.name] = name
    return names


def _stage_view(
    top: str,
    stage: Stage,
    links: tuple[Link, ...],
    memories: dict[str, str],
    library: set[str],
    printed: Mapping[str, PrintedModule],
) -> StageView:
    formats = stage.formats
    input_widths = tuple(form.bits for form in formats.inputs)
    parts = list(stage.parts)
    if parts[0].built.kernel.rigid:
        core = _issue_view(input_widths)
        library.add(core.module)
    else:
        core = _instance_view(parts.pop(0), "core", memories, library, printed)
    pipes: list[InstanceView] = []
    source = core
    for index, part in enumerate(parts):
        source = _instance_view(part, f"pipe{index}", memories, library, printed, source)
        pipes.append(source)
    name = identifier(stage.name, longest=80)
    notes = tuple(note for view in (core, *pipes) for note in view.notes)
    memory = memory_view(core.external, name) if core.external else None
    if memory:
        library.add(memory.module)
    return StageView(
        module=f"{top}_{name}",
        name=name,
        notes=notes,
        input_widths=input_widths,
        width=formats.output.bits,
        core=core,
        pipes=tuple(pipes),
        fifos=_fifo_views(links),
        valid=source.valid,
        data=source.data,
        memory=memory,
    )


def _issue_view(widths: tuple[int, ...]) -> InstanceView:
    width = sum(widths)
    return InstanceView(
        module="hw_issue",
        name="u_core",
        parameters=(("Inputs", len(widths)), ("Width", width)),
        notes=(),
        width=width,
        valid="core_valid",
        data="core_data",
        packed=True,
    )


def _instance_view(
    part: Placed,
    name: str,
    memories: dict[str, str],
    library: set[str],
    printed: Mapping[str, PrintedModule],
    source: InstanceView | None = None,
) -> InstanceView:
    instance = part.built.instance
    own = printed.get(part.node.name)
    if own is None:
        library.add(instance.library)
    parameters = tuple(
        (parameter, _printable(part, value, memories))
        for parameter, value in instance.parameters.items()
    )
    folding = ", ".join(f"{key} {value}" for key, value in part.built.parameters.items())
    kernel = f"  kernel {part.built.kernel.name}" + (f"; {folding}" if folding else "")
    notes = [f"{part.node.name}: {part.node.origin}", kernel]
    if part.built.comment:
        notes.append(f"  {part.built.comment}")
    return InstanceView(
        module=own.name if own else instance.library,
        name=f"u_{name}",
        parameters=parameters,
        notes=tuple(notes),
        width=part.built.ports.output.bits,
        valid=f"{name}_valid",
        data=f"{name}_data",
        source_valid=source.valid if source else "",
        source_data=source.data if source else "",
        constants=tuple(instance.constants.items()),
        unused=instance.unused,
        external=instance.external,
        packed=instance.packed,
    )


def _printable(part: Placed, value: Value, memories: dict[str, str]) -> Printable:
    """The value; in the place of a memory's contents the name of the file that they go to."""
    if isinstance(value, Memories):
        return tuple(_file(part, image, memories) for image in value.images)
    return _file(part, value, memories) if isinstance(value, MemoryImage) else value


def _file(part: Placed, image: MemoryImage, memories: dict[str, str]) -> str:
    text = memory_text(image)
    file = memory_name(identifier(part.node.name), text)
    memories[file] = text
    return file


def _fifo_views(links: tuple[Link, ...]) -> tuple[FifoView, ...]:
    return tuple(
        FifoView(i, link.depth, int(link.block), identifier(link.name, longest=80))
        for i, link in enumerate(links)
    )


def interface_of(plan: Plan) -> Interface:
    """Ports and inner streams of a plan's top level, without those to external memory."""

    def ports(
        values: tuple[str, ...], formats: tuple[StreamFormat, ...], prefix: str
    ) -> tuple[AxisPort, ...]:
        single = len(values) == 1
        return tuple(
            AxisPort(
                value,
                prefix if single else f"{prefix}_{identifier(value)}_{index}",
                form,
                plan.graph.types[value].shape,
            )
            for index, (value, form) in enumerate(zip(values, formats, strict=True))
        )

    output_formats = tuple(plan.link_to(None, i).format for i in range(len(plan.graph.outputs)))
    return Interface(
        top_name(plan.graph.name),
        ports(plan.graph.inputs, plan.inputs, "s_axis"),
        ports(plan.graph.outputs, output_formats, "m_axis"),
        tuple(
            AxisPort(
                stage.name,
                stage.parts[-1].node.origin.node,
                plan.travels(stage),
                plan.graph.types[stage.name].shape,
            )
            for stage in plan.stages
        ),
    )


def _port_view(port: AxisPort, fifos: tuple[FifoView, ...], signal: str) -> PortView:
    return PortView(
        prefix=port.prefix,
        name=identifier(port.name, longest=80),
        tdata_bits=8 * port.tdata_bytes,
        width=port.format.bits,
        words=port.format.words,
        fifos=fifos,
        signal=signal,
    )


def _input_view(port: AxisPort, links: tuple[Link, ...], signals: dict[str, str]) -> PortView:
    fifos = tuple(
        FifoView(i, link.depth, int(link.block), signals[link.name]) for i, link in enumerate(links)
    )
    return _port_view(port, fifos, identifier(port.name, longest=80))
