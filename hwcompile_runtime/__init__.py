"""Runs compiled networks from a host: real numbers in, real numbers out; needs numpy only.

    from hwcompile_runtime import Deployment

    network = Deployment.read("out")
    with network.connect("/dev/ttyUSB1", 1_000_000) as board:
        outputs = board.run({"x": images})

A serial port needs pyserial. The compiler uses these modules itself, and drivers that it writes
carry a copy of them.
"""

from __future__ import annotations

from hwcompile_runtime.deployment import ConnectedBoard, Deployment
from hwcompile_runtime.diagnostics import CompileError
from hwcompile_runtime.packing import FrameWords

__all__ = ["CompileError", "ConnectedBoard", "FrameWords", "Deployment", "__version__"]

__version__ = "0.1.0"
