"""What the command line says by itself: labels, and levels that can not run here."""

from __future__ import annotations

import numpy as np

import hwcompile
from hwcompile.cli import doctor
from hwcompile.cli.labels import accuracy
from tests.cli.small import save
from tests.diagnostics.place import Place


def hw0008_labels_of_other_frames(at: Place) -> None:
    np.save(at.folder / "labels.npy", np.zeros((3, 2), dtype=np.int64))
    accuracy(at.folder / "labels.npy", np.zeros(7, dtype=np.int64), 7)


def hw0008_labels_without_classes(at: Place) -> None:
    accuracy(at.folder / "labels.npy", None, 7)


def hw0008_labels_between_classes(at: Place) -> None:
    np.save(at.folder / "labels.npy", np.array([0, 1.5, 2, np.nan]))
    accuracy(at.folder / "labels.npy", np.zeros(4, dtype=np.int64), 4)


def hw0008_labels_that_are_not_there(at: Place) -> None:
    accuracy(at.folder / "labels.npy", np.zeros(7, dtype=np.int64), 7)


def hw0709_a_level_without_its_programs(at: Place) -> None:
    at.patch.setitem(doctor.NEEDS, "rtl", ("no_such_simulator", "g++"))
    doctor.doctor_command(level=["rtl"])


def hw0608_a_level_without_names(at: Place) -> None:
    design = hwcompile.compile(save(at.folder), at.folder / "out")
    design.trace(np.zeros((1, 6), np.float32), level="bitstream")
