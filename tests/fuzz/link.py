"""Damaged packets of the link: none may pass for an intact one, in the host or in the hardware.

The oracle is the packet that was sent: whatever comes out of damaged bytes and is not that packet
was accepted wrongly. (A packet that comes out unchanged was not hit where it matters, for example
by a byte invented in front of it.) The damage is that of a noisy line, harder than any real one:
changed bits, changed bytes, bytes lost and invented, bursts, and two packets that run together.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from hwcompile.emit.shelves import source_files
from hwcompile.verify.programs import build_program
from hwcompile.verify.verilator import Variant, verilate
from hwcompile_runtime.packets import Packet, find_packet
from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures

PACKETS = 1_000_000
BATCH = 20_000
IN_RTL = 10
"""One batch in so many goes through the hardware as well."""
WRONG, WRONG_RTL = "accepted in the host", "accepted in RTL"
Case = tuple[list[bytes], bytes]
"""The packets that were sent, and the bytes that arrived."""


def sent(rng: np.random.Generator) -> Packet:
    """A random packet; short ones are as frequent as long ones."""
    kind, sequence, channels, most, received = rng.bytes(5)
    size = int(rng.integers(0, 256 if rng.integers(4) == 0 else 24))
    payload = rng.bytes(size) if rng.integers(2) else bytes(size)
    return Packet(kind, sequence, channels, payload, most, received)


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes of a packet after a line that hits at least one of them."""
    text, size = bytearray(data), len(data)
    choice = int(rng.integers(6))
    places = rng.integers(0, size, int(rng.integers(1, 6)))
    if choice == 0:
        for place in places:
            text[place] ^= 1 << int(rng.integers(8))
    elif choice == 1:
        for place in places:
            text[place] = int(rng.integers(256))
    elif choice == 2:
        for place in places:
            del text[int(place) % len(text)]
    elif choice == 3:
        for place in places:
            text.insert(int(place), (0xA5, 0x00, 0xFF, text[place])[int(rng.integers(4))])
    elif choice == 4:
        end = min(size, int(places[0]) + int(rng.integers(1, 40)))
        text[int(places[0]) : end] = rng.bytes(end - int(places[0]))
    else:
        noisy = rng.random(size) < rng.choice([0.01, 0.05, 0.3])
        values = rng.integers(0, 256, size)
        text = bytearray(np.where(noisy, values, np.frombuffer(data, np.uint8)).astype(np.uint8))
    return bytes(text)


def cases(rng: np.random.Generator, count: int) -> Iterator[Case]:
    """Packets with what arrives of them; what is undamaged by accident is drawn again."""
    while count:
        packets = [sent(rng).encode() for _ in range(1 + int(rng.integers(8) == 0))]
        arrived = damaged(b"".join(packets), rng)
        if arrived != b"".join(packets):
            yield packets, arrived
            count -= len(packets)
            count = max(count, 0)


def found_in(arrived: bytes) -> list[bytes]:
    """Every packet that the host finds, encoded again."""
    data, found = bytearray(arrived), []
    while packet := find_packet(data):
        found.append(packet.encode())
    return found


@cache
def receiver() -> Path:
    """The program that feeds bytes to `hw_link_rx`."""
    folder = Path(tempfile.mkdtemp(prefix="hwcompile-link-"))
    mains = Path(__file__).parents[1] / "rtl" / "mains"
    modules = [mains / "link_rx.sv", source_files()["hw_link_rx"], source_files()["hw_crc32"]]
    verilate(modules, "link_rx", folder, [])
    build_program(folder, mains / "link_rx.cpp", folder / "receiver", Variant())
    return folder / "receiver"


def found_in_rtl(batch: list[bytes]) -> dict[int, list[bytes]]:
    """Number of a record to the bodies (without first byte and check) that the hardware took."""
    data = b"".join(len(text).to_bytes(2, "little") + text for text in batch)
    lines = subprocess.run([receiver()], input=data, capture_output=True, check=True).stdout
    found: dict[int, list[bytes]] = {}
    for line in lines.decode().splitlines():
        number, text = line.split()
        found.setdefault(int(number), []).append(bytes.fromhex(text))
    return found


def run(budget: Budget) -> Figures:
    """Damage packets in batches; every tenth batch goes through the hardware, too."""
    figures = Figures("link", least={"damaged packets": budget.scaled(PACKETS)})
    figures.faults.update(dict.fromkeys((WRONG, WRONG_RTL), 0))
    for number in budget.cases(-(-PACKETS // BATCH)):
        size = min(BATCH, budget.scaled(PACKETS))
        batch = list(cases(budget.rng(number), size))
        for packets, arrived in batch:
            figures.counts["damaged packets"] += len(packets)
            if wrong := [text for text in found_in(arrived) if text not in packets]:
                figures.fault(WRONG, f"case {number}: {arrived.hex()} gives {wrong[0].hex()}")
        if number % IN_RTL == 0:
            _through_rtl(number, batch, figures)
    return figures


def _through_rtl(number: int, batch: list[Case], figures: Figures) -> None:
    found = found_in_rtl([arrived for _, arrived in batch])
    for index, (packets, arrived) in enumerate(batch):
        figures.counts["of these in RTL"] += len(packets)
        for body in found.get(index, []):
            if body not in [text[1:-4] for text in packets]:
                figures.fault(WRONG_RTL, f"case {number}: {arrived.hex()} gives {body.hex()}")
    intact = [text for packets, _ in islice(batch, 100) for text in packets]
    whole = found_in_rtl(intact)
    for index, text in enumerate(intact):
        figures.counts["intact in RTL"] += whole.get(index) == [text[1:-4]]
    figures.least["intact in RTL"] = figures.least.get("intact in RTL", 0) + len(intact)
