"""Modules that are printed for one piece of hardware alone: what their templates show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwcompile.emit.adders import adders_view
from hwcompile.emit.environment import render
from hwcompile.ops.contract.instance import Printed

_VIEWS: Mapping[str, Callable[[object], object]] = {"adder_graph": adders_view}
"""Kind of module to what makes the view of its facts."""

NEEDED: Mapping[str, tuple[str, ...]] = {"adder_graph": ("hw_valid_pipe",)}
"""Kind of module to the modules of the library that it has inside."""


@dataclass(frozen=True)
class PrintedModule:
    """A module with its name.

    Attributes:
        name: In the design.
        printed: What it is.
        notes: Whose it is, for readers.
    """

    name: str
    printed: Printed
    notes: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """Modules of the library that it has inside."""
        return NEEDED[self.printed.kind]

    def module(self) -> str:
        """As SystemVerilog."""
        return self._text("sv")

    def header(self, project: str) -> str:
        """As a function in a header of C++ that belongs to a project of this name."""
        return self._text("hpp", guard=f"{project}_{self.name}")

    def _text(self, suffix: str, **more: str) -> str:
        view = _VIEWS[self.printed.kind](self.printed.facts)
        template = f"printed/{self.printed.kind}.{suffix}.j2"
        return render(template, name=self.name, notes=self.notes, view=view, **more)
