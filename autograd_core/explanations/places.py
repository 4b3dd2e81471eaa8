"""Where in the user's program a node is: its name, its operation, its module, its line of code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..graph import Leaf, Node
from ..lines import short, text_at
from ..scopes import scopes
from ..visualize.labels import operation_title
from ..visualize.wording import shorten, visible


def safe(text: Any, limit: int = 60) -> str:
    """A name or a line of the user's, without what would act on the text around it."""
    return shorten(visible(str(text)), limit)


def name_of(node: Node) -> str | None:
    """The name that the user, or a module, gave to the tensor at a node."""
    name = node.name
    if isinstance(node, Leaf):
        owner = node.owner()
        name = name if owner is None else owner.name or name
    return None if not name else safe(name, 40)


def operation_of(node: Node) -> str:
    """The operation in a word: ``relu``, ``matmul``, ``multiply``."""
    return "leaf" if node.primitive is None else safe(node.primitive.name, 40)


def line_of(node: Node) -> str | None:
    """``file.py:12`` of the line that recorded the node, if that was kept."""
    return None if node.extra is None else node.extra.line


def line_words(line: str | None) -> str:
    """A kept line for a reader: the file's last name, the number, and the code where it is known.

    Examples
    --------
    >>> line_words("project/train.py:12")
    'train.py:12'
    >>> line_words("ipykernel_7/2655011431.py:2")
    'notebook cell:2'
    """
    if not line:
        return ""
    code = code_of(line)
    return safe(short(line), 48) + (f"  `{code}`" if code else "")


def code_of(line: str | None) -> str:
    """The text of a kept line."""
    return safe(text_at(line), 80)


class Places:
    """Words for the nodes of one graph.

    Parameters
    ----------
    order : sequence of Node
        All of them, inputs first.
    names : dict of Node to str, optional
        What to call nodes that have no name of their own.
    """

    def __init__(self, order: Sequence[Node], names: dict[Node, str] | None = None) -> None:
        self._modules = _modules(order)
        self._names = names or {}

    def name(self, node: Node) -> str | None:
        return name_of(node) or self._names.get(node)

    def module(self, node: Node) -> str | None:
        """The module that the node was recorded in, by its path and class: ``2 (Linear)``."""
        return self._modules.get(node)

    def short(self, node: Node) -> str:
        """The symbol of the node in a path."""
        name = self.name(node)
        if isinstance(node, Leaf):
            return name or f"parameter {node.shape}"
        symbol, words = operation_title(node)
        given = words.partition(" ")[2] if words.partition(" ")[0].isalpha() else words
        symbol = operation_of(node) if len(symbol) == 1 and symbol == "σ" else symbol
        text = f"{symbol} {given}" if "=" in given and len(given) < 16 else symbol
        return safe(f"{name} = {text}" if name else text, 40)

    def long(self, node: Node) -> str:
        """The node in a sentence: operation, module and line."""
        name = self.name(node)
        if isinstance(node, Leaf):
            return f"{name or 'the parameter'} of shape {node.shape}"
        words = operation_of(node)
        symbol = operation_title(node)[0]
        if len(symbol) > 1 and symbol != words and not symbol.isalpha() and symbol[0] in "+−×÷^":
            words = f"{words} ({safe(symbol, 24)})"
        if name:
            words += f", which made {name}"
        module = self.module(node)
        if module:
            words += f" in {module}"
        line = line_words(line_of(node))
        return f"{words}, at {line}" if line else words

    def path(self, nodes: Sequence[Node], most: int = 14) -> str:
        """The nodes of a path, `w` first; those of one module in brackets, the middle left out."""
        words: list[str] = []
        module: str | None = None
        inside: list[str] = []

        def close() -> None:
            if inside:
                parts = f" [{' '.join(_folded(inside))}]" if len(inside) > 1 else ""
                words.append(f"{module}{parts}")
                inside.clear()

        kept = _ends(nodes, 400)
        for node in kept:
            here = None if node is None else self.module(node)
            if here is None or here != module:
                close()
            module = here
            text = "…" if node is None else self.short(node)
            if here is None:
                words.append(text)
            else:
                inside.append(text)
        close()
        words = _folded(words)
        if len(words) > most:
            half = most // 2
            left_out = len(words) - 2 * half
            many = f"… {left_out + max(0, len(nodes) - len(kept)):,} more …"
            words = [*words[:half], many, *words[-half:]]
        return " → ".join(words)


def _ends(nodes: Sequence[Node], most: int) -> list[Node | None]:
    if len(nodes) <= most:
        return list(nodes)
    return [*nodes[: most // 2], None, *nodes[-most // 2 :]]


def _folded(words: Iterable[str]) -> list[str]:
    """``tanh ×12`` for twelve in a row."""
    runs: list[tuple[str, int]] = []
    for word in words:
        if runs and runs[-1][0] == word:
            runs[-1] = (word, runs[-1][1] + 1)
        else:
            runs.append((word, 1))
    return [word if n == 1 else f"{word} (×{n})" for word, n in runs]


def _modules(order: Sequence[Node]) -> dict[Node, str]:
    """For each node inside of a module's call the words of the innermost one."""
    calls = []
    for node in order:
        if getattr(node, "scope", None) is not None:
            calls += [(scope.module, _inside(node, scope.inputs)) for scope in scopes(node)]
    names = _names([module for module, _ in calls])
    found: dict[Node, str] = {}
    for module, nodes in sorted(calls, key=lambda call: -len(call[1])):
        for node in nodes:
            found[node] = names[id(module)]
    return found


def _inside(end: Node, inputs: Sequence[Node | None]) -> list[Node]:
    """The operations from the inputs of a call to its end."""
    seen: set[Node | None] = {None, *inputs}
    found = []
    stack: list[Node] = [end]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if node.primitive is not None:
                found.append(node)
                stack += [p for p in node.parents if p is not None]
    return found


def _names(modules: Sequence[Any]) -> dict[int, str]:
    """Each module's path in the outermost module that holds it, and its class."""
    names: dict[int, str] = {}
    distinct = list({id(m): m for m in modules}.values())
    paths: dict[int, str] = {}
    for module in distinct:
        inner = module.named_modules() if hasattr(module, "named_modules") else [("", module)]
        for path, child in inner:
            if len(path) > len(paths.get(id(child), "")):
                paths[id(child)] = path
    for module in distinct:
        kind, path = safe(type(module).__name__, 30), paths.get(id(module), "")
        names[id(module)] = f"{safe(path, 40)} ({kind})" if path else kind
    return names
