"""Optimizers' state as plain nested dicts, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_core import CheckpointError, DTypeError, ShapeError, Tensor

from .data import as_array
from .groups import ParamGroup


def as_state_dict(
    kind: str, t: int, groups: Sequence[ParamGroup], state: Mapping[Tensor, Mapping[str, Any]]
) -> dict[str, Any]:
    """Copies of settings and of what each group's rule uses; parameters by their position.

    What a rule does not use, left from other settings, is left out; what it has not made yet is
    there with the values that it starts from, and all in the dtype of the parameter.
    """
    described = []
    memory = {}
    place = 0
    for group in groups:
        settings = {name: value for name, value in group.items() if name != "params"}
        if callable(settings["lr"]):
            settings["lr"] = {"schedule": repr(settings["lr"])}
        places = list(range(place, place + len(group.params)))
        place += len(group.params)
        described.append({"params": places, **settings})
        for i, p in zip(places, group.params, strict=True):
            if p in state:
                memory[str(i)] = {"t": state[p]["t"]} | {
                    name: np.array(state[p].get(name, np.full(p.shape, start)), p.dtype)
                    for name, start in group.rule.state.items()
                }
    return {"kind": kind, "t": t, "param_groups": described, "state": memory}


def read_state_dict(
    kind: str, given: Mapping[str, Any], groups: Sequence[ParamGroup]
) -> tuple[int, list[dict[str, Any]], dict[Tensor, dict[str, Any]]]:
    """The steps, the settings of each group and a copy of the state, checked against `groups`.

    Raises
    ------
    CheckpointError
        If it does not fit.
    DTypeError
        For masked arrays.
    """
    where = f"{kind}.load_state_dict"
    keys = {"kind", "t", "param_groups", "state"}
    if not isinstance(given, Mapping) or set(given) != keys:
        found = sorted(given) if isinstance(given, Mapping) else type(given).__name__
        raise CheckpointError(f"{where}: got {found}; a state_dict has {sorted(keys)}")
    if given["kind"] != kind:
        raise CheckpointError(f"{where}: this is the state of {given['kind']}, not of {kind}")
    saved = _groups(where, given["param_groups"])
    sizes = [len(group["params"]) for group in saved]
    if sizes != [len(group.params) for group in groups]:
        raise CheckpointError(
            f"{where}: the state has groups of {sizes} parameters, the optimizer of "
            f"{[len(group.params) for group in groups]}"
        )
    params = [p for group in groups for p in group.params]
    memory = {}
    for key, entries in _mapping(where, "state", given["state"]).items():
        if str(key) not in {str(i) for i in range(len(params))}:
            raise CheckpointError(f"{where}: there is no parameter {key!r}")
        entries = _mapping(where, f"the state of parameter {key}", entries)
        memory[params[int(key)]] = _entries(where, params[int(key)], entries)
    settings = [_settings(where, new, old) for new, old in zip(saved, groups, strict=True)]
    return _steps(where, given["t"]), settings, memory


def _mapping(where: str, what: str, value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise CheckpointError(f"{where}: {what} is of type {type(value).__name__}, not a dict")
    return value


def _groups(where: str, saved: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(saved, (list, tuple)):
        raise CheckpointError(
            f"{where}: param_groups is of type {type(saved).__name__}, not a list of dicts"
        )
    for i, group in enumerate(saved):
        found = _mapping(where, f"group {i}", group).get("params")
        if not isinstance(found, (list, tuple, np.ndarray)):
            raise CheckpointError(f"{where}: the 'params' of group {i} are {found!r}, not a list")
    return saved


def _steps(where: str, t: Any) -> int:
    if isinstance(t, bool) or not hasattr(t, "__index__") or int(t) < 0:
        raise CheckpointError(f"{where}: t is {t!r}; it must be an integer >= 0")
    return int(t)


def _settings(where: str, new: Mapping[str, Any], old: ParamGroup) -> dict[str, Any]:
    settings = {name: value for name, value in new.items() if name != "params"}
    if set(settings) != set(old) - {"params"}:
        raise CheckpointError(
            f"{where}: a group has the settings {sorted(settings)}, the optimizer "
            f"{sorted(set(old) - {'params'})}"
        )
    lr = settings["lr"]
    if isinstance(lr, Mapping):
        if not callable(old["lr"]):
            raise CheckpointError(
                f"{where}: it was saved with the schedule {lr.get('schedule')}, which is not "
                f"stored; make the optimizer with this schedule as lr, then load"
            )
        del settings["lr"]
    return settings


def _entries(where: str, p: Tensor, entries: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of one parameter's state."""
    copied: dict[str, Any] = {}
    for name, value in entries.items():
        if name == "t":
            copied[name] = _steps(where, value)
            continue
        try:
            # Updates go through flat views, which arrays in another order do not have.
            array = np.array(as_array(value), order="C")
        except DTypeError as error:
            raise DTypeError(f"{where}: {name!r}: {error}") from None
        except ShapeError as error:
            raise CheckpointError(f"{where}: {name!r}: {error}") from None
        if array.shape != p.shape or array.dtype != p.dtype:
            raise CheckpointError(
                f"{where}: {name!r} has shape {array.shape} and dtype {array.dtype}, its parameter "
                f"has shape {p.shape} and dtype {p.dtype}"
            )
        copied[name] = array if p.shape else array[()]
    return copied
