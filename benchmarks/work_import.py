"""How long ``import autograd_core`` takes beyond ``import numpy``, and what an install weighs."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import child
from benchmarks.machine import ROOT
from benchmarks.results import Table, verdict
from benchmarks.timing import Times

LIMIT = 0.050

#: What each engine brings beside Python and NumPy, as far as it does its computing.
PACKAGES = {
    "autograd": ("autograd",),
    "jax": ("jax", "jaxlib"),
    "micrograd": ("micrograd",),
    "mygrad": ("mygrad",),
    "tinygrad": ("tinygrad",),
    "torch": ("torch",),
}


def seconds(module: str) -> float:
    """In the child, after the interpreter has started."""
    start = perf_counter()
    __import__(module)
    return perf_counter() - start


def measure_import(rounds: int) -> Table:
    """Interleaved; the first import of each module only compiles it.

    Compiled modules are kept in a folder of their own, also where the environment says that none
    are to be written: users import a package more than once.
    """
    modules = ("numpy", "autograd_core")
    taken: dict[str, list[float]] = {module: [] for module in modules}
    with TemporaryDirectory() as bytecode:
        env = {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(rounds + 1):
            for module in modules:
                taken[module].append(child.call("work_import:seconds", module, **env))
    times = {module: Times(tuple(values[1:])) for module, values in taken.items()}
    extra = times["autograd_core"].median - times["numpy"].median
    words = f"import autograd_core adds {extra * 1e3:.1f} ms (at most {LIMIT * 1e3:.0f} ms)"
    rows = {f"import {module}": one.rounds for module, one in times.items()}
    goal = verdict(extra <= LIMIT, words)
    title = "(import) import time, fresh processes"
    return Table("import", title, "import numpy", rows, goals=[goal])


def measure_size(rounds: int = 1) -> Table:
    """Bytes of the files that an installation holds; without compiled modules."""
    folders = [ROOT / name for name in ("autograd_core", "nn", "optim")]
    sizes = {"ours": sum(_bytes(path) for folder in folders for path in folder.rglob("*"))}
    left_out = {}
    for engine, packages in PACKAGES.items():
        try:
            found = [path for name in packages for path in metadata.files(name) or ()]
        except metadata.PackageNotFoundError as error:
            left_out[engine] = f"not installed ({error})"
            continue
        sizes[engine] = sum(_bytes(Path(str(path.locate()))) for path in found)
    rows = {engine: (float(size),) for engine, size in sizes.items()}
    title = "(size) installed size, without NumPy and what it stands on"
    return Table("size", title, "ours", rows, left_out, unit="B")


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() and path.suffix != ".pyc" else 0
