"""Write ``autograd_core/_methods.pyi``: the methods of Tensor, for editors and type checkers.

Run from the root of the repository::

    python tools/make_stubs.py

The methods, their parameters and the first line of their docstrings come from the registry of
functions; the types come from the names of the parameters, by the tables below.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "autograd_core" / "_methods.pyi"
sys.path.insert(0, str(ROOT))

from autograd_core.binding import OPERATORS  # noqa: E402
from autograd_core.primitive import FUNCTIONS  # noqa: E402

HEADER = '''\
"""The methods of Tensor. Written by tools/make_stubs.py: change the registry instead."""

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from .tensor import Tensor

Operand = Tensor | ArrayLike
Axis = int | Sequence[int] | None
Shape = int | Sequence[int]

class TensorMethods:
    """Base of Tensor: the methods and operators that the registry declares."""

    __slots__ = ()
'''

#: The types of parameters, by name.
TYPES = {
    "a_max": "Operand | None",
    "a_min": "Operand | None",
    "axis": "Axis",
    "axis1": "int",
    "axis2": "int",
    "copy": "bool",
    "correction": "int | None",
    "ddof": "int",
    "decimals": "int",
    "descending": "bool",
    "dtype": "DTypeLike",
    "indices": "Tensor | ArrayLike",
    "indices_or_sections": "int | Sequence[int]",
    "keepdims": "bool",
    "max": "Operand | None",
    "min": "Operand | None",
    "offset": "int",
    "ord": "float | str | None",
    "order": "str",
    "repeats": "int | Sequence[int]",
    "shape": "Shape",
}
#: The same, of one method.
OWN_TYPES = {
    ("cumsum", "axis"): "int | None",
    ("log_softmax", "axis"): "int",
    ("repeat", "axis"): "int | None",
    ("reshape", "shape"): "Shape",
    ("softmax", "axis"): "int",
    ("sort", "axis"): "int | None",
    ("split", "axis"): "int",
    ("take", "axis"): "int | None",
    ("transpose", "axes"): "int | Sequence[int] | None",
}
#: Of functions that hand their arguments on to NumPy's as they are.
HANDED_ON = {
    "all": "self, axis: Axis = None, out: None = None, keepdims: bool = False",
    "any": "self, axis: Axis = None, out: None = None, keepdims: bool = False",
    "argmax": "self, axis: int | None = None, out: None = None, *, keepdims: bool = False",
    "argmin": "self, axis: int | None = None, out: None = None, *, keepdims: bool = False",
    "argsort": "self, axis: int | None = -1, kind: str | None = None",
}
RETURNS = {"split": "list[Tensor]"}

#: Written by hand in `binding`, with their types.
BY_HAND = '''\
    @property
    def T(self) -> Tensor:
        """The axes reversed."""

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""

    def backward(
        self,
        gradient: Operand | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Compute the gradients of this tensor and add them to ``grad`` of the leaves."""

    def fill(self, value: Operand) -> None:
        """Set every element in place; outside of the graph or inside no_grad() only."""

    def __getitem__(self, index: Any) -> Tensor: ...
    def __setitem__(self, index: Any, value: Operand) -> None: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __contains__(self, item: object) -> bool: ...
    def __round__(self, decimals: int = 0) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __hash__(self) -> int: ...
    def __dir__(self) -> list[str]: ...
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any: ...
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any: ...
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]: ...
'''


def parameters(method: str, function: Callable[..., Any]) -> str:
    """The parameter list of a method, with types."""
    if method in HANDED_ON:
        return HANDED_ON[method]
    parts = ["self"]
    given = list(inspect.signature(function).parameters.values())[1:]
    starred = False
    for i, p in enumerate(given):
        kind = OWN_TYPES.get((method, p.name)) or TYPES.get(p.name, "Operand")
        if p.kind is p.VAR_KEYWORD:
            if method != "clip":
                raise TypeError(f"{method}: keywords of any name cannot be typed")
            parts += ["*", "min: Operand | None = None", "max: Operand | None = None"]
            continue
        if p.kind is p.VAR_POSITIONAL:
            starred = True
            parts.append(f"*{p.name}: {kind}")
            continue
        if p.kind is p.KEYWORD_ONLY and not starred:
            starred = True
            parts.append("*")
        shown = json.dumps(p.default) if isinstance(p.default, str) else repr(p.default)
        default = "" if p.default is p.empty else f" = {shown}"
        parts.append(f"{p.name}: {kind}{default}")
        if p.kind is p.POSITIONAL_ONLY and (
            i + 1 == len(given) or given[i + 1].kind is not p.POSITIONAL_ONLY
        ):
            parts.append("/")
    return ", ".join(parts)


def written(name: str, signature: str, returns: str, doc: str) -> str:
    """One method, on one line or with one line for each parameter."""
    head = f"    def {name}({signature}) -> {returns}:"
    if len(head) > 100:
        lines = "".join(f"        {part},\n" for part in signature.split(", "))
        head = f"    def {name}(\n{lines}    ) -> {returns}:"
    return f'{head}\n        """{doc}"""\n'


def first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def stub() -> str:
    """The text of the stub."""
    blocks = []
    methods = {m: f.function for f in FUNCTIONS.values() for m in f.methods}
    for method, function in sorted(methods.items()):
        if not method.startswith("__"):
            returns = RETURNS.get(method, "Tensor")
            blocks.append(
                written(method, parameters(method, function), returns, first_line(function))
            )
    lines = []
    for name in sorted(OPERATORS):
        returns = "tuple[Tensor, Tensor]" if "divmod" in name else "Tensor"
        reason = ""
        if name in ("__eq__", "__ne__"):  # object's answer bools
            reason = "  # type: ignore[override]"
        lines.append(f"    def {name}(self, other: Operand, /) -> {returns}: ...{reason}\n")
    return HEADER + "\n" + "\n".join(blocks) + "\n" + BY_HAND + "".join(lines)


if __name__ == "__main__":
    TARGET.write_text(stub(), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(stub().splitlines())} lines")
