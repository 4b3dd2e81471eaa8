"""One core, one thread, the same for every engine; and words for the machine."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Read by the libraries when they are imported, so they are set before a child process starts.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false",  # a second thread would wait for the same core
    "CUDA_VISIBLE_DEVICES": "",
}

PEERS = ("torch", "jax", "autograd", "mygrad", "micrograd")


def child_environment() -> dict[str, str]:
    """The environment of a measuring process: one thread, this checkout first on the path."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": path}


def pin() -> int | None:
    """Keep this process on one core and return its number; None where that is not possible."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))  # the first core often serves the interrupts
    os.sched_setaffinity(0, {core})
    return core


def describe() -> str:
    """Processor, system, Python, NumPy and the engines that are installed."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    engines = [f"{name} {found}" for name in PEERS if (found := version(name))]
    return "\n".join(
        [
            f"processor  {_processor()}, {cores} cores available; measured on one, one thread",
            f"system     {platform.system()} {platform.release()} {platform.machine()}",
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
