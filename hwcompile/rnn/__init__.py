"""Recurrent networks from matrices: numbers, formats and weights in, a graph on integers out.

    graph = hwcompile.rnn.lstm(wx, wr, bias, projection=wym, steps=20)

Every signal has a fixed-point format of its own with a power-of-two scale. Matrices of floats are
rounded to their format; matrices of integers are taken as they are, in units of the format.
"""

from __future__ import annotations

from hwcompile.rnn.formats import FUNCTIONS, Format, Formats, Table
from hwcompile.rnn.gru import gru
from hwcompile.rnn.layers import lstm, stack
from hwcompile.rnn.options import LayerOptions

__all__ = ["FUNCTIONS", "Format", "Formats", "LayerOptions", "Table", "gru", "lstm", "stack"]
