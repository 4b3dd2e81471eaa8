"""Modules that are written by hand, in NumPy, as modules of ours.

No derivative stands here either: the gradients are those that the user's methods give.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import GraphError, Tensor, UnsupportedError, custom

from . import hand_answers as answers
from .checking.student import require, set_attribute
from .hand_weights import weights_of
from .module import Module
from .parameter import Parameter

Array = NDArray[Any]

#: The adapters in use, by the identity of what they adapt: an object in two places of a network
#: is one module, with one set of parameters.
_ADAPTED: weakref.WeakValueDictionary[int, HandWritten] = weakref.WeakValueDictionary()


class HandWritten(Module):
    """An object with the chapter's three methods, written in NumPy, as a `Module`.

    Containers wrap such objects by themselves. The network is trained with the gradients that
    the object's own ``backward`` and ``weight_grad`` give; `check_module` tells whether they are
    right.

    Parameters
    ----------
    module : object
        With ``forward(u)`` and ``backward(u, v, dL_dv)``, and ``weight_grad(u, dL_dv)`` if it has
        weights (chapter, section 4), on arrays.

    Attributes
    ----------
    hand : object
        The object itself. Its weights, the arrays of floats among its attributes, are shared
        with the parameters of the same names: after training ``module.W`` holds what was
        learned. An array that is assigned to ``module.W`` becomes the value of the parameter at
        the next call.

    Raises
    ------
    UnsupportedError
        For a class in place of an instance, and if a method is missing.
    ShapeError, DTypeError
        When called, or in the backward pass: if a method returns no array of floats, or one of
        another shape than its argument has.
    GraphError
        For derivatives of higher order, and the forward mode: the methods work on arrays, and
        what they give is not differentiated again.

    Notes
    -----
    Which arrays are weights is decided, if there is a ``weight_grad``, by the keys of the dict
    that it returns, or by a method ``weights()`` that returns their names. The methods get copies
    of the input and the output, so what they do to them has no effect. An attribute ``training``
    of the object follows `train` and `eval`.

    Examples
    --------
    >>> import numpy as np
    >>> import nn
    >>> class Tanh:
    ...     def forward(self, u):
    ...         return np.tanh(u)
    ...     def backward(self, u, v, dL_dv):
    ...         return dL_dv * (1 - v**2)
    >>> net = nn.Sequential(nn.Linear(2, 3, rng=0), Tanh(), nn.Linear(3, 1, rng=1))
    >>> net
    Sequential: 13 parameters
      0: Linear(2, 3), W (2, 3), W0 (3,), 9 parameters
      1: HandWritten(Tanh)
      2: Linear(3, 1), W (3, 1), W0 (1,), 4 parameters
    >>> net([[1.0, 2.0]]).backward()
    >>> net[0].W.grad.shape
    (2, 3)
    """

    def __init__(self, module: Any) -> None:
        if isinstance(module, Module):
            raise UnsupportedError(
                f"HandWritten: a {type(module).__name__} is a module of ours already; use it as it "
                f"is"
            )
        require(module, "HandWritten", ("forward", "backward"))
        vars(self).update(_hand=module, _shared=_Shared())
        made: dict[int, Parameter] = {}  # an array under two names is one weight
        for name, array in weights_of(module).items():
            if id(array) not in made:
                usual = type(array) is np.ndarray and array.dtype.char in "fd"
                own = array if usual and array.flags.writeable else np.array(array, float)
                made[id(array)] = Parameter(own, copy=False)
            setattr(self, name, made[id(array)])
        _ADAPTED[id(module)] = self

    @property
    def hand(self) -> Any:
        """The object, its weights and mode up to date."""
        self._share()
        return self._hand

    def forward(self, u: Any) -> Any:
        self._share()
        weights = [vars(self)[name] for name in self._shared]
        needs = [isinstance(x, Tensor) and x.requires_grad for x in (u, *weights)]

        def gradients(g: Any, v: Any, *operands: Any) -> tuple[Any, ...]:
            method = self._recorded if isinstance(g, Tensor) else self._gradients
            return method(g, v, operands, needs)

        name = type(self._hand).__name__
        wrapped = custom(gradients, name=name, latex=rf"\operatorname{{{{{name}}}}}({{0}})")
        return wrapped(self._value)(u, *weights)

    def extra_repr(self) -> str:
        return type(self._hand).__name__

    # -- the object's methods ----------------------------------------------------------------

    def _value(self, u: Any, *weights: Any) -> Array:
        """What the object's forward gives, in the dtype of the input and the weights."""
        with self._holding(weights):
            v = answers.output(self._call("forward", u=u), type(self._hand).__name__)
        operands = [np.asarray(x).dtype for x in (u, *weights)]
        floats = [dtype for dtype in operands if dtype.kind == "f"]
        return v.astype(np.result_type(*floats)) if floats else v.astype(float)

    def _gradients(
        self, g: Any, v: Any, operands: tuple[Any, ...], needs: list[bool]
    ) -> tuple[Any, ...]:
        """What the object's backward and weight_grad give, one an operand."""
        name = type(self._hand).__name__
        u, *weights = operands
        found: list[Any] = [None] * len(operands)
        with self._holding(weights):
            if needs[0]:
                answer = self._call("backward", u=u, v=v, dL_dv=g)
                what = f"{name}: what backward(u, v, dL_dv)"
                found[0] = answers.fitted(answer, u, what, "u")
            if any(needs[1:]):
                several = self._call("weight_grad", u=u, dL_dv=g)
                needed = [n for n, need in zip(self._shared, needs[1:], strict=True) if need]
                several = answers.by_name(several, [*self._shared], needed, name)
                for i, (weight, key) in enumerate(zip(weights, self._shared, strict=True), 1):
                    if needs[i]:
                        what = f"{name}: what weight_grad(u, dL_dv)[{key!r}]"
                        found[i] = answers.fitted(several[key], weight, what, key)
        return tuple(found)

    def _recorded(
        self, g: Any, v: Any, operands: tuple[Any, ...], needs: list[bool]
    ) -> tuple[Any, ...]:
        """The gradients on the graph, where they end: they have no derivative of their own."""
        name = type(self._hand).__name__

        def refuse(*_: Any) -> Any:
            raise GraphError(
                f"{name}: its backward is written by hand, on arrays, and cannot be "
                f"differentiated again; derivatives of higher order, and the forward mode, need a "
                f"module of tensor operations"
            )

        def gradient(i: int) -> Any:
            alone = [k == i for k in range(len(needs))]

            def value(g: Any, v: Any, *operands: Any) -> Any:
                return self._gradients(g, v, operands, alone)[i]

            return custom(refuse, name=f"{name}.backward")(value)(g, v, *operands)

        return tuple([gradient(i) if need else None for i, need in enumerate(needs)])

    def _call(self, method: str, **arrays: Any) -> Any:
        """Call a method with copies, which it may change."""
        try:
            return getattr(self._hand, method)(*[np.array(x) for x in arrays.values()])
        except Exception as error:
            shapes = ", ".join(f"{name} {np.shape(x)}" for name, x in arrays.items())
            error.add_note(f"in {type(self._hand).__name__}.{method}, called with {shapes}")
            raise

    # -- weights -----------------------------------------------------------------------------

    def _share(self) -> None:
        """Let the object's attributes be the storage of the parameters."""
        hand = self._hand
        for name in [n for n, p in vars(self).items() if isinstance(p, Parameter)]:
            parameter, mine = vars(self)[name], getattr(hand, name)
            replaced = mine is not self._shared.get(name, mine)
            if replaced and not np.array_equal(mine, parameter.data):
                parameter.assign(mine, f"{type(hand).__name__}.{name} = …")
            if mine is not parameter.data:
                set_attribute(hand, name, parameter.data)
            self._shared[name] = getattr(hand, name)
        flag = getattr(hand, "training", None)
        if isinstance(flag, (bool, np.bool_)) and flag != self.training:
            hand.training = self.training

    @contextmanager
    def _holding(self, weights: Sequence[Any]) -> Iterator[None]:
        """The object with these weights: in a replay they are not those of the parameters."""
        held = dict(self._shared)
        other = {
            name: np.array(weight)[()]
            for (name, own), weight in zip(held.items(), weights, strict=True)
            if weight is not own
        }
        for name, weight in other.items():
            set_attribute(self._hand, name, weight)
        try:
            yield
        finally:
            for name in other:
                set_attribute(self._hand, name, held[name])

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "training" or isinstance(value, Parameter):
            self._share()

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._share()
        _ADAPTED.setdefault(id(self._hand), self)


class _Shared(dict[str, Any]):
    """The arrays that the object was given; a class of its own, which nobody copies."""


def adapted(module: Any) -> HandWritten:
    """The adapter of an object: the one that it has, or a new one."""
    known = _ADAPTED.get(id(module))
    return known if known is not None and known._hand is module else HandWritten(module)
