"""What every recurrent layer can be told besides its weights and its number formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


class LayerOptions(TypedDict, total=False):
    """Keywords of `lstm` and `gru`; what is not given is as `Layer` says.

    Attributes:
        gates: Function of the gates, a name in `FUNCTIONS`.
        candidate: That of the candidate.
        rounding: `half_up` or `floor`, of products and sums.
        steps: Time steps per frame, T.
        keep: Whether the state survives the end of a frame; else each frame is a sequence.
        start: With `keep`: a second input (1, T, channels) whose 1 starts a sequence.
        channels: Independent sequences in step, for which every weight is read once. Element e of
            channel b stands at e * channels + b of a step's vector.
        name: Name of graph and node.
    """

    gates: str
    candidate: str
    rounding: str
    steps: int
    keep: bool
    start: bool
    channels: int
    name: str


@dataclass(frozen=True)
class CompleteOptions:
    """`LayerOptions`, complete."""

    name: str
    gates: str = "sigma"
    candidate: str = "tanh"
    rounding: str = "half_up"
    steps: int = 1
    keep: bool = False
    start: bool = False
    channels: int = 1

    @staticmethod
    def of(name: str, options: LayerOptions) -> CompleteOptions:
        """Options of a layer that is called `name` unless they say otherwise."""
        given: LayerOptions = {"name": name}
        given.update(options)
        return CompleteOptions(**given)
