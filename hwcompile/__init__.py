"""hwcompile: quantized neural networks to hardware that computes the same integers.

design = hwcompile.compile("model.onnx", "out", target_fps=10_000)
outcome = design.verify()
scores = design.simulate(images).real
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hwcompile.design import Design, compile, compile_graph, load
    from hwcompile.diagnostics import CompileError
    from hwcompile.quantizing import quantize

    __version__: str

__all__ = ["CompileError", "Design", "__version__", "compile", "compile_graph", "load", "quantize"]


def __getattr__(name: str) -> Any:
    """Import the interface on first use: a part of the package does not load all of it."""
    if name == "__version__":
        from importlib.metadata import version

        return version("hwcompile")
    if name == "CompileError":
        from hwcompile.diagnostics import CompileError

        return CompileError
    if name == "quantize":
        from hwcompile.quantizing import quantize

        return quantize
    if name in __all__:
        from hwcompile import design

        return getattr(design, name)
    raise AttributeError(f"module 'hwcompile' has no attribute '{name}'")


def __dir__() -> list[str]:
    """The interface, imported or not."""
    return sorted({*globals(), *__all__})
