"""Standard operators of ONNX that have no hardware: why, and what to do instead.

With constant inputs they are evaluated like all others. Operators that are in no list here and
have no handler are refused with a general reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Absence:
    """Why operators are not built, and a way out."""

    why: str
    fix: str


_ABSENCES: tuple[tuple[Absence, tuple[str, ...]], ...] = (
    (
        Absence(
            "how many elements come out depends on the data, and hardware is built for one shape",
            "choose a fixed number of elements (TopK), or do it on the host behind the network",
        ),
        ("NonMaxSuppression", "NonZero", "Unique"),
    ),
    (
        Absence(
            "a stream is one array of numbers, and no sequence, text or picture file",
            "give the tensors themselves as inputs and outputs of the model",
        ),
        ("ConcatFromSequence", "ImageDecoder", "Optional", "OptionalGetElement",
         "OptionalHasElement", "RegexFullMatch", "SequenceAt", "SequenceConstruct",
         "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "SequenceMap",
         "SplitToSequence", "StringConcat", "StringNormalizer", "StringSplit",
         "TfIdfVectorizer"),
    ),
    (
        Absence(
            "it draws random numbers, so there is nothing to be equal to",
            "export the model in evaluation mode, or give the numbers as an input",
        ),
        ("Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
         "RandomUniformLike"),
    ),
    (
        Absence(
            "it belongs to training, which runs where the model is trained",
            "export the model without its loss, in evaluation mode",
        ),
        ("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"),
    ),
    (
        Absence(
            "where it reads or writes is computed while the network runs, which takes a memory of "
            "random access to whole maps",
            "sample on a fixed grid (Resize, Gather or Slice with constants)",
        ),
        ("AffineGrid", "DeformConv", "GridSample", "MaxRoiPool", "MaxUnpool", "RoiAlign",
         "Scatter", "ScatterElements", "ScatterND", "TensorScatter"),
    ),
    (
        Absence(
            "spectra are sums of products with real numbers that no grid of integers holds",
            "make the features on the host, or train a Conv with quantized weights in its place",
        ),
        ("BlackmanWindow", "DFT", "HammingWindow", "HannWindow", "MelWeightMatrix", "STFT"),
    ),
    (
        Absence(
            "it keeps a state from frame to frame, or a cache that grows",
            "an LSTM or GRU, whose state hwcompile keeps, or the whole window as an input",
        ),
        ("CausalConvWithState", "LinearAttention"),
    ),
    (
        Absence(
            "it divides by a number that is computed from many elements of the frame",
            "a LayerNormalization, RMSNormalization, InstanceNormalization or GroupNormalization, "
            "which are built, or a BatchNormalization, whose statistics are constants and become "
            "thresholds",
        ),
        ("LRN", "MeanVarianceNormalization"),
    ),
    (
        Absence(
            "it multiplies tensors that are both computed while the network runs",
            "layers with constant weights, or the MatMul, Softmax and Concat that it stands for, "
            "with a quantizer behind each",
        ),
        ("Attention", "Det", "RotaryEmbedding"),
    ),
)  # fmt: skip

ABSENT: Mapping[str, Absence] = {name: a for a, names in _ABSENCES for name in names}
"""By operator type of the standard domain."""
