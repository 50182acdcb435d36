"""A family of operations: its ops, its kernels, and small examples for the generic tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hwcompile.ir.op import Op
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Site


@dataclass(frozen=True)
class Family:
    """Everything the compiler knows about a family, collected in one object.

    Attributes:
        name: The folder's name.
        summary: One line for `hwcompile ops`.
        ops: Op classes of the family (most have one).
        kernels: Ways to build them; empty for families that a pass lowers to others.
        examples: Returns tiny sites that every generic test runs through: every kernel accepts
            at least one of them.
    """

    name: str
    summary: str
    ops: tuple[type[Op], ...]
    kernels: tuple[AnyKernel, ...]
    examples: Callable[[], tuple[Site, ...]]

    def kernel(self, name: str) -> AnyKernel:
        """The kernel called `name`.

        Raises:
            KeyError: If the family has no such kernel.
        """
        for kernel in self.kernels:
            if kernel.name == name:
                return kernel
        raise KeyError(name)
