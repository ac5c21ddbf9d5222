"""Where bytes are, as values; and which paths are safe in every file system."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.content import digests, location
from mreg.content.location import (
    DvcFolder,
    GitBlob,
    Member,
    Outside,
    UrlLocation,
)
from mreg.dvc.pointers import Pointer
from mreg.dvc.records import DvcObject
from mreg.errors import Refused

MD5, OTHER = "1" * 32, "2" * 32
SHA = "a" * 64


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        (GitBlob("b" * 40), f"git:{'b' * 40}"),
        (Pointer("lfs", f"sha256:{SHA}", 3), f"sha256:{SHA}"),
        (DvcObject(MD5), f"md5:{MD5}"),
        (DvcObject(f"{MD5}.dir"), f"md5:{MD5}"),
        (UrlLocation("https://example.com/m", SHA), f"sha256:{SHA}"),
        (Outside("../m", SHA), f"sha256:{SHA}"),
    ],
)
def test_each_content_has_a_digest_that_can_be_checked(
    content: location.Content, digest: str
) -> None:
    assert content.digest == digest
    assert digests.checked(content.digest) == digest


@pytest.mark.parametrize("text", ["", "git:", "md5:../../x", f"sha1:{'a' * 40}", f"git:{'A' * 40}"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="mreg cannot check the digest"):
        digests.checked(text)


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "a",
            "a/b.bin",
            "weights-00001-of-00002.safetensors",
            ".gitattributes",
            ".hidden/x",
            "git/x",
            "console.log",
            "comet",
            "übung/π.txt",
            "a b",
            "...x",
            "com10",
        ],
    )
    def test_common_names_are_fine(self, path: str) -> None:
        location.check_paths([path])

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            ("../a", "leads out"),
            ("a/../b", "leads out"),
            ("/etc/passwd", "empty name"),
            ("a//b", "empty name"),
            ("", "empty name"),
            ("./a", "empty name"),
            ("a\\b", "another place on Windows"),
            ("C:/x", "another place on Windows"),
            ("c:x", "another place on Windows"),
            ("a\nb", "control character"),
            ("a\x1b[2J", "control character"),
            ("CON", "device"),
            ("a/nul.txt", "device"),
            ("Com1.tar.gz", "device"),
            ("a./b", "ends with a space or a dot"),
            ("a ", "ends with a space or a dot"),
            (".git/config", "Git's own folder"),
            (".GIT/config", "Git's own folder"),
            ("git~1/config", "Git's own folder"),
            (".g\u200cit/config", "Git's own folder"),
        ],
    )
    def test_others_are_refused_in_words(self, path: str, why: str) -> None:
        with pytest.raises(Refused, match=why):
            location.check_paths(["fine", path])

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Model.bin", "model.bin"),
            ("A/x", "a/y"),
            ("stra\u00dfe", "STRASSE"),
            ("\u00e9", "e\u0301"),
            ("a", "A/b"),
        ],
    )
    def test_twins_are_refused(self, one: str, other: str) -> None:
        with pytest.raises(Refused, match="only in letter case"):
            location.check_paths([one, other])

    def test_a_file_that_is_a_folder_too_is_refused(self) -> None:
        with pytest.raises(Refused, match="is both a file and a folder"):
            location.check_paths(["a/b", "a"])

    def test_a_path_that_is_there_twice_is_refused(self) -> None:
        with pytest.raises(Refused, match="twice"):
            location.check_paths(["a", "a"])

    @given(st.lists(st.text("aA./\\:~ \x00git", max_size=8), max_size=4))
    def test_what_is_not_refused_stays_in_its_folder(self, paths: list[str]) -> None:
        try:
            location.check_paths(paths)
        except Refused:
            return
        for path in paths:
            names = path.split("/")
            assert not {"", ".", "..", ".git"} & {it.lower() for it in names}
            assert not set(path) & set("\\\x00")
        assert len({it.casefold() for it in paths}) == len(paths)


def dvc_list(*rows: object) -> bytes:
    return json.dumps(rows).encode()


class TestFoldersOfDvc:
    folder = DvcFolder("data", DvcObject(f"{MD5}.dir", remote="store"))
    raw = dvc_list({"md5": MD5, "relpath": "b/c"}, {"md5": OTHER, "relpath": "a"})

    def test_the_list_says_what_is_in_it(self) -> None:
        assert location.listed(self.folder, self.raw) == (
            Member("a", DvcObject(OTHER, remote="store")),
            Member("b/c", DvcObject(MD5, remote="store")),
        )

    def test_a_folder_in_it_is_found(self) -> None:
        (found,) = location.listed(self.folder._replace(inside="b"), self.raw)
        assert (found.path, found.content.digest) == ("c", f"md5:{MD5}")

    def test_a_file_in_it_is_found(self) -> None:
        (found,) = location.listed(self.folder._replace(inside="b/c"), self.raw)
        assert (found.path, found.content.digest) == ("", f"md5:{MD5}")

    def test_what_is_not_in_it_is_said(self) -> None:
        with pytest.raises(Refused, match="has no z"):
            location.listed(self.folder._replace(inside="z"), self.raw)

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\xff",
            b"3",
            b"{}x",
            dvc_list(3),
            dvc_list({"md5": MD5}),
            dvc_list({"md5": "../x", "relpath": "a"}),
            dvc_list({"md5": 3, "relpath": "a"}),
            dvc_list({"md5": MD5, "relpath": 3}),
            pytest.param(b"[" * 200_000, id="deep"),
        ],
    )
    def test_what_is_no_list_is_refused(self, raw: bytes) -> None:
        with pytest.raises(Refused, match="cannot read"):
            location.listed(self.folder, raw)


@given(st.binary(max_size=100))
def test_digests_are_those_of_git_and_of_sha256sum(raw: bytes) -> None:
    """`git help hash-object`; FIPS 180-4."""
    blob = b"blob %d\0" % len(raw) + raw
    for digest, wanted in [
        (f"git:{'0' * 40}", hashlib.sha1(blob)),
        (f"git:{'0' * 64}", hashlib.sha256(blob)),
        (f"sha256:{'0' * 64}", hashlib.sha256(raw)),
        (f"md5:{'0' * 32}", hashlib.md5(raw)),
    ]:
        hasher = digests.hasher(digest, len(raw))
        hasher.update(raw)
        assert hasher.hexdigest() == wanted.hexdigest()
