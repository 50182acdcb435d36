"""Predicts what circuits take on an FPGA family, with the coefficients in a family's folder.

`benchmarks/resources.py` makes these files from synthesis runs; `docs/resources.md` has the errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import msgspec
import numpy as np
import numpy.typing as npt

from hwcompile.families import fpga_family
from hwcompile.families.family import CALIBRATION, GENERIC
from hwcompile.ops.contract.needs import Resources
from hwcompile.technology.features import FF_FEATURES, LUT_FEATURES, Amounts, amounts
from hwcompile.technology.rules import Rules, rules_of

_Floats = npt.NDArray[np.float64]


class Coefficients(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a unit of each feature takes.

    Attributes:
        lut: Look-up tables, by name of `LUT_FEATURES`.
        ff: Flip-flops, by name of `FF_FEATURES`.
        loose: Share of the flip-flops that no look-up table feeds alone.
    """

    lut: Mapping[str, float]
    ff: Mapping[str, float]
    loose: float


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of a calibration file.

    Attributes:
        family: As board files call it.
        yosys: Version of the synthesis tool.
        runs: Synthesis runs that the coefficients are fitted to.
        common: For kernels that were not calibrated.
        kernels: By `<family>.<kernel>`, or the name of a part of the plumbing.
    """

    family: str
    yosys: str
    runs: int
    common: Coefficients
    kernels: Mapping[str, Coefficients]


@dataclass(frozen=True)
class Need:
    """Predicted use of an FPGA.

    Attributes:
        lut: Look-up tables.
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
        loose: Flip-flops that no look-up table feeds alone.
        soft: Look-up tables that the products in DSP blocks would take in logic.
        traffic: Bytes read from external memory in a cycle in which all of it works.
    """

    lut: float = 0.0
    ff: float = 0.0
    bram: float = 0.0
    dsp: float = 0.0
    loose: float = 0.0
    soft: float = 0.0
    traffic: float = 0.0

    def __add__(self, other: Need) -> Need:
        return Need(
            self.lut + other.lut,
            self.ff + other.ff,
            self.bram + other.bram,
            self.dsp + other.dsp,
            self.loose + other.loose,
            self.soft + other.soft,
            self.traffic + other.traffic,
        )


class Technology:
    """The model of a family."""

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration
        self.rules: Rules = rules_of(calibration.family)
        self._vectors = {
            name: _vectors(found)
            for name, found in {"": calibration.common, **calibration.kernels}.items()
        }

    def need(self, name: str, resources: Resources) -> Need:
        """What a circuit takes.

        Args:
            name: `<family>.<kernel>`, or the name of a part of the plumbing.
            resources: What it is made of.
        """
        if resources == Resources():  # wires alone
            return Need()
        found = amounts(resources, self.rules)
        lut, ff = self.figures(name, found)
        lut_each, _, loose = self._of(name)
        soft = float(lut_each[LUT_FEATURES.index("product")] * found.soft)
        blocks = found.bram / self.rules.memory.parts
        return Need(lut, ff, blocks, found.dsp, loose * ff, soft, resources.traffic)

    def figures(self, name: str, found: Amounts) -> tuple[float, float]:
        """Look-up tables and flip-flops for amounts of the features."""
        lut_each, ff_each, _ = self._of(name)
        return float(lut_each @ found.lut), float(ff_each @ found.ff)

    def _of(self, name: str) -> tuple[_Floats, _Floats, float]:
        return self._vectors.get(name, self._vectors[""])


def _vectors(coefficients: Coefficients) -> tuple[_Floats, _Floats, float]:
    lut = np.array([coefficients.lut.get(name, 0.0) for name in LUT_FEATURES])
    ff = np.array([coefficients.ff.get(name, 0.0) for name in FF_FEATURES])
    return lut, ff, coefficients.loose


@cache
def generic() -> Technology:
    """The model where no board is named."""
    return technology(GENERIC)


@cache
def technology(name: str) -> Technology:
    """The model of an FPGA family.

    Raises:
        CompileError: HW0405 when the family was not calibrated.
    """
    rules_of(name)
    path = fpga_family(fpga_family(name).like or name).file(CALIBRATION)
    assert path is not None, "a family with rules comes with its coefficients"
    return Technology(msgspec.json.decode(path.read_bytes(), type=Calibration))
