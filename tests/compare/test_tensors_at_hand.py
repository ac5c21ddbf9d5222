"""`mreg diff` of two files of tensors: read wherever they are on this machine, and nowhere else."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import mreg as library
from commandline import CommandLine
from lfs_server import pointer
from mreg import Registry
from repositories import Maker, Repository, Tag, run

TAGS = [Tag("net@v1.0.0"), Tag("net@v2.0.0", 1), Tag("net@v3.0.0", 2)]


def file(values: dict[str, float], **metadata: str) -> bytes:
    """Return a file of tensors of one number each, in the order in which they are named."""
    said: dict[str, object] = {"__metadata__": metadata}
    for at, name in enumerate(values):
        said[name] = {"dtype": "F32", "shape": [1], "data_offsets": [4 * at, 4 * at + 4]}
    raw = json.dumps(said).encode()
    return struct.pack("<Q", len(raw)) + raw + struct.pack(f"<{len(values)}f", *values.values())


FILES = [
    file({"a": 1, "b": 2, "c": 3}),
    file({"c": 3, "b": 2, "a": 1}, by="another run"),
    file({"a": 1, "b": 2.5, "d": 4}),
]


def in_git(content: bytes) -> dict[str, bytes]:
    return {"m/net.safetensors": content}


def by_lfs(content: bytes) -> dict[str, bytes]:
    return {"m/net.safetensors": pointer(content)}


def by_dvc(content: bytes) -> dict[str, bytes]:
    md5 = hashlib.md5(content).hexdigest()
    out = f"outs:\n- {{md5: {md5}, hash: md5, size: {len(content)}, path: net.safetensors}}\n"
    return {"m/net.safetensors.dvc": out.encode(), ".dvc/config": b""}


def outside(content: bytes) -> dict[str, bytes]:
    sha256 = hashlib.sha256(content).hexdigest()
    return {"artifacts.yaml": f"net: {{path: m/net.safetensors, sha256: {sha256}}}\n".encode()}


Keep = Callable[[bytes], dict[str, bytes]]


@pytest.fixture
def make(make_repository: Maker) -> Callable[[Keep], Repository]:
    def made(keep: Keep) -> Repository:
        said = {"artifacts.yaml": b"net: {path: m/net.safetensors}\n"}
        return make_repository(TAGS, commits=[{**said, **keep(it)} for it in FILES])

    return made


def put_where_it_is_kept(repo: Repository, keep: Keep, content: bytes) -> Path:
    sha256, md5 = hashlib.sha256(content).hexdigest(), hashlib.md5(content).hexdigest()
    where: dict[Keep, str] = {
        by_lfs: f".git/lfs/objects/{sha256[:2]}/{sha256[2:4]}/{sha256}",
        by_dvc: f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}",
        outside: "m/net.safetensors",
    }
    path = repo.path / where[keep]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_in_git(make: Callable[[Keep], Repository], mreg: CommandLine) -> None:
    repo = make(in_git)
    done = mreg.ok("diff", "net@v1.0.0", "net@v2.0.0", repo=repo)
    assert "tensors   3                 3 (all the same, other metadata)\n" in done.out
    assert "Tensors\n" not in done.out
    done = mreg.ok("diff", "net@v1.0.0", "net@v3.0.0", repo=repo)
    assert "tensors   3                 3 (1 the same)\n" in done.out
    assert done.out.partition("\nTensors\n")[2].startswith(
        "tensor  v1.0.0   v3.0.0\n"
        "b       F32 [1]  F32 [1], other values\n"
        "c       F32 [1]  -\n"
        "d       -        F32 [1]\n"
    )
    assert done.err == ""
    found = mreg.ok("diff", "net@v1.0.0", "net@v3.0.0", "--json", repo=repo).json["tensors"]
    assert (found["equal"], found["same"], found["metadata"], found["unread"]) == (
        False, 1, False, None,
    )  # fmt: skip
    assert [it["name"] for it in found["changes"]] == ["b", "c", "d"]
    assert found["changes"][1]["before"]["dtype"] == "F32"
    assert found["changes"][1]["after"] is None


@pytest.mark.parametrize("keep", [by_lfs, by_dvc])
def test_where_it_is_kept(keep: Keep, make: Callable[[Keep], Repository]) -> None:
    repo = make(keep)
    repo.git("reset", "-q", "--hard")
    kept = [put_where_it_is_kept(repo, keep, it) for it in FILES[:2]]
    registry = Registry.open(repo.path)
    found = registry.diff("net@v1.0.0", "net@v2.0.0").tensors
    assert found is not None
    assert found.equal
    kept[0].write_bytes(FILES[0][:-1])  # what is damaged is passed over
    found = registry.diff("net@v1.0.0", "net@v2.0.0").tensors
    assert found is not None
    assert found.unread == "the file of net v1.0.0 is not on this machine"


@pytest.mark.parametrize("keep", [by_lfs, by_dvc, outside])
def test_in_the_cache_and_the_work_tree(keep: Keep, make: Callable[[Keep], Repository]) -> None:
    repo = make(keep)
    repo.git("reset", "-q", "--hard")
    registry = Registry.open(repo.path)
    kept = put_where_it_is_kept(repo, keep, FILES[0])
    registry.get("net@v1.0.0")
    kept.unlink()
    put_where_it_is_kept(repo, outside, FILES[1])
    diff = registry.diff("net@v1.0.0", "net@v2.0.0")
    assert diff.tensors is not None
    assert diff.tensors.equal
    unknown = registry.diff("net@v1.0.0", "net@v3.0.0").tensors
    assert unknown is not None
    assert unknown.equal is None
    assert unknown.unread == "the file of net v3.0.0 is not on this machine"


def test_what_is_not_here_is_not_fetched(
    make: Callable[[Keep], Repository], mreg: CommandLine, tmp_path: Path
) -> None:
    repo = make(in_git)
    repo.git("config", "uploadpack.allowFilter", "true")
    words = ["--bare", "--filter=blob:none", repo.path.as_uri(), str(tmp_path / "partial")]
    run(tmp_path, "clone", "-q", *words)
    done = mreg.ok("diff", "net@v1.0.0", "net@v2.0.0", repo=tmp_path / "partial")
    assert done.err == (
        "Cannot determine whether the tensors are the same: the file of net v1.0.0 is not on this"
        " machine\n"
    )
    found = library.Registry.open(repo.path.as_uri()).diff("net@v1.0.0", "net@v2.0.0").tensors
    assert found is not None
    assert found.equal is None


def test_what_is_no_file_of_tensors_is_said(make_repository: Maker, mreg: CommandLine) -> None:
    said = {"artifacts.yaml": b"net: {path: n.safetensors}\n"}
    commits = [{**said, "n.safetensors": it} for it in (FILES[0], b"no tensors")]
    repo = make_repository(TAGS[:2], commits=commits)
    done = mreg.ok("diff", "net@v1.0.0", "net@v2.0.0", repo=repo)
    assert "of net v2.0.0: its header would have" in done.err


def test_equal_bytes_and_other_files_are_not_read(make_repository: Maker) -> None:
    said = {"artifacts.yaml": b"net: {path: n.bin}\n"}
    repo = make_repository(TAGS[:2], commits=[{**said, "n.bin": it} for it in FILES[:2]])
    assert Registry.open(repo.path).diff("net@v1.0.0", "net@v2.0.0").tensors is None
    assert Registry.open(repo.path).diff("net@v1.0.0", "net@v1.0.0").tensors is None
