"""What functions and modules tell of themselves: their arguments, and what they are."""

from __future__ import annotations

import inspect
from typing import Any

from ..errors import ArgumentError, DTypeError


def argument_names(forward: Any) -> list[str]:
    """The names of the arguments by position; none where they cannot be known."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in plain]


def check_loss(loss: Any, target: Any) -> None:
    """Raise unless the loss has what it compares with.

    Raises
    ------
    DTypeError
        For a loss that cannot be called.
    ArgumentError
        For a loss of two arguments without a target, and a target without a loss.
    """
    if loss is None:
        if target is not None:
            raise ArgumentError("draw: a target was given and no loss that compares; add loss=")
        return
    if not callable(loss) or isinstance(loss, type):
        raise DTypeError(f"draw: loss={loss!r} is no loss; give an instance or a function")
    if target is not None:
        return
    try:
        inspect.signature(loss).bind(None)
    except TypeError:
        raise ArgumentError(
            f"draw: the loss {getattr(loss, '__name__', type(loss).__name__)} compares what comes "
            f"out with the truth; give that too: draw(model, x, loss=…, target=y)"
        ) from None
    except ValueError:  # a callable without a signature
        return


def extra_of(module: Any) -> str:
    """What a module says of itself; whatever it raises, a picture must appear."""
    described = getattr(module, "extra_repr", None)
    try:
        return str(described()) if callable(described) else ""
    except Exception as error:
        return f"extra_repr: {type(error).__name__}"
