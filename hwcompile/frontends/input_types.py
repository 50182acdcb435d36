"""How a user says what arrives at an input: `[NAME:]TYPE[:SCALE[:ZERO_POINT]]`.

TYPE is `bipolar`, or `int` or `uint` with 1 to 16 bits. An integer q means `(q - ZERO_POINT) *
SCALE`; SCALE is a positive number or a fraction like 1/255, by default 1, and ZERO_POINT a whole
number of the type, by default 0; bipolar has none. NAME may contain colons: what stands last and
reads as a type is the type. Without NAME it is the only input.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.numbers.quantizer_checks import integer_range, linear
from hwcompile.ir.types import BIPOLAR
from hwcompile_runtime.quantizers import BipolarQuantizer, Quantizer
from hwcompile_runtime.rows import floats, integers

EXAMPLES = ("uint8", "uint8:1/255", "int8:0.05:-3", "bipolar:1")
"""Types as the messages write them."""

GRAMMAR = "[NAME:]TYPE[:SCALE[:ZERO_POINT]]"

_TYPE = r"(?P<type>bipolar|u?int\d{1,3})(?::(?P<scale>[^:]*))?(?::(?P<zero>[^:]*))?"
_SPELLING = re.compile(_TYPE)
_NAMED = re.compile(rf"(?:(?P<name>.*):)?(?P<spelling>{_TYPE})", re.DOTALL)
_MAX_BITS = 16


@dataclass(frozen=True)
class InputType:
    """What arrives at an input.

    Attributes:
        bits: 1 to 16; 1 for bipolar.
        signed: True for int and bipolar.
        bipolar: True for -1 and +1.
        scale: Real number of one integer step.
        zero_point: The integer that means 0.
    """

    bits: int
    signed: bool
    bipolar: bool
    scale: float
    zero_point: int

    def quantizer(self) -> Quantizer:
        """Real numbers to these integers; numbers that have none become the nearest."""
        if self.bipolar:
            step = floats(self.scale)
            return BipolarQuantizer(step, integers(0), BIPOLAR, floats(1), floats(0))
        low, high = self._range()
        return linear(self.scale, self.zero_point, low, high)

    def _range(self) -> tuple[int, int]:
        if self.bits == 1 and self.signed:
            return -1, 0
        element = integer_range(self.bits, self.signed, False)
        return element.low, element.high


def parse_input_type(spelling: str) -> InputType:
    """Read `TYPE[:SCALE[:ZERO_POINT]]`.

    Raises:
        CompileError: HW0111 when it cannot be read.
    """
    match = _SPELLING.fullmatch(spelling.strip())
    if match is None:
        raise _unreadable(spelling)
    name, bipolar = match["type"], match["type"] == "bipolar"
    bits = 1 if bipolar else int(name.lstrip("uint"))
    try:
        scale = 1.0 if match["scale"] is None else float(Fraction(match["scale"]))
        zero = 0 if match["zero"] is None else int(match["zero"])
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise _unreadable(spelling) from error
    found = InputType(bits, not name.startswith("u"), bipolar, scale, zero)
    if not 1 <= bits <= _MAX_BITS or not isfinite(scale) or not 1e-37 < scale < 1e37:
        raise _unreadable(spelling)
    low, high = (0, 0) if bipolar else found._range()
    if not low <= zero <= high:
        raise _unreadable(spelling)
    return found


def _unreadable(spelling: str) -> CompileError:
    first, *others = EXAMPLES
    return fail(
        "HW0111",
        f"the input type '{spelling}' cannot be read",
        "a type is bipolar, or int or uint with 1 to 16 bits, then perhaps a positive scale and a "
        "zero point of that type",
        f"write it like {first}, {', '.join(others[:-1])} or {others[-1]}",
    )


def named_input_types(texts: Iterable[str]) -> dict[str, str]:
    """What each of several `[NAME:]TYPE[:SCALE[:ZERO_POINT]]` says, by NAME; "" without one.

    Raises:
        CompileError: HW0111 when one cannot be read, HW0283 when an input has two.
    """
    found: dict[str, str] = {}
    for text in texts:
        match = _NAMED.fullmatch(text.strip())
        if match is None:
            raise _unreadable(text)
        parse_input_type(match["spelling"])
        name = match["name"] or ""
        if name in found:
            raise two_types(name, found[name], match["spelling"])
        found[name] = match["spelling"]
    return found


def two_types(name: str, first: str, second: str) -> CompileError:
    """HW0283: the refusal of two types for one input."""
    which = f"the input '{name}'" if name else "the only input"
    return fail(
        "HW0283",
        f"two types are given for {which}: {first} and {second}",
        "an input has one",
        "give --input-type once for each input",
    )
