"""`report.html`: one page with the pictures of a design, which needs no network to be read."""

from __future__ import annotations
