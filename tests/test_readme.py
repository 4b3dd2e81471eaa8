"""The README is true: its example runs and prints what stands below it."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
from pathlib import Path

import pytest

import autograd_core as ag
import optim

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_readme_shows() -> None:
    """The first Python block, run as it stands, prints the block that follows it."""
    match = re.search(r"```python\n(.*?)```\s*```text\n(.*?)```", TEXT, re.S)
    assert match is not None
    code, expected = match.groups()
    assert code.count("\n") <= 18
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == expected


@pytest.mark.parametrize(("told", "name"), [("derive", "digits.py"), ("explain", "entropy.py")])
def test_what_the_engine_says_is_what_is_shown(told: str, name: str, tmp_path: Path) -> None:
    """The derivation and the explanation in the README are those of the examples above them."""
    blocks = re.findall(r"```python\n(.*?)```\s*```text\n(.*?)```", TEXT, re.S)
    (code, expected), *others = [pair for pair in blocks if f"print(ag.{told}(" in pair[0]]
    assert not others
    (tmp_path / name).write_text(code, encoding="utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(str(tmp_path / name))
    assert printed.getvalue() == expected


def test_the_compiled_step_has_the_lines_that_are_shown(tmp_path: Path) -> None:
    """All lines of the program in the README are in what its example prints, in their order."""
    section = TEXT[TEXT.index("## Compiled steps") :]
    example, shown = re.findall(r"```python\n(.*?)```", section, re.S)[:2]
    (tmp_path / "train.py").write_text(example, encoding="utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(str(tmp_path / "train.py"))
    lines = iter(printed.getvalue().splitlines())
    for line in shown.splitlines():
        assert line.strip() == "..." or line in lines, line


def test_every_link_and_picture_exists() -> None:
    """Relative links in the README lead to files of the repository."""
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert targets
    for target in targets:
        assert "://" in target or (ROOT / target).exists(), target


def test_the_functions_named_are_exported() -> None:
    """What the table of the API names exists."""
    for name in ("grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian", "hvp", "gradcheck"):
        assert callable(getattr(ag, name))
    for name in ("compile", "draw", "derive", "explain", "bisect_gradient"):
        assert callable(getattr(ag, name))
    assert callable(optim.TrainingRecord)


def test_the_make_targets_exist() -> None:
    """Every ``make`` verb that the README names is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in re.findall(r"^make ([a-z ]+?)(?:\s+#.*)?$", TEXT, re.M):
        for verb in line.split():
            assert re.search(rf"^{verb}:", makefile, re.M), verb
