"""What the repository must not hold: paths of one machine, and addresses of registries."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

#: Written in pieces, so that this file does not hold them either.
FORBIDDEN = [
    *(rf"(?<![\w.~}}])/{folder}/" for folder in ("work", "root", "tmp/dev", "opt/wheels")),
    *(rf"\b{host}" for host in (r"pypi\.{}", r"pythonhosted\.{}", r"npmjs\.{}", r"yarnpkg\.{}")),
    r"/home/\w+/\w",
    r"/Users/\w+/\w",
]
PATTERN = re.compile("|".join(FORBIDDEN).replace("{}", "(?:org|com)"))


def texts() -> list[Path]:
    """The files of the repository that git knows or would add."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not in a git repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]


def test_no_machine_and_no_registry_is_named() -> None:
    """No text file names a folder of somebody's machine or the host of a package registry."""
    found = []
    for path in texts():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(lines, 1)
            if PATTERN.search(line)
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    ["cd /" + "work/main", '"/' + 'root/x"', "https://py" + "pi.org/p", "reg.npm" + "js.org"],
)
def test_the_search_finds(text: str) -> None:
    """The pattern matches what it is there to find."""
    assert PATTERN.search(text)


@pytest.mark.parametrize("text", ["net/wor" + "k/x", "pip install", "~/.cache/x", "np.root/a"])
def test_the_search_leaves_the_rest(text: str) -> None:
    """Words and relative paths that only look alike pass."""
    assert not PATTERN.search(text)
