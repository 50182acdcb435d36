"""Runs compiled networks from a host: real numbers in, real numbers out; needs numpy only.

    from hwcompile_runtime import Deployment

    network = Deployment.read("out")
    with network.connect("/dev/ttyUSB1", 1_000_000) as board:
        outputs = board.run({"x": images})

A serial port needs pyserial. The compiler uses these modules itself, and drivers that it writes
carry a copy of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hwcompile_runtime.deployment import ConnectedBoard, Deployment
    from hwcompile_runtime.diagnostics import CompileError
    from hwcompile_runtime.packing import FrameWords

__all__ = ["CompileError", "ConnectedBoard", "Deployment", "FrameWords", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the interface on first use: who asks for one module does not wait for numpy."""
    if name not in __all__:
        raise AttributeError(f"module 'hwcompile_runtime' has no attribute '{name}'")
    from hwcompile_runtime import deployment

    return getattr(deployment, name)


def __dir__() -> list[str]:
    """The interface, imported or not."""
    return sorted({*globals(), *__all__})
