"""Small networks for compression techniques that are more than the weights of one layer.

A module for each family of rows, with its `NETWORKS`; there is no list to enter a new one into.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from benchmarks.techniques_networks.network import Network


def all_networks() -> tuple[Network, ...]:
    """The networks of all modules, by row."""
    found = [
        network
        for module in pkgutil.iter_modules(__path__, f"{__name__}.")
        for network in getattr(import_module(module.name), "NETWORKS", ())
    ]
    return tuple(sorted(found, key=lambda network: network.row))
