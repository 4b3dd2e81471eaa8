"""What a module holds: parameters, buffers and other modules, under the names of attributes.

There is no registry beside the attributes that could disagree with them. So a subclass may set
attributes at any time, and a forgotten ``super().__init__()`` does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, cast

from numpy.typing import ArrayLike

from autograd_core import ArgumentError, DTypeError, GraphError, Tensor, changed

from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module


class Contents:
    """The part of `Module` that is about its attributes."""

    _path: str = ""
    _buffers: tuple[str, ...] = ()
    #: Names that every module has; filled in by `nn.module`.
    _reserved: ClassVar[frozenset[str]] = frozenset()

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, with their names."""
        for name, value in list(vars(self).items()):
            if isinstance(value, Contents):
                yield name, cast("Module", value)
            elif isinstance(value, (list, tuple, dict)) and value and name[0] != "_":
                self._refuse_hidden(name, value)

    def _refuse_hidden(self, name: str, values: Any) -> None:
        """A list of modules would not be trained, without a word: refuse it."""
        found = [v for v in _within(values, nested=True) if isinstance(v, (Contents, Parameter))]
        if not found:
            return
        known = {id(value) for value in vars(self).values()}
        for value in found:
            if id(value) not in known:
                raise ArgumentError(
                    f"{type(self).__name__}.{name} is a {type(vars(self)[name]).__name__} that "
                    f"holds a {type(value).__name__} which is no attribute of the module, so its "
                    f"weights would be neither trained nor saved; use ModuleList, ModuleDict or "
                    f"Sequential, or give the attribute a name that begins with _"
                )

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside, each once, with their paths; this one's path is ``""``."""
        return self._walk(prefix, set())

    def _walk(self, path: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
        if id(self) not in seen:
            seen.add(id(self))
            yield path, cast("Module", self)
            for name, child in self.named_children():
                yield from child._walk(join(path, name), seen)

    def modules(self) -> Iterator[Module]:
        """This module and all inside, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths; one that is shared appears once, where it is first.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> [name for name, _ in net.named_parameters()]
        ['0.W', '0.W0', '2.W', '2.W0']
        """
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, value in list(vars(module).items()):
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield join(path, name), value

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (parameter for _, parameter in self.named_parameters())

    def register_buffer(self, name: str, value: ArrayLike | Tensor) -> None:
        """Add a tensor that is part of the state but no weight, such as a running mean.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        value : array_like
            Requires no gradient.
        """
        if not name.isidentifier() or name in self._reserved:
            raise ArgumentError(f"register_buffer: {name!r} cannot be the name of an attribute")
        if isinstance(getattr(self, name, None), (Parameter, Contents)):
            raise ArgumentError(
                f"register_buffer: {type(self).__name__}.{name} is a "
                f"{type(getattr(self, name)).__name__} already; choose another name, or set it to "
                f"None first"
            )
        buffer = self._as_buffer(name, value)
        vars(self)["_buffers"] = (*dict.fromkeys((*self._buffers, name)),)
        setattr(self, name, buffer)

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths, each once."""
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name in module._buffers:
                value = vars(module)[name]
                if id(value) not in seen:
                    seen.add(id(value))
                    yield join(path, name), value

    def buffers(self) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (buffer for _, buffer in self.named_buffers())

    # -- attributes --------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Parameter, Contents)):
            if name in self._reserved:
                raise ArgumentError(
                    f"{type(self).__name__}.{name}: every module has an attribute of this name; "
                    f"choose another name for this {type(value).__name__}"
                )
            self._forget_buffer(name)
        elif name in vars(self):
            value = self._successor(name, vars(self)[name], value)
        elif name in self._buffers:
            value = self._as_buffer(name, value)
        if isinstance(value, Contents):
            self._refuse_cycle(name, value)
        object.__setattr__(self, name, value)
        if isinstance(value, Parameter) or name in self._buffers:
            if value.name is None:
                value.name = join(self._path, name)
        elif isinstance(value, Contents) and not value._path:
            value._rename(join(self._path, name))
        elif name == "forward":
            vars(self)["_nn_forward"] = value

    def _refuse_cycle(self, name: str, child: Contents) -> None:
        if any(module is self for module in child.modules()):
            raise GraphError(
                f"{type(self).__name__}.{name}: this {type(child).__name__} holds the "
                f"{type(self).__name__} that it is put into, and a module cannot be inside itself; "
                f"to refer to a module outside, keep a weakref.ref of it"
            )

    def _successor(self, name: str, old: Any, new: Any) -> Any:
        """What may follow a parameter, a module or a buffer under its name."""
        if name in self._buffers:
            return self._as_buffer(name, new)
        if new is None or not isinstance(old, (Parameter, Contents)):
            return new
        kind, advice = "module", "a module, or None to remove it"
        if isinstance(old, Parameter):
            kind = "parameter"
            advice = (
                f"module.{name}.assign(value) to change its value in place, or "
                f"module.{name} = Parameter(value) for a new one"
            )
        raise DTypeError(
            f"{type(self).__name__}.{name} is a {kind}, and a value of type {type(new).__name__} "
            f"cannot take its place; use {advice}"
        )

    def _as_buffer(self, name: str, value: Any) -> Tensor:
        if isinstance(value, Tensor) and not value.requires_grad:
            return value
        if isinstance(value, Tensor):
            raise DTypeError(
                f"{type(self).__name__}.{name} is a buffer, and the new value is on a graph, "
                f"which would stay alive with it; use value.detach()"
            )
        return Tensor(value)

    def __delattr__(self, name: str) -> None:
        changed()
        object.__delattr__(self, name)
        self._forget_buffer(name)
        if name == "forward":
            vars(self).pop("_nn_forward", None)

    def _forget_buffer(self, name: str) -> None:
        if name in self._buffers:
            vars(self)["_buffers"] = tuple(n for n in self._buffers if n != name)

    def __getattr__(self, name: str) -> Any:
        computed: Any = getattr(type(self), name, None)
        if hasattr(computed, "__get__"):  # a property that failed: once more, for its own error
            return computed.__get__(self, type(self))
        known = [n for n, v in vars(self).items() if isinstance(v, (Tensor, Contents))]
        hint = f"it holds {', '.join(known)}"
        if not known:
            hint = (
                "it holds no parameters yet; a class with its own __init__ that extends another "
                "module has to call super().__init__(...)"
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}; {hint}")

    def _rename(self, path: str) -> None:
        """Move to `path`; names that were derived from the old path follow."""
        old = self._path
        vars(self)["_path"] = path
        for name, value in vars(self).items():
            named = isinstance(value, Parameter) or name in self._buffers
            if named and value.name in (None, join(old, name)):
                value.name = join(path, name)
        for name, child in self.named_children():
            if child._path in ("", join(old, name)):
                child._rename(join(path, name))

    def _label(self) -> str:
        """The module in a message: its class, its sizes and its path."""
        extra = self._extra()
        shown = f"{type(self).__name__}({extra})" if extra else type(self).__name__
        return f"{shown} at {self._path!r}" if self._path else shown

    def _extra(self) -> str:
        """`extra_repr`, or what it raised: a repr is needed most where something is wrong."""
        try:
            return str(self.extra_repr())
        except Exception as error:
            return f"extra_repr: {type(error).__name__}"

    def extra_repr(self) -> str:
        """What stands between the parentheses of the repr; for subclasses to define."""
        return ""


def _within(values: Any, nested: bool) -> Iterator[Any]:
    """What a list, tuple or dict holds, and what those directly inside of it hold."""
    for value in values.values() if isinstance(values, dict) else values:
        yield value
        if nested and isinstance(value, (list, tuple, dict)):
            yield from _within(value, nested=False)


def join(path: str, name: str) -> str:
    """The path of `name` inside of `path`."""
    return f"{path}.{name}" if path else name
