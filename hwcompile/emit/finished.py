"""The last step before a text is written: names that no other design has, folders, the licence.

Inside the compiler the library has plain names. On disk every module and package of it is called
`<design>__<module>`, so that several designs, of one version of this compiler or of several, go
into one system: each brings its own library. Two underscores stand nowhere else in a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from hwcompile.emit.library import library_names
from hwcompile.emit.licence import licensed
from hwcompile.emit.names import OWN

_SOURCES = (".sv", ".v")
_MEMORY = re.compile(r'"([^"/\s]+_[0-9a-f]{8}\.mem)"')


def finished(files: Mapping[str, str], top: str) -> dict[str, str]:
    """The files as they are written.

    Args:
        files: Name, with or without folders, to text.
        top: The design's top level.
    """
    return {
        own_name(name, top): licensed(name, _source(text, top) if _is_source(name) else text)
        for name, text in files.items()
    }


def own_name(text: str, top: str) -> str:
    """A text, or a file's name, in which the library has the names that it has on disk.

    Strings stay: they may be names of the model's nodes.
    """
    return _library().sub(lambda found: f"{top}{OWN}{found[1]}" if found[1] else found[0], text)


def memory_macros(top: str) -> tuple[str, str]:
    """Macros of a design: the folder of its memory files, and a file in it.

    A user may define the first; the sources name files through the second.
    """
    return f"{top.upper()}_MEMORIES", f"{top.upper()}_MEMORY_FILE"


def _source(text: str, top: str) -> str:
    text = own_name(text, top)
    _, file = memory_macros(top)
    text, count = _MEMORY.subn(lambda found: f"`{file}({found[0]})", text)
    return _definitions(top) + text if count else text


def _definitions(top: str) -> str:
    """What a source says first that names memory files."""
    folder, file = memory_macros(top)
    return (
        f"// Memory files are read where the tool runs, or in the folder `{folder}, a string.\n"
        f"`ifndef {file}\n"
        f"`ifdef {folder}\n"
        f'`define {file}(name) {{`{folder}, "/", name}}\n'
        "`else\n"
        f"`define {file}(name) name\n"
        "`endif\n"
        "`endif\n\n"
    )


def _is_source(name: str) -> bool:
    return name.endswith(_SOURCES)


@cache
def _library() -> re.Pattern[str]:
    names = "|".join(sorted(library_names(), key=len, reverse=True))
    return re.compile(rf'"(?:\\.|[^"\\\n])*"|\b({names})\b')
