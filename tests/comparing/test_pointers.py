"""The small files of Git LFS and DVC that stand for contents kept elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg import pointers
from mreg.pointers import Pointer

OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


@pytest.mark.parametrize(
    "raw",
    [
        LFS,
        LFS.replace(b"\n", b"\r\n"),
        LFS.replace(b"oid", b"ext-0-foo sha256:abc\noid"),
        LFS.replace(b"git-lfs.github.com", b"hawser.github.com"),
        LFS.rstrip(b"\n"),
    ],
)
def test_a_pointer_of_git_lfs(raw: bytes) -> None:
    assert pointers.lfs(raw) == Pointer("lfs", None, f"sha256:{OID}", 12345)


@pytest.mark.parametrize(
    "raw",
    [b"", b"model", LFS + b"more", LFS.replace(b"sha256", b"md5"), LFS.replace(b"12345", b"-1"),
     LFS.replace(b"4d7a", b"4D7A"), LFS.replace(b"/v1", b"/v2")],
)  # fmt: skip
def test_what_is_none(raw: bytes) -> None:
    assert pointers.lfs(raw) is None


DVC = b"""\
outs:
- md5: a304afb96060aad90176268345e10355
  size: 37916850
  hash: md5
  path: data.xml
- md5: ba4a9b1c2f6b4f6c9f0f3f4b5a0c8b10.dir
  size: 1000
  nfiles: 3
  path: images
"""


def test_a_dvc_file() -> None:
    assert pointers.dvc(DVC, "data/data.xml.dvc") == (
        Pointer("dvc", "data/data.xml", "md5:a304afb96060aad90176268345e10355", 37916850),
        Pointer("dvc", "data/images", "md5:ba4a9b1c2f6b4f6c9f0f3f4b5a0c8b10.dir", 1000, 3),
    )


def test_its_paths_count_from_its_wdir() -> None:
    assert pointers.dvc(b"wdir: ..\n" + DVC, "data/x.dvc")[0].path == "data.xml"


@pytest.mark.parametrize(
    "raw",
    [b"", b"[", b"outs: 1", b"outs: [1, {path: 2}]", b"- outs", b"\xff", b"a: &a [*a]"],
)
def test_what_is_not_as_dvc_writes_it_points_to_nothing(raw: bytes) -> None:
    assert pointers.dvc(raw, "x.dvc") == ()


@given(st.binary(max_size=60))
def test_any_bytes_can_be_asked_about(raw: bytes) -> None:
    assert pointers.lfs(raw) is None
    pointers.dvc(raw, "x.dvc")


def test_a_digest_or_size_of_another_kind_is_left_out() -> None:
    found = pointers.outputs([{"path": "a", "md5": 5, "size": "x", "etag": "e"}], "")
    assert list(found) == [Pointer("dvc", "a", "etag:e")]


def test_where_to_look() -> None:
    assert pointers.candidates("a/b/c.pkl") == ("a/b/c.pkl.dvc", "a/b.dvc", "a.dvc")
    assert pointers.candidates("a/b.dvc") == ("a/b.dvc",)
    assert pointers.folders("a/b/c.pkl") == ("a/b", "a", "")
    assert pointers.folders("c.pkl") == ("",)
