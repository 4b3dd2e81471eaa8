"""Files of arrays and plain values, without pickle: loading one runs no code.

A file is a zip archive of one ``.npy`` an array and a ``tree.json`` that says where each belongs.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import zipfile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from .dtypes import check_dtype, holds
from .errors import CheckpointError
from .tensor import Tensor

_FORMAT = "autograd-core"
_VERSION = 1
#: Below what Python reads back from decimal digits (``sys.get_int_max_str_digits``).
_MOST_BITS = 10_000


def save(path: str | os.PathLike[str], tree: Any) -> None:
    """Write nested dicts, lists and tuples of tensors, arrays, numbers and strings to a file.

    The file appears complete or not at all: an existing one is replaced only at the end.

    Parameters
    ----------
    path : path-like
    tree : dict, list, tuple, Tensor, ndarray, number, str, bool or None
        Such as ``{"model": model.state_dict(), "optimizer": optimizer.state_dict()}``.

    Raises
    ------
    CheckpointError
        For a value of another type, naming its place, and for a path that cannot be written;
        nothing is written then.

    Examples
    --------
    >>> import autograd_core as ag, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "state.agc")
    >>> ag.save(path, {"w": ag.Tensor([1.0, 2.0]), "step": 3})
    >>> ag.load(path)
    {'w': array([1., 2.]), 'step': 3}
    """
    target = _as_path(path, "save")
    arrays: list[Any] = []
    try:
        encoded = _encode(tree, arrays, "")
        head = json.dumps({"format": _FORMAT, "version": _VERSION, "tree": encoded})
    except RecursionError:
        raise CheckpointError(
            "save: the value holds itself or is nested too deeply; save a flatter dict"
        ) from None
    temporary = target.parent / f".{target.name}.{secrets.token_hex(8)}"
    try:
        try:
            with open(temporary, "xb") as f, zipfile.ZipFile(f, "w", zipfile.ZIP_DEFLATED) as z:
                z.writestr("tree.json", head)
                for i, array in enumerate(arrays):
                    buffer = io.BytesIO()
                    np.lib.format.write_array(buffer, array, allow_pickle=False)
                    z.writestr(f"{i}.npy", buffer.getvalue())
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = getattr(error, "strerror", None) or error
        raise CheckpointError(f"save: {target} cannot be written ({reason})") from None


def load(path: str | os.PathLike[str]) -> Any:
    """Read a file that `save` wrote; tensors come back as arrays.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    The tree that was saved.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or of another kind.
    """
    target = _as_path(path, "load")
    try:
        with zipfile.ZipFile(target) as z:
            head = json.loads(z.read("tree.json"))
            version = head.get("version")
            if head.get("format") != _FORMAT or not (
                type(version) is int and 1 <= version <= _VERSION
            ):
                raise CheckpointError(
                    f"load: {target} is of format {head.get('format')!r} version {version!r}; "
                    f"this library reads {_FORMAT!r} up to {_VERSION}"
                )
            return _decode(head["tree"], z)
    except CheckpointError:
        raise
    except FileNotFoundError:
        raise CheckpointError(f"load: {target} does not exist") from None
    except Exception as error:  # what wrong bytes make of zipfile, zlib, json and NumPy's header
        raise CheckpointError(
            f"load: {target} is damaged or no file of this library "
            f"({type(error).__name__}: {error})"
        ) from None


def _as_path(path: Any, where: str) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise CheckpointError(f"{where}: {path!r} is not a path; give a str or a Path") from None


def _encode(value: Any, arrays: list[Any], place: str) -> Any:
    """JSON for a value; what JSON lacks is a list that starts with a tag."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Tensor):
        value = value.data
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        check_dtype(array, f"save: {place or 'the value'}")
        arrays.append(np.ascontiguousarray(array) if array.ndim else array)
        return ["array", len(arrays) - 1]
    if isinstance(value, int):
        if value.bit_length() > _MOST_BITS:
            raise CheckpointError(
                f"save: {place or 'the value'} is an integer of {value.bit_length()} bits; at most "
                f"{_MOST_BITS} can be saved"
            )
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else ["float", repr(value)]
    if isinstance(value, dict):
        items = []
        for k, v in value.items():
            if holds(k, Tensor):
                raise CheckpointError(
                    f"save: a key of {place or 'the dict'} is a tensor, which would come back as "
                    f"an array that is no key; use its name"
                )
            key = _encode(k, arrays, f"a key of {place or 'the dict'}")
            items.append([key, _encode(v, arrays, f"{place}[{k!r}]")])
        return ["dict", items]
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, [_encode(v, arrays, f"{place}[{i}]") for i, v in enumerate(value)]]
    raise CheckpointError(
        f"save: {place or 'the value'} is a {type(value).__name__}; only dicts, lists, tuples, "
        f"tensors, arrays, numbers, strings and None can be saved"
    )


def _decode(value: Any, archive: zipfile.ZipFile) -> Any:
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    kind, content = value
    if kind == "array" and type(content) is int:
        return _read_array(f"{content}.npy", archive)
    if kind == "float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if kind == "dict" and isinstance(content, list):
        return {_decode(k, archive): _decode(v, archive) for k, v in content}
    if kind in ("list", "tuple") and isinstance(content, list):
        items = [_decode(v, archive) for v in content]
        return tuple(items) if kind == "tuple" else items
    raise ValueError(f"an unknown entry {kind!r} of type {type(content).__name__}")


def _read_array(entry: str, archive: zipfile.ZipFile) -> Any:
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"{entry} is an array of format {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        given = archive.getinfo(entry).file_size - file.tell()
    check_dtype(np.empty(0, dtype), entry)
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != given:
        raise ValueError(f"{entry} says shape {shape} of {dtype} and holds {given} bytes")
    with archive.open(entry) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    return array if array.ndim else array[()]
