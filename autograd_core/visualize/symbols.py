"""The chapter's symbols for what flows through a network: A⁰ = X, Z¹, A¹, …, loss.

l counts the modules that have a matrix of weights. What the l-th of them puts out is Zˡ, what
comes of that is Aˡ; normalization puts a hat on it, and dropout leaves the letter. A value for
which the chapter has no letter, such as the sum around a skip connection, has a prime.
"""

from __future__ import annotations

import re

from ..tensor import Tensor
from .flow import Flow
from .steps import Step, Stream

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HATS = {"A": "Â", "Z": "Ẑ"}

#: Operations after which Z is still a pre-activation.
_LINEAR = frozenset(
    ("add", "subtract", "negative", "matmul", "dot", "einsum", "tensordot", "inner", "sum", "mean",
     "transpose", "swapaxes", "moveaxis", "reshape", "ravel", "squeeze", "expand_dims",
     "broadcast_to", "concatenate", "stack", "getitem", "take", "pad", "repeat", "tile", "flip",
     "roll", "split", "clone", "alias")
)  # fmt: skip
_SCALING = ("multiply", "divide")


def sup(number: int) -> str:
    """A raised number: "¹²"."""
    return str(number).translate(_SUPERSCRIPT)


def sub(number: int | str) -> str:
    """A lowered number: "₁₂"."""
    return str(number).translate(_SUBSCRIPT)


class Symbols:
    """The names of values, of weights, and of what a block computes.

    Attributes
    ----------
    values : dict of Stream to str
    weights : dict of int to str
        By identity of the parameter.
    functions : dict of Step to str
        ``f¹`` for the activation of the first layer.
    """

    def __init__(self, flow: Flow, paths: dict[int, str]) -> None:
        self.values: dict[Stream, str] = {}
        self.weights: dict[int, str] = {}
        self.functions: dict[Step, str] = {}
        self._paths = paths
        self._place: dict[Stream, tuple[str, int]] = {}
        self._used: set[str] = set()
        self._layers = 0
        for i, stream in enumerate(flow.inputs, 1):
            many = len(flow.inputs) > 1
            self._name(stream, f"X{sub(i)}" if many else "A⁰", ("A", 0))
        if flow.target is not None:
            self._name(flow.target, "y", ("y", 0))
        for step in flow.steps:
            self._add(step)
        if flow.run.loss is not None:
            final = flow.steps[-1].outputs if flow.steps else []
            for stream in [s for s in flow.outputs if s.shape == ()] or final:
                if stream.node is flow.run.loss.node:
                    self.values[stream] = "loss"

    def _add(self, step: Step) -> None:
        places = [self._place[s] for s in step.inputs if s in self._place]
        layer = max([layer for _, layer in places], default=0)
        letters = [letter for letter, at in places if at == layer]
        letter = next((one for one in letters if "Z" in (one, _plain(one))), "A")
        kind = "" if step.call is None else type(step.call.module).__name__.lower()
        if step.call is not None and step.call.is_loss:
            for stream in step.outputs:
                self._name(stream, "loss", ("loss", 0))
        elif any(w.ndim == 2 for w in step.weights) and step.call is not None:
            self._layers = layer = self._layers + 1
            self._outputs(step, "Z" if _is_linear(step) else "A", layer)
        elif "norm" in kind:
            self._outputs(step, _HATS[_plain(letter)], layer)
        elif "dropout" in kind and len(step.inputs) == 1 == len(step.outputs):
            self._same(step)
        elif _is_linear(step, scaled=step.call is None) and kind != "identity":
            self._outputs(step, letter, layer)
        else:
            self._outputs(step, "A", layer)
            if _plain(letter) == "Z":
                self.functions[step] = self.values[step.outputs[0]].replace("A", "f", 1)
        for weight in step.weights:
            self._weigh(weight, layer, step)

    def _outputs(self, step: Step, letter: str, layer: int) -> None:
        many = len(step.outputs) > 1
        for i, stream in enumerate(step.outputs, 1):
            name = f"{letter}{sub(i) if many else ''}{sup(layer)}"
            self._name(stream, name, (letter, layer))

    def _same(self, step: Step) -> None:
        """Another value under the name that it had: A¹ ← A¹ * D¹."""
        (before,), (after,) = step.inputs, step.outputs
        symbol = self.values[after] = self.values.get(before, "A⁰")
        self._place[after] = _, layer = self._place.get(before, ("A", 0))
        if any(node.primitive is not None and node.primitive.name == "multiply"
               for node in step.nodes):  # fmt: skip
            self.functions[step] = f"{symbol} ∗ D{sup(layer)}"

    def _name(self, stream: Stream, name: str, place: tuple[str, int]) -> None:
        self.values[stream] = self._free(name)
        self._place[stream] = place

    def _free(self, name: str) -> str:
        while name in self._used:
            name += "′"
        self._used.add(name)
        return name

    def _weigh(self, weight: Tensor, layer: int, step: Step) -> None:
        """W¹ or W₀¹ for what its module calls W or W0; another name as it is."""
        if id(weight) in self.weights:
            return
        path = self._paths.get(id(weight), weight.name or "weight")
        name = path.rpartition(".")[2]
        short = re.fullmatch(r"([A-Za-z])_?(0?)", name)
        if short and step.call is not None and not step.call.is_loss:
            name = f"{short[1]}{sub(short[2])}{sup(layer)}"
        elif name in self._used:
            name = path
        self.weights[id(weight)] = self._free(name)


def _plain(letter: str) -> str:
    return {"Â": "A", "Ẑ": "Z"}.get(letter, letter)


def _is_linear(step: Step, scaled: bool = True) -> bool:
    """Whether a block only adds, arranges and, if `scaled`, multiplies; a mask is no scale."""
    names = [node.primitive.name for node in step.nodes if node.primitive is not None]
    allowed = _LINEAR.union(_SCALING) if scaled else _LINEAR
    return bool(names) and allowed.issuperset(names)
