"""Calls in NumPy's way: without a Tensor NumPy answers, and NumPy's positions are ours."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import MissingAttributeError

M = np.array([[3.0, 0.0, 2.0], [1.0, 5.0, 0.0]])
MASKED = np.ma.array([3.0, 1.0, 2.0], mask=[False, True, False])
COMPLEX = np.array([3 + 4j, 1j])

PLAIN: dict[str, Callable[[Any], Any]] = {
    "sum of masked": lambda f: f.sum(MASKED),
    "mean of masked": lambda f: f.mean(MASKED),
    "reshape of masked": lambda f: f.reshape(MASKED, (3, 1)),
    "ravel of masked": lambda f: f.ravel(MASKED),
    "take of masked": lambda f: f.take(MASKED, [1]),
    "sort of masked": lambda f: f.sort(MASKED),
    "astype of masked": lambda f: f.astype(MASKED, np.float32),
    "norm of complex": lambda f: getattr(f, "linalg", f).norm(COMPLEX),
    "spectral norm": lambda f: getattr(f, "linalg", f).norm(2 * np.eye(2), 2),
    "vdot of complex": lambda f: f.vdot(COMPLEX, COMPLEX),
    "mean of float16": lambda f: f.mean(np.ones(70000, np.float16)),
    "diff of truths": lambda f: f.diff(np.array([True, False, False])),
    "average of lists": lambda f: f.average([1, 2], weights=[1, 3]),
    "diagonal": lambda f: f.diagonal(M),
    "matmul": lambda f: f.matmul(M, M.T),
    "clip": lambda f: f.clip(M, 1, None),
    "concatenate": lambda f: f.concatenate([M, M], 1),
}


@pytest.mark.parametrize("what", PLAIN)
def test_without_a_tensor_numpy_answers(what: str) -> None:
    """Type, dtype, mask and values are NumPy's."""
    ours, theirs = PLAIN[what](ag), PLAIN[what](np)
    assert type(ours) is type(theirs)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(np.ma.getmaskarray(ours), np.ma.getmaskarray(theirs))
    np.testing.assert_array_equal(ours, theirs)


def test_mean_of_nothing_is_numpys() -> None:
    """Of an empty array NumPy's mean is NaN, with its warning."""
    with pytest.warns(RuntimeWarning):
        assert np.isnan(ag.mean(np.zeros(0)))


def test_our_own_spellings_hold_without_a_tensor() -> None:
    """Sizes one by one, and our places of keepdims and ddof, work for arrays too."""
    assert ag.reshape(M, 3, 2).shape == (3, 2)
    assert ag.transpose(M, 1, 0).shape == (3, 2)
    np.testing.assert_array_equal(ag.sum(M, 0, True), np.sum(M, 0, keepdims=True))
    np.testing.assert_array_equal(ag.var(M, 0, 1, True), np.var(M, 0, ddof=1, keepdims=True))


def test_a_tensor_in_a_list_stays_on_the_graph() -> None:
    """Behind an array, in a list, or out of an iterator a Tensor is found."""
    x = Tensor(M, requires_grad=True)
    for y in (ag.stack([M, x]), ag.concatenate(iter([x, M])), ag.average(M, weights=x)):
        assert isinstance(y, Tensor)
        assert y.requires_grad


def test_functions_can_be_pickled() -> None:
    """A function of the package arrives as itself."""
    assert pickle.loads(pickle.dumps(ag.sum)) is ag.sum


POSITIONAL: dict[str, Callable[[Any], Any]] = {
    "any of axes": lambda x: x.any((0, 1)),
    "all": lambda x: x.all(0),
    "np.any": lambda x: np.any(x, 0, None, True),
    "np.count_nonzero": lambda x: np.count_nonzero(x, 0),
    "np.argsort": lambda x: np.argsort(x, 0, "stable"),
    "argsort": lambda x: x.argsort(1, "stable"),
    "np.argmax": lambda x: np.argmax(x, 0, None),
    "argmin": lambda x: x.argmin(1),
    "np.isclose": lambda x: np.isclose(x, 2.5, 0.3, 0.0),
    "by name": lambda x: np.any(a=x, axis=0),
    "np.fabs": np.fabs,
}


@pytest.mark.parametrize("what", POSITIONAL)
def test_numpys_positions(what: str) -> None:
    """Arguments by position mean what they mean in NumPy."""
    ours, theirs = POSITIONAL[what](Tensor(M)), POSITIONAL[what](M)
    assert isinstance(ours, Tensor)
    np.testing.assert_array_equal(ours.data, theirs)


@pytest.mark.parametrize("ord", [None, 1, 2, 3, np.inf])
def test_norm_of_small_integers(ord: Any) -> None:
    """It is computed in floats, as NumPy does."""
    x = np.array([100, -100, 7], np.int8)
    got = ag.norm(Tensor(x), ord)
    assert got.dtype == np.float64
    assert got.item() == pytest.approx(np.linalg.norm(x, ord))


def test_dtypes_are_numpys() -> None:
    """The absolute value as a float and the triangles of truths have NumPy's dtypes."""
    np.testing.assert_array_equal(np.fabs(Tensor([-1, 2])).data, np.fabs([-1, 2]))
    assert np.fabs(Tensor([-1, 2])).dtype == np.fabs(np.array([-1, 2])).dtype
    truths = np.ones((2, 2), bool)
    for f in (np.tril, np.triu):
        got = f(Tensor(truths))
        assert got.dtype == f(truths).dtype
        np.testing.assert_array_equal(got.data, f(truths))


@pytest.mark.parametrize(
    "f",
    [lambda x: x.flatten(), lambda x: ag.tile(x, 1), lambda x: ag.tile(x, (1, 1))],
)
def test_copies(f: Callable[[Tensor], Tensor]) -> None:
    """What NumPy copies is a copy: writing to it does not reach the source."""
    x = Tensor([1.0, 2.0])
    f(x).data[...] = 9.0
    assert x.tolist() == [1.0, 2.0]


def test_names_of_other_libraries() -> None:
    """A name that a Tensor has not is absent, and the error says what stands in its place."""
    x = Tensor(M)
    for name, words in {
        "view": "reshape",
        "unsqueeze": "expand_dims",
        "clamp": "clip",
        "t": "x.T",
        "to": "astype",
        "mul_": "assign",
        "cuda": "main memory",
    }.items():
        assert not hasattr(x, name)
        assert not hasattr(Tensor, name)
        assert name not in dir(x)
        with pytest.raises(MissingAttributeError, match=words) as caught:
            getattr(x, name)
        assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("subscripts", "a", "b"),
    [
        ("i,i->", (3,), (1,)),
        ("i,i->i", (1,), (3,)),
        ("ij,j->i", (2, 1), (3,)),
        ("ij,jk->ik", (2, 1), (3, 4)),
        ("ij,jk->ik", (2, 3), (1, 4)),
        ("ij,ij->", (1, 3), (2, 1)),
        ("i,j->", (1,), (3,)),
    ],
)
def test_einsum_broadcasts(subscripts: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """An axis of size 1 that broadcasts has PyTorch's derivatives, and correct second ones."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    values = rng.normal(size=a), rng.normal(size=b)
    ours = [Tensor(v, requires_grad=True) for v in values]
    theirs = [torch.tensor(v, requires_grad=True) for v in values]
    y, z = ag.einsum(subscripts, *ours), torch.einsum(subscripts, *theirs)
    np.testing.assert_allclose(y.data, z.detach().numpy())
    (y * y).sum().backward()
    (z * z).sum().backward()
    for x, t in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x.grad.data, t.grad.numpy())
    assert ag.gradcheck(lambda x, w: ag.einsum(subscripts, x, w), values, second_order=True)
