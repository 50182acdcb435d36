"""Packages that an export needs, and what it prints while it works."""

from __future__ import annotations

import importlib.util
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from hwcompile.diagnostics import fail


def must_have(package: str, what: str, install: str) -> None:
    """A package is installed.

    Args:
        package: Its module.
        what: What needs it, the beginning of a sentence.
        install: What pip is told to install.

    Raises:
        CompileError: HW0710 where it is absent.
    """
    if importlib.util.find_spec(package) is None:
        why = f"{what} with the package {package}"
        raise fail("HW0710", f"{package} is not installed", why, f"pip install {install}")


@contextmanager
def quiet() -> Iterator[None]:
    """Without what exporters print, warn and log while they work."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        printed = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO())
        with printed[0], printed[1], warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def stem(name: str) -> str:
    """A model's name as that of a file."""
    return re.sub(r"[^\w-]+", "_", name)[:80] or "model"


def said(error: Exception) -> str:
    """The start of what another program said, in one line."""
    words = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return words if len(words) <= 200 else f"{words[:200]} ..."
