"""View-models of ports to external memory: what the templates print of an `ExternalMemory`."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.build_directory import MEMORY
from hwcompile.emit.interface import MemoryPort
from hwcompile.emit.names import identifier
from hwcompile.ops.contract.external_memory import ExternalMemory

ADDRESS_BITS = 32


@dataclass(frozen=True)
class MemoryView:
    """Parameters of the read master in a stage; see `hw_axi_reader`."""

    data_bits: int
    address_bits: int
    row_bits: int
    rows: int
    burst_beats: int
    depth: int
    name: str


def memory_view(external: ExternalMemory, name: str) -> MemoryView:
    """The read master of the stage `name`."""
    return MemoryView(
        data_bits=external.data_bits,
        address_bits=ADDRESS_BITS,
        row_bits=external.image.width,
        rows=external.image.depth,
        burst_beats=external.burst_beats,
        depth=external.prefetch,
        name=f"{name}__weights",
    )


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
        )

    return {
        stage: port(stage, number, external)
        for number, (stage, external) in enumerate(externals.items())
    }
