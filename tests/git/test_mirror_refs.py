"""Refs that are put in place at once: what Git then says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mreg.git import mirror_refs
from repositories import Maker, Repository, Tag

IDS = (b"1" * 40, b"2" * 40)
ALL = ("refs/tags/*",)


def test_rows_are_read_by_patterns_in_which_a_star_crosses_slashes() -> None:
    names = ("refs/tags/a/b@v1", "refs/tags/a@v1", "refs/tags/ab@v1", "refs/heads/a@v1")
    rows = b"".join(b"%s\t%s\n" % (IDS[0], name.encode()) for name in names)

    def found(*patterns: str) -> set[str]:
        return {it.decode() for it in mirror_refs.listed(rows, patterns)}

    assert found("refs/tags/a@*") == {"refs/tags/a@v1"}
    assert found("refs/tags/a*", "refs/heads/*") == set(names)
    assert found("refs/tags/?b@*") == found() == set()


@pytest.mark.parametrize(
    "name",
    [
        *("refs/tags/../../config", "refs/tags/a..b", "refs/tags/.a", "refs/tags/a/.b"),
        *("refs/tags/a.lock", "refs/tags/a.lock/b", "refs/tags/a~1"),
        *("refs/tags/a b", "refs/tags/a\tb"),
        *("refs/tags/a^{}", "refs/tags/a@{1}", "refs/tags//a", "refs/tags/a/", "refs/tags/a."),
        *("refs/tags/a\x01", "refs/tags/a\x7f", "refs/tags/a:b", "refs/tags/a*", "refs/tags/a\\b"),
    ],
)  # fmt: skip
def test_a_name_that_git_refuses_is_left_out(name: str) -> None:
    rows = b"%s\t%s\n%s\trefs/tags/good\n" % (IDS[0], name.encode(), IDS[1])
    assert mirror_refs.listed(rows, ALL) == {b"refs/tags/good": IDS[1]}


@pytest.mark.parametrize("row", [b"1234\trefs/tags/a", b"x" * 40 + b"\trefs/tags/a", b"nonsense"])
def test_what_is_no_row_is_none(row: bytes) -> None:
    assert mirror_refs.listed(row + b"\n", ALL) == {}


def test_git_reads_what_was_put(make_repository: Maker) -> None:
    here, held = _with_refs(make_repository)
    assert here.refs() == held
    assert here.git("fsck") == ""
    assert here.git("rev-parse", "refs/tags/a@v1^{commit}").strip() == here.commits[0]
    here.git("pack-refs", "--all")
    assert here.refs() == held


def test_refs_of_other_patterns_stay_and_those_that_are_gone_go(make_repository: Maker) -> None:
    here, held = _with_refs(make_repository)
    new = {b"refs/tags/a@v3": here.commits[0].encode()}
    mirror_refs.put(here.path / ".git", ("refs/tags/a@*",), new)
    kept = {name: oid for name, oid in held.items() if not name.startswith("refs/tags/a@")}
    assert here.refs() == {**kept, "refs/tags/a@v3": here.commits[0]}


def test_refs_that_somebody_else_changes_stay_as_they_are(make_repository: Maker) -> None:
    here, held = _with_refs(make_repository)
    lock = here.path / ".git" / "packed-refs.lock"
    lock.touch()
    with pytest.raises(FileExistsError):
        mirror_refs.put(here.path / ".git", ALL, {})
    assert here.refs() == held
    assert lock.exists()


def test_nothing_is_left_of_an_interrupted_change(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, held = _with_refs(make_repository)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mirror_refs.put(here.path / ".git", ALL, {})
    monkeypatch.undo()
    assert here.refs() == held
    mirror_refs.put(here.path / ".git", ALL, {})
    assert not any(it.startswith("refs/tags/") for it in here.refs())


def _with_refs(make_repository: Maker) -> tuple[Repository, dict[str, str]]:
    """Return a repository with packed refs put by us, whose names sort by bytes, and all refs."""
    here = make_repository(
        [Tag("a@v1"), Tag("a@v2"), Tag("z\u00e9@v1"), Tag("a/b@v1"), Tag("B@v1")]
    )
    held = here.refs()
    for name in held:
        if name.startswith("refs/tags/"):
            here.git("update-ref", "-d", name)
    tags = {name.encode(): oid.encode() for name, oid in held.items() if "tags" in name}
    mirror_refs.put(here.path / ".git", ALL, tags)
    return here, held
