"""The JSON schema of what commands print with `--json`, made from the answers' types.

`make pages` writes `docs/schemas/answers-1.json`, which has a schema for every command under
`$defs`.
"""

from __future__ import annotations

import json

from hwcompile.build_directory.schemas import DIALECT, Schema, schema_for
from hwcompile.cli.answers import ANSWERS
from hwcompile.cli.command_answer import ANSWERS_SCHEMA

NAME = f"answers-{ANSWERS_SCHEMA}.json"


def answers_schema() -> Schema:
    """Every command's answer under `$defs`, each a schema of its own."""
    parts = {
        name: schema_for(kind, ANSWERS_SCHEMA, f"answers-{name}") for name, kind in ANSWERS.items()
    }
    return {
        "$schema": DIALECT,
        "$id": NAME,
        "description": "What commands of hwcompile print with --json, by the command's name.",
        "$defs": parts,
    }


def answers_text() -> str:
    """The schema as it stands in the documents."""
    return json.dumps(answers_schema(), indent=2) + "\n"
