"""Files of arrays: what is saved comes back, and nothing else gets through `load`."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import CheckpointError

TREE = {
    "w": np.arange(6.0).reshape(2, 3),
    "s": np.float32(0.5),
    ("a", 1): [1, 2.5, None, True, "x", float("inf"), float("-inf")],
    "none": (),
    "empty": np.zeros((0, 3), np.uint8),
    "fortran": np.asfortranarray(np.arange(4).reshape(2, 2)),
}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and np.shape(a) == np.shape(b) and bool(np.all(a == b))


def crafted(path: Path, tree: Any, arrays: tuple[bytes, ...] = (), **head: Any) -> Path:
    """A file with a tree of any kind."""
    with zipfile.ZipFile(path, "w") as z:
        entry = {"format": "autograd-core", "version": 1, "tree": tree, **head}
        z.writestr("tree.json", tree if isinstance(tree, bytes) else json.dumps(entry))
        for i, array in enumerate(arrays):
            z.writestr(f"{i}.npy", array)
    return path


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array)
    return buffer.getvalue()


def header(text: str, size: int = 8, version: int = 1) -> bytes:
    raw = text.encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(raw).to_bytes(2, "little") + raw + bytes(size)


def test_round_trip(tmp_path: Path) -> None:
    """Every kind of value comes back as it was, tensors as arrays."""
    path = tmp_path / "f"
    ag.save(path, TREE)
    assert same(ag.load(path), TREE)
    ag.save(str(path), [Tensor([1.0], requires_grad=True), Tensor(2.0)])
    assert same(ag.load(str(path)), [np.array([1.0]), np.float64(2.0)])


def test_every_damaged_byte(tmp_path: Path) -> None:
    """A file with a byte changed is refused, or the byte did not matter."""
    path = tmp_path / "f"
    ag.save(path, TREE)
    whole = path.read_bytes()
    for i in range(len(whole)):
        for flip in (0x01, 0xFF):
            path.write_bytes(whole[:i] + bytes([whole[i] ^ flip]) + whole[i + 1 :])
            try:
                loaded = ag.load(path)
            except CheckpointError as error:
                assert error.__suppress_context__  # noqa: PT017
            else:
                assert same(loaded, TREE)
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(CheckpointError):
            ag.load(path)


TREES = {
    "a list that is no list": ["list", 3],
    "a float of nothing": ["float", None],
    "a float in words": ["float", "1e5"],
    "a float of a list": ["float", []],
    "an unknown tag": ["evil", [1, 2]],
    "a tag that is none": [["list"], []],
    "an unhashable key": ["dict", [[["list", []], 1]]],
    "no pairs": ["dict", [1]],
    "a dict of a number": ["dict", 3],
    "too few": ["list"],
    "too many": ["list", [], []],
    "an object": {"a": 1},
    "an array of no name": ["array", "../0"],
    "an array that is absent": ["array", 7],
}


@pytest.mark.parametrize("what", TREES)
def test_crafted_trees(what: str, tmp_path: Path) -> None:
    """A tree that `save` would not write is refused."""
    with pytest.raises(CheckpointError, match="damaged"):
        ag.load(crafted(tmp_path / "f", TREES[what]))


@pytest.mark.parametrize("version", ["2", "1", None, 2, 0, True, 1.0, [1]])
def test_versions(version: Any, tmp_path: Path) -> None:
    """Only the version that this library writes is read."""
    with pytest.raises(CheckpointError, match="reads 'autograd-core' up to 1"):
        ag.load(crafted(tmp_path / "f", None, version=version))


@pytest.mark.parametrize("raw", [b"3", b"[]", b"", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_tree(raw: bytes, tmp_path: Path) -> None:
    """Anything else in place of the tree is refused, however deep."""
    with pytest.raises(CheckpointError):
        ag.load(crafted(tmp_path / "f", raw))


def test_deep_trees(tmp_path: Path) -> None:
    """A tree nested beyond Python's stack is refused by both directions."""
    deep: Any = 1
    text = "1"
    for _ in range(3000):
        deep = [deep]
        text = f'["list", [{text}]]'
    raw = b'{"format": "autograd-core", "version": 1, "tree": ' + text.encode() + b"}"
    with pytest.raises(CheckpointError):
        ag.load(crafted(tmp_path / "f", raw))
    with pytest.raises(CheckpointError, match="nested too deeply"):
        ag.save(tmp_path / "g", deep)


ARRAYS = {
    "no array": b"1",
    "structured": npy(np.zeros(2, [("a", float)])),
    "complex": npy(np.zeros(2, complex)),
    "text": npy(np.array(["a"])),
    "big-endian": npy(np.zeros(2, ">f8")),
    "too short": npy(np.zeros(2))[:-1],
    "too long": npy(np.zeros(2)) + b"0",
    "objects": header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"),
    "huge": header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**13},)}}"),
    "huge by empty": header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': (0, {2**70})}}"),
    "beyond integers": header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**30},)}}"),
    "negative": header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}"),
    "unfinished": header("{'descr': '<f8', 'fortran_order': False, 'shape': ("),
    "a quote": header("{'descr': '''"),
    "code": header("__import__('os').getcwd()"),
    "another version": header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", 8, 3),
}


@pytest.mark.parametrize("what", ARRAYS)
def test_crafted_arrays(what: str, tmp_path: Path) -> None:
    """An array whose header lies, or of a kind that tensors do not hold, is refused."""
    with pytest.raises(CheckpointError, match="damaged"):
        ag.load(crafted(tmp_path / "f", ["array", 0], (ARRAYS[what],)))


def test_a_good_header_passes(tmp_path: Path) -> None:
    """The crafted files above fail for their faults alone."""
    good = header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }")
    assert same(ag.load(crafted(tmp_path / "f", ["array", 0], (good,))), np.zeros(1))


@pytest.mark.parametrize("path", [3, None, b"f", "a\0b", "/dev/null/f", "absent/f", "."])
def test_bad_paths(path: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no path, or leads nowhere, is refused by both directions, and leaves no file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="load"):
        ag.load(path)
    with pytest.raises(CheckpointError, match="save"):
        ag.save(path, 1)
    assert not list(tmp_path.iterdir())


def test_values_that_cannot_be_saved(tmp_path: Path) -> None:
    """They are named with their place, and an existing file stays as it was."""
    path = tmp_path / "f"
    ag.save(path, "before")
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    for value, words in (
        ({"a": [1, {2}]}, r"\['a'\]\[1\] is a set"),
        ({"n": 10**5000}, r"\['n'\] is an integer of 16610 bits"),
        ({Tensor([1.0]): 1}, "a key of the dict is a tensor"),
        (cyclic, "holds itself"),
    ):
        with pytest.raises(CheckpointError, match=words):
            ag.save(path, value)
    assert ag.load(path) == "before"
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(CheckpointError, match="folder cannot be written"):
        ag.save(folder, 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f", "folder"]


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_the_mode_of_the_file(tmp_path: Path) -> None:
    """A file is made with the user's umask, as `open` makes one, and the umask is left alone."""
    old = os.umask(0o027)
    try:
        ag.save(tmp_path / "f", 1)
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(old)
