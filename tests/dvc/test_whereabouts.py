"""Where what stands at a path of a commit is kept: one answer, for files, diffs and documents."""

from __future__ import annotations

import pytest

from mreg.dvc import whereabouts
from mreg.dvc.pointers import BROKEN_DVC, Damaged

SHA = "4f" * 32
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 7\n".encode()
DVC = b"outs:\n- {md5: a1, path: m.pkl, size: 5}\n"
ABSENT = None, None
IN_GIT = "git:1d", 9


@pytest.mark.parametrize(
    ("path", "texts", "in_git", "place", "known"),
    [
        ("m.pkl", {}, True, "git", IN_GIT),
        ("m.pkl", {"m.pkl": b"small"}, True, "git", IN_GIT),
        ("m.pkl", {"m.pkl": LFS}, True, "lfs", (f"sha256:{SHA}", 7)),
        ("m.pkl", {"m.pkl": LFS[:-7]}, True, "damaged", IN_GIT),
        ("m.pkl", {}, False, "absent", ABSENT),
        ("m.pkl", {"m.pkl.dvc": DVC}, False, "dvc", ("md5:a1", 5)),
        ("m.pkl", {"m.pkl.dvc": DVC}, True, "git", IN_GIT),
        ("m.pkl.dvc", {"m.pkl.dvc": DVC}, True, "dvc", ("md5:a1", 5)),
        ("m.pkl.dvc", {"m.pkl.dvc": b""}, True, "damaged", IN_GIT),
        ("folder.dvc", {}, True, "git", IN_GIT),
        ("s3://bucket/m.pkl", {}, False, "outside", ABSENT),
        ("../m.pkl", {}, False, "outside", ABSENT),
        ("/m.pkl", {}, False, "outside", ABSENT),
    ],
)
def test_where(
    path: str,
    texts: dict[str, bytes],
    in_git: bool,
    place: str,
    known: tuple[str | None, int | None],
) -> None:
    where = whereabouts.where(path, texts.get, in_git=in_git)
    found = whereabouts.kept(path, where, "1d" if in_git else None, 9 if in_git else None)
    assert (found.path, found.place, (found.digest, found.size)) == (path, place, known)
    assert found.has_pointer == (place in ("lfs", "damaged"))
    assert found.content_digest == (None if place == "damaged" else found.digest)


def test_what_is_wrong_with_a_pointer_is_said() -> None:
    found = whereabouts.where("m.pkl", {"m.pkl": LFS[:-7]}.get, in_git=True)
    assert isinstance(found, Damaged)
    assert "it has no size" in str(found)
    assert whereabouts.where("m.dvc", {"m.dvc": b"["}.get, in_git=True) == BROKEN_DVC
