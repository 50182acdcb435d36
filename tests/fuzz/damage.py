"""Damages bytes and texts at random, as disks, editors and enemies do."""

from __future__ import annotations

import re

import numpy as np

NUMBERS = (
    "0", "-1", "1e308", "-1e-300", "nan", "inf", "99999999999999999999999", "0.5", "2147483648",
    "4294967296", "1e23", "0x10", "1_000", "true", '"7"', "[]", "{}", "null", "''",
)  # fmt: skip
"""What stands where a number should be."""

HOSTILE = (
    "$(touch {mark})", "`touch {mark}`", "; touch {mark};", "[exec touch {mark}]", "\n", "\r\n",
    '"', "'", "\\", "*/", "//", "/*", "../../{mark}", "/tmp/{mark}", "~/{mark}", "{mark}\x00",
    "#", "endmodule", "$finish;", '`include "{mark}"', "%n%s", "${HOME}", "\u202e{mark}",
    "\xe4{mark}", "a" * 300, "", " ", "-rf", "--force", "con", ".", "..", "{{{mark}}}",
    "{% if %}", "<script>", "\t{mark}", "{mark}|{mark}", "&& touch {mark}", "> {mark}",
    "$::env(HOME)", "\\{mark} ",
)  # fmt: skip
"""What stands where a name should be; `{mark}` is replaced by a word that can be found again."""


def damaged_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    """Something cut, flipped, inserted, repeated, zeroed or replaced."""
    n = len(data)
    at, to = sorted(int(v) for v in rng.integers(0, n + 1, 2))
    kind = int(rng.integers(9))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[to:]
    if kind == 2 and n:
        changed = bytearray(data)
        for place in rng.integers(0, n, int(rng.integers(1, 9))):
            changed[int(place)] ^= 1 << int(rng.integers(8))
        return bytes(changed)
    if kind == 3:
        return data[:at] + rng.bytes(int(rng.integers(1, 40))) + data[at:]
    if kind == 4:
        return data[:to] + data[at:to] + data[to:]
    if kind == 5:
        return data[:at] + bytes(to - at) + data[to:]
    if kind == 6:
        return rng.bytes(int(rng.integers(0, 200)))
    if kind == 7:
        return b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    return data[at:] + data[:at]


def damaged_text(text: str, rng: np.random.Generator) -> str:
    """Lines lost, repeated or exchanged; a number, a word or a string replaced."""
    kind = int(rng.integers(7))
    lines = text.splitlines(keepends=True)
    if kind == 0 and lines:
        del lines[int(rng.integers(len(lines)))]
        return "".join(lines)
    if kind == 1 and lines:
        line = lines[int(rng.integers(len(lines)))]
        return "".join([*lines, line])
    if kind == 2 and len(lines) > 1:
        a, b = (int(v) for v in rng.integers(0, len(lines), 2))
        lines[a], lines[b] = lines[b], lines[a]
        return "".join(lines)
    patterns = (r"-?\b\d[\d.e+-]*", r"[A-Za-z_][\w.]+", r"\"[^\"\n]*\"", r"[\[\]{}=:,\"]")
    found = list(re.finditer(patterns[kind % 4], text))
    if not found:
        return text[: len(text) // 2]
    place = found[int(rng.integers(len(found)))]
    fresh = (
        str(rng.choice(NUMBERS)), str(rng.choice(["x", "frames", "lut", "[[a]]", "true"])),
        f'"{hostile(rng)}"', str(rng.choice(["", "[", "]", "{", "}", "=", ",", "[" * 500])),
    )[kind % 4]  # fmt: skip
    return text[: place.start()] + fresh + text[place.end() :]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three damages, of the text where it is one."""
    for _ in range(int(rng.integers(1, 4))):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            data = damaged_bytes(data, rng)
            continue
        if rng.random() < 0.6:
            data = damaged_text(text, rng).encode("utf-8", "replace")
        else:
            data = damaged_bytes(data, rng)
    return data


def hostile(rng: np.random.Generator, mark: str = "hwfuzzmark") -> str:
    """A name that nobody should print as it is."""
    return str(rng.choice(HOSTILE)).replace("{mark}", mark)
