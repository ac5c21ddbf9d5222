"""What Git does not keep: models at URLs, in object stores, and in files beside the repository."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import mreg as package
from commandline import CommandLine
from mreg.content import locate
from mreg.content.locate import Sought
from mreg.content.sources import Origin
from mreg.errors import Mismatch, MregError, NotFound, Refused, RemoteError
from mreg.git.mirror import Mirror
from mreg.net import urls
from mreg.system import cache, distribution
from repositories import Maker, Repository, Tag
from web import Page, Web, web

MODEL = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(MODEL).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with web() as made:
        yield made


def annotated(
    make_repository: Maker, path: str, *, sha256: str | None = SHA256, digest: str | None = None
) -> Repository:
    """Make a repository with a model that is elsewhere.

    Args:
        make_repository: makes it.
        path: where the model is.
        sha256: what its annotation says of it.
        digest: what the tag that registered it says.
    """
    entry = f"churn:\n  path: {path!r}\n" + (f"  sha256: '{sha256}'\n" if sha256 else "")
    message = f"Register churn v1.0.0\n\nPrevious: none\nDigest: {digest}" if digest else "A tag."
    made = make_repository(
        [Tag("churn@v1.0.0", message=message)], commits=[{"artifacts.yaml": entry.encode()}]
    )
    made.git("reset", "-q", "--hard")
    return made


def get(repository: Repository) -> bytes:
    return Path(package.get("churn@v1.0.0", repo=repository.path)).read_bytes()


def kept(folder: str) -> list[Path]:
    """Return what is in a folder of the store."""
    return [it for it in (cache.folder() / "contents" / folder).rglob("*") if it.is_file()]


def test_a_url_is_fetched_once(make_repository: Maker, server: Web) -> None:
    repository = annotated(make_repository, server.put("/m.bin", MODEL))
    assert get(repository) == get(repository) == MODEL
    assert len(server.asked) == 1


def test_the_digest_may_stand_in_the_tag(make_repository: Maker, server: Web) -> None:
    url = server.put("/m.bin", MODEL)
    repository = annotated(make_repository, url, sha256=None, digest=f"sha256:{SHA256}")
    assert get(repository) == MODEL


def test_a_digest_may_be_written_in_large_letters(make_repository: Maker, server: Web) -> None:
    url = server.put("/m.bin", MODEL)
    digest = f"sha256:{SHA256}"
    assert get(annotated(make_repository, url, sha256=SHA256.upper(), digest=digest)) == MODEL


def test_without_a_digest_nothing_is_fetched(make_repository: Maker, server: Web) -> None:
    repository = annotated(make_repository, server.put("/m.bin", MODEL), sha256=None)
    with pytest.raises(Refused, match="no SHA-256 is recorded") as raised:
        get(repository)
    assert "mreg register --digest" in raised.value.hint
    assert server.asked == []


def test_tag_and_annotation_that_disagree_are_both_named(
    make_repository: Maker, server: Web
) -> None:
    url = server.put("/m.bin", MODEL)
    repository = annotated(make_repository, url, digest=f"sha256:{'0' * 64}")
    with pytest.raises(Refused) as raised:
        get(repository)
    assert SHA256 in str(raised.value)
    assert "0" * 64 in str(raised.value)
    assert server.asked == []


@pytest.mark.parametrize(
    "page",
    [
        Page(MODEL[:-1] + b"\0"),
        Page(MODEL + b"and more"),
        Page(MODEL[:1000]),
        Page(b"<html>Please log in</html>", headers={"Content-Type": "text/html"}),
        Page(MODEL[::-1], length=False),
        Page(b""),
    ],
    ids=["one byte", "longer", "shorter", "an error as a page", "no size", "nothing"],
)
def test_a_server_that_lies_is_refused_and_nothing_is_kept(
    make_repository: Maker, server: Web, mreg: CommandLine, tmp_path: Path, page: Page
) -> None:
    repository = annotated(make_repository, server.put("/m.bin", page))
    target = tmp_path / "got"
    done = mreg("get", "churn", "-o", str(target), repo=repository)
    assert done.code == 1
    assert f"found sha256:{hashlib.sha256(page.content).hexdigest()}" in done.err
    assert f"expected sha256:{SHA256}" in done.err
    assert not target.exists()
    assert kept("objects") == kept("partial") == []


def test_what_broke_off_is_gone_on_with_by_the_next_get(
    make_repository: Maker, server: Web
) -> None:
    page = Page(MODEL, breaks=[400_000, 0, 0, 0, 0, 0, 0])
    repository = annotated(make_repository, server.put("/m.bin", page))
    with pytest.raises(RemoteError, match="cannot be fetched"):
        get(repository)
    (partial,) = kept("partial")
    assert partial.stat().st_size == 400_000
    assert get(repository) == MODEL
    assert server.ranges[-1] == "bytes=400000-"
    assert kept("partial") == []


def test_the_rest_of_another_content_is_not_put_behind(make_repository: Maker, server: Web) -> None:
    """What an earlier get left is of another content: it was changed back meanwhile."""
    wrong = Page(MODEL[::-1], breaks=[400_000, 0, 0, 0, 0, 0, 0])
    repository = annotated(make_repository, server.put("/m.bin", wrong))
    with pytest.raises(RemoteError):
        get(repository)
    server.put("/m.bin", MODEL)
    assert get(repository) == MODEL
    assert server.ranges[-2:] == ["bytes=400000-", None]


def test_a_get_that_is_killed_is_gone_on_with(make_repository: Maker, tmp_path: Path) -> None:
    with web() as server:
        # It says that more will come, sends half of it, and nothing more until it is killed.
        page = Page(MODEL[:500_000], ranges=False, headers={"Content-Length": str(len(MODEL))})
        repository = annotated(make_repository, server.put("/m.bin", page))
        command = [sys.executable, "-m", "mreg", "get", "churn", "-o", str(tmp_path / "got")]
        running = subprocess.Popen(command, cwd=repository.path, stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while not any(it.stat().st_size for it in kept("partial")) and time.monotonic() < end:
            time.sleep(0.01)
        running.kill()
        running.communicate()
        (partial,) = kept("partial")
        there = partial.stat().st_size
        assert 0 < there <= 500_000
        server.put("/m.bin", MODEL)
        assert get(repository) == MODEL
        assert server.ranges[-1] == f"bytes={there}-"
    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://models.example.com/m.bin", "mreg does not fetch from ftp://"),
        ("github://org:repo@/m.bin", "mreg does not fetch from github://"),
        ("s3://a/b::file:///etc/passwd", "mreg does not fetch from s3://"),
        ("simplecache::s3://a/b", "cannot find"),
        ("file://elsewhere/m.bin", "a file on the machine elsewhere"),
        ("file:///nowhere/m.bin", "cannot find"),
        ("file:///", "is a folder"),
        ("file:///dev/zero", "is not a file, but a device"),
        ("file:///a%00b", "contains a control character"),
        ("file:///a%00/b", "cannot read"),
    ],
)
def test_urls_that_lead_nowhere(make_repository: Maker, url: str, said: str) -> None:
    repository = annotated(make_repository, url, digest=None)
    with pytest.raises(MregError) as raised:
        get(repository)
    assert said in str(raised.value)


def test_a_file_by_its_url(make_repository: Maker, tmp_path: Path) -> None:
    file = tmp_path / "a model.bin"
    file.write_bytes(MODEL)
    assert get(annotated(make_repository, file.as_uri())) == MODEL


@pytest.mark.parametrize("scheme", ["file", "FILE"])
def test_a_registry_of_another_machine_names_no_files_of_this_one(
    make_repository: Maker, tmp_path: Path, scheme: str
) -> None:
    (tmp_path / "m.bin").write_bytes(MODEL)
    path = f"{scheme}://{tmp_path}/m.bin"
    repository = annotated(make_repository, path)
    commit = repository.git("rev-parse", "HEAD").strip()
    there = Mirror(urls.parse("https://example.invalid/models.git")).repository
    sought = Sought("churn v1.0.0", "churn", path, f"sha256:{SHA256}")
    with pytest.raises(Refused, match="cannot name files on your machine"):
        locate.find(sought, Origin(there, commit))
    found = package.get("churn@v1.0.0", repo=repository.path.as_uri())
    assert Path(found).read_bytes() == MODEL


@pytest.mark.usefixtures("_without_fsspec")
def test_a_missing_package_is_named(make_repository: Maker) -> None:
    repository = annotated(make_repository, "s3://models/m.bin")
    with pytest.raises(Refused, match="needs the package s3fs") as raised:
        get(repository)
    assert raised.value.hint == f"run `{distribution.command('remote')}`"


# Files that Git does not have


@pytest.mark.parametrize("path", ["models/m.bin", "../m.bin"])
def test_a_file_outside_git(make_repository: Maker, path: str) -> None:
    repository = annotated(make_repository, path)
    file = repository.path / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(MODEL)
    inner = repository.path / "deep"
    inner.mkdir()
    assert package.get("churn", repo=inner).read_bytes() == MODEL
    file.unlink()
    assert get(repository) == MODEL  # of the cache


def test_a_file_outside_git_that_was_changed(make_repository: Maker) -> None:
    repository = annotated(make_repository, "m.bin")
    (repository.path / "m.bin").write_bytes(MODEL[:-1])
    with pytest.raises(Mismatch, match=SHA256):
        get(repository)


def test_a_file_outside_git_that_is_not_on_this_machine(make_repository: Maker) -> None:
    repository = annotated(make_repository, "m.bin")
    with pytest.raises(NotFound, match=r"cannot find the file .*m\.bin"):
        get(repository)


def test_a_file_outside_git_is_not_at_a_remote(make_repository: Maker) -> None:
    repository = annotated(make_repository, "m.bin")
    with pytest.raises(NotFound, match="is not in its commit"):
        package.get("churn", repo=repository.path.as_uri())


def test_a_link_outside_git_is_followed_and_nothing_else_is_read(
    make_repository: Maker, tmp_path: Path
) -> None:
    repository = annotated(make_repository, "m.bin")
    file = repository.path / "m.bin"
    os.mkfifo(file)
    with pytest.raises(Refused, match="a device or a pipe"):
        get(repository)
    file.unlink()
    file.mkdir()
    with pytest.raises(Refused, match="a folder that is not in Git"):
        get(repository)
    file.rmdir()
    (tmp_path / "storage").write_bytes(MODEL)
    file.symlink_to(tmp_path / "storage")
    assert get(repository) == MODEL
