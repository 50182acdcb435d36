"""Compression schemes of the literature on numpy arrays, and `apply`, which compresses a model.

A projection takes weights and gives the nearest ones of a scheme, in the same shape; most change
nothing when applied twice. What the compiler makes of the numbers follows from the numbers alone.
"""

from __future__ import annotations

from hwcompile.compress.activations import balanced, half_wave_levels
from hwcompile.compress.chains import FACTORS
from hwcompile.compress.codebooks import (
    ClusteredWeights,
    kmeans,
    product_codebooks,
    shared_kmeans,
    soft_shared,
)
from hwcompile.compress.energy_ordered import energy_ordered, fitted_to_outputs
from hwcompile.compress.fastfood import Fastfood, fastfood, walsh_hadamard
from hwcompile.compress.filters import filter_norms, taylor_scores, without_filters
from hwcompile.compress.low_rank import (
    cp_factors,
    filter_factors,
    matrix_factors,
    spatial_factors,
    tucker_factors,
)
from hwcompile.compress.powers import minifloat, powers_of_two, shift_sums
from hwcompile.compress.recipe import METHODS, PRUNERS, TRANSFORMS, Compressed, apply
from hwcompile.compress.signs import (
    binary_weights,
    register_signs,
    residual_binary,
    separable_binary,
    ternary,
    trained_ternary,
)
from hwcompile.compress.steps import (
    best_fraction,
    bits_by_noise,
    dorefa,
    dynamic_fixed_point,
    fixed_point,
)
from hwcompile.compress.winograd import winograd_weights
from hwcompile.sparse.pruning import bank_balanced, load_balanced, magnitude, magnitude_of_all

__all__ = [
    "FACTORS",
    "METHODS",
    "PRUNERS",
    "TRANSFORMS",
    "ClusteredWeights",
    "Compressed",
    "Fastfood",
    "apply",
    "balanced",
    "bank_balanced",
    "best_fraction",
    "binary_weights",
    "bits_by_noise",
    "cp_factors",
    "dorefa",
    "energy_ordered",
    "fastfood",
    "filter_factors",
    "dynamic_fixed_point",
    "filter_norms",
    "fitted_to_outputs",
    "fixed_point",
    "half_wave_levels",
    "kmeans",
    "load_balanced",
    "magnitude",
    "magnitude_of_all",
    "matrix_factors",
    "minifloat",
    "powers_of_two",
    "product_codebooks",
    "register_signs",
    "residual_binary",
    "separable_binary",
    "shared_kmeans",
    "shift_sums",
    "soft_shared",
    "spatial_factors",
    "taylor_scores",
    "ternary",
    "trained_ternary",
    "tucker_factors",
    "winograd_weights",
    "walsh_hadamard",
    "without_filters",
]
