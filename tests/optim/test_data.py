"""Mini-batches, labels, splits and standardization."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor
from optim import MiniBatches, one_hot, standardize, train_validation_split

# -- mini-batches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "k"), [(10, 3), (12, 4), (5, 1), (5, 5), (5, 9)])
def test_each_point_comes_once_in_an_epoch(n: int, k: int) -> None:
    """Shuffled differently in each epoch, with X and y kept together."""
    X = np.arange(2 * n, dtype=float).reshape(n, 2)
    batches = MiniBatches(X, np.arange(n), k, rng=0)
    orders = []
    for _ in range(3):
        parts = list(batches)
        assert len(parts) == len(batches) == -(-n // k)
        assert [len(y) for _, y in parts[:-1]] == [k] * (len(parts) - 1)
        for x, y in parts:
            assert np.array_equal(x, X[y])
        orders.append(np.concatenate([y for _, y in parts]).tolist())
        assert sorted(orders[-1]) == list(range(n))
    assert n == 5 or len({tuple(order) for order in orders}) == 3


def test_drop_last_is_the_chapters_n_over_k() -> None:
    """Only whole mini-batches then."""
    batches = MiniBatches(np.zeros(10), np.arange(10), 4, drop_last=True, rng=0)
    assert len(batches) == 2
    assert [len(y) for _, y in batches] == [4, 4]


def test_a_seed_repeats_and_a_generator_goes_on() -> None:
    """Randomness comes from the argument alone."""
    X = np.arange(100)

    def first(rng: Any) -> list[int]:
        return next(iter(MiniBatches(X, X, 100, rng=rng)))[1].tolist()  # type: ignore[no-any-return]

    assert first(3) == first(3)
    generator = np.random.default_rng(3)
    assert first(generator) != first(generator)
    assert first(None) != first(None)


def test_tensors_and_lists_are_data_too() -> None:
    """Batches are arrays."""
    batches = MiniBatches(Tensor([[1.0], [2.0]]), [0, 1], 2, shuffle=False)
    ((x, y),) = batches
    assert x.tolist() == [[1.0], [2.0]]
    assert y.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("X", "y", "settings", "words"),
    [
        (np.zeros((0, 3)), np.zeros(0), {}, "data set is empty"),
        (np.zeros((3, 2)), np.zeros(4), {}, r"X has 3 points .* y has 4"),
        (np.zeros(3), np.float64(1), {}, r"y has shape \(\)"),
        (np.zeros(3), np.zeros(3), {"batch_size": 0}, "batch_size is 0"),
        (np.zeros(3), np.zeros(3), {"batch_size": -1}, "batch_size is -1"),
        (np.zeros(3), np.zeros(3), {"batch_size": 2.0}, "batch_size is 2.0"),
        (np.zeros(3), np.zeros(3), {"batch_size": 4, "drop_last": True}, "leaves no batch"),
        (np.zeros(3), np.zeros(3), {"shuffle": "yes"}, "shuffle is 'yes'"),
        (np.zeros(3), np.zeros(3), {"rng": "seed"}, "rng"),
    ],
)
def test_bad_data_is_refused(X: Any, y: Any, settings: Any, words: str) -> None:
    """The error names the sizes."""
    with pytest.raises(ArgumentError, match=words):
        MiniBatches(X, y, **settings)


def test_masked_and_ragged_data_are_refused() -> None:
    """A mask is never dropped silently."""
    with pytest.raises(DTypeError, match="mask"):
        MiniBatches(np.ma.masked_array([1.0, 2.0], [True, False]), [0, 1])
    with pytest.raises(ShapeError, match="ragged"):
        MiniBatches([[1.0], [1.0, 2.0]], [0, 1])


# -- labels ---------------------------------------------------------------------------------------


def test_one_hot_rows(rng: np.random.Generator) -> None:
    """Row i is the unit vector of label i: rows of the identity matrix."""
    labels = rng.integers(0, 5, 40)
    assert np.array_equal(one_hot(labels, 5), np.eye(5)[labels])
    assert one_hot(labels, 7).shape == (40, 7)
    assert one_hot([1, 0], dtype=np.float32).dtype == np.float32
    assert one_hot(np.array([], int), 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("labels", "classes", "kind", "words"),
    [
        ([0, -1], 3, ArgumentError, "label -1 at place 1 is below 0"),
        ([0, 3], 3, ArgumentError, "label 3 at place 1 is too large; labels are 0 to 2"),
        ([0.0, 1.0], 3, DTypeError, "float64"),
        ([[0], [1]], 3, ShapeError, r"\(2, 1\)"),
        ([0], 0, ArgumentError, "n_classes is 0"),
        (np.array([], int), None, ArgumentError, "give n_classes"),
    ],
)
def test_labels_that_are_none_are_refused(
    labels: Any, classes: Any, kind: type[Exception], words: str
) -> None:
    """−1 never means the last class."""
    with pytest.raises(kind, match=words):
        one_hot(labels, classes)


# -- splits ---------------------------------------------------------------------------------------


def test_a_split_has_each_point_once(rng: np.random.Generator) -> None:
    """Training and validation set together are the data, in random order."""
    X = np.arange(20.0).reshape(10, 2)
    (a, ya), (b, yb) = train_validation_split(X, np.arange(10), 0.3, rng=0)
    assert len(a) == 7
    assert len(b) == 3
    assert sorted([*ya, *yb]) == list(range(10))
    assert np.array_equal(a, X[ya])
    assert ya.tolist() != sorted(ya)


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.37, 0.5, 0.9])
@pytest.mark.parametrize("hot", [False, True])
def test_stratified_sets_have_each_class_in_its_share(fraction: float, hot: bool) -> None:
    """Of every class, the share is met to one point; so it is in scikit-learn."""
    sklearn = pytest.importorskip("sklearn.model_selection")
    y = np.repeat([0, 1, 2, 3], [50, 31, 12, 7])
    labels = one_hot(y) if hot else y
    (_, kept), (_, held) = train_validation_split(
        np.zeros(100), labels, fraction, rng=1, stratify=True
    )
    if hot:
        kept, held = kept.argmax(1), held.argmax(1)
    counts = np.bincount(held, minlength=4)
    assert counts.sum() == round(100 * fraction)
    assert np.all(np.abs(counts - np.array([50, 31, 12, 7]) * fraction) < 1.0)
    _, theirs = sklearn.train_test_split(y, test_size=round(100 * fraction), stratify=y)
    assert np.all(np.abs(counts - np.bincount(theirs, minlength=4)) <= 1)


def test_stratified_sets_are_in_random_order() -> None:
    """Classes do not come in a pattern."""
    y = np.repeat([0, 1], 50)
    (_, kept), _ = train_validation_split(np.zeros(100), y, 0.2, rng=0, stratify=True)
    assert 0 < np.count_nonzero(np.diff(kept) == 0) < 70
    assert kept.tolist() != sorted(kept)


@pytest.mark.parametrize(
    ("n", "fraction", "words"),
    [
        (10, 0.0, "fraction is 0"),
        (10, 1.0, "fraction is 1"),
        (10, float("nan"), "fraction is nan"),
        (1, 0.5, "one point"),
        (0, 0.5, "empty"),
    ],
)
def test_splits_that_cannot_be_are_refused(n: int, fraction: float, words: str) -> None:
    """Both sets have at least one point."""
    with pytest.raises(ArgumentError, match=words):
        train_validation_split(np.zeros(n), np.zeros(n), fraction)
    if n == 10 and fraction == 0.0:
        _, (X, _) = train_validation_split(np.zeros(n), np.zeros(n), 0.001)
        assert len(X) == 1


# -- standardization ------------------------------------------------------------------------------


def test_standardized_as_by_scikit_learn(rng: np.random.Generator) -> None:
    """The training data's mean and deviation are applied to other data too."""
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    train, test = rng.normal(3, 5, (50, 4)), rng.normal(3, 5, (20, 4))
    train[:, 2] = test[:, 2] = 0.1
    scale, theirs = standardize(train), preprocessing.StandardScaler().fit(train)
    np.testing.assert_allclose(scale(train), theirs.transform(train), atol=1e-12)
    np.testing.assert_allclose(scale(test), theirs.transform(test), atol=1e-12)
    np.testing.assert_allclose(scale.inverse(scale(test)), test)


def test_a_constant_column_becomes_zero() -> None:
    """Also where rounding makes the deviation of equal numbers a little more than 0."""
    scale = standardize(np.full((7, 1), 0.1))
    assert scale(np.full((2, 1), 0.1)).tolist() == [[0.0], [0.0]]
    assert scale([[1.1]])[0, 0] == pytest.approx(1.0)


def test_standardizing_keeps_float32() -> None:
    """Integers become floats, float32 stays."""
    X = np.arange(12).reshape(4, 3)
    scale = standardize(X)
    assert scale(X).dtype == np.float64
    assert scale(X.astype(np.float32)).dtype == np.float32
    assert standardize(X.astype(np.float32))(X.astype(np.float32)).dtype == np.float32


def test_standardizing_refuses_what_it_cannot() -> None:
    """Empty data, NaN, and other columns."""
    with pytest.raises(ArgumentError, match="empty"):
        standardize(np.zeros((0, 3)))
    with pytest.raises(ArgumentError, match="NaN"):
        standardize([[1.0], [np.nan]])
    with pytest.raises(ShapeError, match=r"\(2, 4\).*\(3,\)"):
        standardize(np.eye(3))(np.zeros((2, 4)))
