"""The names in a source, and the lines that are done once before any run."""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

#: Names that are not given to values.
_RESERVED = {*keyword.kwlist, *dir(builtins), "np", "run", *"hikn", "half"}

#: Constants as they are written in the setup.
_CONSTANT = re.compile(r"np\.(array|ones|zeros|full|arange)\(|math\.")

#: Stands behind another name for a buffer.
SAME = "  # the same memory"

#: An array of at most so many different numbers is written out.
_SHORT = 8


class Vocabulary:
    """Hands out names, each once.

    Attributes
    ----------
    namespace : dict
        The arrays and functions that the source finds by their names.
    setup : list of str
        What is done once, in order: constants, buffers, views.
    """

    def __init__(self) -> None:
        self.setup: list[str] = []
        self.namespace: dict[str, Any] = {"np": np}
        self._imported: list[str] = []
        self._static: set[str] = set()
        self._taken = set(_RESERVED)
        self._functions: dict[tuple[int, str], str] = {}
        self._constants: dict[Any, str] = {}

    @property
    def heads(self) -> list[str]:
        """The imports, and short names for NumPy's functions."""
        lines = ["import math"] if "math" in self.namespace else []
        lines.append("import numpy as np")
        names = sorted([name for name in self._imported if "=" not in name])
        if names:
            lines += _wrapped("from numpy import ", names)
        methods = [name for name in self._imported if "=" in name]
        return [*lines, "", *methods, *[""][: len(methods)]]

    def ordered(self) -> list[str]:
        """The setup: constants, then memory, then what shows it, each followed by a blank line."""
        parts: dict[int, list[str]] = {0: [], 1: [], 2: []}
        for line in self.setup:
            text = line.partition(" = ")[2]
            is_memory = text.startswith("np.empty(") or text.endswith(SAME)
            parts[0 if _CONSTANT.match(text) else 1 if is_memory else 2].append(line)
        return [line for part in parts.values() if part for line in (*part, "")] or [""]

    def unique(self, wish: str) -> str:
        """A name that is not taken yet, near to a wish such as ``"0.W"``."""
        base = re.sub(r"\W+", "_", wish).strip("_") or "v"
        if base[0].isdigit():  # the path of a layer goes behind
            path, _, last = base.rpartition("_")
            base = f"{last}_{path}" if last and not last[0].isdigit() else f"v{base}"
        name, n = base, 1
        while name in self._taken:
            n += 1
            name = f"{base}_{n}"
        self._taken.add(name)
        return name

    def given(self, name: str, value: Any) -> str:
        """A name for something that is handed to the source from outside."""
        self.namespace[name] = value
        self._static.add(name)
        return name

    def once(self, name: str, text: str) -> str:
        """A name for something that is computed once."""
        self.setup.append(f"{name} = {text}")
        self._static.add(name)
        return name

    def is_static(self, name: str) -> bool:
        """Whether a name stands for the same array at every run."""
        return name in self._static

    def function(self, f: Callable[..., Any]) -> str:
        """The name under which the source calls a function."""
        owner = getattr(f, "__self__", None)  # methods of ufuncs are made anew each time
        key = (id(owner), f.__name__) if isinstance(owner, np.ufunc) else (id(f), "")
        if key not in self._functions:
            self._functions[key] = self._function(f)
        return self._functions[key]

    def _function(self, f: Callable[..., Any]) -> str:
        owner = getattr(f, "__self__", None)
        label = getattr(f, "__name__", type(f).__name__)
        if isinstance(owner, np.ufunc):
            name = self.unique(f"{owner.__name__}_{label}")
            return self._numpy(name, f"{name} = np.{owner.__name__}.{label}")
        if getattr(np, label, None) is f:
            name = self.unique(label)
            return self._numpy(name, name if name == label else f"{name} = np.{label}")
        path = f"{getattr(f, '__module__', '')}.{label}"
        if path.startswith("numpy.") and _found(path) is f:  # as in numpy.linalg
            return self.once(self.unique(label), f"np.{path.partition('.')[2]}")
        if getattr(math, label, None) is f:
            self.namespace["math"] = math
            return self.once(self.unique(label), f"math.{label}")
        if getattr(builtins, label, None) is f:
            return str(label)
        return self.given(self.unique(label.strip("_").lower()), f)

    def _numpy(self, name: str, line: str) -> str:
        self._imported.append(line)
        self._static.add(name)
        return name

    def constant(self, number: Any, dtype: np.dtype[Any]) -> str:
        """The name of a number as an array of no dimension, which ufuncs take fastest."""
        key = (repr(number), dtype)
        if key not in self._constants:
            plain = _shortest(number, dtype)
            words = re.sub(r"[^0-9a-z]+", "_", repr(plain).lower().replace("-", "minus_"))
            name = self.unique(f"c_{words}")
            self._constants[key] = self.once(name, f"np.array({_number(plain)}, np.{dtype.name})")
        return self._constants[key]

    def literal(self, array: Any, wish: str) -> str | None:
        """The name of an array of constants that can be written down; None of one that cannot."""
        if array.dtype.kind not in "fiub" or not array.dtype.isnative:
            return None
        kind, shape, what = f"np.{array.dtype.name}", array.shape, filling(array)
        if what == "places":
            text = f"np.arange({array.size}, dtype={kind})"
        elif what == "filled":
            number = _number(_shortest(array.flat[0], array.dtype))
            text = f"np.full({shape}, {number}, {kind})"
        elif what:
            text = f"np.{what}({shape}, {kind})"
        elif 0 < array.size <= _SHORT and np.isfinite(array).all():
            text = f"np.array({array.tolist()!r}, {kind})"
        else:
            return None
        return self.once(self.unique(wish or what or "a"), text)


def is_numpys(x: Any) -> bool:
    """Whether it is a function or type that NumPy names, or a method of a ufunc."""
    named = getattr(np, getattr(x, "__name__", ""), None) is x
    return callable(x) and (named or isinstance(getattr(x, "__self__", None), np.ufunc))


def _found(path: str) -> Any:
    """What NumPy has under a path such as ``numpy.linalg.norm``."""
    found: Any = np
    for part in path.split(".")[1:]:
        found = getattr(found, part, None)
    return found


def filling(array: Any) -> str:
    """What an array holds, if it is simple: ``ones``, ``zeros``, ``filled``, ``places``."""
    if type(array) is not np.ndarray or not array.ndim or array.dtype.kind not in "fiub":
        return ""
    if not array.size:
        return ""
    first = array.flat[0]
    if (array == first).all() and not (first == 0 and np.signbit(first)):
        return {0: "zeros", 1: "ones"}.get(first.item(), "filled")
    is_range = array.ndim == 1 and np.array_equal(array, np.arange(array.size))
    return "places" if is_range else ""


def _shortest(number: Any, dtype: np.dtype[Any]) -> Any:
    """The plain number with no more digits than the dtype tells apart."""
    plain = number.item() if isinstance(number, np.generic) else number
    if isinstance(plain, float) and dtype == np.float32:
        plain = float(str(np.float32(plain)))
    return plain


def _number(plain: Any) -> str:
    return repr(plain) if np.isfinite(plain) else f"float({str(plain)!r})"


def _wrapped(head: str, names: list[str]) -> list[str]:
    """An import on one line, or in brackets with a name a line."""
    line = head + ", ".join(names)
    if len(line) <= 100:
        return [line]
    return [f"{head}(", *[f"    {name}," for name in names], ")"]
