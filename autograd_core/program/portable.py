"""A program as a file that runs without this library."""

from __future__ import annotations

import ast
import dis
import inspect
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..errors import AutogradError, UnsupportedError
from ..tracing import as_array
from .places import is_generator

_TAIL = '''

def test():
    """Run once on the arguments of the trace, and compare with what came out then."""
    values = run({arguments})
    for i, value in enumerate(values[:{results}]):
        np.testing.assert_allclose(value, given[f"result_{{i}}"], rtol={tolerance}, atol=1e-30)
    for name, array in {cells}.items():
        np.testing.assert_allclose(array, given[f"after_{{name}}"], rtol={tolerance}, atol=1e-30)
    print("the program gives what it gave when it was written")


if __name__ == "__main__":
    test()
'''


def written(title: str, source: str, namespace: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The text of the file without its test, and the arrays that it reads.

    Parameters
    ----------
    title : str
        The docstring of the file.
    source : str
        Of the program.
    namespace : dict
        What the source finds by its names.
    """
    arrays: dict[str, Any] = {}
    heads: list[str] = []
    functions: list[str] = []
    done: set[str] = set()
    generators: dict[int, str] = {}
    for name, value in namespace.items():
        if isinstance(value, ModuleType):
            continue  # the source imports it
        if isinstance(value, np.ndarray):
            arrays[name] = value
            heads.append(f"{name} = given[{name!r}]")
        elif is_generator(getattr(value, "__self__", value)):
            heads += _generator(value, name, generators)
        elif hasattr(value, "source"):
            functions.append(value.source(name))
        elif isinstance(value, FunctionType):
            functions += _function(value, name, done)
        elif callable(value) and hasattr(value, "func"):  # a number that lives in a tensor
            arrays[name] = np.asarray(value())
            functions.append(f"def {name}():\n    return given[{name!r}][()]")
        else:
            raise UnsupportedError(
                f"save_source: the program uses {value!r}, which cannot be written to a file"
            )
    imports, _, rest = source.partition("\n\n")
    blocks = [
        f'"""{title}"""',
        f"from pathlib import Path\n\n{imports}",
        'given = dict(np.load(Path(__file__).with_suffix(".npz")))\n' + "\n".join(heads),
    ]
    text = "\n\n".join(blocks) + "\n"
    if functions:
        text += "\n\n" + "\n\n\n".join(functions) + "\n\n"
    return text + rest, arrays


def _generator(x: Any, name: str, known: dict[int, str]) -> list[str]:
    """The lines that make a generator in its state, or take a method of one."""
    owner, lines = getattr(x, "__self__", x), []
    if id(owner) not in known:
        known[id(owner)] = made = name if owner is x else f"{name}_generator"
        kind = type(owner.bit_generator).__name__
        lines = [
            f"{made} = np.random.Generator(np.random.{kind}())",
            f"{made}.bit_generator.state = {_state(owner.bit_generator.state)}",
        ]
    if owner is x:
        return lines if known[id(x)] == name else [f"{name} = {known[id(x)]}"]
    return [*lines, f"{name} = {known[id(owner)]}.{x.__name__}"]


def _state(x: Any) -> str:
    """The state of a generator as source: numbers, and arrays as lists."""
    if isinstance(x, dict):
        return "{" + ", ".join([f"{k!r}: {_state(v)}" for k, v in x.items()]) + "}"
    return f"np.array({x.tolist()}, np.{x.dtype.name})" if isinstance(x, np.ndarray) else repr(x)


def _function(f: Callable[..., Any], name: str, done: set[str]) -> list[str]:
    """The source of a function under a name, after that of what it calls."""
    if name in done:
        return []
    done.add(name)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(f)))
    except (OSError, TypeError, SyntaxError):
        tree = ast.Module([], [])
    found = next((n for n in tree.body if isinstance(n, ast.FunctionDef)), None)
    if found is None or f.__code__.co_freevars:
        raise UnsupportedError(
            f"save_source: {f.__name__} is a lambda or a closure, of which there is no source that "
            f"stands alone; make it a function at the top of a module"
        )
    found.name = name
    found.decorator_list = []
    found.returns = None
    for arg in (*found.args.args, *found.args.kwonlyargs, found.args.vararg, found.args.kwarg):
        if arg is not None:
            arg.annotation = None
    needed: list[str] = []
    for used in _globals_of(f):
        if used in f.__globals__ and used not in done:
            needed += _needed(f.__globals__[used], used, f, done)
    return [*needed, ast.unparse(found)]


def _globals_of(f: Callable[..., Any]) -> list[str]:
    """The names of globals that a function reads; its other names may be attributes."""
    codes = [f.__code__]
    for code in codes:  # also those of its comprehensions and inner functions
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    found = [i for code in codes for i in dis.get_instructions(code)]
    return list(dict.fromkeys([i.argval for i in found if i.opname == "LOAD_GLOBAL"]))


def _needed(value: Any, name: str, f: Callable[..., Any], done: set[str]) -> list[str]:
    """The source of something that a function finds among its globals."""
    if value is np:
        return []
    if isinstance(value, ModuleType):
        done.add(name)
        return [f"import {value.__name__} as {name}"]
    if value is as_array:  # there are no symbols there
        done.add(name)
        return [f"{name} = np.asarray"]
    if isinstance(value, type) and issubclass(value, AutogradError):
        done.add(name)
        base = next(b for b in value.__mro__ if b.__module__ == "builtins")
        return [f"{name} = {base.__name__}"]
    plain = inspect.unwrap(value) if callable(value) else value
    if isinstance(plain, FunctionType):
        return _function(plain, name, done)
    if isinstance(value, (int, float, str, tuple)):
        done.add(name)
        return [f"{name} = {value!r}"]
    raise UnsupportedError(
        f"save_source: {f.__name__} uses {name}, of type {type(value).__name__}, which cannot be "
        f"written to a file"
    )


def save(
    path: str | os.PathLike[str],
    text: str,
    arrays: dict[str, Any],
    arguments: list[Any],
    results: list[Any],
    cells: dict[str, Any],
) -> Path:
    """Write the program with its test to `path`, and the arrays to an ``.npz`` beside it."""
    file = Path(path)
    if file.suffix != ".py":
        raise UnsupportedError(f"save_source: {str(file)!r} does not end in .py")
    kinds = [np.asarray(a).dtype for a in (*results, *cells.values())]
    single = any([kind == np.float32 for kind in kinds])
    names = [f'given["argument_{i}"]' for i in range(len(arguments))]
    numbers = [isinstance(a, (int, float)) for a in arguments]
    tail = _TAIL.format(
        arguments=", ".join(
            [f"float({n})" if scalar else n for n, scalar in zip(names, numbers, strict=True)]
        ),
        results=len(results),
        cells="{" + ", ".join([f"{name!r}: {name}" for name in cells]) + "}",
        tolerance="1e-5" if single else "1e-12",
    )
    stored = {
        **arrays,
        **{f"argument_{i}": np.asarray(a) for i, a in enumerate(arguments)},
        **{f"result_{i}": np.asarray(r) for i, r in enumerate(results)},
        **{f"after_{name}": array for name, array in cells.items()},
    }
    np.savez(file.with_suffix(".npz"), **stored)
    file.write_text(text + tail, encoding="utf-8")
    return file
