"""A module of the library with the values of its parameters, in no language.

Printers (`hwcompile.emit`) say how a value looks: a bit is a sized literal in SystemVerilog and
`true` in C++. A kernel only says what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hwcompile.ops.contract.external_memory import ExternalMemory
from hwcompile.ops.contract.memory_image import MemoryImage


@dataclass(frozen=True)
class Word:
    """A number of exactly `bits` bits: `code` is its bit pattern, 0 <= code < 2**bits."""

    bits: int
    code: int

    @staticmethod
    def of(value: int, bits: int) -> Word:
        """`value` modulo 2**bits."""
        return Word(bits, value % (1 << bits))


@dataclass(frozen=True)
class Name:
    """One of the names of an enumeration of the library, for example of an encoding.

    Attributes:
        package: Of the library, without `_pkg`; it defines the enumeration.
        name: In the enumeration.
    """

    package: str
    name: str


@dataclass(frozen=True)
class Struct:
    """One of the structures of the library: parameters that belong together.

    Attributes:
        package: Of the library, without `_pkg`; it defines the structure.
        name: Of the structure, without `_t`.
        fields: Name to value; a number that is not given is 0.
    """

    package: str
    name: str
    fields: Mapping[str, bool | int | Name]


@dataclass(frozen=True)
class Each:
    """A value for each of several alike things, as for each input of a core.

    Attributes:
        values: That of the first thing first; numbers of `bits` bits, or names of one enumeration.
        bits: Of a number.
    """

    values: tuple[int | Name, ...]
    bits: int = 32


Scalar = bool | int | Word | Name | Struct | Each
"""Of a parameter that is not a memory."""


@dataclass(frozen=True)
class Memories:
    """The contents of several memories that one parameter names, the first one first."""

    images: tuple[MemoryImage, ...]


Value = Scalar | MemoryImage | Memories
"""Of a parameter: a bit, a number, a number of so many bits, a name, values of a structure, a value
for each of several things, or contents of a memory or of several."""


@dataclass(frozen=True)
class Printed:
    """A module that is printed for one piece of hardware alone.

    Attributes:
        kind: Which templates of `templates/printed` print it.
        facts: What they print, in no language.
    """

    kind: str
    facts: object


@dataclass(frozen=True)
class Instance:
    """A core or pipe as an instance of a module of the library.

    Attributes:
        library: Name of the module; of one that is `printed`, of its kind.
        parameters: Name to value, in the order in which they are printed.
        constants: Input ports of a core that nothing in this design drives, and their values.
        unused: Output ports of a core, of one bit, that nothing in this design reads.
        external: Rows that a core takes, over and over, on its port `weights_valid_i`,
            `weights_ready_o`, `weights_data_i`, from external memory. `weights_ready_o` is high
            exactly when a row is wanted, whether it is there or not. A `LoadedMemory` is read once
            and its rows are kept on the chip.
        packed: Whether a core has the ports `in_valid_i`, `in_ready_o` and `in_data_i` for all its
            inputs together, the first in the least significant bits.
    """

    library: str
    parameters: Mapping[str, Value]
    constants: Mapping[str, Word] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    external: ExternalMemory | None = None
    packed: bool = False
    printed: Printed | None = None

    @property
    def memories(self) -> dict[str, MemoryImage]:
        """The parameters that are contents of memories; of several, each with its number."""
        found: dict[str, MemoryImage] = {}
        for name, value in self.parameters.items():
            if isinstance(value, MemoryImage):
                found[name] = value
            elif isinstance(value, Memories):
                found.update({f"{name}{i:02}": image for i, image in enumerate(value.images)})
        return found
