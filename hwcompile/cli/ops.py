"""`hwcompile ops`: what the compiler can build."""

from __future__ import annotations

from typing import Annotated

import typer

from hwcompile.cli.answers import FamilyAnswer, OpsAnswer, say
from hwcompile.cli.app import answers, app
from hwcompile.cli.ops_page import operators_page
from hwcompile.cli.voice import Voice
from hwcompile.frontends.onnx.coverage import covered_operators
from hwcompile.ops import FAMILIES, family
from hwcompile.report.fitting import FittingTable, TableColumn


@app.command("ops")
def ops_command(
    markdown: Annotated[
        bool,
        typer.Option(
            "--markdown",
            help="As a page: operators, their attributes, and why others are refused.",
        ),
    ] = False,
) -> None:
    """List operator families with their kernels, and source operators that reach them."""
    if markdown:
        typer.echo(operators_page(), nl=False)
        return
    families = [_family(name) for name in FAMILIES]
    sources = {domain or "onnx": list(names) for domain, names in covered_operators().items()}
    if Voice.as_json:
        say(OpsAnswer(families=families, sources=sources))
        return
    rows = [
        (found.family, ", ".join(found.kernels) or "(lowered to others)", found.summary)
        for found in families
    ]
    columns = (TableColumn("family"), TableColumn("kernels", 1), TableColumn("what it does"))
    answers.print(FittingTable(columns, rows))
    for domain, names in sources.items():
        answers.print(f"\n[bold]{domain}[/bold]: {', '.join(names)}", highlight=False)


def _family(name: str) -> FamilyAnswer:
    found = family(name)
    kernels = [kernel.name for kernel in found.kernels]
    return FamilyAnswer(family=name, kernels=kernels, summary=found.summary)
