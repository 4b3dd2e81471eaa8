"""Whether ``nn`` and ``optim`` are this distribution's: their names are common ones."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from .errors import AutogradError


class WrongPackageError(AutogradError, ImportError):
    """A package or a file of another origin stands where ``nn`` or ``optim`` is expected."""


def check_packages() -> None:
    """Make sure that ``import nn`` and ``import optim`` find this distribution's packages.

    Raises
    ------
    WrongPackageError
        Naming the file that would be imported instead, or that a package is missing.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.check_packages()
    """
    home = Path(__file__).resolve().parent.parent
    for name in ("nn", "optim"):
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise WrongPackageError(f"{name} is not installed; install the whole of autograd-core")
        origin = Path(spec.origin).resolve() if spec.origin else None
        if origin is None or origin.parent.parent != home:
            raise WrongPackageError(
                f"import {name} finds {origin or list(spec.submodule_search_locations or ())}, not "
                f"the package of autograd-core at {home / name}; rename or move the other, or "
                f"put {home} first on the path"
            )
