"""A C driver for microcontrollers: the link in C99, and the packing of one design's ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwcompile.diagnostics import fail, reason_of
from hwcompile.emit.environment import render
from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.emit.names import identifier
from hwcompile.emit.opened import read_host_side
from hwcompile.emit.project import write_files
from hwcompile.emit.quoting import comment
from hwcompile.ir.types import Encoding, IntType, TensorType
from hwcompile.resources import room
from hwcompile.runtime.c_reals import PortArray, RealFunction, input_function, output_function
from hwcompile.toolchains.board_top import identity
from hwcompile_runtime.host import HostInput, HostOutput

LINK = ("hwcompile_link.h", "hwcompile_link.c")
REALS = ("hwcompile_reals.h", "hwcompile_reals.c")
WIDEST = 64
"""Most bits of an element that C has a type for."""


@dataclass(frozen=True)
class CPort:
    """What the templates say about a port.

    Attributes:
        argument: Name of the array.
        macro: Prefix of its constants.
        type: Name of its element type.
        ctype: What that is.
        shape: For people.
        elements: Elements of a frame.
        low: Smallest integer.
        high: Largest integer.
        bipolar: Only these two occur.
        scale: For people.
        zero_point: For people.
        fields: Initialiser of `hwcompile_port`.
    """

    argument: str
    macro: str
    type: str
    ctype: str
    shape: str
    elements: int
    low: int
    high: int
    bipolar: bool
    scale: str
    zero_point: str
    fields: str

    @property
    def array(self) -> PortArray:
        """A frame of it as a parameter."""
        return PortArray(self.argument, self.type, self.ctype)


@dataclass(frozen=True)
class WholeModel:
    """What the templates say about the function from real numbers to real numbers.

    Attributes:
        parameters: The model's inputs and outputs.
        before: Calls that quantize.
        behind: Calls that make real numbers.
    """

    parameters: tuple[str, ...]
    before: tuple[str, ...]
    behind: tuple[str, ...]


@dataclass(frozen=True)
class CDesign:
    """What the templates say about a design."""

    top: str
    identity: str
    inputs: tuple[CPort, ...]
    outputs: tuple[CPort, ...]
    functions: tuple[RealFunction, ...] = ()
    whole: WholeModel | None = None

    @property
    def guard(self) -> str:
        """The header's include guard."""
        return f"{self.top.upper()}_H"

    @property
    def ports(self) -> tuple[CPort, ...]:
        """All ports."""
        return self.inputs + self.outputs


def write_driver(directory: Path, types: Mapping[str, TensorType], folder: Path) -> list[Path]:
    """Write the C sources that talk to a design.

    Args:
        directory: Build directory of the design.
        types: Types of the graph's values, for the comments on what integers mean.
        folder: Where the files go; it is made when it is missing.

    Returns:
        The files.

    Raises:
        CompileError: HW0834 for elements that no C type holds, HW0835 when the folder can not be
            written to.
    """
    interface = Interface.read(directory)
    name = identity(directory, interface)
    bytes_ = ", ".join(f"0x{byte:02x}" for byte in reversed(bytes.fromhex(name)))
    inputs = _ports(interface, interface.inputs, types, "in")
    outputs = _ports(interface, interface.outputs, types, "out")
    host = read_host_side(directory)
    behind = dict(zip((p.name for p in interface.outputs), outputs, strict=True))
    before = dict(zip((p.name for p in interface.inputs), inputs, strict=True))
    first, last = _quantizers(host.inputs, before), _dequantizers(host.outputs, behind)
    design = CDesign(
        *(interface.top, bytes_, inputs, outputs),
        *((*first, *last), _whole_model(interface.top, first, last)),
    )
    texts = {name: (room("templates") / "c" / name).read_text() for name in (*LINK, *REALS)}
    for suffix in ("h", "c"):
        texts[f"{interface.top}.{suffix}"] = render(f"c/design.{suffix}.j2", design=design)
    try:
        write_files(folder, texts)
    except OSError as error:
        what, fix = f"'{folder}' can not be written to", "a folder that you may write to"
        raise fail("HW0835", what, reason_of(error), fix) from error
    return [folder / file for file in texts]


def _quantizers(inputs: Sequence[HostInput], ports: Mapping[str, CPort]) -> list[RealFunction]:
    """A function for every input of the network."""
    return [
        input_function(host, f"quantize_{ports[host.value].argument}", ports[host.value].array)
        for host in inputs
    ]


def _dequantizers(outputs: Sequence[HostOutput], ports: Mapping[str, CPort]) -> list[RealFunction]:
    """A function for every output of the model.

    The first that a port carries alone is called as the port is, all others as the output.
    """
    arrays = {name: port.array for name, port in ports.items()}
    made: dict[str, RealFunction] = {}
    for host in outputs:
        carriers = {source.value for source in host.sources}
        name = f"dequantize_{ports[host.sources[0].value].argument}"
        if len(carriers) > 1 or name in made:
            name = base = f"dequantize_model_{identifier(host.name)}"
            while name in made:
                name = f"{base}_{len(made)}"
        made[name] = output_function(host, name, arrays)
    return list(made.values())


def _whole_model(
    top: str, first: Sequence[RealFunction], last: Sequence[RealFunction]
) -> WholeModel | None:
    """The function from real numbers to real numbers; None where a part of it is not in C."""
    if any(function.missing for function in (*first, *last)):
        return None
    before, behind, parameters = [], [], {}
    sources = list(dict.fromkeys(function.source for function in first))
    for function in first:
        name = _model_name("from", sources, sources.index(function.source))
        parameters[name] = f"const float *{name}"
        before.append(f"{top}_{function.name}({name}, {function.arrays[0]});")
    results = [function.source for function in last]
    for place, function in enumerate(last):
        name = _model_name("to", results, place)
        parameters[name] = f"{function.type} *{name}"
        behind.append(f"{top}_{function.name}({', '.join(function.arrays)}, {name});")
    return WholeModel(tuple(parameters.values()), tuple(before), tuple(behind))


def _model_name(way: str, names: Sequence[str], place: int) -> str:
    """An input's or output's name as a parameter, apart from those before it."""
    known = [identifier(name) for name in names[: place + 1]]
    return f"{way}_{known[-1]}" + (f"_{place}" if known[-1] in known[:-1] else "")


def c_type(element: IntType) -> str:
    """The C type of an element's array.

    Raises:
        CompileError: HW0834 when it is too wide.
    """
    if element.bits > WIDEST:
        raise fail(
            "HW0834",
            f"a C driver can not hold integers of {element.bits} bits",
            f"C99 has no type wider than {WIDEST} bits",
            "narrower numbers at the network's inputs and outputs",
        )
    bits = next(size for size in (8, 16, 32, 64) if element.bits <= size)
    return f"{'int' if element.low < 0 else 'uint'}{bits}_t"


def _ports(
    interface: Interface, ports: tuple[AxisPort, ...], types: Mapping[str, TensorType], way: str
) -> tuple[CPort, ...]:
    made: list[CPort] = []
    for port in ports:
        name = f"{way}_{identifier(port.name)}"
        taken = sum(other.argument.startswith(name) for other in made)
        made.append(
            _port(interface.top, port, types[port.name], f"{name}_{taken}" if taken else name)
        )
    return tuple(made)


def _port(top: str, port: AxisPort, meaning: TensorType, name: str) -> CPort:
    form, element = port.format, port.format.element
    ctype = c_type(element)
    height, width, channels = port.shape
    bipolar = element.encoding is Encoding.BIPOLAR
    numbers = (
        *(form.vectors, form.size, form.parallel, element.bits),
        *(int("".join(c for c in ctype if c.isdigit())) // 8, int(element.signed), int(bipolar)),
        port.tdata_bytes,
    )
    return CPort(
        name,
        f"{top}_{name}".upper(),
        f"{top}_{name}_t",
        ctype,
        f"{height} x {width} x {channels} ({comment(port.name)})",
        height * width * channels,
        element.low,
        element.high,
        bipolar,
        _few(meaning.scale),
        _few(meaning.zero_point),
        ", ".join(map(str, numbers)),
    )


def _few(values: tuple[float, ...]) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:4])
    return shown if len(values) <= 4 else f"{shown}, ... ({len(values)} channels)"
