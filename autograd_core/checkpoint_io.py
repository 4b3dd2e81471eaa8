"""Files of arrays and plain values, without pickle: loading one runs no code.

A file is a zip archive of one ``.npy`` an array and a ``tree.json`` that says where each belongs.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from .dtypes import check_dtype
from .errors import CheckpointError
from .tensor import Tensor

_FORMAT = "autograd-core"
_VERSION = 1


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
        For a value of another type, naming its place; nothing is written then.

    Examples
    --------
    >>> import autograd_core as ag, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "state.agc")
    >>> ag.save(path, {"w": ag.Tensor([1.0, 2.0]), "step": 3})
    >>> ag.load(path)
    {'w': array([1., 2.]), 'step': 3}
    """
    arrays: list[Any] = []
    encoded = _encode(tree, arrays, "")
    head = {"format": _FORMAT, "version": _VERSION, "tree": encoded}
    target = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise CheckpointError(f"save: {target} cannot be written ({error.strerror})") from None
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("tree.json", json.dumps(head))
            for i, array in enumerate(arrays):
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, array, allow_pickle=False)
                z.writestr(f"{i}.npy", buffer.getvalue())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


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
    target = Path(path)
    try:
        with zipfile.ZipFile(target) as z:
            head = json.loads(z.read("tree.json"))
            if head.get("format") != _FORMAT or head.get("version", 0) > _VERSION:
                raise CheckpointError(
                    f"load: {target} is of format {head.get('format')!r} version "
                    f"{head.get('version')!r}; this library reads {_FORMAT!r} up to {_VERSION}"
                )
            return _decode(head["tree"], z)
    except CheckpointError:
        raise
    except FileNotFoundError:
        raise CheckpointError(f"load: {target} does not exist") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"load: {target} is damaged or no file of this library ({error})"
        ) from None


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
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else ["float", repr(value)]
    if isinstance(value, dict):
        items = [
            [
                _encode(k, arrays, f"a key of {place or 'the dict'}"),
                _encode(v, arrays, f"{place}[{k!r}]"),
            ]
            for k, v in value.items()
        ]
        return ["dict", items]
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, [_encode(v, arrays, f"{place}[{i}]") for i, v in enumerate(value)]]
    raise CheckpointError(
        f"save: {place or 'the value'} is a {type(value).__name__}; only dicts, lists, tuples, "
        f"tensors, arrays, numbers, strings and None can be saved"
    )


def _decode(value: Any, archive: zipfile.ZipFile) -> Any:
    if not isinstance(value, list):
        return value
    kind, content = value
    if kind == "array":
        buffer = io.BytesIO(archive.read(f"{content}.npy"))
        array = np.lib.format.read_array(buffer, allow_pickle=False)
        return array if array.ndim else array[()]
    if kind == "float":
        return float(content)
    if kind == "dict":
        return {_decode(k, archive): _decode(v, archive) for k, v in content}
    items = [_decode(v, archive) for v in content]
    return tuple(items) if kind == "tuple" else items
