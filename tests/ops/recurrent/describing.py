"""What engines say about a time step."""

from __future__ import annotations

from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.recurrent.description import Description
from hwcompile.ops.recurrent.engine import Engine


def described(kernel: AnyKernel, site: Site, parameters: Parameters) -> Description:
    """The description of the engine that `kernel` makes."""
    engine = kernel.at(site, parameters)
    assert isinstance(engine, Engine)
    return engine.describe()
