"""Have a fresh process call a function of this package: ``python -m benchmarks.child``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

from benchmarks.machine import ROOT, child_environment, pin

_MARK = "benchmarks.child: "


class ChildFailed(RuntimeError):
    """The process ended with an error."""


def call(
    target: str, *args: Any, threads: int = 1, seconds: float | None = None, **env: str
) -> Any:
    """What ``module:function`` of this package gives for `args`, in a process of its own.

    Parameters
    ----------
    target : str
    *args
        As far as JSON goes, which its result has to follow too.
    threads : int
        And as many cores.
    seconds : float, optional
        The longest that it may take.
    **env : str
        More variables of the environment.

    Raises
    ------
    ChildFailed
        With the last line that it wrote.
    """
    command = [sys.executable, "-m", "benchmarks.child", target, json.dumps(args)]
    environment = {**child_environment(threads), **env}
    try:
        run = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise ChildFailed(f"took longer than {seconds:g} s") from None
    for line in run.stdout.splitlines():
        if line.startswith(_MARK):
            return json.loads(line.removeprefix(_MARK))
    words = run.stderr.strip().splitlines() or [f"ended with {run.returncode}"]
    raise ChildFailed(words[-1][:200])


def main() -> None:
    """In the child."""
    target, arguments = sys.argv[1:]
    module, _, name = target.partition(":")
    pin()
    result = getattr(import_module(f"benchmarks.{module}"), name)(*json.loads(arguments))
    print(_MARK + json.dumps(result), flush=True)
    sys.stdout.flush()
    os._exit(0)  # some engines' threads take long to end


if __name__ == "__main__":
    main()
