"""docs/differences.md is true: each name, argument, default and choice in it is the code's."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import nn
import optim
from autograd_core import Tensor

DOCS = Path(__file__).parent.parent / "docs"
TEXT = (DOCS / "differences.md").read_text(encoding="utf-8")
COLUMNS = 5
PACKAGES = {"ag": "autograd_core", "nn": "nn", "optim": "optim"}

SPAN = re.compile(r"`([^`]*)`")
NAMED = re.compile(r"(?P<path>(?:ag|nn|optim)(?:\.\w+)+)(?:\((?P<arguments>\w+(?:, \w+)*)\))?")
CHOICE = re.compile(r"(?P<argument>\w+)=(?P<value>.+)")


class Row(NamedTuple):
    """One difference."""

    where: str
    textbook: str
    usual: str
    here: str
    default: str


def table() -> list[list[str]]:
    """The cells of all lines of the table, headings and the line below them included."""
    lines = [line for line in TEXT.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


HEADINGS, RULE, *CELLS = table()
ROWS = [Row(*cells) for cells in CELLS if len(cells) == COLUMNS]


def named(text: str) -> list[tuple[str, list[str]]]:
    """The things of the packages in a cell, each with the arguments in its parentheses."""
    matches = [NAMED.fullmatch(span) for span in SPAN.findall(text)]
    return [(m["path"], re.findall(r"\w+", m["arguments"] or "")) for m in matches if m]


def choices(text: str) -> dict[str, list[Any]]:
    """The values that a cell gives to each argument, in their order."""
    found: dict[str, list[Any]] = {}
    for span in SPAN.findall(text):
        if match := CHOICE.fullmatch(span):
            found.setdefault(match["argument"], []).append(ast.literal_eval(match["value"]))
    return found


def thing(path: str) -> Any:
    """What a dotted name means."""
    package, *names = path.split(".")
    return reduce(getattr, names, importlib.import_module(PACKAGES[package]))


def parameters(path: str) -> dict[str, inspect.Parameter]:
    return {n: p for n, p in inspect.signature(thing(path)).parameters.items() if n != "self"}


ARGUMENTS = [
    pytest.param(row, path, argument, id=f"{row.where}: {path}({argument})")
    for row in ROWS
    for path, arguments in named(row.here)
    for argument in arguments
]


def test_it_is_one_table_in_the_order_of_the_chapter() -> None:
    """Every line has five cells, none empty, and no two of a place say the same."""
    assert len(HEADINGS) == COLUMNS
    assert set("".join(RULE)) == {"-"}
    assert {len(cells) for cells in CELLS} == {COLUMNS}
    assert all(all(row) for row in ROWS)
    assert len({row[:2] for row in ROWS}) == len(ROWS)
    sections = [re.match(r"[0-9.]*[0-9]", row.where) for row in ROWS]
    order = [[int(part) for part in m[0].split(".")] for m in sections if m]
    assert order == sorted(order)


def test_what_has_to_be_there_is_there() -> None:
    """Each section of the chapter with formulas has rows, and each choice of the design has one."""
    assert {row.where[0] for row in ROWS} >= set("12345678")
    paths = {(path, a) for row in ROWS for path, arguments in named(row.here) for a in arguments}
    assert paths >= {
        ("nn.Linear", "init"),
        ("nn.Linear", "init_offset"),
        ("nn.SquaredLoss", "reduction"),
        ("optim.SGD", "momentum_form"),
        ("optim.SGD", "weight_decay"),
        ("optim.Adadelta", "variant"),
        ("optim.Adam", "eps_inside_sqrt"),
        ("optim.fit", "drop_last"),
        ("nn.Dropout", "p"),
        ("nn.Dropout", "scaling"),
        ("nn.BatchNorm", "eps_inside_sqrt"),
        ("nn.BatchNorm", "momentum"),
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.where)
def test_names_exist(row: Row) -> None:
    """Whatever a cell names in code can be had under that name, and nothing is misspelt."""
    for cell in row:
        for path, arguments in named(cell):
            assert thing(path) is not None
            assert set(arguments) <= set(parameters(path)), path
    known = {name for _, arguments in named(row.here) for name in arguments}
    assert row.here == "—" or named(row.here)
    assert set(choices(row.default)) <= known, "a value of an argument that is not in the row"


@pytest.mark.parametrize(("row", "path", "argument"), ARGUMENTS)
def test_defaults(row: Row, path: str, argument: str) -> None:
    """The first value that a row gives is the default; without one the argument is required."""
    default = parameters(path)[argument].default
    given = choices(row.default).get(argument)
    if default is inspect.Parameter.empty:
        assert given is None
        assert "required" in row.default
        return
    assert given is not None, f"the row does not give the default of {argument}"
    assert given[0] == default
    assert type(given[0]) is type(default)


def test_required_arguments_are_named_in_their_order() -> None:
    """Where the order matters, the one in the row is the signature's."""
    for loss in ("SquaredLoss", "HingeLoss", "NLL", "NLLM"):
        assert list(parameters(f"nn.{loss}.forward")) == ["guess", "actual"]
    assert list(parameters("nn.Module.backward")) == ["u", "v", "dL_dv"]
    assert list(parameters("nn.Module.weight_grad")) == ["u", "dL_dv"]


def _weight() -> Tensor:
    return Tensor([1.0, 2.0], requires_grad=True)


def _fitted(**options: Any) -> Any:
    model = nn.Linear(2, 1, rng=0)
    X, y = np.ones((3, 2)), np.ones((3, 1))
    update = optim.SGD(model.parameters(), lr=0.1)
    return optim.fit(
        model, nn.SquaredLoss(), update, X, y, epochs=1, batch_size=2, progress=False, **options
    )


#: The things with choices, made with as little as they need beside the choice.
MADE = {
    "nn.Linear": lambda **k: nn.Linear(2, 3, rng=0, **k),
    "nn.BatchNorm": lambda **k: nn.BatchNorm(2, **k),
    "nn.Dropout": nn.Dropout,
    "optim.SGD": lambda **k: optim.SGD([_weight()], lr=0.1, momentum=0.9, **k),
    "optim.Adam": lambda **k: optim.Adam([_weight()], **k),
    "optim.AdamW": lambda **k: optim.AdamW([_weight()], **k),
    "optim.Adadelta": lambda **k: optim.Adadelta([_weight()], **k),
    "optim.RMSprop": lambda **k: optim.RMSprop([_weight()], **k),
    "optim.EarlyStopping": optim.EarlyStopping,
    "optim.fit": _fitted,
    "optim.MiniBatches": lambda **k: optim.MiniBatches([[1.0], [2.0]], [0, 1], 2, **k),
}
CHOICES = [
    pytest.param(path, argument, value, id=f"{path}({argument}={value!r})")
    for path, argument, value in sorted(
        {
            (path, argument, value)
            for row in ROWS
            for path, arguments in named(row.here)
            for argument in arguments
            for value in choices(row.default).get(argument, [])[1:]
        },
        key=str,
    )
]


@pytest.mark.parametrize(("path", "argument", "value"), CHOICES)
def test_what_else_may_be_chosen_is_taken(path: str, argument: str, value: Any) -> None:
    """Every further value of a row is accepted, and is another than the default."""
    make = MADE.get(path, thing(path))
    assert make(**{argument: value}) is not None
    assert parameters(path)[argument].default != value


def test_a_choice_that_does_not_exist_is_refused() -> None:
    """So that the test above proves something: names are checked when the thing is made."""
    for path, argument in (
        ("nn.Linear", "init"),
        ("nn.Dropout", "scaling"),
        ("optim.SGD", "momentum_form"),
        ("optim.Adadelta", "variant"),
        ("optim.fit", "mode"),
    ):
        with pytest.raises(ValueError, match="nonsense"):
            MADE[path](**{argument: "nonsense"})
