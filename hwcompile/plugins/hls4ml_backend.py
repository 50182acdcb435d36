"""hwcompile as a backend of hls4ml, which finds it through the entry point `hls4ml.backends`.

Importing hls4ml loads this module. So it imports nothing of hls4ml itself: whoever imported it
first would meet it half made, and hls4ml would go on without the backend.
"""

from __future__ import annotations

from collections.abc import Callable


def register(
    register_backend: Callable[[str, type], None], register_writer: Callable[[str, type], None]
) -> None:
    """Called by hls4ml when it starts."""
    from hwcompile.plugins.backend import NAME, DesignWriter, HwcompileBackend

    register_writer(NAME, DesignWriter)
    register_backend(NAME, HwcompileBackend)
