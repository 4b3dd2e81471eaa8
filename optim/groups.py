"""Parameter groups: tensors that are updated with the same settings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

import numpy as np

from autograd_core import ArgumentError, DTypeError, Tensor, changed

from . import _checks as check
from ._written import written

Update = Callable[..., tuple[Any, tuple[Any, ...]]]


class Rule(NamedTuple):
    """An update rule with its settings.

    Attributes
    ----------
    update : callable
        ``update(w, g, *state, t=t, lr=lr, **settings) -> (step, new_state)``. A pure function of
        arrays, elementwise, in plain operators and functions of `autograd_core`, so that it also
        runs on Tensors. What it returns shares no memory with what it was given.
    state : dict of str to float
        The names of the state, and the values that it starts from.
    settings : dict
        Keyword arguments of `update` other than t and lr.
    """

    update: Update
    state: dict[str, float]
    settings: dict[str, Any]


class ParamGroup(MutableMapping[str, Any]):
    """Parameters and the settings of their update, as a mapping: ``group["lr"] = 0.01``.

    A change is checked before it is made. ``group["params"]`` is the tuple of parameters.

    Attributes
    ----------
    params : tuple of Tensor
    rule : Rule
        The update rule that follows from the settings.
    apply : callable
        The rule's function with its settings filled in.
    in_place : InPlace or None
        The same in place on plain arrays; None where the rule could not be rewritten.
    """

    def __init__(
        self,
        owner: str,
        params: tuple[Tensor, ...],
        settings: Mapping[str, Any],
        checked: Callable[[dict[str, Any]], dict[str, Any]],
        rule: Callable[[dict[str, Any]], Rule],
    ) -> None:
        self.params = params
        self._owner = owner
        self._checked = checked
        self._rule = rule
        self._set(checked(dict(settings)))

    def _set(self, settings: dict[str, Any]) -> None:
        changed()
        self.rule = rule = self._rule(settings)
        self.in_place = written(rule)
        self.apply: Update = rule.update
        if rule.settings:
            self.apply = functools.partial(rule.update, **rule.settings)
        self._settings = settings

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "in_place"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.in_place = written(self.rule)

    def rate(self, t: int) -> float:
        """The learning rate of step `t`, η(t)."""
        lr = self._settings["lr"]
        return check.rate_at(self._owner, lr, t)

    def replace(self, settings: Mapping[str, Any]) -> None:
        """Set several settings at once; all or, after an error, none."""
        for name in settings:
            if name not in self._settings:
                words = ", ".join(self._settings)
                raise ArgumentError(f"{self._owner}: it has no setting {name!r}, but {words}")
        self._set(self._checked({**self._settings, **settings}))

    def __getitem__(self, name: str) -> Any:
        return self.params if name == "params" else self._settings[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "params":
            raise ArgumentError(f"{self._owner}: use add_param_group to add parameters")
        self.replace({name: value})

    def __delitem__(self, name: str) -> None:
        raise ArgumentError(f"{self._owner}: the setting {name!r} cannot be deleted, only changed")

    def __iter__(self) -> Iterator[str]:
        yield "params"
        yield from self._settings

    def __len__(self) -> int:
        return 1 + len(self._settings)

    def __repr__(self) -> str:
        shapes = ", ".join(p.name or str(p.shape) for p in self.params)
        settings = ", ".join(f"{name}={value!r}" for name, value in self._settings.items())
        return f"ParamGroup([{shapes}], {settings})"


def as_groups(owner: str, params: Any) -> list[dict[str, Any]]:
    """The list of groups in what the user gave: parameters, or dicts of parameters."""
    entries = as_list(owner, params)
    if all(isinstance(entry, Mapping) for entry in entries):
        return [dict(entry) for entry in entries]
    if any(isinstance(entry, Mapping) for entry in entries):
        raise DTypeError(
            f"{owner}: params holds groups and Tensors side by side; make every entry a group: "
            f"{{'params': [tensor]}}"
        )
    return [{"params": entries}]


def as_list(owner: str, params: Any) -> list[Any]:
    """What the user gave as a list with something in it."""
    if isinstance(params, Tensor):
        raise DTypeError(
            f"{owner}: params is one Tensor of shape {params.shape}; give a list: [tensor]"
        )
    if hasattr(params, "parameters"):
        raise DTypeError(
            f"{owner}: params is a {type(params).__name__}; give its parameters: "
            f"{owner}(model.parameters(), …)"
        )
    if isinstance(params, (str, Mapping, np.ndarray)) or not isinstance(params, Iterable):
        raise DTypeError(
            f"{owner}: params is of type {type(params).__name__}; give a list of Tensors, or a "
            f"list of groups, each a dict with 'params' and settings"
        )
    entries = list(params)
    if not entries:
        raise ArgumentError(f"{owner}: there are no parameters; params is empty")
    return entries


def as_tensors(owner: str, params: Any) -> list[Tensor]:
    """The tensors in a list, or one tensor."""
    found = [params] if isinstance(params, Tensor) else as_list(owner, params)
    for i, p in enumerate(found):
        if not isinstance(p, Tensor):
            raise DTypeError(
                f"{owner}: entry {i} of params is of type {type(p).__name__}, not a Tensor; "
                f"named_parameters() gives pairs, parameters() what is needed here"
            )
    return found


def as_params(owner: str, params: Any, taken: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """The parameters of one group, each a leaf that requires a gradient and comes once."""
    seen = {id(p) for p in taken}
    found = as_tensors(owner, params)
    for i, p in enumerate(found):
        label = f"entry {i} of params (shape {p.shape}{f', {p.name!r}' if p.name else ''})"
        if not p.is_leaf:
            assert p.node is not None
            assert p.node.primitive is not None
            raise ArgumentError(
                f"{owner}: {label} is no leaf, it was computed by {p.node.primitive.name}; give "
                f"the tensors that it was computed from, or p.detach().requires_grad_()"
            )
        if not p.requires_grad:
            raise ArgumentError(
                f"{owner}: {label} does not require a gradient, so it would never change; make it "
                f"with requires_grad=True, or leave it out: [p for p in params if p.requires_grad]"
            )
        if id(p) in seen:
            raise ArgumentError(f"{owner}: {label} comes twice; each parameter may come once")
        if isinstance(p.data, np.ndarray) and not p.data.flags.writeable:
            raise ArgumentError(
                f"{owner}: {label} is in read-only memory and cannot be updated in place; make it "
                f"with a copy: Tensor(array, requires_grad=True)"
            )
        seen.add(id(p))
    return tuple(found)


def decay_groups(params: Iterable[Tensor], weight_decay: float) -> list[dict[str, Any]]:
    """Two parameter groups: the weights W with `weight_decay`, the offsets W0 without.

    Offsets, and the gains of normalization layers, are told from weights by their having fewer
    than two axes.

    Parameters
    ----------
    params : iterable of Tensor
    weight_decay : float
        The factor of W in the update.

    Returns
    -------
    list of dict
        For any optimizer of this package.

    Raises
    ------
    DTypeError, ArgumentError
        If `params` is no list of parameters, or `weight_decay` is out of range.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import SGD, decay_groups
    >>> W, W0 = ag.ones(3, 2, requires_grad=True), ag.zeros(2, requires_grad=True)
    >>> opt = SGD(decay_groups([W, W0], 0.01), lr=0.1)
    >>> [group["weight_decay"] for group in opt.param_groups]
    [0.01, 0.0]
    """
    factor = check.real("decay_groups", "weight_decay", weight_decay)
    found = as_params("decay_groups", params, ())
    groups = [
        {"params": [p for p in found if p.ndim >= 2], "weight_decay": factor},
        {"params": [p for p in found if p.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
