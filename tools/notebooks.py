"""The notebooks' sources and copies: ``python tools/notebooks.py write | check | run [NAME ...]``.

``write`` makes each ``notebooks/NAME.ipynb``, without outputs, from ``NAME.py``; ``check`` fails if
one is not what ``write`` would make; ``run`` checks, executes them from top to bottom, and keeps
the executed copies in ``out/notebooks``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import jupytext
import nbformat

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
SECONDS = 60  # that a notebook may take

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def made(source: Path) -> Any:
    """The notebook of a source, with nothing in it that depends on who made it."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{source.stem.replace('_', '-')[:56]}-{number}"
    nbformat.validate(notebook)
    return notebook


def text(source: Path) -> str:
    return str(nbformat.writes(made(source))) + "\n"


def write(sources: list[Path]) -> list[str]:
    for source in sources:
        source.with_suffix(".ipynb").write_text(text(source), encoding="utf-8")
    return []


def check(sources: list[Path]) -> list[str]:
    """The notebooks that are not what their source makes."""
    wrong = []
    for source in sources:
        copy = source.with_suffix(".ipynb")
        if not copy.exists() or copy.read_text(encoding="utf-8") != text(source):
            wrong.append(f"{copy.name} is not made from {source.name}: tools/notebooks.py write")
    known = {path.stem for path in NOTEBOOKS.glob("*.py")}
    strays = [path.name for path in NOTEBOOKS.glob("*.ipynb") if path.stem not in known]
    return wrong + [f"{name} has no source" for name in strays]


def run(sources: list[Path]) -> list[str]:
    """Execute each; an error, a warning on stderr, or too long a run is a failure."""
    from nbclient import NotebookClient

    failures = check(sources)
    os.environ["PYTHONPATH"] = str(ROOT)  # for the kernels, if the project is not installed
    out = ROOT / "out" / "notebooks"
    out.mkdir(parents=True, exist_ok=True)
    for source in sources:
        notebook = made(source)
        begun = time.perf_counter()
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            allow_errors=True,
            # The kernel's own log: it warns that it is reached over TCP, on this machine only.
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": str(NOTEBOOKS)}},
        )
        client.execute()
        seconds = time.perf_counter() - begun
        nbformat.write(notebook, out / f"{source.stem}.ipynb")
        found = list(complaints(notebook))
        if seconds > SECONDS:
            found.append(f"took {seconds:.0f} s; {SECONDS} are allowed")
        failures += [f"{source.stem}: {complaint}" for complaint in found]
        print(f"{source.stem:<24} {seconds:5.1f} s  {'FAILED' if found else 'ok'}", flush=True)
    return failures


def complaints(notebook: Any) -> Any:
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                yield f"cell {number}: {output.ename}: {output.evalue}\n{cell.source}"
            elif output.output_type == "stream" and output.name == "stderr":
                yield f"cell {number} wrote to stderr: {output.text}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("write", "check", "run"))
    parser.add_argument("names", nargs="*", help="the first letters of a name; all, if none")
    options = parser.parse_args()
    prefixes = tuple(options.names) or ("",)
    sources = [p for p in sorted(NOTEBOOKS.glob("*.py")) if p.stem.startswith(prefixes)]
    if not sources:
        sys.exit(f"no notebook begins with {' or '.join(prefixes)}")
    failures = {"write": write, "check": check, "run": run}[options.what](sources)
    sys.exit("\n".join(failures) or 0)


if __name__ == "__main__":
    main()
