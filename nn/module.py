"""Modules: functions with weights, put together to networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

import autograd_core as ag
from autograd_core import TRACES, ArgumentError, Tensor, UnsupportedError

from . import interface, state
from . import summary as _summary
from .contents import Contents
from .parameter import Parameter
from .preservation import observed

M = TypeVar("M", bound="Module")


def _held(module: Module) -> Any:
    """What a module is put together from, for programs: a change makes them look again."""
    held = {**vars(module), **vars(module).get("_layers", {}), "training": module.training}
    return ag.snapshot({k: v for k, v in held.items() if k not in ("_records", "_layers")})


class Module(Contents):
    """A function of tensors with weights: subclasses define ``forward``.

    Attributes
    ----------
    training : bool
        True until `eval`; dropout and batch normalization look at it.

    Notes
    -----
    The attributes of an instance that are `Parameter`s are its weights, those that are modules its
    children.

    Call the module, ``module(x)``, to compute on tensors and record the graph. The first argument
    becomes a tensor of the module's dtype, and so do arrays and lists of floats among the others,
    by position or by name; so what is computed from them is a tensor. A tensor is taken as it is:
    float64 in a float32 module gives float64, as in NumPy.

    Integers become floats in the first argument: pixels can be given as they are. A module that
    looks something up by its input, as an embedding does, sets ``integer_inputs = True`` on its
    class; then integers and booleans stay what they are, also in the calls of modules around it.
    In further arguments they always stay, as an array: they are labels or numbers of places.

    A ``forward`` that is assigned later, to an instance or to the class, is the one that is
    called. Assigned to an instance, it gets what it is called with, arrays too.

    Called by its name, ``module.forward(u)``, with arrays, a module follows the chapter's section
    4: arrays in, an array out, and the pass is kept for `backward` and `weight_grad`, as long as
    the output lives, and the last one always. Inside ``no_grad()`` nothing is kept.

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

    if TYPE_CHECKING:
        forward: Callable[..., Any]
        _nn_forward: Callable[..., Any]
        _nn_offered: Callable[..., Any]
    else:

        def forward(self, *inputs: Any) -> Any:
            """What the module computes; defined by each subclass."""
            raise UnsupportedError(
                f"{self._label()}: the class defines no forward(self, x), so it cannot be called"
            )

        _nn_forward = _nn_offered = forward

    #: Whether integers in the first argument stay integers.
    integer_inputs: bool = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.forward is not cls._nn_offered:
            interface.adopt(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        ag.changed()
        super().__setattr__(name, value)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        cls = type(self)
        if TRACES:
            ag.depends(self, _held)
        if cls.forward is not cls._nn_offered:  # assigned after the class was made
            interface.adopt(cls)
        if len(inputs) == 1 and not options:
            (x,) = inputs
            if not isinstance(x, Tensor):
                x = self._enter(x, ag.is_grad_enabled())
            y = self._nn_forward(x)
            ag.called(self, (x,), y)
            return y
        entered, named = self._enter_all(inputs, options, ag.is_grad_enabled())
        y = self._nn_forward(*entered, **named)
        ag.called(self, (*entered, *named.values()), y)
        return y

    def _enter(self, x: Any, copy: bool = True) -> Tensor:
        """A plain value as a tensor of the module's dtype."""
        dtype = self._dtype()
        array = isinstance(x, (np.ndarray, np.generic, ag.Symbol))
        if array and x.dtype.kind == "f" and (dtype is None or dtype == x.dtype):
            return Tensor(x, copy=copy)
        if any(module.integer_inputs for module in self.modules()):
            tensor = Tensor(x, copy=copy)
            if tensor.dtype.kind != "f":
                return tensor
        return Tensor(x, dtype=dtype or ag.get_default_dtype(), copy=copy)

    def _enter_all(
        self, inputs: tuple[Any, ...], options: dict[str, Any], copy: bool = True
    ) -> tuple[list[Any], dict[str, Any]]:
        """The first argument, and arrays of floats among the others, as tensors."""
        entered = [self._enter_any(x, not i, copy) for i, x in enumerate(inputs)]
        named: dict[str, Any] = {}
        for name, x in options.items():
            first = not inputs and not named and isinstance(x, (np.ndarray, list))
            named[name] = self._enter_any(x, first, copy)
        return entered, named

    def _enter_any(self, x: Any, first: bool, copy: bool) -> Any:
        if isinstance(x, Tensor):
            return x
        if isinstance(x, list) and not first and _numeric(x):
            x = Tensor(x).numpy()
        floats = isinstance(x, (np.ndarray, ag.Symbol)) and x.dtype.kind == "f"
        if first or floats or isinstance(x, np.ma.MaskedArray):  # a mask is refused by Tensor
            return self._enter(x, copy)
        return x

    # -- the chapter's interface ------------------------------------------------------------

    def backward(self, u: Any, v: ArrayLike, dL_dv: ArrayLike) -> Any:
        """∂L/∂u from ∂L/∂v, on arrays (chapter, section 4).

        Parameters
        ----------
        u : array_like, or tuple of them
            The input of a forward pass; a tuple if `forward` takes several.
        v : array_like or None
            Its output. For the array that ``forward`` returned, or an equal one, the recorded
            pass is used: its dropout mask, its batch statistics, its mode. Otherwise, and after
            a weight, a layer or ``forward`` was replaced by another, the pass is made again from
            `u`; buffers, arrays and generators that modules hold, also in lists and dicts, are
            left as they were, but not those in closures or objects of other classes. None stands
            for the output of the last pass on `u`.
        dL_dv : array_like
            Of the shape of `v`.

        Returns
        -------
        ndarray, or tuple of ndarray or None
            ∂L/∂u of the shape of `u`; for several inputs one each, None for inputs that are not
            floating point and for those that a loss takes as constants (labels).

        Raises
        ------
        ShapeError
            If `dL_dv` does not have the shape of `v`.
        DTypeError
            If `dL_dv` is masked, or not of real numbers.
        ArgumentError
            If no recorded pass made `v`, and `u` gives another output now: `v` was changed, or
            dropout would draw another mask.
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
        return interface.input_grad(self, u, v, dL_dv)

    def weight_grad(self, u: Any, dL_dv: ArrayLike) -> dict[str, NDArray[Any]]:
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
        DTypeError
            If `dL_dv` is masked, or not of real numbers.
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

    def observed(self, around: Callable[..., Any]) -> AbstractContextManager[None]:
        """A context in which calls of this module and of all inside can be watched.

        They leave no trace: buffers, generators, attributes and the mode are afterwards what they
        were, also if something raises. Drawings and the summary are made so.

        Parameters
        ----------
        around : callable
            Called in place of each ``forward``, as ``around(module, forward, inputs, options)``;
            what it returns is the output, so it usually ends in
            ``return forward(*inputs, **options)``.

        Examples
        --------
        >>> import nn
        >>> def around(module, forward, inputs, options):
        ...     print(type(module).__name__, inputs[0].shape)
        ...     return forward(*inputs, **options)
        >>> net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Dropout(0.5, rng=0))
        >>> with net.observed(around):
        ...     y = net([[1.0, 2.0]])
        Sequential (1, 2)
        Linear (1, 2)
        Dropout (1, 3)
        """
        return observed(self, around)

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
        layer        output     parameters
        ───────────  ─────────  ──────────
        Sequential   (32, 10)
          0: Linear  (32, 100)       6,500
          1: ReLU    (32, 100)           0
          2: Linear  (32, 10)        1,010
        ───────────  ─────────  ──────────
        7,510 parameters, 60.1 kB of float64
        """
        return _summary.table(self, sample_input)

    def latex(self, *sample: Any, numbers: bool = False) -> str:
        """The equations that the module runs, found by running ``forward`` on symbols.

        In the chapter's layout: the examples of a batch are columns. The mode counts: batch
        normalization has other equations in training than in evaluation. The module stays as it
        was.

        Parameters
        ----------
        *sample : array_like
            An input; found by the shapes of the weights if it is left out.
        numbers : bool
            The weights too: small ones in full, large ones by their extremes and mean.

        Returns
        -------
        str
            LaTeX without dollars.

        Raises
        ------
        ArgumentError
            If no input is found that the module takes.

        Examples
        --------
        >>> import nn
        >>> print(nn.Linear(2, 3, rng=0).latex())
        Z = W^{T} \\, X + W_{0}
        """
        from .formulas import latex_of

        return latex_of(self, sample, numbers)

    def __repr__(self) -> str:
        return _summary.describe(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the layers and their weights, as text and as a table."""
        return ag.mimebundle(self, include, exclude)


def _numeric(values: list[Any]) -> bool:
    """Whether a list holds numbers in rows of equal length."""
    try:
        return np.asarray(values).dtype.kind in "fiub"
    except (ValueError, TypeError):
        return False


Contents._reserved = frozenset(name for name in dir(Module) if not name.startswith("__"))
