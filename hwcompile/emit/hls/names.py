"""Names of an HLS project: identifiers of C++, all different."""

from __future__ import annotations

import re

from hwcompile.emit.interface import Interface
from hwcompile.emit.names import identifier

_TEXT = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t
    class compl const const_cast constexpr continue decltype default delete do double dynamic_cast
    else enum explicit export extern false float for friend goto if inline int linux long mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast return short signed sizeof static static_assert static_cast struct switch
    template this thread_local throw true try typedef typeid typename union unix unsigned using
    virtual void volatile wchar_t while xor xor_eq
    hls hw main std half NULL EOF errno stdin stdout stderr
"""

SYSTEM_CALLS = (
    *("printf", "fprintf", "puts", "fopen", "fread", "fwrite", "exit", "abort", "system"),
    *("getenv", "time", "rand", "assert", "malloc", "calloc", "realloc", "free"),
)
"""Functions of the system that synthesis refuses; no thing of a project is called like one."""

RESERVED = frozenset((*_TEXT.split(), *SYSTEM_CALLS))
"""Keywords of C++17, types of synthesis, macros, and what projects call their own."""


_FILES = frozenset(("layers", "testbench", "bulk"))
"""Sources of a project beside that of the top function, which is called like it."""


def top_function(interface: Interface) -> str:
    """The name of the top function: that of the top-level module where C++ allows it."""
    name = interface.top
    return f"n_{name}" if name in RESERVED | _FILES else name


class Names:
    """Gives every thing of a project a name of its own."""

    def __init__(self, interface: Interface) -> None:
        ports = (*interface.inputs, *interface.outputs)
        self._taken = {top_function(interface), *(port.prefix for port in ports)}

    def new(self, text: str) -> str:
        """An identifier like `text` that nothing else has."""
        base = identifier(text, longest=80)
        if base in RESERVED:
            base = f"n_{base}"
        name, count = base, 1
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name)
        return name


def memory_suffix(parameter: str) -> str:
    """How an array is called after its layer: `WeightFile` is `weight`, `LevelFiles02` `level2`."""
    plain = re.sub(r"File$|Files0?(?=\d+$)", "", parameter)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain).lower()
