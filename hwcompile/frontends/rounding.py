"""How a user says which roundings a quantizer keeps: `[NODE=]MODE`.

`model`, the default, is equal to float32 operation by operation. `exact` takes scales, biases and
limits as the exact numbers that they are and rounds once, at the end (see
`hwcompile.frontends.numbers.exact_rounding`). NODE is a quantizer's name in the model; without one
the mode is everybody's who has none of his own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hwcompile.diagnostics import CompileError, Origin, fail

MODEL, EXACT = "model", "exact"
GRAMMAR = "[NODE=]model|exact"


def named_roundings(texts: Iterable[str]) -> dict[str, str]:
    """What each of several `[NODE=]MODE` says, by NODE; "" without one.

    Raises:
        CompileError: HW0285 when one can not be read, or two are about the same.
    """
    found: dict[str, str] = {}
    for text in texts:
        node, _, mode = text.strip().rpartition("=")
        if mode not in (MODEL, EXACT):
            raise _wrong(
                f"'{text}' is no rounding",
                f"it is not {GRAMMAR}",
                "write for example --rounding exact, or --rounding Quant_3=exact",
            )
        if node in found:
            whose = f"'{node}'" if node else "all nodes"
            raise _wrong(f"two roundings are given for {whose}", "", "give one")
        found[node] = mode
    return found


def roundings_of(rounding: str | Mapping[str, str] | None) -> Mapping[str, str]:
    """The choice of `hwcompile.compile` as modes by node.

    Raises:
        CompileError: HW0285 for an unknown mode.
    """
    if rounding is None:
        return {}
    if isinstance(rounding, str):
        return named_roundings([rounding])
    return named_roundings(f"{node}={mode}" for node, mode in rounding.items())


def must_have_rounded(roundings: Mapping[str, str], rounded: Iterable[str]) -> None:
    """Refuse names that no quantizer of the model has (HW0285)."""
    known = sorted(rounded)
    unknown = [name for name in roundings if name and name not in known]
    if unknown:
        raise _wrong(
            f"no quantizer behind a layer is called '{unknown[0]}'",
            "--rounding names nodes that make integers of real numbers",
            "use one of " + ", ".join(known) if known else "leave it out",
        )


def must_have_a_choice(roundings: Mapping[str, str], what: str) -> None:
    """Refuse a choice where the source format has none (HW0285)."""
    if EXACT in roundings.values():
        raise _wrong(
            f"the roundings of {what} can not be chosen",
            "its arithmetic is one of integers, whose roundings the format defines",
            "leave --rounding out",
        )


def not_a_line(node: str, chain: str, origin: Origin) -> CompileError:
    """HW0285: the refusal of one rounding where the chain is no line."""
    return fail(
        "HW0285",
        f"'{node}' can not round once",
        f"'{chain}' is not a product and a sum with limits, whose exact number is known",
        f"leave --rounding {node}={EXACT} out",
        origin,
    )


def _wrong(what: str, why: str, fix: str) -> CompileError:
    return fail("HW0285", what, why, fix)
