"""Modules: functions with weights, put together to networks.

A module is whatever an instance holds: its attributes that are `Parameter`s are its weights, its
attributes that are modules its children. There is no second registry that could disagree, and
nothing that a subclass would have to call first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, Tensor, UnsupportedError

from . import interface, state
from . import summary as _summary
from .parameter import Parameter

M = TypeVar("M", bound="Module")


class Module:
    """A function of tensors with weights: subclasses define ``forward``.

    Attributes
    ----------
    training : bool
        True until `eval`; dropout and batch normalization look at it.

    Notes
    -----
    Call the module, ``module(x)``, to compute on tensors and record the graph. An argument that
    is an array becomes a tensor of the module's dtype, so the result is always a tensor. Called
    by its name, ``module.forward(u)``, with arrays, a module follows the chapter's section 4:
    arrays in, an array out, and the pass is remembered for `backward` and `weight_grad`.

    Examples
    --------
    >>> import nn
    >>> class Net(nn.Module):
    ...     def __init__(self, rng):
    ...         self.hidden = nn.Linear(2, 3, rng=rng)
    ...         self.out = nn.Linear(3, 1, rng=rng)
    ...
    ...     def forward(self, x):
    ...         return self.out(nn.functional.tanh(self.hidden(x)))
    >>> net = Net(rng=np.random.default_rng(0))
    >>> net
    Net: 13 parameters
      hidden: Linear(2, 3), W (2, 3), W0 (3,), 9 parameters
      out: Linear(3, 1), W (3, 1), W0 (1,), 4 parameters
    >>> net([[1.0, 2.0]]).shape
    (1, 1)
    """

    training: bool = True
    _path: str = ""
    _buffers: tuple[str, ...] = ()

    if TYPE_CHECKING:
        forward: Callable[..., Any]
        _nn_forward: Callable[..., Any]
    else:

        def forward(self, *inputs: Any) -> Any:
            """What the module computes; defined by each subclass."""
            raise UnsupportedError(
                f"{self._label()}: the class defines no forward(self, x), so it cannot be called"
            )

        _nn_forward = forward

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        plain = interface.plain(cls.forward)
        cls._nn_forward = plain
        cls.forward = interface.offered(plain)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if len(inputs) == 1 and not options:
            (x,) = inputs
            if isinstance(x, Tensor):
                return self._nn_forward(x)
            return self._nn_forward(self._enter(x, ag.is_grad_enabled()))
        entered = self._enter_all(inputs, ag.is_grad_enabled())
        return self._nn_forward(*entered, **options)

    def _enter(self, x: Any, copy: bool = True) -> Tensor:
        """A plain value as a tensor of the module's dtype."""
        dtype = self._dtype()
        if dtype is None and getattr(getattr(x, "dtype", None), "kind", "") != "f":
            dtype = ag.get_default_dtype()
        return Tensor(x, dtype=dtype, copy=copy)

    def _enter_all(self, inputs: tuple[Any, ...], copy: bool = True) -> list[Any]:
        """The first argument, and arrays of floats among the others, as tensors."""
        return [
            self._enter(x, copy)
            if not isinstance(x, Tensor)
            and (not i or (isinstance(x, np.ndarray) and x.dtype.kind == "f"))
            else x
            for i, x in enumerate(inputs)
        ]

    # -- the chapter's interface ------------------------------------------------------------

    def backward(self, u: Any, v: ArrayLike, dL_dv: ArrayLike) -> Any:  # noqa: N803
        """∂L/∂u from ∂L/∂v, on arrays (chapter, section 4).

        Parameters
        ----------
        u : array_like, or tuple of them
            The input of a forward pass; a tuple if `forward` takes several.
        v : array_like
            Its output. For the array that ``forward`` returned, or an equal one, the recorded
            pass is used: its dropout mask, its batch statistics, its mode. Otherwise the pass is
            run again on `u`, and generators and buffers are left as they were.
        dL_dv : array_like
            Of the shape of `v`.

        Returns
        -------
        ndarray, or tuple of ndarray or None
            ∂L/∂u of the shape of `u`; for several inputs one each, None for inputs that are not
            floating point (labels).

        Raises
        ------
        ShapeError
            If `dL_dv` does not have the shape of `v`.
        ArgumentError
            If `v` is not what the module makes of `u`, as after dropout drew another mask.
        GraphError
            If a weight was changed since the forward pass.

        Examples
        --------
        >>> import nn
        >>> relu = nn.ReLU()
        >>> u = np.array([-1.0, 2.0])
        >>> v = relu.forward(u)
        >>> relu.backward(u, v, np.array([10.0, 10.0]))
        array([ 0., 10.])
        """
        return interface.backward(self, u, v, dL_dv)

    def weight_grad(self, u: Any, dL_dv: ArrayLike) -> dict[str, NDArray[Any]]:  # noqa: N803
        """∂L/∂W from ∂L/∂v for every weight W, on arrays (chapter, section 4).

        Parameters
        ----------
        u : array_like, or tuple of them
            The input of a forward pass; of several passes on equal inputs the last one counts.
        dL_dv : array_like
            Of the shape of the output.

        Returns
        -------
        dict of str to ndarray
            By parameter name, as `named_parameters` has it; without frozen parameters. The
            ``grad`` of the parameters is not touched.

        Raises
        ------
        ShapeError
            If `dL_dv` does not have the shape of the output.
        GraphError
            If a value that is needed was changed since the forward pass.

        Examples
        --------
        >>> import nn
        >>> layer = nn.Linear(2, 1, rng=0)
        >>> u = np.array([[1.0, 2.0]])
        >>> v = layer.forward(u)
        >>> layer.weight_grad(u, np.array([[10.0]]))
        {'W': array([[10.],
               [20.]]), 'W0': array([10.])}
        """
        return interface.weight_grad(self, u, dL_dv)

    # -- contents ----------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, with their names."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, (list, tuple, dict)) and value and name[0] != "_":
                self._refuse_hidden(name, value)

    def _refuse_hidden(self, name: str, values: Any) -> None:
        """A list of modules would not be trained, without a word: refuse it."""
        values = values.values() if isinstance(values, dict) else values
        if not isinstance(next(iter(values)), (Module, Parameter)):
            return
        known = {id(value) for value in vars(self).values()}
        for value in values:
            if isinstance(value, (Module, Parameter)) and id(value) not in known:
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
            yield path, self
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
            for name, value in vars(module).items():
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
        if not name.isidentifier() or hasattr(Module, name):
            raise ArgumentError(f"register_buffer: {name!r} cannot be the name of an attribute")
        vars(self)["_buffers"] = (*dict.fromkeys((*self._buffers, name)),)
        setattr(self, name, value)

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
        if isinstance(value, (Parameter, Module)):
            if callable(getattr(Module, name, None)):
                raise ArgumentError(
                    f"{type(self).__name__}.{name}: every module has a method of this name; "
                    f"choose another name for this {type(value).__name__}"
                )
        elif name in vars(self):
            value = self._successor(name, vars(self)[name], value)
        elif name in self._buffers:
            value = self._as_buffer(name, value)
        object.__setattr__(self, name, value)
        if isinstance(value, Parameter):
            if value.name is None:
                value.name = join(self._path, name)
        elif isinstance(value, Module) and not value._path:
            value._rename(join(self._path, name))

    def _successor(self, name: str, old: Any, new: Any) -> Any:
        """What may follow a parameter, a module or a buffer under its name."""
        if name in self._buffers:
            return self._as_buffer(name, new)
        if new is None or not isinstance(old, (Parameter, Module)):
            return new
        kind, advice = (
            (
                "parameter",
                f"module.{name}.assign(value) to change its value in place, or "
                f"module.{name} = Parameter(value) for a new one",
            )
            if isinstance(old, Parameter)
            else ("module", "a module, or None to remove it")
        )
        raise DTypeError(
            f"{type(self).__name__}.{name} is a {kind}; a {type(new).__name__} cannot take its "
            f"place. Use {advice}"
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
        object.__delattr__(self, name)
        if name in self._buffers:
            vars(self)["_buffers"] = tuple(n for n in self._buffers if n != name)

    def __getattr__(self, name: str) -> Any:
        known = [n for n, v in vars(self).items() if isinstance(v, (Tensor, Module))]
        hint = f"it holds {', '.join(known)}" if known else (
            "it holds no parameters yet; a class with its own __init__ that extends another "
            "module has to call super().__init__(...)"
        )
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}; {hint}")

    def _rename(self, path: str) -> None:
        """Move to `path`; names that were derived from the old path follow."""
        old = self._path
        vars(self)["_path"] = path
        for name, value in vars(self).items():
            if isinstance(value, Parameter) and value.name in (None, join(old, name)):
                value.name = join(path, name)
        for name, child in self.named_children():
            if child._path in ("", join(old, name)):
                child._rename(join(path, name))

    def _label(self) -> str:
        """The module in a message: its class, its sizes and its path."""
        shown = f"{type(self).__name__}({self.extra_repr()})"
        return f"{shown} at {self._path!r}" if self._path else shown

    # -- modes and state ---------------------------------------------------------------------

    def train(self: M, mode: bool = True) -> M:
        """Switch this module and all inside to training, or with False to evaluation."""
        if not isinstance(mode, (bool, np.bool_)):
            raise ArgumentError(f"train: {mode!r} is not True or False")
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self: M) -> M:
        """Switch this module and all inside to evaluation."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Freeze (False) or thaw all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def apply(self: M, function: Callable[[Module], Any]) -> M:
        """Call `function` with every module inside, innermost first, and with this one last."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    def _dtype(self) -> np.dtype[Any] | None:
        """The dtype of the first floating parameter or buffer, if there is one."""
        for value in vars(self).values():
            if isinstance(value, Parameter):
                return value.dtype
        for child in self.children():
            dtype = child._dtype()
            if dtype is not None:
                return dtype
        for name in self._buffers:
            value = vars(self)[name]
            if value.dtype.kind == "f":
                return value.dtype  # type: ignore[no-any-return]
        return None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the parameters; the default dtype for a module without any."""
        return self._dtype() or ag.get_default_dtype()

    def astype(self: M, dtype: DTypeLike) -> M:
        """Convert parameters and floating buffers in place to ``float32`` or ``float64``.

        The parameters stay the same objects, so an optimizer keeps training them; their gradients
        are forgotten.

        Raises
        ------
        DTypeError
            For another dtype.
        """
        return state.convert(self, dtype)

    def to(self: M, dtype: DTypeLike) -> M:
        """The same as `astype`, under PyTorch's name."""
        return state.convert(self, dtype)

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Copies of all parameters and buffers, by path: a snapshot.

        Returns
        -------
        dict of str to ndarray
            What `load_state_dict` takes, and ``autograd_core.save`` writes.
        """
        return state.snapshot(self)

    def load_state_dict(self, values: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Set all parameters and buffers from what `state_dict` gave.

        Parameters
        ----------
        values : mapping of str to array_like
        strict : bool, default True
            With False, entries that are missing or that the module does not have are passed over.

        Raises
        ------
        CheckpointError
            If entries are missing, unknown, or of another shape or kind. All of them are named,
            and nothing at all is loaded.
        """
        state.load(self, values, strict)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_records"}

    # -- texts -------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of the repr; for subclasses to define."""
        return ""

    def summary(self, sample_input: Any = None) -> _summary.Summary:
        """A table of the layers, the shapes of their outputs, and their parameters.

        Parameters
        ----------
        sample_input : array_like or Tensor, optional
            Run through the module, in evaluation mode and without effect on its state, to learn
            the shapes. A tuple for a module of several inputs.

        Returns
        -------
        Summary
            Prints as the table; ``rows`` and ``total`` hold its content.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
        >>> net.summary(np.zeros((32, 64)))
        layer            output     parameters
        ───────────────  ─────────  ──────────
        Sequential       (32, 10)
          0: Linear      (32, 100)       6,500
          1: ReLU        (32, 100)           0
          2: Linear      (32, 10)        1,010
        ───────────────  ─────────  ──────────
        7,510 parameters, 60.1 kB of float64
        """
        return _summary.table(self, sample_input)

    def __repr__(self) -> str:
        return _summary.describe(self)


def join(path: str, name: str) -> str:
    """The path of `name` inside of `path`."""
    return f"{path}.{name}" if path else name
