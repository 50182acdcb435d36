"""The build directory: every file's name, the readers and the writers. Nobody else names a file.

`names` says what lies where, `typed` what the JSON files hold, `reading` reads and checks,
`atomic` writes, `replacing` makes and replaces whole directories, `folders` the folders that
later commands add.
"""

from __future__ import annotations

from hwcompile.build_directory.atomic import atomic_file, os_failure, write_atomic
from hwcompile.build_directory.folders import board_folder, is_complete, making_folder
from hwcompile.build_directory.names import (
    BOARD_RECORD,
    DRIVER,
    FILES,
    GRAPH,
    HLS,
    HOST,
    INTERFACE,
    LICENCE,
    MANIFEST,
    MEMORY,
    REPORT,
    RTL,
    SBOM,
    SCHEDULE,
    SOC,
    SOURCE_LIST,
    dump_name,
    is_folder_name,
    rtl_path,
)
from hwcompile.build_directory.opening import (
    check_build_directory,
    json_text,
    manifest_text,
    read_host,
    read_report,
    require_build_directory,
    rewrite_files,
    update_report,
)
from hwcompile.build_directory.reading import (
    checked_text,
    memories,
    parsing,
    read_bytes,
    read_manifest,
    read_text,
    read_typed,
    rtl_sources,
    source_names,
)
from hwcompile.build_directory.replacing import new_build_directory
from hwcompile.build_directory.typed import (
    MANIFEST_SCHEMA,
    HostFile,
    InterfaceFile,
    Manifest,
)
from hwcompile_runtime.files import HOST_SCHEMA, INTERFACE_SCHEMA, damaged

__all__ = [
    "BOARD_RECORD",
    "DRIVER",
    "FILES",
    "GRAPH",
    "HLS",
    "HOST",
    "INTERFACE",
    "LICENCE",
    "MANIFEST",
    "MEMORY",
    "REPORT",
    "RTL",
    "SBOM",
    "SCHEDULE",
    "SOC",
    "SOURCE_LIST",
    "HOST_SCHEMA",
    "INTERFACE_SCHEMA",
    "MANIFEST_SCHEMA",
    "HostFile",
    "InterfaceFile",
    "Manifest",
    "atomic_file",
    "board_folder",
    "check_build_directory",
    "is_complete",
    "is_folder_name",
    "json_text",
    "making_folder",
    "manifest_text",
    "new_build_directory",
    "read_host",
    "read_report",
    "require_build_directory",
    "rewrite_files",
    "rtl_path",
    "update_report",
    "checked_text",
    "damaged",
    "dump_name",
    "memories",
    "os_failure",
    "parsing",
    "read_bytes",
    "read_manifest",
    "read_text",
    "read_typed",
    "source_names",
    "rtl_sources",
    "write_atomic",
]
