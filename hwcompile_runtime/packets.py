"""Packets of the link between host and board, and their check.

    a5, kind, sequence, channels, most, received, length, payload, CRC-32 (lowest byte first)

The check is that of Ethernet and zlib, over everything between the first byte and itself. In a
packet of this size it finds up to four changed bits and every burst of up to 32, as long as the
length stays as it is; other damage passes once in 2^32 damaged packets, about.
"""

from __future__ import annotations

from binascii import crc32
from dataclasses import dataclass

SYNC = 0xA5
EXCHANGE, HELLO = 0x01, 0x02
TAKEN, MET, LOST = 0x81, 0x82, 0x83
HEADER = 7
"""Bytes before the payload."""
CHECK = 4
"""Bytes behind it."""
MOST = 255
"""Bytes of payload in a packet."""
LONGEST = HEADER + MOST + CHECK
"""Bytes of the longest packet."""
PROTOCOL = 2
"""First byte of a board's identity."""


@dataclass(frozen=True)
class Packet:
    """A packet without its synchronisation byte and its check.

    Attributes:
        kind: What it says.
        sequence: Number of the request, repeated by its answer.
        channels: Input in the lower four bits, output in the upper ones.
        payload: At most 255 bytes.
        most: Of a request, how many bytes the answer may bring.
        received: Of a request, how many bytes of the answer before have come.
    """

    kind: int
    sequence: int
    channels: int = 0
    payload: bytes = b""
    most: int = 0
    received: int = 0

    @property
    def taken(self) -> int:
        """Of an answer, how many bytes of the request's payload were taken."""
        return self.most

    def encode(self) -> bytes:
        """The bytes on the line."""
        fields = (self.kind, self.sequence, self.channels, self.most, self.received)
        body = bytes([*fields, len(self.payload)]) + self.payload
        return bytes([SYNC]) + body + crc32(body).to_bytes(CHECK, "little")


def find_packet(data: bytearray) -> Packet | None:
    """Take the first intact packet from `data`, and everything before it.

    None when there is none yet; what can not become the start of one is dropped, so that at most
    `LONGEST` bytes stay.
    """
    start = data.find(SYNC)
    keep = len(data)
    while start >= 0:
        end = _end(data, start)
        if end > len(data):
            # It may be cut off, or its length damaged: that must not hide a packet behind it.
            keep = min(keep, start)
        elif packet := _decode(data[start + 1 : end]):
            del data[:end]
            return packet
        start = data.find(SYNC, start + 1)
    del data[:keep]
    return None


def _end(data: bytearray, start: int) -> int:
    """Where the packet that starts at `start` ends; beyond `data` while that is not known."""
    length = start + HEADER - 1
    return start + HEADER + data[length] + CHECK if length < len(data) else len(data) + 1


def _decode(text: bytearray) -> Packet | None:
    body = bytes(text[:-CHECK])
    if crc32(body) != int.from_bytes(text[-CHECK:], "little"):
        return None
    kind, sequence, channels, most, received, _ = body[: HEADER - 1]
    return Packet(kind, sequence, channels, body[HEADER - 1 :], most, received)
