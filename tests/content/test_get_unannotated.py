"""Versions that are older than their annotation: who gets one says where it is."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path

import pytest

import mreg as library
from commandline import CommandLine
from mreg.errors import NotFound, Refused
from repositories import Maker, Repository, Tag

OLD, NEW = b"old weights", b"new weights"
TAGS = [Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1), Tag("churn#prod#1", 0, 1)]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """A registry of two versions, the first of which was registered before it was annotated."""
    wrong = f"churn: {{path: m/churn.bin, sha256: {hashlib.sha256(NEW).hexdigest()}}}\n"
    commits = [
        {"m/churn.bin": OLD, "m/words.txt": b"words"},
        {"artifacts.yaml": wrong.encode(), "m/churn.bin": NEW},
    ]
    return make_repository(TAGS, commits=commits)


@pytest.mark.parametrize(("path", "rev"), [("m/churn.bin", None), (None, "HEAD"), (None, "v2")])
def test_its_own_commit_has_it(
    repo: Repository, path: str | None, rev: str | None, tmp_path: Path
) -> None:
    """Also where the annotation tells the digest of what another commit has."""
    repo.git("branch", "v2", repo.commits[1])
    for selector in ("churn@v1.0.0", "churn#prod"):
        out = tmp_path / selector
        assert library.get(selector, out, repo=repo.path, path=path, rev=rev).read_bytes() == OLD


def test_it_is_said_by_whom_and_that_nothing_was_recorded(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    command = ["get", "churn@v1.0.0", "-o", str(tmp_path / "out"), "--force"]
    done = mreg.ok(*command, "--path", "m/churn.bin", repo=repo)
    assert done.err == (
        "churn v1.0.0 has no recorded location. Used m/churn.bin in commit"
        f" {repo.commits[0][:12]}, as given by --path; not checked, because no digest is recorded\n"
    )
    sha256 = hashlib.sha256(OLD).hexdigest()
    done = mreg.ok(*command, "--rev", "HEAD", "--sha256", sha256, repo=repo)
    assert f"as given by the annotation at HEAD; checked against sha256:{sha256}" in done.err
    assert mreg.ok("get", "churn", *command[2:], repo=repo).err == ""


def test_json_says_it(repo: Repository, mreg: CommandLine) -> None:
    def said(*arguments: str) -> tuple[str, str | None, str | None]:
        found = mreg.ok("get", *arguments, "--json", "-o", "out", "--force", repo=repo).json
        return found["source"], found["annotation"], found["recorded"]

    newer = f"sha256:{hashlib.sha256(NEW).hexdigest()}"
    assert said("churn@v1.0.0", "--path", "./m/churn.bin") == ("m/churn.bin", None, None)
    assert said("churn@v1.0.0", "--rev", "HEAD") == ("m/churn.bin", repo.commits[1], None)
    assert said("churn@v2.0.0", "--rev", "HEAD") == ("m/churn.bin", repo.commits[1], newer)
    assert said("churn@v2.0.0") == ("m/churn.bin", repo.commits[1], newer)


def test_the_digest_in_the_tag_counts(repo: Repository) -> None:
    message = f"Register\n\nDigest: sha256:{hashlib.sha256(NEW).hexdigest()}\n"
    repo.git("tag", "-a", "-m", message, "churn@v0.9.0", repo.commits[0])
    with pytest.raises(Refused, match="does not match its recorded digest"):
        library.get("churn@v0.9.0", repo=repo.path, path="m/churn.bin")


def test_what_its_own_annotation_says_counts(repo: Repository) -> None:
    assert library.get("churn", repo=repo.path, path="m/churn.bin").read_bytes() == NEW
    assert library.get("churn", repo=repo.path, rev=repo.commits[0]).read_bytes() == NEW
    with pytest.raises(Refused, match=r"churn v2.0.0 is at m/churn.bin, according to its own"):
        library.get("churn", repo=repo.path, path="m/words.txt")


def test_an_annotation_that_cannot_be_read_is_none(make_repository: Maker) -> None:
    commit = {"artifacts.yaml": b"churn: [", "m": OLD}
    made = make_repository([Tag("churn@v1.0.0")], commits=[commit])
    assert library.get("churn", repo=made.path, path="m").read_bytes() == OLD


def test_what_nobody_says_is_absent(repo: Repository) -> None:
    with pytest.raises(NotFound, match=r"m/none is not in its commit"):
        library.get("churn@v1.0.0", repo=repo.path, path="m/none")
    repo.git("branch", "v1", repo.commits[0])
    with pytest.raises(NotFound, match=r"the annotation of churn at v1 has no path"):
        library.get("churn@v1.0.0", repo=repo.path, rev="v1")
    with pytest.raises(Refused, match="no SHA-256 is recorded"):
        library.get("churn@v1.0.0", repo=repo.path, path=(repo.path / "out").as_uri())


def test_a_url_needs_a_digest_and_is_said_to_be_held_against_it(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere"
    file.write_bytes(OLD)
    digest = hashlib.sha256(OLD).hexdigest()
    words = ["get", "churn@v1.0.0", "--path", file.as_uri(), "--sha256", digest, "-o", "out"]
    done = mreg.ok(*words, repo=repo)
    assert done.err.endswith(f"as given by --path; checked against sha256:{digest}\n")


def test_the_command_that_is_advised_works(repo: Repository, mreg: CommandLine) -> None:
    refused = mreg("get", "churn#prod", repo=repo)
    assert refused.code == 1
    hint = refused.err.partition("hint: ")[2]
    assert hint.startswith("mreg get 'churn#prod' --rev HEAD downloads m/churn.bin from its commit")
    words = shlex.split(hint.partition(" downloads ")[0])[1:]
    assert mreg.ok(*words, repo=repo).out.startswith("Got churn v1.0.0: churn.bin (11 B")


def test_where_head_does_not_help_a_path_is_advised(repo: Repository, mreg: CommandLine) -> None:
    repo.git("reset", "-q", "--hard")
    (repo.path / "artifacts.yaml").write_text("churn: {path: elsewhere.bin}\n")
    repo.git("commit", "-q", "-a", "-m", "Move it")
    refused = mreg("get", "churn@v1.0.0", repo=repo)
    hint = refused.err.partition("hint: ")[2]
    assert hint.startswith(
        "mreg get churn@v1.0.0 --path FILE downloads a file from its commit"
        f" {repo.commits[0][:12]}; "
    )


def test_one_way_at_a_time(repo: Repository, mreg: CommandLine) -> None:
    for words in (["--path", "x", "--rev", "HEAD"], ["--path", ""]):
        assert mreg("get", "churn@v1.0.0", *words, repo=repo).code == 2
