"""`mreg register --digest`: the SHA-256 of a version's file, in the tag that registers it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_git_processes import processes

import mreg as package
import warm_dvc
from commandline import CommandLine
from lfs_server import pointer
from mreg import Registry
from mreg.content.fetch import Progress
from mreg.git.blobs import LARGE, Blobs
from mreg.git.files import Files
from mreg.git.process import Conversation
from mreg.system import cache
from repositories import Maker, Repository
from web import Page, Web, web

MODEL = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(MODEL).hexdigest()
DIGEST = f"sha256:{SHA256}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with web() as made:
        yield made


def repository(
    make_repository: Maker, path: str, files: dict[str, bytes] | None = None, more: str = ""
) -> Repository:
    """Make a repository with a model that is not registered."""
    entry = f"churn:\n  path: {path!r}\n{more}".encode()
    made = make_repository(commits=[{"artifacts.yaml": entry, **(files or {})}])
    made.git("reset", "-q", "--hard")
    return made


def trailer(repo: Repository) -> str:
    """Return the digest that the newest registration of churn bears."""
    message: str = repo.git("tag", "--list", "--format=%(contents)", "churn@*").strip()
    (found,) = (it for it in message.splitlines() if it.startswith("Digest:"))
    return found.removeprefix("Digest: ")


def test_the_digest_of_a_url(make_repository: Maker, server: Web, mreg: CommandLine) -> None:
    repo = repository(make_repository, server.put("/m.bin", MODEL))
    made = mreg.ok("register", "churn", "--digest", "--json", repo=repo).json
    assert made["trailers"]["Digest"] == DIGEST == trailer(repo)
    assert package.get("churn", repo=repo.path).read_bytes() == MODEL


def test_the_digest_of_what_is_promoted_at_once(
    make_repository: Maker, server: Web, mreg: CommandLine
) -> None:
    repo = repository(make_repository, server.put("/m.bin", MODEL))
    assert mreg("promote", "churn", "prod", "--digest", repo=repo).code == 2
    for _ in range(2):  # what has a version already is not read again
        mreg.ok("promote", "churn", "prod", "--register", "--digest", "--force", repo=repo)
    assert trailer(repo) == DIGEST
    assert len(server.asked) == 1


def test_what_is_registered_so_is_held_against_it(
    make_repository: Maker, server: Web, mreg: CommandLine, tmp_path: Path
) -> None:
    repo = repository(make_repository, server.put("/m.bin", MODEL))
    mreg.ok("register", "churn", "--digest", repo=repo)
    server.put("/m.bin", MODEL[:-1])
    done = mreg("get", "churn", "-o", str(tmp_path / "got"), repo=repo)
    assert done.code == 1
    assert DIGEST in done.err
    assert hashlib.sha256(MODEL[:-1]).hexdigest() in done.err


def test_pieces_of_two_contents_have_no_digest(make_repository: Maker, server: Web) -> None:
    """Without a validator nobody vouches for pieces: it is all read again."""
    url = server.put("/m.bin", Page(MODEL, etag="", breaks=[300_000]))
    repo = repository(make_repository, url)
    Registry.open(repo.path).register("churn", digest=True)
    assert trailer(repo) == DIGEST
    assert server.ranges == [None, None]


@pytest.mark.parametrize("path", ["large.bin", "../large.bin"])
def test_the_digest_of_a_file_outside_git(
    make_repository: Maker, mreg: CommandLine, path: str
) -> None:
    repo = repository(make_repository, path)
    (repo.path / path).write_bytes(MODEL)
    mreg.ok("register", "churn", "--digest", repo=repo)
    assert trailer(repo) == DIGEST
    assert package.get("churn", repo=repo.path).read_bytes() == MODEL


def test_the_digest_of_a_file_in_git(make_repository: Maker, mreg: CommandLine) -> None:
    repo = repository(make_repository, "m.bin", {"m.bin": MODEL})
    (repo.path / "m.bin").write_bytes(b"changed since the commit")
    mreg.ok("register", "churn", "--digest", "--allow-dirty", repo=repo)
    assert trailer(repo) == DIGEST
    assert package.get("churn", repo=repo.path).read_bytes() == MODEL


def test_the_digest_of_what_git_lfs_keeps_is_that_of_its_pointer(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """The content is nowhere: nothing is fetched."""
    repo = repository(make_repository, "m.bin", {"m.bin": pointer(MODEL)})
    mreg.ok("register", "churn", "--digest", repo=repo)
    assert trailer(repo) == DIGEST


@pytest.mark.integration
def test_the_digest_of_what_dvc_keeps(make_repository: Maker, mreg: CommandLine) -> None:
    repo = repository(make_repository, "m.bin")
    (repo.path / "m.bin").write_bytes(MODEL)
    for command in (["init", "-q"], ["add", "-q", "m.bin"]):
        assert warm_dvc.run(command, repo.path, os.environ).code == 0
    repo.git("add", "m.bin.dvc", ".gitignore")
    repo.git("commit", "-q", "-m", "Track the model")
    mreg.ok("register", "churn", "--digest", repo=repo)
    assert trailer(repo) == DIGEST
    assert package.get("churn", repo=repo.path).read_bytes() == MODEL


def test_a_digest_that_the_annotation_does_not_say(
    make_repository: Maker, server: Web, mreg: CommandLine
) -> None:
    more = f"  sha256: '{'0' * 64}'\n"
    repo = repository(make_repository, server.put("/m.bin", MODEL), more=more)
    done = mreg("register", "churn", "--digest", repo=repo)
    assert done.code == 1
    assert f"its digest is {DIGEST}, not sha256:{'0' * 64}" in done.err
    assert repo.git("tag") == ""


@pytest.mark.parametrize(
    ("path", "files", "said"),
    [
        ("models", {"models/a": b"a"}, "a folder has no SHA-256"),
        ("m.bin", {}, "is not in its commit"),
        ("file:///nowhere", {}, "cannot find"),
        ("ftp://x/y", {}, "does not fetch from ftp://"),
    ],
)
def test_without_a_digest_nothing_is_registered(
    make_repository: Maker, mreg: CommandLine, path: str, files: dict[str, bytes], said: str
) -> None:
    repo = repository(make_repository, path, files)
    done = mreg("register", "churn", "--digest", repo=repo)
    assert done.code == 1
    assert said in done.err
    assert repo.git("tag") == ""


@pytest.mark.parametrize(
    ("entry", "said"),
    [(b"", "is not annotated"), (b"churn: {type: model}\n", "its annotation has no path"),
     (b"churn: [", "artifacts.yaml")],
)  # fmt: skip
def test_nothing_says_where_it_is(
    make_repository: Maker, mreg: CommandLine, entry: bytes, said: str
) -> None:
    repo = make_repository(commits=[{"artifacts.yaml": entry}])
    done = mreg("register", "churn", "--digest", repo=repo)
    assert done.code == 1
    assert said in done.err


def test_a_dry_run_says_the_digest(make_repository: Maker, server: Web, mreg: CommandLine) -> None:
    repo = repository(make_repository, server.put("/m.bin", MODEL))
    done = mreg.ok("register", "churn", "--digest", "--dry-run", repo=repo)
    assert DIGEST in done.out
    assert repo.git("tag") == ""


def test_it_is_told_how_far_the_reading_is(make_repository: Maker, server: Web) -> None:
    repo = repository(make_repository, server.put("/m.bin", MODEL))
    told: list[Progress] = []
    Registry.open(repo.path).register("churn", digest=True, report=told.append)
    assert told[-1] == Progress(len(MODEL), len(MODEL))


def test_without_the_option_nothing_is_read(
    make_repository: Maker,
    mreg: CommandLine,
    server: Web,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commit pins what Git, Git LFS and DVC keep; to say it again would cost processes."""
    trace = tmp_path / "trace"
    trace.mkdir()
    plain, pinned = (
        make_repository(
            commits=[{"artifacts.yaml": b"churn: {path: m.bin}\n", "m.bin": b"m"}], name=name
        )
        for name in ("plain", "pinned")
    )
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
    counts = []
    for repo, more in ((plain, []), (pinned, ["--digest"])):
        mreg.ok("register", "churn", *more, repo=repo)
        counts.append(len(processes(trace)))
    assert counts[0] < counts[1]
    assert "Digest:" not in plain.git("tag", "--format=%(contents)", "--list")


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many bytes are taken from Git at a time, wherever a blob is read."""
    sizes: list[int] = []

    def read(talk: Conversation, size: int) -> bytes:
        sizes.append(size)
        return plainly(talk, size)

    def read_into(talk: Conversation, buffer: memoryview) -> int:
        sizes.append(count := in_place(talk, buffer))
        return count

    plainly, in_place = Conversation.read, Conversation.read_into
    monkeypatch.setattr(Conversation, "read", read)
    monkeypatch.setattr(Conversation, "read_into", read_into)
    return sizes


def test_a_large_file_in_git_is_read_once_and_in_pieces(
    make_repository: Maker, taken: list[int], mreg: CommandLine
) -> None:
    raw = os.urandom(LARGE + 1)
    repo = repository(make_repository, "models/m.bin", {"models/m.bin": raw})
    mreg.ok("register", "churn", "--digest", repo=repo)
    assert trailer(repo) == f"sha256:{hashlib.sha256(raw).hexdigest()}"
    assert max(taken) <= 1 << 20
    assert len(raw) <= sum(taken) < len(raw) + 10_000
    assert not (cache.folder() / "contents" / "objects").exists()


def test_what_git_has_wrong_is_not_recorded(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, mreg: CommandLine
) -> None:
    """Git does not hold what it hands out against the object's id."""

    def wrong(blobs: Blobs, oid: str) -> tuple[int, Iterator[memoryview]]:
        size, _ = real(blobs, oid)
        return size, iter([memoryview(bytes(size))])

    real = Blobs.read
    monkeypatch.setattr(Blobs, "read", wrong)
    repo = repository(make_repository, "models/m.bin", {"models/m.bin": MODEL})
    done = mreg("register", "churn", "--digest", repo=repo)
    assert done.code == 1
    assert "the content in Git is damaged" in done.err
    assert "churn@v0.0.1" not in repo.git("tag", "--list")


def test_of_a_file_larger_than_is_wanted_nothing_is_read(
    make_repository: Maker, taken: list[int]
) -> None:
    repo = repository(make_repository, "m.bin", {"m.bin": MODEL, "small": b"small"})
    large, small = (repo.git("rev-parse", f"HEAD:{it}").strip() for it in ("m.bin", "small"))
    with Files(repo.opened) as files:
        found = dict(files.read([large, small], limit=100))
    assert found == {large: bytes(101), small: b"small"}
    assert sum(taken) < 100
