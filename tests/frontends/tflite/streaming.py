"""Small TFLite models that keep something from frame to frame."""

from __future__ import annotations

import numpy as np

from tests.frontends.tflite.moves import Made, Maker, Random, meaning
from tests.frontends.tflite.writer import Array, LiteWriter, Meaning


def handle(w: LiteWriter, name: str) -> int:
    """What a variable is known by."""
    number = w.tensor((1,), None, "int32")
    w.tensors[number] = (w.tensors[number][0], (), "resource", None, None)
    w.op("VAR_HANDLE", [], number, "VarHandleOptions", SharedName=name, Container="")
    return number


def begins(w: LiteWriter, name: str, data: Array, same: Meaning) -> None:
    """The variable holds these numbers in front of the first frame."""
    if w.once is None:
        w.once = LiteWriter()
        w.op("CALL_ONCE", [], [], "CallOnceOptions", InitSubgraphIndex=1)
    number = handle(w.once, name)
    w.once.op("ASSIGN_VARIABLE", [number, w.once.constant(data, same)], [], "AssignVariableOptions")


def window(rng: Random) -> Made:
    """The last frames of a stream in a variable, and a layer on all of them."""
    w, same = LiteWriter(), meaning(rng)
    frames, size, units = 4, 3, 5
    begins(w, "window", rng.integers(-128, 128, (1, frames - 1, size)).astype(np.int8), same)
    x, old = w.tensor((1, 1, size), same), w.tensor((1, frames - 1, size), same)
    known = handle(w, "window")
    w.op("READ_VARIABLE", [known], old, "ReadVariableOptions")
    joined = w.tensor((1, frames, size), same)
    w.op("CONCATENATION", [old, x], joined, "ConcatenationOptions", 2, Axis=1)
    new = w.tensor((1, frames - 1, size), same)
    places = [w.constant(np.asarray(p, np.int32)) for p in ([0, 1, 0], [1, frames - 1, size])]
    w.op("SLICE", [joined, *places], new, "SliceOptions", 2)
    w.op("ASSIGN_VARIABLE", [known, new], [], "AssignVariableOptions")
    k = w.constant(rng.integers(-127, 128, (units, frames * size)).astype(np.int8), Meaning(0.004))
    flat, y = w.tensor((1, frames * size), same), w.tensor((1, units), meaning(rng))
    w.op("RESHAPE", [joined, w.constant(np.asarray([1, frames * size], np.int32))], flat,
         "ReshapeOptions", 1, NewShape=[1, frames * size])  # fmt: skip
    w.op("FULLY_CONNECTED", [flat, k, -1], y, "FullyConnectedOptions", 4)
    return w, [x], [y]


def before_and_now(rng: Random) -> Made:
    """The frame itself is what is kept; a second variable adds everything up."""
    w, same = LiteWriter(), meaning(rng)
    shape = (1, 7)
    for name in ("last", "sum"):
        begins(w, name, np.full(shape, same.zero, np.int8), same)
    x, last, total = (w.tensor(shape, same) for _ in range(3))
    known, sums = handle(w, "last"), handle(w, "sum")
    w.op("READ_VARIABLE", [known], last, "ReadVariableOptions")
    w.op("READ_VARIABLE", [sums], total, "ReadVariableOptions")
    y, new = w.tensor(shape, meaning(rng)), w.tensor(shape, same)
    w.op("SUB", [x, last], y, "SubOptions", 2)
    w.op("ADD", [total, x], new, "AddOptions", 2)
    w.op("ASSIGN_VARIABLE", [known, x], [], "AssignVariableOptions")
    w.op("ASSIGN_VARIABLE", [sums, new], [], "AssignVariableOptions")
    again = w.tensor(shape, same)
    w.op("READ_VARIABLE", [sums], again, "ReadVariableOptions")
    return w, [x], [y, again]


def svdf(rng: Random, rank: int) -> Made:
    w = LiteWriter()
    size, units, memory = 5, 3, 4
    filters = units * rank
    x, y = w.tensor((1, size), meaning(rng)), w.tensor((1, units), meaning(rng))
    fine = [Meaning(float(np.float32(rng.uniform(0.002, 0.02)))) for _ in range(3)]
    features = w.constant(rng.integers(-127, 128, (filters, size)).astype(np.int8), fine[0])
    over_time = w.constant(rng.integers(-3000, 3000, (filters, memory)).astype(np.int16),
                           Meaning(1e-4))  # fmt: skip
    bias = w.constant(rng.integers(-9000, 9000, units).astype(np.int32), Meaning(1e-6))
    state = w.tensor((1, filters * memory), Meaning(2e-4), "int16")
    w.variables.add(state)
    w.op("SVDF", [x, features, over_time, bias, state], y, "SVDFOptions", 3, Rank=rank,
         FusedActivationFunction=1)  # fmt: skip
    return w, [x], [y]


def lstm(
    rng: Random,
    steps: int = 1,
    cifg: bool = False,
    peepholes: bool = False,
    projection: bool = False,
    clip: float = 0.0,
    major: bool = False,
) -> Made:
    """An integer LSTM of 8 and 16 bits."""
    w, size, cells = LiteWriter(), 5, 6
    shown = 4 if projection else cells
    before, behind = meaning(rng, 0.01, 0.05), meaning(rng, 0.004, 0.008)
    shape = (steps, 1) if major else (1, steps)
    x, y = w.tensor((*shape, size), before), w.tensor((*shape, shown), behind)

    def matrix(rows: int, columns: int) -> int:
        data = rng.integers(-127, 128, (rows, columns)).astype(np.int8)
        return w.constant(data, Meaning(float(np.float32(rng.uniform(0.002, 0.02)))))

    def numbers(count: int, dtype: str, most: int) -> int:
        data = rng.integers(-most, most + 1, count).astype(dtype)
        return w.constant(data, Meaning(float(np.float32(rng.uniform(1e-5, 1e-4)))))

    gates = range(1, 4) if cifg else range(4)
    own, recurrent, biases = [-1] * 4, [-1] * 4, [-1] * 4
    for gate in gates:
        own[gate], recurrent[gate] = matrix(cells, size), matrix(cells, shown)
        biases[gate] = numbers(cells, "int32", 20_000)
    seen = [-1] * 3
    if peepholes:
        seen = [-1 if cifg and i == 0 else numbers(cells, "int16", 30_000) for i in range(3)]
    out = [matrix(shown, cells), numbers(shown, "int32", 3000)] if projection else [-1, -1]
    states = [w.tensor((1, shown), behind), w.tensor((1, cells), Meaning(2.0**-11), "int16")]
    w.variables.update(states)
    inner = [w.tensor((1,), Meaning(2.0**-12), "int16") for _ in range(4)]
    inner.append(w.tensor((1,), meaning(rng, 0.004, 0.008)))
    w.inner[0] = inner
    w.op("UNIDIRECTIONAL_SEQUENCE_LSTM",
         [x, *own, *recurrent, *seen, *biases, *out, *states, -1, -1, -1, -1], y,
         "UnidirectionalSequenceLSTMOptions", 3, FusedActivationFunction=4, CellClip=clip,
         ProjClip=clip / 4 if projection else 0.0, TimeMajor=major)  # fmt: skip
    return w, [x], [y]


STREAMING: dict[str, Maker] = {
    "window": window,
    "before and now": before_and_now,
    "lstm": lstm,
    "lstm of steps": lambda r: lstm(r, 3),
    "lstm time major": lambda r: lstm(r, 2, major=True),
    "lstm coupled": lambda r: lstm(r, 2, cifg=True),
    "lstm peepholes": lambda r: lstm(r, 2, peepholes=True),
    "lstm coupled peepholes": lambda r: lstm(r, 1, cifg=True, peepholes=True),
    "lstm projection": lambda r: lstm(r, 2, projection=True),
    "lstm clipped": lambda r: lstm(r, 2, projection=True, clip=1.5),
    "lstm long": lambda r: lstm(r, 11),
    "lstm long time major clipped": lambda r: lstm(r, 9, major=True, clip=1.5),
    "svdf": lambda r: svdf(r, 1),
    "svdf of rank 2": lambda r: svdf(r, 2),
}
"""Uses of states by name."""
