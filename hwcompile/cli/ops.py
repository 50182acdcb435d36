"""`hwcompile ops`: what the compiler can build."""

from __future__ import annotations

from rich.table import Table

from hwcompile.cli.app import app, console
from hwcompile.frontends.onnx.coverage import covered_operators
from hwcompile.ops import FAMILIES, family


@app.command("ops")
def ops_command() -> None:
    """List operator families with their kernels, and source operators that reach them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("family", no_wrap=True)
    table.add_column("kernels", no_wrap=True)
    table.add_column("what it does")
    for name in FAMILIES:
        found = family(name)
        kernels = ", ".join(k.name for k in found.kernels) or "(lowered to others)"
        table.add_row(name, kernels, found.summary)
    console.print(table)
    for domain, names in covered_operators().items():
        console.print(f"\n[bold]{domain or 'onnx'}[/bold]: {', '.join(names)}", highlight=False)
