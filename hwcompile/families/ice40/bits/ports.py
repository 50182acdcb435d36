"""The ports of the larger cells, in the order in which the chip database lists their wires."""

from __future__ import annotations

from hwcompile.families.ice40.bits.database import CellPlace


def _numbered(port: str, width: int) -> list[str]:
    return [f"{port}_{index}" for index in range(width)]


RAM_PORTS = (
    *(name for port in ("MASK", "RDATA", "WDATA") for name in _numbered(port, 16)),
    *(name for port in ("WADDR", "RADDR") for name in _numbered(port, 11)),
    *("WCLK", "WCLKE", "WE", "RCLK", "RCLKE", "RE"),
)
MAC_SINGLE = (
    *("CLK", "CE", "ADDSUBBOT", "ADDSUBTOP", "AHOLD", "BHOLD", "CHOLD", "DHOLD", "CI"),
    *("IRSTBOT", "IRSTTOP", "OHOLDBOT", "OHOLDTOP", "OLOADBOT", "OLOADTOP", "ORSTBOT", "ORSTTOP"),
)
MAC_PORTS = (
    "CLK",
    *sorted(
        (
            *(name for port in ("A", "B", "C", "D") for name in _numbered(port, 16)),
            *_numbered("O", 32),
            *MAC_SINGLE[1:],
            "CO",
        )
    ),
)
SPRAM_PORTS = tuple(
    sorted(
        (
            *_numbered("ADDRESS", 14),
            *_numbered("DATAIN", 16),
            *_numbered("DATAOUT", 16),
            *_numbered("MASKWREN", 4),
            *("CHIPSELECT", "CLOCK", "POWEROFF", "SLEEP", "STANDBY", "WREN"),
        )
    )
)
PLL_PORTS = (
    *("REFERENCECLK", "EXTFEEDBACK", *_numbered("DYNAMICDELAY", 8), "LOCK"),
    *("PLLOUT_A", "PLLOUT_B", "PLLOUT_A_GLOBAL", "PLLOUT_B_GLOBAL"),
    *("BYPASS", "RESETB", "LATCHINPUTVALUE", "SDO", "SDI", "SCLK"),
)
TWO_BITS = tuple(
    f"{side}{part}"
    for side in ("TOP", "BOT")
    for part in ("OUTPUT_SELECT", "ADDSUB_LOWERINPUT", "ADDSUB_CARRYSELECT")
)


def outputs_of(cell: CellPlace) -> tuple[int, ...]:
    """The wires that a cell drives."""
    wires = cell.wires
    if cell.kind == "lc":
        return (*wires[4:-5], wires[-4])
    if cell.kind == "io":
        return wires[7:9]
    if cell.kind == "gb":
        return wires[1:2]
    ports = {"ram": RAM_PORTS, "mac16": MAC_PORTS, "spram": SPRAM_PORTS}.get(cell.kind, ())
    prefixes = {"ram": "RDATA_", "mac16": "O_", "spram": "DATAOUT_"}
    return tuple(
        wire
        for port, wire in zip(ports, wires, strict=False)
        if port.startswith(prefixes[cell.kind])
    )
