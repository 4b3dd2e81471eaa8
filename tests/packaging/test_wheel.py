"""The wheel that is built from the sources: what is in it, and what it asks for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

pytest.importorskip("setuptools", minversion="77")

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("autograd_core", "nn", "optim")
SOURCES = (*PACKAGES, "tests", "benchmarks", "examples", "notebooks", "tools")
FILES = ("pyproject.toml", "README.md", "LICENSE")
BUILD = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """The project's wheel, built from a copy, so that nothing is left in the repository."""
    copy = tmp_path_factory.mktemp("sources")
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(target)],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with ZipFile(next(target.glob("*.whl"))) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    """The fields of the wheel's METADATA."""
    name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_wheel_holds_the_three_packages_and_nothing_else(wheel: ZipFile) -> None:
    """Top level: autograd_core, nn, optim and the metadata; no tests, benchmarks or examples."""
    top = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)


def test_wheel_holds_every_file_of_the_packages(wheel: ZipFile) -> None:
    """Each module, stub, py.typed and data file of the sources is there, and none besides."""
    sources = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == sources


def test_wheel_holds_types_and_digits(wheel: ZipFile) -> None:
    """py.typed in each package, the stub of the Tensor's methods, the digits and their licence."""
    wanted = {f"{package}/py.typed" for package in PACKAGES}
    wanted |= {f"optim/datasets/{name}" for name in ("digits.npz", "LICENSE-digits.txt")}
    wanted.add("autograd_core/_methods.pyi")
    assert wanted <= set(wheel.namelist())


def test_wheel_asks_for_numpy_and_graphviz_only(metadata: Message) -> None:
    """The dependencies without an extra are numpy and graphviz; Python is 3.11 or newer."""
    required = [r for r in metadata.get_all("Requires-Dist") or [] if "extra ==" not in r]
    assert sorted(required) == ["graphviz>=0.20", "numpy>=2.0"]
    assert metadata["Requires-Python"] == ">=3.11"


def test_wheel_carries_both_licences(wheel: ZipFile, metadata: Message) -> None:
    """The metadata names the licence of the code and of the digits, and holds both texts."""
    assert metadata["License-Expression"] == "MIT AND CC-BY-4.0"
    licences = {PurePosixPath(n).name for n in wheel.namelist() if ".dist-info/licenses/" in n}
    assert licences == {"LICENSE", "LICENSE-digits.txt"}


def test_wheel_works_on_its_own(wheel: ZipFile, tmp_path: Path) -> None:
    """Unpacked outside the repository, the packages import and the digits load."""
    wheel.extractall(tmp_path)
    code = (
        "import autograd_core, nn, optim, optim.datasets as d, sys; "
        "assert d.load_digits()[0].shape == (1797, 64); print(autograd_core.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(tmp_path)


def test_version_is_stated_once_more_and_equal(metadata: Message) -> None:
    """``autograd_core.__version__`` is the version of the distribution."""
    import autograd_core

    assert metadata["Version"] == autograd_core.__version__
