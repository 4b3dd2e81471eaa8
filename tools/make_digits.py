"""Make ``optim/datasets/digits.npz`` anew from the copy that scikit-learn ships.

The output is the same to the byte with the same NumPy and zlib: ``python tools/make_digits.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parent.parent / "optim" / "datasets" / "digits.npz"


def main() -> None:
    """Write the images and labels as bytes, which hold the pixel values 0 to 16 exactly."""
    source = load_digits()
    images = source.images.astype(np.uint8)
    labels = source.target.astype(np.uint8)
    assert np.array_equal(images, source.images)
    np.savez_compressed(TARGET, images=images, labels=labels)
    print(f"wrote {TARGET} ({TARGET.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
