"""scikit-learn's handwritten digits: 1,797 real 8x8 images, with a fixed test split."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def load_split() -> Split:
    """Return (train images, train labels, test images, test labels).

    Images are float32 [n, 1, 8, 8] with pixels in [0, 1] (sixteenths); 450 images are for testing,
    the same ones always.
    """
    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 1, 8, 8) / 16.0).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=450, random_state=2024, stratify=labels
    )
    return train_x, train_y, test_x, test_y
