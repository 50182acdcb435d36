"""`docs/commands.md`, made from the commands themselves.

`make pages` writes the part of the page between its markers: every command with its arguments and
options.
"""

from __future__ import annotations

from typing import Any

from hwcompile.cli.app import COMMANDS, load_command

PAGE = "commands.md"
BEGIN, END = "<!-- commands -->\n", "<!-- /commands -->\n"


def manual() -> str:
    """Every command: usage, what it does, its arguments and options."""
    return "\n".join(_section(name) for name in COMMANDS)


def _section(name: str) -> str:
    command = load_command(name)
    shown = [part for part in command.params if not getattr(part, "hidden", False)]
    arguments = [part for part in shown if part.param_type_name == "argument"]
    options = [part for part in shown if part.param_type_name == "option" and part.name != "help"]
    usage = " ".join([f"hwcompile {name}", *map(_argument, arguments)])
    lines = [f"### {name}", "", f"`{usage}{' [OPTIONS]' if options else ''}`", ""]
    lines += [" ".join(part.split()) + "\n" for part in (command.help or "").split("\n\n")]
    rows = [(f"`{_argument(part)}`", part) for part in arguments]
    rows += [(", ".join(f"`{word}`" for word in part.opts), part) for part in options]
    if rows:
        lines += ["| | |", "|---|---|"]
        lines += [f"| {word} | {_help(part)} |" for word, part in rows]
        lines.append("")
    return "\n".join(lines)


def _argument(part: Any) -> str:
    name = str(part.name).upper()
    return name if part.required else f"[{name}]"


def _help(part: Any) -> str:
    text = " ".join((part.help or "").split()).replace("|", "\\|")
    default = getattr(part, "show_default", None)
    if isinstance(default, str):
        return f"{text} Default: {default}."
    plain = part.default
    if part.required or plain in (None, "", False, True) or callable(plain):
        return text
    return f"{text} Default: {plain}."


def page_with_manual(text: str) -> str:
    """`docs/commands.md` with today's commands between its markers."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}{manual()}{END}{rest.split(END)[1]}"
