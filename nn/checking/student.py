"""Objects with the chapter's three methods: what is one, what its weights are, and copies."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError, DTypeError, UnsupportedError

Array = NDArray[Any]

#: The names of the arguments, as the words about them use them.
ARGUMENTS = {
    "forward": ("u",),
    "backward": ("u", "v", "dL_dv"),
    "weight_grad": ("u", "dL_dv"),
}


def has(value: Any, method: str) -> bool:
    """Whether an object has a method of this name."""
    try:
        return callable(getattr(value, method, None))
    except Exception:
        return False


def is_hand_written(value: Any) -> bool:
    """Whether an object has the two methods that every module needs."""
    return not isinstance(value, type) and has(value, "forward") and has(value, "backward")


def require(value: Any, what: str, methods: tuple[str, ...] = ("forward",)) -> None:
    """Raise an UnsupportedError, which begins with `what`, unless `value` has the methods."""
    if isinstance(value, type):
        raise UnsupportedError(
            f"{what}: {value.__name__} is a class; give an instance of it: {value.__name__}(…)"
        )
    missing = [method for method in methods if not has(value, method)]
    if missing:
        calls = ", ".join(f"{m}({', '.join(ARGUMENTS[m])})" for m in methods)
        raise UnsupportedError(
            f"{what}: an object of class {type(value).__name__} has no method {missing[0]}; a "
            f"module is an object with {calls}, and weight_grad(u, dL_dv) if it has weights"
        )


def attributes(student: Any) -> dict[str, Any]:
    """Public attributes: of the instance, in slots, and arrays of the class."""
    names = [*getattr(student, "__dict__", {})]
    for cls in type(student).__mro__:
        slots = vars(cls).get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
        names += [name for name, value in vars(cls).items() if isinstance(value, np.ndarray)]
    public = [name for name in dict.fromkeys(names) if not name.startswith("_")]
    return {name: getattr(student, name) for name in public if hasattr(student, name)}


def declared(student: Any) -> list[str] | None:
    """The names of the weights if the object tells them, by a method ``weights()``."""
    if not has(student, "weights"):
        return None
    try:
        told = student.weights()
    except Exception as error:
        raise ArgumentError(
            f"{type(student).__name__}.weights() raises {type(error).__name__}: {error}; it "
            f"returns the names of the weights, such as ['W', 'W0']"
        ) from error
    if isinstance(told, str) or not isinstance(told, (list, tuple, Mapping)):
        return None
    names = list(told)
    if not all(isinstance(name, str) for name in names):
        return None
    held = attributes(student)
    for name in names:
        if not isinstance(held.get(name), np.ndarray) or held[name].dtype.kind != "f":
            raise DTypeError(
                f"{type(student).__name__}.weights() names {name!r}, and the object has no array "
                f"of floats as its attribute {name}"
            )
    return names


def float_arrays(student: Any) -> dict[str, Array]:
    """The attributes that can be weights: all, or those that ``weights()`` names."""
    held = attributes(student)
    names = declared(student)
    return {
        name: value
        for name, value in held.items()
        if isinstance(value, np.ndarray)
        and value.dtype.kind == "f"
        and (names is None or name in names)
    }


def copied(student: Any) -> Any:
    """A copy whose calls do not change the original."""
    try:
        return copy.deepcopy(student)
    except Exception:  # something that cannot be copied is among its attributes
        try:
            made = copy.copy(student)
            for name, value in attributes(student).items():
                if isinstance(value, (np.ndarray, list, dict)):
                    set_attribute(made, name, copy.copy(value))
        except Exception as error:
            raise UnsupportedError(
                f"an object of class {type(student).__name__} cannot be copied "
                f"({type(error).__name__}: {error}), so it cannot be tried out unharmed"
            ) from None
        return made


def set_attribute(student: Any, name: str, value: Any) -> None:
    """Set an attribute, of frozen dataclasses too."""
    try:
        setattr(student, name, value)
    except Exception:
        object.__setattr__(student, name, value)


@contextlib.contextmanager
def replayed(quiet: bool = True) -> Iterator[None]:
    """Leave NumPy's global generator as it is; what is printed inside is not shown."""
    state = np.random.get_state()  # noqa: NPY002 — students draw from it
    silence = contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext()
    try:
        with silence, np.errstate(all="ignore"):
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


def accepts(method: Any, count: int) -> bool:
    """Whether a bound method can be called with so many arguments."""
    try:
        inspect.signature(method).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # has no signature that can be read
        return True
    return True


def input_shapes(
    weights: Mapping[str, Array], batch: int
) -> Iterator[tuple[tuple[int, ...], int | None]]:
    """Shapes that an input may have, the likeliest first, each with the axis of the examples.

    For a weight of shape (m, n): rows of m, columns of m; then the same with n, for weights that
    are written the other way round; then single examples.
    """
    matrices = [w.shape for w in weights.values() if w.ndim == 2 and min(w.shape) > 1]
    lines = [w.shape for w in weights.values() if w.ndim == 2 and min(w.shape) == 1]
    vectors = [(w.size,) for w in weights.values() if w.ndim == 1]
    lengths = [shape[0] for shape in matrices] + [shape[1] for shape in matrices]
    lengths += [n for w in weights.values() if w.ndim > 2 for n in w.shape if n > 1]
    for shape in lines:
        lengths += [n for n in shape if n > 1] or [1]
        lengths += [1]
    lengths = list(dict.fromkeys([*lengths, *(n for (n,) in vectors)]))
    if not lengths:
        yield (batch, 4), 0
        yield (4, batch), 1
    for n in lengths:
        yield (batch, n), 0
        yield (n, batch), 1
    for n in lengths or [4]:
        yield (n,), None
        yield (n, 1), 1


def draw(shape: tuple[int, ...], rng: np.random.Generator, positive: bool) -> Array:
    """Numbers at least 0.05 away from 0, where many functions have a kink."""
    x = rng.standard_normal(shape)
    size = 0.05 + np.abs(x)
    return size / (1 + size) if positive else np.copysign(size, x)
