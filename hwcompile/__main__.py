"""`python -m hwcompile` is the command line."""

from __future__ import annotations

from hwcompile.cli import program

if __name__ == "__main__":
    program()
