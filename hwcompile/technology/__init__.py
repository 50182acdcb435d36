"""What circuits take on FPGA families, with figures calibrated on synthesis runs."""

from __future__ import annotations
