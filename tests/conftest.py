"""Settings of the whole suite."""

from __future__ import annotations

import os

from hypothesis import settings

# Everywhere else examples are drawn anew at every run, and so find new faults; continuous
# integration judges a change, and must not fail because of a fault that was there before.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
