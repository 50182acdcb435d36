"""How many files one touches to add something, from the pages that say how.

    python benchmarks/house.py [--json FILE] [--markdown FILE]

Each row is a page of `docs/how_to_add`, which adds a toy; `tests/house` follows every page to the
letter and runs the toy's tests. Files of the compiler are counted, new and changed ones; the toy's
own tests are counted apart, and documents are not.
"""

from __future__ import annotations

from output import markdown, parser, show, write
from pages import page_names, read_page

ADDS = {"front_end": "format"}
"""What a page adds, where that is not its name."""

TITLES = ("adds", "where", "files", "changed", "tests")


def main() -> None:
    """Count, print, write."""
    options = parser(__doc__).parse_args()
    rows = [row(name) for name in page_names()]
    lines = [(r["adds"], ", ".join(r["where"]), *(str(r[key]) for key in TITLES[2:])) for r in rows]
    show(TITLES, lines)
    write(options, rows, markdown(TITLES, lines))


def row(name: str) -> dict[str, object]:
    """What the page `name` touches; `changed` of the files are there already."""
    page = read_page(name)
    changed = {step.path for step in page.steps if step.kind == "Change in"}
    return {
        "adds": ADDS.get(name, name),
        "files": len(page.files),
        "where": list(page.files),
        "changed": len(changed & set(page.files)),
        "tests": len(page.tests),
        "page": f"docs/how_to_add/{name}.md",
    }


if __name__ == "__main__":
    main()
