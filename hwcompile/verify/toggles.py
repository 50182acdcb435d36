"""How often the nets of a design change while frames run through its RTL, by stage.

Verilator's tracing sees every net of the emitted SystemVerilog as it is; the counts are exact, and
those of the RTL: what synthesis adds between them, and glitches inside a cycle, are not in them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hwcompile.verify.levels import run_rtl
from hwcompile.verify.sources import FrameSource
from hwcompile.verify.verilator import TOGGLES


@dataclass(frozen=True)
class Net:
    """A net of a simulated design.

    Attributes:
        names: All signals that it is, each with its scopes, joined by dots.
        bits: Its width.
        changes: Bits that changed, from the release of reset to the end.
    """

    names: tuple[str, ...]
    bits: int
    changes: int

    @property
    def scopes(self) -> tuple[str, ...]:
        """The instances, from the outermost in, in which it is driven, as far as names tell.

        The deepest one that knows it by another name than an input's: a stage's output is a wire of
        the top level and an input of the next stage, too, and belongs to the stage.
        """
        paths = [name.split(".") for name in self.names]
        driven = [path for path in paths if not path[-1].endswith("_i")] or paths
        return tuple(max(driven, key=len)[:-1])


@dataclass(frozen=True)
class NetActivity:
    """Changes of the nets of a part of a design.

    Attributes:
        bits: Bits of all nets.
        changes: Bits that changed.
    """

    bits: int = 0
    changes: int = 0

    def __add__(self, other: NetActivity) -> NetActivity:
        return NetActivity(self.bits + other.bits, self.changes + other.changes)


@dataclass(frozen=True)
class RunActivity:
    """Changes of a run.

    Attributes:
        frames: Frames that ran through the design.
        cycles: From the first accepted to the last delivered word.
        stages: By stage; what belongs to none is in `around`.
        around: Of ports, FIFOs at the inputs, and wires between stages.
    """

    frames: int
    cycles: int
    stages: dict[str, NetActivity]
    around: NetActivity = field(default_factory=NetActivity)

    @property
    def total(self) -> NetActivity:
        """Of the whole design."""
        return sum(self.stages.values(), self.around)


def count_toggles(
    directory: Path, source: FrameSource, instances: Mapping[str, str]
) -> RunActivity:
    """Run frames back to back through the RTL and count the changes of all nets but the clock's.

    Args:
        directory: The build directory.
        source: The frames.
        instances: Instance of the top level to the stage that it is.

    Raises:
        CompileError: Those of a simulation.
    """
    with tempfile.TemporaryDirectory(prefix="hwcompile-toggles-") as name:
        counts = Path(name) / f"nets.{TOGGLES}"
        result = run_rtl(directory, source, waves=counts)
        nets = read_nets(counts.read_text())
    return by_stage(nets, source.frames, result.cycles, instances)


def read_nets(text: str) -> list[Net]:
    """What `sim/hw_toggles.h` wrote."""
    found = []
    for line in text.splitlines():
        changes, bits, *names = line.split()
        found.append(Net(tuple(names), int(bits), int(changes)))
    return found


def by_stage(
    nets: list[Net], frames: int, cycles: int, instances: Mapping[str, str]
) -> RunActivity:
    """Sums of the stages; the clock, which changes in every cycle, is no data and left out."""
    stages = dict.fromkeys(instances.values(), NetActivity())
    around = NetActivity()
    for net in nets:
        if any(name.endswith(".aclk") for name in net.names):
            continue
        stage = next((instances[scope] for scope in net.scopes if scope in instances), None)
        mine = NetActivity(net.bits, net.changes)
        if stage is None:
            around += mine
        else:
            stages[stage] += mine
    return RunActivity(frames, cycles, stages, around)
