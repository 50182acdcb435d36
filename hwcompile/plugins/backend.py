"""The backend itself; only `hls4ml_backend.register` imports it, once hls4ml is there.

A model is converted with the passes of hls4ml's Vitis backend, so that its numbers are the same,
but no C++ is written: `predict` computes the integers that the hardware computes, or lets the
simulated hardware compute them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hls4ml.backends.vitis.vitis_backend import VitisBackend
from hls4ml.backends.vivado.vivado_backend import VivadoBackend
from hls4ml.model.flow import get_flow, register_flow
from hls4ml.model.optimizer import model_optimizer
from hls4ml.writer.writers import Writer

from hwcompile.plugins.reports import report_of
from hwcompile.plugins.simulation import REFERENCE, Array, Outputs, Simulation
from hwcompile.verify.levels import check_levels

NAME = "hwcompile"
FOLDER = "hwcompile"
"""Inside hls4ml's output folder: the build directory."""

CPP_ONLY = (
    "template",
    "codegen",
    "process_fixed_point_quantizer_layer",
    "fuse_quantizer_into",
    "bram_weights",
)
"""What names passes that only print C++, or rewrite it."""


class DesignWriter(Writer):  # type: ignore[misc]
    """Writes a build directory in place of an HLS project."""

    def write_hls(self, model: Any, is_multigraph: bool = False) -> None:
        """The design of the model, planned and in SystemVerilog."""
        simulation_of(model).design  # noqa: B018


class HwcompileBackend(VitisBackend):  # type: ignore[misc]
    """The backend."""

    def __init__(self) -> None:
        """Register layers, passes and flows under this name."""
        super(VivadoBackend, self).__init__(name=NAME)
        self._register_layer_attributes()
        self._register_flows()

    def _register_flows(self) -> None:
        """Vitis' flows without the passes that print C++."""
        validation = register_flow(
            "validation",
            list(get_flow("vitis:validation").optimizers),
            requires=["vivado:init_layers"],
            backend=NAME,
        )
        flows = []
        for name in get_flow("vivado:ip").requires:
            if name == "vivado:apply_templates":
                continue
            flows.append(name if name in SHARED else self._without_printing(name))
        flows.insert(flows.index("vivado:init_layers"), validation)
        bound = register_flow(
            "bind", [f"{NAME}:bind_simulation"], requires=["vivado:init_layers"], backend=NAME
        )
        self._default_flow = register_flow("ip", None, requires=[*flows, bound], backend=NAME)
        writing = ["make_stamp", f"{NAME}:write_hls"]
        self._writer_flow = register_flow("write", writing, requires=[f"{NAME}:ip"], backend=NAME)

    def _without_printing(self, name: str) -> str:
        kept = [o for o in get_flow(name).optimizers if not any(word in o for word in CPP_ONLY)]
        own = name.partition(":")[2]
        found: str = register_flow(own, kept, requires=["vivado:init_layers"], backend=NAME)
        return found

    def create_initial_config(self, **options: Any) -> dict[str, Any]:
        """hls4ml's configuration, and what `hwcompile.compile` is told.

        Args:
            options: hls4ml's (`io_type`, `part`, `clock_period` ...), and of `hwcompile.compile`
                `board`, `target_fps`, `target_cycles`, `fastest`, `schedule`; without any of them
                the design is the fastest, as hls4ml's users expect. `level` is what `predict` runs:
                "reference", or "rtl" or "hls", which `compile` gets ready.

        Raises:
            CompileError: HW0607 for a level that there is not.
        """
        check_levels((options.get("level", REFERENCE),))
        own = {name: options.pop(name) for name in OPTIONS if name in options}
        config: dict[str, Any] = super().create_initial_config(**options)
        config["Hwcompile"] = {"clock_mhz": 1000.0 / config["ClockPeriod"], **own}
        return config

    @model_optimizer()  # type: ignore[untyped-decorator]
    def bind_simulation(self, model: Any) -> bool:
        """Last pass: this one graph simulates integers instead of compiling C++."""
        model.compile = lambda: simulation_of(model).compile()
        model.trace = lambda x: simulation_of(model).trace(x)
        return False

    def predict(self, model: Any, x: Array, level: str = "") -> Outputs:
        """See `Simulation.predict`."""
        return simulation_of(model).predict(x, level)

    def build(
        self, model: Any, board: str = "", cosim: bool = False, frames: int = 100, **options: Any
    ) -> dict[str, Any]:
        """Write the design; simulate its RTL, or make a bitstream, when asked.

        Args:
            model: The model graph.
            board: Build a bitstream for this board.
            cosim: Simulate the RTL with random frames and demand the reference's integers.
            frames: How many.
            options: Of `Design.build`. Those of hls4ml's other backends (`csim`, `synth`, `reset`,
                `export`, `vsynth`, `validation`, `fifo_opt`, `log_to_stdout`) have no meaning here.

        Returns:
            Cycles and resources, with hls4ml's names; with `cosim`, whether the RTL passed.

        Raises:
            CompileError: When the network can not be built.
        """
        design = simulation_of(model).design
        checked = design.verify(frames=frames) if cosim else None
        if board:
            design.build(board, **{k: v for k, v in options.items() if k not in OF_HLS})
        return report_of(design.report, checked)


SHARED = ("optimize", "vivado:init_layers", "vivado:streaming", "vivado:quantization")
"""Flows without passes that print C++."""

OPTIONS = ("board", "target_fps", "target_cycles", "fastest", "schedule", "dump_ir", "level")

OF_HLS = ("csim", "synth", "reset", "export", "vsynth", "validation", "fifo_opt", "log_to_stdout")


def simulation_of(model: Any) -> Simulation:
    """The simulation of a model graph, made once."""
    found = model.__dict__.get("_hwcompile")
    if found is None:
        folder = Path(model.config.get_output_dir()) / FOLDER
        options = dict(model.config.get_config_value("Hwcompile") or {})
        level = options.pop("level", REFERENCE)
        found = model.__dict__["_hwcompile"] = Simulation(model, folder, options, level)
    assert isinstance(found, Simulation)
    return found
