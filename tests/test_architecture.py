"""Who may import whom: read from the source of every module, and enforced.

The core is a stack of layers; `nn` and `optim` stand on its public names, side by side. An
exception is listed here with its reason, or it is a mistake.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import autograd_core
from autograd_core.graph import Leaf, Node

ROOT = Path(__file__).parent.parent
PACKAGES = ("autograd_core", "nn", "optim")

#: From the ground up; a layer may import what lies below it when it is itself imported.
LAYERS = (
    ("errors", "graph", "lines", "_methods"),
    ("versions", "packages", "elsewhere", "dtypes", "modes"),
    ("tracing",),
    ("tensor",),
    ("broadcasting", "constructors", "inplace", "scopes"),
    ("primitive",),
    ("rules",),
    ("ops",),
    ("walks",),
    ("binding", "custom_function"),
    ("traced",),
    ("transforms",),
    ("gradient_check",),
)
#: Hang beside the stack: they import it, and nothing in it imports them.
BESIDE = ("program", "visualize", "derivations", "explanations", "checkpoint_io")

#: Imports inside functions that go up or sideways, by (importer, imported).
LAZY = {
    ("rules", "ops"): "the rules of reductions are written in the library's own functions",
    ("binding", "visualize"): "what a notebook shows of a tensor is drawn when it is shown",
    ("rules", "walks"): "the jvp of a custom primitive is a walk over its vjp",
}
#: Imports at the end of a module, once it holds all that the other one asks of it.
LATE: dict[tuple[str, str], str] = {}
#: Functions of nn and optim that have the name of a rule, and are none.
NO_RULES = {
    ("nn.module", "backward"): "the chapter's interface; it asks the engine for the gradient",
}

#: Modules of nn and optim that declare derivatives, and whose they are.
DECLARING = {
    "nn.hand_written": "the user's: it hands on what an object's own methods answer",
}

RUNTIME_DEPENDENCIES = {"numpy", "graphviz"}


@dataclass(frozen=True)
class Import:
    """One imported module or name, and when it is imported."""

    module: str
    name: str | None
    line: int
    when: str  # "import", "call" (inside a function) or "never" (for type checkers only)


@cache
def modules() -> dict[str, Path]:
    """Every module of the three packages, by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> tuple[Import, ...]:
    """All that `module` imports, relative names resolved."""
    return tuple(_imports(module, tree(module), "import"))


def _imports(module: str, node: ast.AST, when: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, None, child.lineno, when)
        elif isinstance(child, ast.ImportFrom):
            base = _resolve(module, child)
            for alias in child.names:
                inner = f"{base}.{alias.name}"
                is_module = inner in modules()
                yield Import(
                    inner if is_module else base,
                    None if is_module and child.level else alias.name,
                    child.lineno,
                    when,
                )
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            yield from _imports(module, ast.Module(child.body, []), "never")
            yield from _imports(module, ast.Module(child.orelse, []), when)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imports(module, child, "call" if when == "import" else when)
        else:
            yield from _imports(module, child, when)


def _resolve(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    if modules()[module].name != "__init__.py":
        parts = parts[:-1]
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def part(module: str) -> str:
    """Which part of its package a module is: ``ops`` for ``autograd_core.ops.shape``."""
    return (*module.split("."), "__init__")[1]


def rank(name: str) -> int:
    return next(i for i, layer in enumerate(LAYERS) if name in layer)


def within(package: str) -> list[str]:
    return [m for m in modules() if m.split(".")[0] == package]


CORE = [m for m in within("autograd_core") if m != "autograd_core"]
ABOVE = [*within("nn"), *within("optim")]


# -- the core ------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", CORE)
def test_every_module_of_the_core_has_a_place(module: str) -> None:
    """A module is in one layer or beside them; a new one has to be placed."""
    places = [name for layer in LAYERS for name in layer] + list(BESIDE)
    assert places.count(part(module)) == 1, f"give {part(module)!r} a place in LAYERS or BESIDE"


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_downwards(module: str) -> None:
    """When it is imported a layer needs lower ones only; upward imports wait and have reasons."""
    here = part(module)
    for found in imports(module):
        there = part(found.module)
        if found.module.split(".")[0] != "autograd_core" or found.when == "never" or there == here:
            continue
        place = f"{module}, line {found.line}: imports {found.module}"
        assert there != "__init__", f"{place}: name the module that has it"
        if here in BESIDE:
            continue
        upward = there in BESIDE or rank(there) >= rank(here)
        lazily = found.when == "call" and (here, there) in LAZY
        assert not upward or lazily, f"{place}, which is not below it"


def test_graph_imports_nothing_of_ours() -> None:
    """The graph stands on NumPy alone."""
    ours = [i for i in imports("autograd_core.graph") if i.module.split(".")[0] in PACKAGES]
    assert {i.when for i in ours} <= {"never"}


def test_listed_exceptions_exist() -> None:
    """An exception that nobody needs any more is taken off the lists."""
    lazy = {(part(m), part(i.module)) for m in CORE for i in imports(m) if i.when == "call"}
    assert set(LAZY) <= lazy
    assert all(late in {i.module for i in imports(m)} for m, late in LATE)
    assert all(f"def {name}(" in modules()[m].read_text("utf-8") for m, name in NO_RULES)
    assert all("custom" in {i.name for i in imports(m)} for m in DECLARING)


def test_no_import_is_circular() -> None:
    """Imported in the order of their needs, no module waits for itself."""
    needs = {
        m: {
            i.module
            for i in imports(m)
            if i.when == "import" and i.module in modules() and (m, i.module) not in LATE
        }
        for m in modules()
    }
    TopologicalSorter(needs).prepare()


@pytest.mark.parametrize("module", modules())
def test_no_module_is_imported_by_its_text(module: str) -> None:
    """What the other tests cannot see, an import by a string, is the package's own lazy one."""
    called = {
        ast.unparse(node.func).split(".")[-1]
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
    }
    allowed = {"import_module"} if module == "autograd_core" else set()
    assert called & {"import_module", "__import__"} <= allowed


# -- nn and optim --------------------------------------------------------------------------------


@cache
def public_names() -> set[str]:
    """The names that ``autograd_core/__init__.py`` offers: those imported ``x as x``."""
    aliases = [
        alias
        for node in ast.walk(tree("autograd_core"))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    return {a.asname for a in aliases if a.asname and not a.asname.startswith("_")}


def test_public_names_exist() -> None:
    """Every public name can be had from the package, those that are loaded late too."""
    assert all(hasattr(autograd_core, name) for name in public_names())


@pytest.mark.parametrize("module", ABOVE)
def test_nn_and_optim_use_public_names_only(module: str) -> None:
    """`from autograd_core import x` or `import autograd_core as ag`; no submodule, no _name."""
    used: set[str] = set()
    for found in imports(module):
        if found.module.split(".")[0] == "autograd_core":
            assert found.module == "autograd_core", f"line {found.line}: {found.module}"
            used |= {found.name} - {None}
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "autograd_core"
    }
    used |= {
        node.attr
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in aliases
    }
    assert used <= public_names()


@pytest.mark.parametrize("module", ABOVE)
def test_nn_and_optim_keep_out_of_tensors(module: str) -> None:
    """No underscored attribute of a Tensor or a Node is read or set."""
    inside = {
        name
        for cls in (autograd_core.Tensor, Node, Leaf)
        for name in dir(cls)
        if name.startswith("_") and not name.startswith("__")
    } - {
        node.name
        for other in within(module.split(".")[0])
        for node in ast.walk(tree(other))
        if isinstance(node, ast.FunctionDef)
    }
    touched = {
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute)
        and node.attr in inside
        and ast.unparse(node.value) not in ("self", "cls")
    }
    assert not touched


@pytest.mark.parametrize("module", ABOVE)
def test_nn_and_optim_do_not_know_each_other(module: str) -> None:
    """Neither imports the other; a training loop takes any object that has a Module's methods."""
    own = module.split(".")[0]
    others = {i.module.split(".")[0] for i in imports(module)} & {"nn", "optim"}
    assert others <= {own}


@pytest.mark.parametrize("module", ABOVE)
def test_nn_and_optim_hold_no_gradient_rule(module: str) -> None:
    """Derivatives are declared in the core; here everything is composed from its functions."""
    rules = {"backward", "_backward", "vjp", "_vjp", "jvp", "_jvp", "pullback"}
    defined = {
        (module, node.name)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef) and node.name in rules
    }
    assert defined <= set(NO_RULES)
    names = {n.id for n in ast.walk(tree(module)) if isinstance(n, ast.Name)}
    attributes = {n.attr for n in ast.walk(tree(module)) if isinstance(n, ast.Attribute)}
    declaring = {"Function", "custom"} & {i.name for i in imports(module)}
    assert not declaring or module in DECLARING
    assert "Function" not in names | attributes


# -- all three -----------------------------------------------------------------------------------


@cache
def extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["optional-dependencies"]


@pytest.mark.parametrize("module", modules())
def test_errors_name_extras_that_exist(module: str) -> None:
    """``MissingExtraError(package, extra, …)`` names an extra that can be installed."""
    named = {
        ast.literal_eval(node.args[1])
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("MissingExtraError")
    }
    assert named <= set(extras())


@pytest.mark.parametrize("module", modules())
def test_only_runtime_dependencies_are_imported_at_once(module: str) -> None:
    """NumPy, and graphviz for pictures; an extra is imported where it is used, and is declared."""
    declared = {
        requirement.split("[")[0].split(">")[0].split("=")[0].lower()
        for group in extras().values()
        for requirement in group
    }
    known = sys.stdlib_module_names | RUNTIME_DEPENDENCIES | set(PACKAGES)
    for found in imports(module):
        name = found.module.split(".")[0]
        if name not in known:
            assert found.when != "import", f"line {found.line}: {name} is an extra"
            assert name.lower() in declared, f"line {found.line}: {name} is in no extra"
        if name == "graphviz":
            assert part(module) == "visualize"


@pytest.mark.parametrize("module", modules())
def test_every_module_says_what_it_is(module: str) -> None:
    """Each module opens with a docstring."""
    assert ast.get_docstring(tree(module))


def test_pictures_of_trainings_are_loaded_on_first_use() -> None:
    """``import optim`` loads none of `optim.plots`, which is there when it is asked for."""
    code = (
        "import sys, optim\n"
        "assert not [m for m in sys.modules if m.startswith('optim.plots')]\n"
        "assert callable(optim.plots.plot_learning_curves)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
