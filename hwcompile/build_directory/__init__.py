"""The build directory: every file's name, the readers and the writers. Nobody else names a file.

`names` says what lies where, `typed` what the JSON files hold, `reading` reads and checks,
`atomic` writes, `replacing` makes and replaces whole directories, `folders` the folders that
later commands add.
"""

from __future__ import annotations

from hwcompile.build_directory.atomic import atomic_file, os_failure, write_atomic
from hwcompile.build_directory.names import (
    BOARD_RECORD,
    DRIVER,
    FILES,
    GRAPH,
    HOST,
    INTERFACE,
    MANIFEST,
    MEMORY,
    REPORT,
    RTL,
    SCHEDULE,
    SOC,
)
from hwcompile.build_directory.reading import (
    checked_text,
    damaged,
    memories,
    parsing,
    read_bytes,
    read_manifest,
    read_text,
    read_typed,
    source_names,
    sources,
)

__all__ = [
    "BOARD_RECORD",
    "DRIVER",
    "FILES",
    "GRAPH",
    "HOST",
    "INTERFACE",
    "MANIFEST",
    "MEMORY",
    "REPORT",
    "RTL",
    "SCHEDULE",
    "SOC",
    "atomic_file",
    "checked_text",
    "damaged",
    "memories",
    "os_failure",
    "parsing",
    "read_bytes",
    "read_manifest",
    "read_text",
    "read_typed",
    "source_names",
    "sources",
    "write_atomic",
]
