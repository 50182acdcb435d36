"""One kernel alone, below a top module with its ports: what synthesis counts or times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hwcompile.emit.library import library_files
from hwcompile.emit.literals import Printable, literal, memory_text
from hwcompile.emit.printed import PrintedModule
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Memories, Value
from hwcompile.ops.contract.memory_image import MemoryImage

TOP = "subject"
"""Name of the top module."""


@dataclass(frozen=True)
class Circuit:
    """A module of the library with its parameters: ports are (direction, bits, name).

    Or a module that is printed for it, `printed`. `files` are name and text of what memories hold.
    """

    module: str
    parameters: tuple[tuple[str, Printable], ...]
    ports: tuple[tuple[str, int, str], ...]
    files: tuple[tuple[str, str], ...] = ()
    printed: PrintedModule | None = None

    def sources(self) -> dict[str, str]:
        """File name to text of everything that is SystemVerilog, the top module last."""
        own = self.printed
        found = library_files(own.needed if own else [self.module])
        if own:
            found[f"{own.name}.sv"] = own.module()
        return found | {f"{TOP}.sv": self.text()}

    def text(self) -> str:
        """A top module around it."""
        kinds = {"input": "input  wire logic", "output": "output logic     "}
        ports = [f"  {kinds[way]} [{bits - 1}:0] {name}" for way, bits, name in self.ports]
        values = [f"    .{name}({literal(value)})" for name, value in self.parameters]
        joined = [f"    .{name}({name})" for _, _, name in self.ports]
        given = [" #(", ",\n".join(values), "  )"] if values else [""]
        given[0] = f"  {self.module}{given[0]}"
        given[-1] += " u_subject ("
        return "\n".join(
            [
                f"module {TOP} (", ",\n".join(ports), ");",
                *given, ",\n".join(joined),
                "  );", "endmodule", "",
            ]
        )  # fmt: skip


_OUTPUT = (("input", 1, "out_ok_i"), ("output", 1, "out_start_o"), ("output", 1, "out_valid_o"))


def circuit_of(built: Built[Any]) -> Circuit:
    """The circuit of a kernel, without the FIFO behind it."""
    instance, ports = built.instance, built.ports
    files = {f"{name.lower()}.mem": memory_text(i) for name, i in instance.memories.items()}
    values = tuple((name, _printable(name, value)) for name, value in instance.parameters.items())
    common = [("input", 1, "clk_i"), ("input", 1, "rst_ni")]
    if built.kernel.rigid:
        width = sum(form.bits for form in ports.inputs)
        around = [
            ("input", 1, "valid_i"), ("input", width, "data_i"),
            ("output", 1, "valid_o"), ("output", ports.output.bits, "data_o"),
        ]  # fmt: skip
    elif instance.packed:
        count, width = len(ports.inputs), sum(form.bits for form in ports.inputs)
        around = [
            ("input", count, "in_valid_i"),
            ("output", count, "in_ready_o"),
            ("input", width, "in_data_i"),
            *_OUTPUT,
            ("output", ports.output.bits, "out_data_o"),
        ]
    else:
        around = [
            port
            for i, form in enumerate(ports.inputs)
            for port in (
                ("input", 1, f"in{i}_valid_i"),
                ("output", 1, f"in{i}_ready_o"),
                ("input", form.bits, f"in{i}_data_i"),
            )
        ]
        around += [
            *_OUTPUT,
            ("output", ports.output.bits, "out_data_o"),
        ]
    own = PrintedModule("printed", instance.printed) if instance.printed else None
    module = own.name if own else instance.library
    return Circuit(module, values, (*common, *around), tuple(sorted(files.items())), own)


def _printable(name: str, value: Value) -> Printable:
    if isinstance(value, Memories):
        return tuple(f"{name.lower()}{i:02}.mem" for i in range(len(value.images)))
    return f"{name.lower()}.mem" if isinstance(value, MemoryImage) else value
