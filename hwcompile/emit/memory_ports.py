"""View-models of ports to external memory: what the templates print of an `ExternalMemory`."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.build_directory import MEMORY
from hwcompile.emit.interface import MemoryPort
from hwcompile.emit.literals import Printable
from hwcompile.emit.names import identifier
from hwcompile.ops.contract.external_memory import ExternalMemory
from hwcompile.ops.contract.loaded_memory import LoadedMemory

ADDRESS_BITS = 32


@dataclass(frozen=True)
class MemoryView:
    """The read master in a stage.

    Attributes:
        module: Of the library; see there.
        parameters: Of it.
        row_bits: Of the rows that it gives.
        address_bits: Of the bus.
        data_bits: Of the bus.
        loads: Whether it reads once, and says when it has all.
    """

    module: str
    parameters: tuple[tuple[str, Printable], ...]
    row_bits: int
    address_bits: int
    data_bits: int
    loads: bool


def memory_view(external: ExternalMemory, name: str) -> MemoryView:
    """The read master of the stage `name`."""
    loads, own = isinstance(external, LoadedMemory), f"{name}__weights"
    module, parameters = "hw_axi_reader", _reader(external, own)
    if isinstance(external, LoadedMemory):
        module, parameters = "hw_loaded_weights", _loader(external, own)
    return MemoryView(
        module,
        tuple(parameters.items()),
        external.image.width,
        ADDRESS_BITS,
        external.data_bits,
        loads,
    )


def _reader(external: ExternalMemory, name: str) -> dict[str, Printable]:
    """Parameters of `hw_axi_reader`."""
    return {
        "DataBits": external.data_bits,
        "AddressBits": ADDRESS_BITS,
        "RowBits": external.image.width,
        "Rows": external.image.depth,
        "BurstBeats": external.burst_beats,
        "Depth": external.prefetch,
        "Block": 1,
        "Name": name,
    }


def _loader(loaded: LoadedMemory, name: str) -> dict[str, Printable]:
    """Parameters of `hw_loaded_weights`."""
    return {
        "Kind": loaded.name,
        "AddressBits": ADDRESS_BITS,
        "RowBits": loaded.image.width,
        "Rows": loaded.image.depth,
        "PieceBits": loaded.symbol_bits,
        "MostBeats": loaded.most_beats,
        "BurstBeats": loaded.burst_beats,
        "Depth": loaded.prefetch,
        "Name": name,
    }


def memory_ports(externals: dict[str, ExternalMemory]) -> dict[str, MemoryPort]:
    """The ports of the top level, by stage name; a single one has the plain names."""

    def port(stage: str, number: int, external: ExternalMemory) -> MemoryPort:
        suffix = "" if len(externals) == 1 else f"_{identifier(stage)}_{number}"
        return MemoryPort(
            name=stage,
            prefix=f"m_axi{suffix}",
            status=f"weights{suffix}",
            address_bits=ADDRESS_BITS,
            data_bits=external.data_bits,
            size=external.size,
            file=f"{MEMORY}/{identifier(stage)}_{number}.bin",
            load_cycles=external.load_cycles if isinstance(external, LoadedMemory) else 0,
        )

    return {
        stage: port(stage, number, external)
        for number, (stage, external) in enumerate(externals.items())
    }
