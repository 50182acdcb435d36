"""Settings of the whole suite."""

from __future__ import annotations

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


# Tests start hundreds of Pythons, which would all translate the package anew, in containers above
# all, where this is often set; and every worker would translate all tests anew at every run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu-report", help="a file that gets CPU seconds by test file and program")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Together(), "together")
    path = config.getoption("--cpu-report")
    if path:
        report = CpuReport(path)
        report.watch()
        config.pluginmanager.register(report, "cpu-report")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sharing.longest_first(items)


def pytest_xdist_auto_num_workers() -> int:
    return sharing.workers(os.cpu_count() or 1)
