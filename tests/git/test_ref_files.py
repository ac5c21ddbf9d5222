"""Refs read from their files are those that Git lists, in its order; what is odd is left to Git."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import kinds_of_repository
from mreg.errors import MregError, RepositoryError
from mreg.git import branches, process, ref_files, refs, remote
from mreg.git.mirror import Mirror
from mreg.git.repository import Repository as Opened
from mreg.net import urls
from mreg.store.read import patterns_of
from repositories import Maker, Repository, Tag

NAMES = [
    *("churn@v1.0.0", "churn@v1.0.1", "churn@v1.0.10", "churn#prod#1", "churn#eu/west#2"),
    *("churn#eu#3", "churn2@v1.0.0", "chur@v1.0.0", "churn-a#prod#1", "churn/x@v1.0.0"),
    *("nlp/sentiment@v1.0.0", "nlp/sentiment#prod#1", "nlp/sentiment#a/b/c#2", "nlp=x@v0.1.0"),
    *("0", "zebra", "a/b/c/d", "caf\u00e9@v1.0.0", "v1.0", "churn@v1.0.0-rc.1", "churn@x/y"),
]
PREFIX = "refs/tags/"
PATTERNS: list[tuple[str, ...]] = [
    ("refs/tags/",),
    *(patterns_of(it) for it in ("churn", "chur", "nlp/sentiment", "a", "none", "caf\u00e9")),
    ("refs/tags/churn@v1.0.0",),
    ("refs/tags/nlp",),
    ("refs/tags/zebra", "refs/tags/0", "refs/tags/nothing"),
    ("refs/heads/", "refs/remotes/"),
    ("refs/tags/", "refs/remotes/"),
    ("refs/mreg/approvals/churn@*/**",),
]


def loose(repo: Repository) -> None:
    """Leave each ref in a file of its own."""


def packed(repo: Repository) -> None:
    repo.git("pack-refs", "--all")


def mixed(repo: Repository) -> None:
    """Pack all, then move some, make some and delete some."""
    packed(repo)
    for name in NAMES[::3]:
        repo.git("update-ref", f"refs/tags/{name}", repo.commits[-1])
    for name in NAMES[1::3]:
        repo.git("update-ref", "-d", f"refs/tags/{name}")
    repo.git("update-ref", "refs/tags/churn#prod#9", repo.commits[0])


def odd_bytes(repo: Repository) -> None:
    name = b"refs/tags/churn@v\xff\xfe".decode("utf-8", "surrogateescape")
    repo.git("update-ref", name, repo.commits[0])
    packed(repo)
    repo.git("update-ref", name + "\udcff", repo.commits[0])


def empty_folders(repo: Repository) -> None:
    for name in ("churn#dev", "none@v1", "nlp/other"):
        (repo.path / ".git" / "refs" / "tags" / name).mkdir(parents=True)


def links(repo: Repository) -> None:
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    repo.git("symbolic-ref", "refs/heads/also", "refs/heads/main")
    repo.git("symbolic-ref", "refs/tags/link", "refs/tags/zebra")


STATES = [loose, packed, mixed, odd_bytes, empty_folders, links]


def listed(repo: Opened, patterns: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return what Git lists: ids, names and what symbolic refs stand for."""
    return [*refs.parse_links(process.run(repo, "for-each-ref", refs.LINKS, *patterns))]


def read(repo: Opened, patterns: tuple[str, ...]) -> list[tuple[str, str, str]] | None:
    """Return the same out of the files; None if Git has to be asked."""
    found = ref_files.read(repo, patterns)
    return None if found is None else [*refs.list_links(repo, patterns)]


@pytest.fixture(params=["sha1", "sha256"])
def repo(request: pytest.FixtureRequest, tmp_path: Path, make_repository: Maker) -> Repository:
    made = make_repository([Tag(it, number % 2, number) for number, it in enumerate(NAMES)])
    if request.param == "sha256":
        path = tmp_path / "sha256"
        made.git("init", "-q", "--object-format=sha256", "-b", "main", str(path))
        made = Repository(path)
        commits = []
        for _ in range(2):
            made.git("commit", "-q", "--allow-empty", "-m", "One")
            commits.append(made.git("rev-parse", "HEAD").strip())
        made = Repository(path, tuple(commits))
        for number, it in enumerate(NAMES):
            made.git("update-ref", f"refs/tags/{it}", commits[number % 2])
    made.git("update-ref", "refs/remotes/origin/main", made.commits[0])
    made.git("update-ref", "refs/mreg/approvals/churn@v1.0.0/prod/ann", made.commits[0])
    return made


@pytest.mark.parametrize("state", STATES)
def test_they_are_those_that_git_lists(
    repo: Repository, state: Callable[[Repository], None]
) -> None:
    state(repo)
    for patterns in PATTERNS:
        assert read(repo.opened, patterns) == listed(repo.opened, patterns), patterns


@pytest.mark.parametrize("piece", [1, 90, 1 << 20])
@pytest.mark.parametrize("state", STATES)
def test_all_tags_are_listed_as_git_does(
    repo: Repository,
    state: Callable[[Repository], None],
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state(repo)
    monkeypatch.setattr(ref_files, "_PIECE", piece)
    want = process.run(
        repo.opened, "for-each-ref", f"--format=%(objectname) %({refs.TAGS})", PREFIX
    )
    with ref_files.held(repo.opened, PREFIX) as found:
        assert found is not None
        assert found.listing() == (None if state is links else want)
    assert refs.listing(repo.opened, [PREFIX], refs.TAGS) == want


def test_a_fingerprint_changes_with_what_is_listed(repo: Repository) -> None:
    def now() -> tuple[bytes | None, list[tuple[str, str, str]]]:
        return ref_files.fingerprint(repo.opened, "refs/tags/"), listed(repo.opened, PATTERNS[0])

    seen = [now()]
    for change in (
        ("update-ref", "refs/tags/zebra", repo.commits[-1]),
        ("update-ref", "refs/tags/zebra2", repo.commits[0]),
        ("pack-refs", "--all"),
        ("update-ref", "-d", "refs/tags/0"),
        ("update-ref", "refs/tags/zebra", repo.commits[0]),
        ("update-ref", "refs/heads/other", repo.commits[0]),
    ):
        repo.git(*change)
        seen.append(now())
    assert None not in dict(seen)
    assert len(dict(seen)) > 3
    for mark, what in seen:
        assert all(what == other for same, other in seen if same == mark)
    symbolic_link(repo)
    assert ref_files.fingerprint(repo.opened, "refs/tags/") is None


def test_tags_have_no_fingerprint_where_one_is_what_another_ref_says(repo: Repository) -> None:
    repo.git("symbolic-ref", "refs/tags/zebra", "refs/heads/other")
    repo.git("update-ref", "refs/heads/other", repo.commits[0])
    assert ref_files.fingerprint(repo.opened, "refs/tags/") is None
    repo.git("symbolic-ref", "refs/tags/zebra", "refs/tags/0")
    assert ref_files.fingerprint(repo.opened, "refs/tags/") is not None


def test_a_linked_work_tree_has_those_of_the_whole_repository(
    make_repository: Maker, tmp_path: Path
) -> None:
    here = make_repository([Tag(it, 0, number) for number, it in enumerate(NAMES)])
    mixed(here)
    there = kinds_of_repository.worktree(here, tmp_path / "tree")
    for patterns in PATTERNS:
        assert read(there.opened, patterns) == listed(here.opened, patterns)


def test_a_symbolic_link_leads_to_those_of_the_repository_that_git_finds(
    make_repository: Maker, tmp_path: Path
) -> None:
    """It is the one around the folder, not around the link."""
    here = make_repository([Tag(it, 0, number) for number, it in enumerate(NAMES)])
    other = make_repository([Tag("other@v1.0.0")], name="other")
    (here.path / "deep" / "er").mkdir(parents=True)
    links = {tmp_path / "top": here.path, other.path / "link": here.path / "deep" / "er"}
    for link, target in links.items():
        link.symlink_to(target)
        there = Opened.at(link)
        assert there.common_dir() == (here.path / ".git").resolve()
        for patterns in PATTERNS:
            assert read(there, patterns) == listed(there, patterns) == listed(here.opened, patterns)
    (tmp_path / "round").symlink_to("round")
    assert ref_files.read(Opened.at(tmp_path / "round"), ["refs/tags/"]) is None


def test_a_mirror_has_those_of_its_remote(make_repository: Maker) -> None:
    here = make_repository([Tag(it, 0, number) for number, it in enumerate(NAMES)])
    mirror = Mirror(urls.parse(here.path.as_uri()))
    assert ref_files.read(mirror.repository, ["refs/tags/"]) is None  # there is none yet
    mirror.update()
    for patterns in PATTERNS[:-3]:
        assert read(mirror.repository, patterns) == listed(here.opened, patterns)


def symbolic_link(repo: Repository) -> None:
    (repo.path / ".git" / "refs" / "tags" / "soft").symlink_to("zebra")


def empty_file(repo: Repository) -> None:
    (repo.path / ".git" / "refs" / "tags" / "empty").touch()


def half_an_id(repo: Repository) -> None:
    (repo.path / ".git" / "refs" / "tags" / "half").write_text(repo.commits[0][:20])


def zeros(repo: Repository) -> None:
    (repo.path / ".git" / "refs" / "tags" / "zeros").write_text("0" * 40 + "\n")


def bad_name(repo: Repository) -> None:
    (repo.path / ".git" / "refs" / "tags" / "a..b").write_text(repo.commits[0] + "\n")


def broken_link(repo: Repository) -> None:
    repo.git("symbolic-ref", "refs/tags/link", "refs/tags/nowhere")


def unsorted(repo: Repository) -> None:
    packed(repo)
    file = repo.path / ".git" / "packed-refs"
    file.write_bytes(file.read_bytes().replace(b" sorted", b"", 1))


def cut_short(repo: Repository) -> None:
    packed(repo)
    file = repo.path / ".git" / "packed-refs"
    file.write_bytes(file.read_bytes()[:-5])


def bad_line(repo: Repository) -> None:
    packed(repo)
    file = repo.path / ".git" / "packed-refs"
    file.write_bytes(file.read_bytes().replace(b" refs/tags/zebra", b"x refs/tags/zebra"))


def another_format(repo: Repository) -> None:
    repo.git("config", "core.repositoryformatversion", "1")
    repo.git("config", "extensions.refStorage", "reftable")


def an_unknown_extension(repo: Repository) -> None:
    repo.git("config", "extensions.other", "true")


def many(repo: Repository) -> None:
    for number in range(ref_files._MOST_LOOSE):
        path = repo.path / ".git" / "refs" / "tags" / f"n{number}"
        path.write_text(repo.commits[0] + "\n")


ODD = [symbolic_link, empty_file, half_an_id, zeros, bad_name, broken_link, unsorted]
ODD += [cut_short, bad_line, another_format, an_unknown_extension, many]


@pytest.mark.parametrize("make", ODD)
def test_what_is_odd_is_left_to_git(
    make_repository: Maker, make: Callable[[Repository], None]
) -> None:
    repo = make_repository([Tag(it, 0, number) for number, it in enumerate(NAMES)])
    make(repo)
    assert ref_files.read(repo.opened, ["refs/tags/"]) is None
    with ref_files.held(repo.opened, PREFIX) as held:
        assert held is None or held.listing() is None

    def answer(ask: Callable[[], object]) -> object:
        try:
            return ask()
        except MregError as error:
            return str(error)

    said = answer(lambda: listed(repo.opened, ("refs/tags/",)))
    assert answer(lambda: [*refs.list_links(repo.opened, ("refs/tags/",))]) == said


@pytest.mark.parametrize("variable", ["GIT_CEILING_DIRECTORIES", "GIT_REFERENCE_BACKEND"])
def test_what_may_lead_git_elsewhere_is_left_to_it(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    repo = make_repository([Tag("churn@v1.0.0", 0, 0)]).opened
    assert ref_files.read(repo, ["refs/tags/"])
    monkeypatch.setenv(variable, "/")
    assert ref_files.read(repo, ["refs/tags/"]) is None


def test_another_users_repository_is_left_to_git(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo = make_repository([Tag("churn@v1.0.0", 0, 0)])
    link = tmp_path / "link"
    link.symlink_to(repo.path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert ref_files.read(repo.opened, ["refs/tags/"]) is None
    assert ref_files.read(Opened.at(link), ["refs/tags/"]) is None


def test_a_ref_that_is_packed_meanwhile_is_not_lost(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is packed, and its file removed, after the folder was listed and before it was read."""
    repo = make_repository([Tag(it, 0, number) for number, it in enumerate(NAMES)])
    want = listed(repo.opened, ("refs/tags/",))
    entries = ref_files._entries

    def then_packed(folder: bytes) -> list[os.DirEntry[bytes]]:
        found = entries(folder)
        if folder.endswith(b"refs/tags"):
            packed(repo)
        return found

    monkeypatch.setattr(ref_files, "_entries", then_packed)
    assert read(repo.opened, ("refs/tags/",)) == want


def test_one_artifacts_are_found_by_halving(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a thousand packed refs no more lines are looked at than halving takes."""
    tags = [Tag(f"m{number:03}@v1.0.0", 0, number) for number in range(1000)]
    repo = make_repository(tags)
    packed(repo)
    taken: list[int] = []
    lines = ref_files._lines

    def noting(raw: bytes, digits: int) -> object:
        taken.append(len(raw))
        return lines(raw, digits)

    monkeypatch.setattr(ref_files, "_lines", noting)
    for number in (0, 1, 499, 500, 998, 999):
        patterns = patterns_of(f"m{number:03}")
        assert read(repo.opened, patterns) == listed(repo.opened, patterns)
    assert max(taken) < 200


@pytest.mark.parametrize("head", ["refs/heads/main", "refs/heads/not/born", ""])
def test_the_branch_is_the_one_that_git_names(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    repo = make_repository([])
    if head:
        repo.git("symbolic-ref", "HEAD", head)
    else:
        repo.git("update-ref", "--no-deref", "HEAD", repo.commits[0])
    assert repo.opened.branch() == head
    known = branches.read(repo.opened)
    monkeypatch.setattr(Opened, "branch", lambda repo: None)
    assert branches.read(repo.opened) == known
    assert remote.settings(repo.opened).branch == head.removeprefix("refs/heads/")


def test_a_named_pipe_among_the_refs_is_an_error_and_waited_for_by_nobody(
    make_repository: Maker,
) -> None:
    """Git opens it, and waits for somebody who writes into it."""
    here = make_repository([Tag("churn@v1.0.0")])
    pipe = here.path / ".git" / "refs" / "tags" / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RepositoryError, match="is a named pipe") as caught:
        refs.listing(here.opened, (refs.PREFIX,), refs.TAGS)
    assert str(pipe) in caught.value.hint
    assert [it for it, _ in refs.list_refs(here.opened, patterns_of("churn"))] == ["churn@v1.0.0"]
    with os.fdopen(os.open(pipe, os.O_RDWR)), pytest.raises(RepositoryError):
        refs.listing(here.opened, (refs.PREFIX,), refs.TAGS)
