"""Kinds of values in the JSON files of a build directory."""

from __future__ import annotations

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Identifier = Annotated[str, msgspec.Meta(pattern=r"\A[a-z_][a-z0-9_]{0,199}\Z")]
"""A name as `emit.names.identifier` makes it; the templates print it as it is."""
