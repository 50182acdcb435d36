"""Names, literals, templates: a plan becomes a build directory."""

from __future__ import annotations
