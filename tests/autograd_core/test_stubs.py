"""The stub of Tensor's methods: it is what the registry says, and what Tensor has."""

from __future__ import annotations

import ast
import inspect
import runpy
from pathlib import Path
from typing import Any

import numpy as np

from autograd_core import Tensor
from autograd_core.binding import OPERATORS
from autograd_core.primitive import FUNCTIONS

ROOT = Path(__file__).parent.parent.parent
TREE = ast.parse((ROOT / "autograd_core" / "_methods.pyi").read_text(encoding="utf-8"))
(CLASS,) = [node for node in TREE.body if isinstance(node, ast.ClassDef)]
METHODS = {node.name: node for node in CLASS.body if isinstance(node, ast.FunctionDef)}


def test_stub_is_current() -> None:
    """The committed stub is what the tool writes: ``python tools/make_stubs.py``."""
    made = runpy.run_path(str(ROOT / "tools" / "make_stubs.py"))
    assert made["stub"]() == (ROOT / "autograd_core" / "_methods.pyi").read_text(encoding="utf-8")


def test_stub_lists_what_is_attached() -> None:
    """Every method and operator that binding attaches is in the stub, and nothing else."""
    attached = {m for f in FUNCTIONS.values() for m in f.methods} | set(OPERATORS)
    assert attached <= set(METHODS)
    for name in METHODS:
        assert name in vars(Tensor), f"{name} is no attribute of Tensor"
    own = {name for name, value in vars(Tensor).items() if is_bound_late(name, value)}
    assert own == set(METHODS)


def is_bound_late(name: str, value: Any) -> bool:
    """Whether a callable of the class is not defined in its own file."""
    code = getattr(value.fget if isinstance(value, property) else value, "__code__", None)
    if name == "__hash__":
        return True
    late = code is not None and not code.co_filename.endswith("tensor.py")
    return late or name == "__setitem__"


def test_parameters_agree() -> None:
    """A method's parameters in the stub have the names, the order and the defaults of ours."""
    for public in FUNCTIONS.values():
        for method in public.methods:
            given = list(inspect.signature(public.function).parameters.values())[1:]
            if any(p.kind is p.VAR_KEYWORD for p in given) or method == "__getitem__":
                continue  # handed on to NumPy's, or another spelling; brackets take one index
            node = METHODS[method].args
            names = [a.arg for a in (*node.posonlyargs, *node.args)][1:]
            names += [node.vararg.arg] if node.vararg else []
            names += [a.arg for a in node.kwonlyargs]
            assert names == [p.name for p in given], method
            defaults = [*node.defaults, *[d for d in node.kw_defaults if d is not None]]
            expected = [p.default for p in given if p.default is not p.empty]
            assert [ast.literal_eval(d) for d in defaults] == expected, method


def test_methods_of_arrays_are_methods_of_tensors() -> None:
    """What a NumPy user reaches for first is there."""
    names = """
        all any argmax argmin argsort astype clip copy cumsum diagonal dot fill flatten item max
        mean min prod ravel repeat reshape round shape size sort squeeze std sum swapaxes take
        tolist trace transpose var T mT dtype ndim nbytes itemsize
    """
    for name in names.split():
        assert hasattr(np.ndarray, name)
        assert hasattr(Tensor, name), name
