"""The base of the optimizers: it applies a rule, which is a pure function, to the parameters.

A rule says by how much a weight changes; every rule has the form ``W ← W − step``. Here is what
rules have in common: groups, state, memory, errors. See `Optimizer` for how to write one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_core import (
    TRACES,
    ArgumentError,
    CheckpointError,
    Tensor,
    UnsupportedError,
    as_one,
    cell,
    changed,
    depends,
    doing,
    is_tracing,
    snapshot,
)

from . import _blocks
from . import _checks as check
from ._blocks import contiguous, state_for, update_in_blocks, update_in_place
from ._state import as_state_dict, read_state_dict
from .groups import ParamGroup, Rule, as_groups, as_params

Params = Iterable[Tensor] | Iterable[dict[str, Any]]


class Optimizer:
    """Base of the optimizers.

    A subclass gives two functions of its settings: `checked`, which refuses what is out of range,
    and `rule`, which says how a weight moves. The base class does the rest.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        The leaves to update; or groups: dicts with ``"params"`` and the settings in which the
        group differs from the others.
    settings : dict
        The settings of groups that do not give their own; ``"lr"`` is among them.

    Attributes
    ----------
    param_groups : list of ParamGroup
        ``opt.param_groups[0]["lr"] = 0.01`` changes a setting of a group.
    state : dict of Tensor to dict
        For each parameter that was updated: ``"t"``, how often, and the arrays of the rule.
    t : int
        How many steps were taken.
    lr : float or callable
        The learning rate of the first group; assigning it changes every group.

    Raises
    ------
    ArgumentError
        For settings out of range, no parameters at all, a parameter that is no leaf, requires no
        gradient, comes twice or is read-only.
    DTypeError
        For a bare tensor, or something that is no tensor.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim.groups import Rule
    >>> class SignDescent(Optimizer):
    ...     "W ← W − η sign(∂L/∂W)"
    ...
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     @classmethod
    ...     def rule(cls, settings):
    ...         return Rule(lambda w, g, *, t, lr: (lr * ag.sign(g), ()), {}, {})
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> opt = SignDescent([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([0.5, 1.5], shape=(2,), dtype=float64, requires_grad=True)
    """

    def __init__(self, params: Params, settings: Mapping[str, Any]) -> None:
        self.param_groups: list[ParamGroup] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.t = 0
        self._defaults = dict(settings)
        self._change = f"{type(self).__name__}.step"
        for group in as_groups(type(self).__name__, params):
            self.add_param_group(group)

    # -- what a subclass says ----------------------------------------------------------------

    @classmethod
    def checked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings with plain Python numbers, or an `ArgumentError`."""
        return {**settings, "lr": check.rate(cls.__name__, settings["lr"])}

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        """The update rule that follows from checked settings."""
        raise NotImplementedError(f"{cls.__name__} has no update rule")

    # -- what users call ---------------------------------------------------------------------

    def step(self) -> None:
        """Update every parameter that has a gradient: ``W ← W − step``.

        Gradients are left as they are; call `zero_grad` before the next backward pass.
        """
        if TRACES and is_tracing():
            with doing(type(self).__name__):
                self._traced_step()
            return
        t = self.t + 1
        # A schedule may fail: all are asked before anything is changed.
        rates = [group.rate(t) for group in self.param_groups]
        state, change, ndarray = self.state, self._change, np.ndarray
        for group, lr in zip(self.param_groups, rates, strict=True):
            update, starts = group.apply, group.rule.state
            in_place, known, kind = group.in_place, 0, None
            for p in group.params:
                gradient = p.grad
                if gradient is None:
                    changed()
                    continue
                memory = state.get(p)
                if memory is None:
                    memory = state[p] = {"t": 0}
                memory["t"] = steps = memory["t"] + 1
                w, g = p.data, gradient.data
                old = state_for(memory, starts, w) if starts else ()
                array = type(w) is ndarray
                if array and in_place is not None:
                    if steps != known or w.dtype is not kind:
                        known, kind = steps, w.dtype
                        constants = in_place.constants(steps, lr, kind)
                    update_in_place(in_place.apply, w, g, old, constants)
                    p.touched(change)
                    continue
                if array and w.size > _blocks.BLOCK and contiguous(w, *old):
                    update_in_blocks(update, w, g, old, steps, lr)
                    p.touched(change)
                    continue
                if old:
                    step, new = update(w, g, *old, t=steps, lr=lr)
                    for place, value in zip(old, new, strict=True):
                        np.copyto(place, value)  # the array stays: programs know it
                else:
                    step = update(w, g, t=steps, lr=lr)[0]
                if array:
                    w -= step
                    p.touched(change)
                else:
                    p.assign(w - step, change)
        self.t = t

    def _traced_step(self) -> None:
        """`step` while a program is written: the counts and rates are asked for at every run."""
        moved = [[p for p in group.params if p.grad is not None] for group in self.param_groups]
        fresh = [p for params in moved for p in params if p not in self.state]
        for p in fresh:
            self.state[p] = {"t": 0}
        for group, params in zip(self.param_groups, moved, strict=True):
            for p in params:
                state_for(self.state[p], group.rule.state, p.data)
        numbers = iter(as_one(_Clock(self, moved)))
        depends(self, _settings)
        for group, params in zip(self.param_groups, moved, strict=True):
            starts = group.rule.state
            lr = next(numbers)
            steps = {count: next(numbers) for count in _counts([self.state[p] for p in params])}
            for p in params:
                memory = self.state[p]
                w, g = p.data, p.grad.data  # type: ignore[union-attr]
                kept = zip(starts, state_for(memory, starts, w), strict=True)
                old = [cell(a, f"{p.name or 'state'}_{name}") for name, a in kept]
                step, new = group.apply(w, g, *old, t=steps[memory["t"]], lr=lr)
                for array, value in zip(old, new, strict=True):
                    np.copyto(array, value)
                if w.shape:
                    w -= step
                else:
                    p.assign(w - step, self._change)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for group in self.param_groups:
            for p in group.params:
                p.grad = None

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own.

        Parameters
        ----------
        group : mapping
            ``"params"``, and the settings in which the group differs from the optimizer's.

        Raises
        ------
        ArgumentError, DTypeError
            As the class; nothing is added then.
        """
        owner = type(self).__name__
        given = dict(group)
        if "params" not in given:
            raise ArgumentError(f"{owner}: a parameter group has no 'params', but {list(given)}")
        taken = [p for known in self.param_groups for p in known.params]
        params = as_params(owner, given.pop("params"), taken)
        made = ParamGroup(owner, params, self._defaults, self.checked, self.rule)
        made.replace(given)
        self.param_groups.append(made)

    @property
    def lr(self) -> check.Rate:
        return self.param_groups[0]["lr"]  # type: ignore[no-any-return]

    @lr.setter
    def lr(self, value: check.Rate) -> None:
        check.rate(type(self).__name__, value)
        for group in self.param_groups:
            group["lr"] = value

    def rates(self) -> list[float]:
        """The learning rate of each group in the last step, or in the first before any step."""
        return [group.rate(max(self.t, 1)) for group in self.param_groups]

    def latex(self, numbers: bool = False) -> str:
        """The equations of one step, found by running the update rule on symbols.

        Parameters
        ----------
        numbers : bool
            The settings and η(t) of the next step as the numbers that they are.

        Returns
        -------
        str
            LaTeX without dollars; of several groups, the equations in which they differ too.

        Examples
        --------
        >>> import autograd_core as ag
        >>> from optim import SGD
        >>> w = ag.tensor(1.0, requires_grad=True)
        >>> SGD([w], lr=0.1).latex()
        'W_t = W_{t-1} - \\\\eta \\\\, g_t'
        >>> SGD([w], lr=0.1).latex(numbers=True)
        'W_t = W_{t-1} - 0.1 \\\\, g_t'
        """
        from .formulas import latex_of

        return latex_of(self, numbers)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the settings and the state, for `autograd_core.save`.

        Parameters are told by their position. A schedule is stored as its words only: an
        optimizer that is to go on with it must be made with it.

        Returns
        -------
        dict
            ``"kind"``, ``"t"``, ``"param_groups"`` and ``"state"``.
        """
        return as_state_dict(type(self).__name__, self.t, self.param_groups, self.state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the settings and the state of a `state_dict`, so that training goes on.

        Raises
        ------
        CheckpointError
            If it is of another optimizer, or groups, shapes, dtypes or settings do not fit;
            nothing is changed then.
        """
        t, settings, memory = read_state_dict(type(self).__name__, state, self.param_groups)
        before = [dict(group) for group in self.param_groups]
        try:
            for group, new in zip(self.param_groups, settings, strict=True):
                group.replace(new)
            self._fits(memory)
        except (ArgumentError, CheckpointError) as error:
            for group, old in zip(self.param_groups, before, strict=True):
                old.pop("params")
                group.replace(old)
            raise CheckpointError(f"{type(self).__name__}.load_state_dict: {error}") from None
        self.t = t
        self.state = memory
        changed()

    def _fits(self, memory: Mapping[Tensor, Mapping[str, Any]]) -> None:
        """Raise unless each state has exactly the arrays of its group's rule."""
        for group in self.param_groups:
            wanted = {"t", *group.rule.state}
            for p in group.params:
                found = set(memory.get(p, wanted))
                if found != wanted:
                    raise CheckpointError(
                        f"the state of a parameter of shape {p.shape} holds {sorted(found)}, and "
                        f"the rule has {sorted(wanted)}"
                    )

    def __repr__(self) -> str:
        groups = "".join(f"\n  {group!r}" for group in self.param_groups)
        return f"{type(self).__name__}(t={self.t},{groups}\n)"


class _Clock:
    """Advances the counts of an optimizer and gives its rates: what a program asks for a step."""

    def __init__(self, optimizer: Optimizer, moved: list[list[Tensor]]) -> None:
        self.optimizer = optimizer
        state = optimizer.state
        self.groups = [
            (group, [state[p] for p in params])
            for group, params in zip(optimizer.param_groups, moved, strict=True)
        ]
        chosen = {id(p) for params in moved for p in params}
        self.others = [
            p for group in optimizer.param_groups for p in group.params if id(p) not in chosen
        ]

    @property
    def outputs(self) -> list[str]:
        """The names of what a call gives, for the source of a program."""
        return [n for _, memories in self.groups for n in ("lr", *["t"] * len(_counts(memories)))]

    def state(self) -> Any:
        """What a run changes, for `restore`."""
        return self.optimizer.t, [[m["t"] for m in memories] for _, memories in self.groups]

    def restore(self, state: Any) -> None:
        """Go back to an earlier `state`."""
        self.optimizer.t, counts = state
        for (_, memories), steps in zip(self.groups, counts, strict=True):
            for memory, t in zip(memories, steps, strict=True):
                memory["t"] = t

    def source(self, name: str) -> str:
        """A function that does the same from here on, as Python source without this library."""
        numbers = []
        for group, memories in self.groups:
            if callable(group["lr"]):
                raise UnsupportedError(
                    f"save_source: the learning rate of the {type(self.optimizer).__name__} is the "
                    f"schedule {group['lr']!r}, which needs this library; set a number: "
                    f"optimizer.lr = {group.rate(self.optimizer.t + 1):g}"
                )
            numbers.append((group["lr"], _counts(memories)))
        return "\n".join(
            [
                f"{name}_groups = {numbers!r}  # of each: the learning rate, and the steps taken",
                "",
                "",
                f"def {name}():",
                '    """Count a step; for each group its learning rate and its counts."""',
                "    numbers = []",
                f"    for rate, counts in {name}_groups:",
                "        counts[:] = [t + 1 for t in counts]",
                "        numbers += [rate, *counts]",
                "    return tuple(numbers)",
            ]
        )

    def __call__(self) -> tuple[float, ...]:
        """For each group η(t), and then each count that some of its parameters have."""
        if len(self.groups) == 1 and not self.others:  # the usual one, without detours
            group, memories = self.groups[0]
            lr, before = group._settings["lr"], memories[0]["t"] if memories else -1
            if type(lr) is float and not [m for m in memories if m["t"] != before]:
                for memory in memories:
                    memory["t"] = before + 1
                self.optimizer.t += 1
                return lr, before + 1
        return self._general()

    def _general(self) -> tuple[float, ...]:
        t = self.optimizer.t + 1
        rates = [group.rate(t) for group, _ in self.groups]  # all, before anything is changed
        numbers: list[float] = []
        for (_, memories), lr in zip(self.groups, rates, strict=True):
            steps = 0
            for memory in memories:
                memory["t"] = steps = memory["t"] + 1
            numbers.append(lr)
            same = bool(memories) and not any([m["t"] != steps for m in memories])
            numbers += [steps] if same else _counts(memories)
        self.optimizer.t = t
        if self.others:
            self._leave_behind()
        return tuple(numbers)

    def _leave_behind(self) -> None:
        """Say so if parameters fell behind others, which programs take for granted."""
        known = self.optimizer.state
        top = max([known[p]["t"] if p in known else 0 for p in self.others])
        if any([memory["t"] - 1 <= top for _, memories in self.groups for memory in memories]):
            changed()


def _settings(optimizer: Optimizer) -> Any:
    """What an optimizer was told, for programs: a change makes them look again."""
    marks = []
    for group in optimizer.param_groups:
        steps = [optimizer.state.get(p, {"t": 0})["t"] for p in group.params]
        order = sorted(set(steps))
        memories = [optimizer.state.get(p, {}) for p in group.params]
        arrays = [memory[name] for memory in memories for name in memory if name != "t"]
        settings = {name: group[name] for name in group if name != "lr"}  # asked at every run
        marks.append(snapshot((settings, [order.index(t) for t in steps], arrays)))
    return marks


def _counts(memories: list[dict[str, Any]]) -> list[int]:
    """The different numbers of steps that parameters have taken, in ascending order."""
    return sorted({memory["t"] for memory in memories})
