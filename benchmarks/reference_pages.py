"""Writes the pages of docs/ that are made from the program itself.

    python -m benchmarks.reference_pages

`operators.md` comes from the registries of families and front ends, the kernels in `schedule.md`
from the kernels, `diagnostics/` from the calls that raise a code and from the paragraphs that its
tests have on file, the fields of `report.md` and the schemas from the forms of the JSON files,
`commands.md` and the schema of `--json` from the commands, and the notebooks from the tutorials. A
test compares.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from benchmarks.diagnostics_pages import diagnostics_pages
from benchmarks.fences import DOCS
from benchmarks.notebooks import notebooks
from hwcompile.build_directory import schemas
from hwcompile.cli import manual
from hwcompile.cli.ops_page import operators_page
from hwcompile.cli.schemas import NAME, answers_text
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.recurrent.static import Static

REFERENCE = DOCS / "reference"
GENERATED = "<!-- Made by `make pages`; do not edit. -->\n\n"
BEGIN, END = "<!-- kernels -->\n", "<!-- /kernels -->\n"


def pages() -> dict[Path, str]:
    """Every generated page and notebook, with its text."""
    filled = {
        REFERENCE / "schedule.md": with_kernels,
        DOCS / schemas.PAGE: schemas.page_with,
        DOCS / manual.PAGE: manual.page_with_manual,
    }
    forms = {schemas.schema_name(file): schemas.schema_text(file) for file in schemas.FILES}
    return {
        REFERENCE / "operators.md": GENERATED + operators_page(),
        **{page: fill(page.read_text(encoding="utf-8")) for page, fill in filled.items()},
        **{DOCS / "schemas" / name: text for name, text in forms.items()},
        DOCS / "schemas" / NAME: answers_text(),
        **diagnostics_pages(REFERENCE / "diagnostics"),
        **notebooks(),
    }


def with_kernels(text: str) -> str:
    """`schedule.md` with today's kernels between its markers."""
    before, rest = text.split(BEGIN)
    parts = [_kernel(name, k) for name in FAMILIES for k in family(name).kernels]
    return f"{before}{BEGIN}{''.join(parts)}{END}{rest.split(END)[1]}"


def _kernel(name: str, kernel: AnyKernel) -> str:
    described = Static if isinstance(kernel, Static) else type(kernel)
    text = inspect.cleandoc(described.__doc__ or "")
    # What is said to programmers about the class is not about the choice.
    text = text.partition("\nAttributes:")[0]
    text = re.sub(r"\nParameters:\n(?P<list>(?:    .*\n?)+)", _listed, text + "\n")
    names = _parameters(kernel)
    told = f"In a schedule: {', '.join(f'`{each}`' for each in names)}.\n\n" if names else ""
    return f"### {name}: `{kernel.name}`\n\n{text.strip()}\n\n{told}"


def _listed(match: re.Match[str]) -> str:
    items = re.sub(r"^    (\w+): ", r"- `\1`: ", match["list"], flags=re.MULTILINE)
    return "\n" + re.sub(r"^ {8}", "  ", items, flags=re.MULTILINE)


def _parameters(kernel: AnyKernel) -> list[str]:
    """What the kernel's own choices name, for its examples."""
    found: dict[str, None] = {}
    for families in map(family, FAMILIES):
        for site in families.examples() if kernel in families.kernels else ():
            if kernel.refuses(site) is None:
                found |= dict.fromkeys(key for each in kernel.space(site) for key in each)
    return list(found)


def main() -> None:
    """Write every page; those that nothing makes any more go."""
    made = pages()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (REFERENCE / "diagnostics").glob("*.md"):
        if path not in made:
            path.unlink()


if __name__ == "__main__":
    main()
