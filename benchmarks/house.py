"""How many files one touches to add something, from the pages that say how.

    python benchmarks/house.py [--json FILE] [--markdown FILE]

Each row is a page of `docs/how_to_add`, which adds a toy; `tests/house` follows every page to the
letter and runs the toy's tests. Files of the compiler are counted, new and changed ones; the toy's
own tests are counted apart, and documents are not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from benchmarks.output import markdown, parser, show, write
from benchmarks.pages import page_names, read_page

ADDS = {"front_end": "format"}
"""What a page adds, where that is not its name."""

TITLES = ("adds", "where", "files", "changed", "tests")


def main() -> None:
    """Count, print, write."""
    options = parser(__doc__).parse_args()
    rows = [row(name) for name in page_names()]
    lines = [[r.adds, ", ".join(r.where), *map(str, (r.files, r.changed, r.tests))] for r in rows]
    show(TITLES, lines)
    write(options, [asdict(r) for r in rows], markdown(TITLES, lines))


@dataclass(frozen=True)
class Row:
    """What a page touches; `changed` of the files are there already."""

    adds: str
    files: int
    where: tuple[str, ...]
    changed: int
    tests: int
    page: str


def row(name: str) -> Row:
    """What the page `name` touches."""
    page = read_page(name)
    changed = {step.path for step in page.steps if step.kind == "Change in"}
    return Row(
        adds=ADDS.get(name, name),
        files=len(page.files),
        where=page.files,
        changed=len(changed & set(page.files)),
        tests=len(page.tests),
        page=f"docs/how_to_add/{name}.md",
    )


if __name__ == "__main__":
    main()
