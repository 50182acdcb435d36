"""What is synthesized to calibrate the models: a kernel at a site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site


@dataclass(frozen=True)
class Subject:
    """A kernel at a site with a folding."""

    kernel: AnyKernel
    site: Site
    parameters: Parameters

    @property
    def built(self) -> Built[Any]:
        """What the kernel makes of the site."""
        return self.kernel.at(self.site, self.parameters)

    @property
    def name(self) -> str:
        """As the resource models call it."""
        return self.built.circuit

    @property
    def label(self) -> str:
        """What tells this subject from the others of its kernel."""
        kinds = ",".join(f"{k.shape}{k.element}".replace(" ", "") for k in self.site.inputs)
        folding = ",".join(f"{key}={value}" for key, value in self.parameters.items())
        return f"{kinds} {folding}"
