"""The one Jinja environment of the compiler."""

from __future__ import annotations

from functools import cache

import jinja2

from hwcompile.emit.literals import literal, msb_range
from hwcompile.emit.quoting import FILTERS
from hwcompile.resources import room


@cache
def environment() -> jinja2.Environment:
    """Strict, whitespace-clean environment over `templates/` (see `docs/architecture.md`)."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(room("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: (name or "").endswith(".html.j2"),
    )
    env.filters["range"] = msb_range
    env.filters["literal"] = literal
    env.filters.update(FILTERS)
    return env


def render(template: str, **view: object) -> str:
    """Render `templates/<template>` with a view-model."""
    return environment().get_template(template).render(**view)
