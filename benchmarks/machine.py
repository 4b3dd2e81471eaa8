"""The same cores and threads for every engine; and words for the machine."""

from __future__ import annotations

import os
import platform
import shutil
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: How many threads a measuring process may use; the value of THREADS there.
THREADS = "AUTOGRAD_CORE_BENCHMARK_THREADS"

#: Read by the libraries when they are imported, so they are set before a child process starts.
THREAD_COUNTS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUM_CPU_THREADS",  # tinygrad
)

SETTINGS = {
    "JAX_PLATFORMS": "cpu",
    "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false",  # a second thread would wait for the same core
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "DEV": "CPU",  # tinygrad
}

PEERS = ("torch", "jax", "tinygrad", "autograd", "mygrad", "micrograd")


def child_environment(threads: int = 1) -> dict[str, str]:
    """The environment of a measuring process: so many threads, this checkout first on the path."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    counts = dict.fromkeys((*THREAD_COUNTS, THREADS), str(threads))
    alone = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    xla = alone if threads == 1 else "--xla_cpu_multi_thread_eigen=true"
    return {**os.environ, **SETTINGS, **counts, "XLA_FLAGS": xla, "PYTHONPATH": path}


def threads() -> int:
    """How many threads this process may use."""
    return int(os.environ.get(THREADS, "1"))


def pin() -> None:
    """Keep this process on as many cores as it may use threads, where that is possible.

    On the last ones: the first often serves the interrupts.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads() :])


def clang() -> None:
    """Point tinygrad at a clang, also at one that is installed with its release in its name.

    Raises
    ------
    ImportError
        If there is none.
    """
    names = ["clang", *(f"clang-{release}" for release in range(30, 13, -1))]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise ImportError("tinygrad's CPU needs the program clang")
    os.environ["CC"] = found


def describe() -> str:
    """Processor, system, Python, NumPy and the engines that are installed."""
    engines = [f"{name} {found}" for name in PEERS if (found := version(name))]
    return "\n".join(
        [
            f"processor  {_processor()}, {os.cpu_count()} cores; measured on one, one thread",
            f"system     {platform.system()} {platform.machine()}",
            f"python     {platform.python_version()}, numpy {version('numpy') or 'missing'}",
            f"engines    {', '.join(engines) or 'none installed besides NumPy (extra: bench)'}",
        ]
    )


def version(distribution: str) -> str | None:
    """The installed version, or None."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
