"""Puts the rooms that stand beside the package into the wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RoomsHook(BuildHookInterface):
    """Adds the rooms as hwcompile/_data/<room> to standard wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Register the rooms; editable installs use the checkout's own folders."""
        if version == "standard":
            for room in ("templates", "sim", "boards"):
                if (Path(self.root) / room).is_dir():
                    build_data["force_include"][room] = f"hwcompile/_data/{room}"
