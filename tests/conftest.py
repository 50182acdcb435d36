"""Settings of the whole suite."""

from __future__ import annotations

import gc
import os
import sys

import pytest
from hypothesis import settings

from tests import sharing
from tests.cpu_report import CpuReport
from tests.together import Together

# Everywhere else examples are drawn anew at every run, and so find new faults; continuous
# integration judges a change, and must not fail because of a fault that was there before.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")


# What is made while tests are collected stays to the end: modules, tests, their parameters.
gc.disable()

# Tests start hundreds of Pythons, which would all translate the package anew, in containers above
# all, where this is often set; and every worker would translate all tests anew at every run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


NEW_OBJECTS = 20_000
"""After how many the youngest are looked at for garbage."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu-report", help="a file that gets CPU seconds by test file and program")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Together(), "together")
    path = config.getoption("--cpu-report")
    if path:
        report = CpuReport(path)
        report.watch()
        config.pluginmanager.register(report, "cpu-report")


def pytest_collection_finish() -> None:
    """Look for garbage again, but not in what stays, and not after every 700 new objects.

    Planning makes millions of small objects, none of them in cycles: a tenth of its time went into
    looking for them, and more the more modules there are.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sharing.longest_first(items)


@pytest.hookimpl(optionalhook=True)  # QKeras' environment has no xdist
def pytest_xdist_auto_num_workers() -> int:
    return sharing.workers(os.cpu_count() or 1)
