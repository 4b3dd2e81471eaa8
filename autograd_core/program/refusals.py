"""Errors of traces: where a value would leave the program, or decide on a shape."""

from __future__ import annotations

from ..errors import TraceError
from ..primitive import users_line


def final(error: TraceError) -> TraceError:
    """Mark an error after which no other way is tried."""
    error.final = True  # type: ignore[attr-defined]
    return error


def is_final(error: TraceError) -> bool:
    """Whether it is of no use to try another way."""
    return getattr(error, "final", False)


def shape_refusal(what: str) -> TraceError:
    """The error for a shape that depends on values."""
    return final(
        TraceError(
            f"compile: at {users_line()} the values of {what} decide on a shape, and another "
            f"run would have another shape. Keep all elements and choose with "
            f"where(mask, x, 0), or do this part outside"
        )
    )


def refusal(what: str) -> TraceError:
    """The error for a value that is looked at."""
    return TraceError(
        f"compile: {what} a value of the program is asked for at {users_line()}, and another "
        f"run would have another value. Return it from the compiled function and look at it "
        f"there; choose between values with where(condition, a, b); or keep this part outside"
    )


def array_refusal(line: str | None = None) -> TraceError:
    """The error for a value that is to be put into an array of NumPy's own."""
    return TraceError(
        f"compile: at {line or users_line()} NumPy asks for the numbers of a value of the program, "
        f"to put them into an array of its own. Write np.stack([a, b]) for np.array([a, b]), x for "
        f"np.asarray(x), and make an array whose items you set with np.zeros_like(x)"
    )
