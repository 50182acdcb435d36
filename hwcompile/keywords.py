"""Functions whose keywords are the fields of a frozen class: declared once, typed, shown by `help`.

A function takes `**options: Unpack[Keywords]`, where the `TypedDict` repeats the names and types of
the class for type checkers, and makes one object of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


def keywords_of(kind: type, names: type) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Give a function that takes `**options` the signature that its options have.

    Args:
        kind: The class of which it makes one object; its defaults are the keywords'.
        names: A `TypedDict` with those of its fields that the function takes.
    """
    fields = signature(kind).parameters
    taken = [fields[name].replace(kind=Parameter.KEYWORD_ONLY) for name in names.__annotations__]

    def mark(function: Callable[_P, _R]) -> Callable[_P, _R]:
        plain = signature(function)
        own = [p for p in plain.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
        shown = plain.replace(parameters=[*own, *taken])

        @wraps(function)
        def checked(*args: _P.args, **options: _P.kwargs) -> _R:
            shown.bind(*args, **options)  # a TypeError that names the keyword it does not know
            return function(*args, **options)

        checked.__signature__ = shown  # type: ignore[attr-defined]
        return checked

    return mark
