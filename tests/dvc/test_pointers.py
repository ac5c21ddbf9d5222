"""The small files of Git LFS and DVC that stand for contents kept elsewhere."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.dvc import pointers
from mreg.dvc.pointers import Damaged, Pointer

OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


VERSION, KEY, SIZE = LFS.splitlines(keepends=True)
EXTENSION = b"ext-0-foo sha256:" + OID.encode() + b"\n"
OTHER = b"ext-1-bar sha256:" + b"0" * 64 + b"\n"


TAKEN = [
    LFS,
    LFS.replace(b"\n", b"\r\n"),
    LFS.replace(b"git-lfs.github.com", b"hawser.github.com"),
    LFS.replace(b"https://git-lfs.github.com/spec/v1", b"http://git-media.io/v/2"),
    LFS.rstrip(b"\n"),
    b"\n  " + LFS,
    LFS.replace(b"\n", b"\n\n"),
    LFS.rstrip(b"\n") + b"  \n\n",
    b"\xc2\xa0" + LFS,
    LFS.replace(b"size ", b"size +"),
    LFS.replace(b"size ", b"size 00"),
]


@pytest.mark.parametrize("raw", TAKEN)
def test_a_pointer_of_git_lfs(raw: bytes) -> None:
    """What `git lfs pointer --check` of Git LFS 3.3.0 takes."""
    assert pointers.read(raw) == Pointer("lfs", f"sha256:{OID}", 12345)


REFUSED = [
    VERSION,
    VERSION + KEY,
    VERSION + SIZE,
    KEY + SIZE,
    VERSION + SIZE + KEY,
    KEY + VERSION + SIZE,
    SIZE + VERSION + KEY,
    b"<<<<<<< HEAD\n" + LFS + b"=======\n" + LFS + b">>>>>>> other\n",
    VERSION + b"<<<<<<< HEAD\n" + KEY + SIZE + b"=======\n" + KEY + SIZE + b">>>>>>> other\n",
    VERSION[:-1] + b" \n" + KEY + SIZE,
    VERSION + KEY[:-1] + b" \n" + SIZE,
    VERSION + KEY[:-3] + b"\n" + SIZE,
    VERSION + KEY + b"x y\n" + SIZE,
    LFS + b"more",
    LFS + SIZE,
    b"\xef\xbb\xbf" + LFS,
    LFS.replace(b"sha256", b"md5"),
    LFS.replace(b"12345", b"-1"),
    LFS.replace(b"12345", b"1_0"),
    LFS.replace(b"12345", b"9223372036854775808"),
    LFS.replace(b"4d7a", b"4D7A"),
    LFS.replace(b"/v1", b"/v2"),
    LFS.replace(b"https:", b"http:"),
    LFS + EXTENSION,
    VERSION + EXTENSION.replace(b"sha256", b"md5") + KEY + SIZE,
    VERSION + EXTENSION.replace(b"-0-", b"-10-") + KEY + SIZE,
]


@pytest.mark.parametrize("raw", REFUSED)
def test_what_git_lfs_refuses_is_damaged(raw: bytes) -> None:
    """What `git lfs pointer --check` of Git LFS 3.3.0 refuses, though it was a pointer once."""
    found = pointers.read(raw)
    assert isinstance(found, Damaged)
    assert found.keeper == "lfs"


EXTENDED = [
    VERSION + EXTENSION + KEY + SIZE,
    VERSION + EXTENSION + OTHER + KEY + SIZE,
    VERSION + OTHER + KEY + EXTENSION + SIZE,
    EXTENSION + LFS,
]


@pytest.mark.parametrize("raw", EXTENDED)
def test_what_an_extension_made(raw: bytes) -> None:
    """The first extension's line has the digest of the file itself; the oid is of what it made."""
    assert pointers.read(raw) == Pointer("lfs", f"sha256:{OID}", encoded=raw)


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="Git LFS's program is not installed")
def test_git_lfs_itself_takes_and_refuses_them() -> None:
    check = ["git-lfs", "pointer", "--check", "--stdin"]

    def taken(raw: bytes) -> bool:
        return subprocess.run(check, input=raw, check=False, capture_output=True).returncode == 0

    assert [it for it in [*TAKEN, *EXTENDED] if not taken(it)] == []
    assert [it for it in REFUSED if taken(it)] == []


def test_a_pointer_that_is_too_large() -> None:
    """`git checkout` follows the first 1,024 bytes of it; `git lfs ls-files` does not list it."""
    assert pointers.read(LFS.ljust(1024)) == Pointer("lfs", f"sha256:{OID}", 12345)
    assert pointers.read(LFS.ljust(1025)) == Damaged("lfs", "it is larger than 1,024 bytes")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"model",
        b"size 12\n",
        b"version 1\noid 2\nsize 3\n",
        b"A page on version https://git-lfs.github.com/spec/v1\n",
        b"see .git/annex/objects/ for more",
        b"at /annex/objects/SHA256-s1--00",
    ],
)
def test_a_content_of_its_own(raw: bytes) -> None:
    assert pointers.read(raw) is None


OF_ANNEX = [
    ("SHA256E", f"-s6--{OID}.bin", f"sha256:{OID}"),
    ("SHA256", f"-s6--{OID}", f"sha256:{OID}"),
    ("SHA512E", f"-s6--{OID * 2}.tar.gz", f"sha512:{OID * 2}"),
    ("SHA1E", f"-s6--{OID[:40]}.gz", None),
    ("MD5E", f"-s6--{OID[:32]}", f"md5:{OID[:32]}"),
    ("WORM", "-s6-m1795850996--a,32b.gz", None),
    ("SHA3_256E", f"-s6--{OID}.bin", None),
    ("SHA256E", f"-s6--{OID[:-1]}.bin", None),
    ("SHA256", f"-s6--{OID}.bin", None),
]
"""Keys as git-annex 10.20230126 makes them, and what of them can be checked."""


@pytest.mark.parametrize(("backend", "rest", "digest"), OF_ANNEX)
@pytest.mark.parametrize(
    "form",
    ["/annex/objects/{}", "/annex/objects/{}\n", "/annex/objects/{}\r\n/annex/later\n",
     "../.git/annex/objects/v2/gm/{0}/{0}", ".git/annex/objects/v2/gm/{0}/{0}",
     "..\\.git\\annex\\objects\\v2\\gm\\{0}\\{0}"],
)  # fmt: skip
def test_a_pointer_of_git_annex(form: str, backend: str, rest: str, digest: str | None) -> None:
    key = f"{backend}{rest}"
    found = Pointer("annex", digest or f"annex:{key}", 6, key=key)
    assert pointers.read(form.format(key).encode()) == found


@pytest.mark.parametrize("raw", [b"/annex/objects/", b"/annex/objects/\n", b"/annex/objects/model",
                                 b"/annex/objects/SHA256E-s6--ab\n<<<<<<<\n"])  # fmt: skip
def test_a_pointer_of_git_annex_that_is_damaged(raw: bytes) -> None:
    found = pointers.read(raw)
    assert isinstance(found, Damaged)
    assert found.keeper == "annex"


@given(st.binary(max_size=60))
def test_any_bytes_can_be_asked_about(raw: bytes) -> None:
    assert pointers.read(raw) is None
    assert pointers.read(raw, "x.dvc") == pointers.BROKEN_DVC


def test_where_to_look() -> None:
    assert pointers.candidates("a/b/c.pkl") == ("a/b/c.pkl.dvc", "a/b.dvc", "a.dvc")
    assert pointers.candidates("a/b.dvc") == ("a/b.dvc",)
    assert pointers.folders("a/b/c.pkl") == ("a/b", "a", "")
    assert pointers.folders("c.pkl") == ("",)
    # POSIX keeps two slashes at the start: above them there is nothing, over and over.
    assert pointers.folders("//c.pkl") == ("//",)
    assert pointers.candidates("//c.pkl") == ("//c.pkl.dvc",)
