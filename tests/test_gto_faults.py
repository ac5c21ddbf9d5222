"""The known faults of GTO 1.10.1, each one a test that mreg passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import CommandLine
from repositories import ANN, START, Lightweight, Maker, Repository, Tag, tag_bytes


def versions(repo: Repository, mreg: CommandLine) -> list[str | None]:
    found = mreg.ok("show", "churn", "--json", repo=repo).json
    return [it["version"] for it in found["versions"]]


def holders(repo: Repository, mreg: CommandLine, stage: str = "prod") -> list[str | None]:
    found = mreg.ok("show", "churn", "--json", repo=repo).json
    return [it["version"] for it in found["stages"].get(stage, [])]


@pytest.mark.parametrize("question", [["show"], ["show", "churn"], ["history"], ["stages"]])
def test_versions_are_never_cut(
    question: list[str], make_repository: Maker, mreg: CommandLine
) -> None:
    """GTO shows v1.10.100 as v1.10.1, another version."""
    repo = make_repository([Tag("churn@v1.10.100"), Tag("churn#prod#1", 0, 1)])
    assert "v1.10.100" in mreg.ok(*question, repo=repo).out


def test_events_of_one_second_are_ordered_by_number(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """GTO orders them by name, so that #9 beats #10."""
    tags = [Tag("churn@v1.0.0", 0), Tag("churn@v2.0.0", 1)]
    tags += [Tag(f"churn#prod#{number}", number % 2, 60) for number in (9, 10, 11)]
    repo = make_repository(tags)
    assert holders(repo, mreg) == ["v2.0.0", "v1.0.0"]


def test_two_versions_on_one_commit_may_be_in_stages(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """Every command of GTO fails on it."""
    repo = make_repository(
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@v2.0.0", 0, 1),
            Tag("churn#prod#1", 0, 2, "Promote\n\nVersion: v1.0.0"),
            Tag("churn#dev#2", 0, 3),
        ]
    )
    assert versions(repo, mreg) == ["v2.0.0", "v1.0.0"]
    assert holders(repo, mreg, "prod") == ["v1.0.0"]
    assert holders(repo, mreg, "dev") == ["v2.0.0"]
    assert mreg.ok("doctor", repo=repo).out == ""


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{", b"\x00", b"\xff\xfe", b"- a\n- b\n", b"churn: [", b"churn: 1\n"]
)
def test_a_broken_artifacts_yaml_breaks_no_command(
    content: bytes, make_repository: Maker, mreg: CommandLine
) -> None:
    """An empty or corrupt one in any registered commit breaks every command of GTO."""
    repo = make_repository(
        [Tag("churn@v1.0.0", 0), Tag("churn@v2.0.0", 2, 1), Tag("churn#prod#1", 0, 2)],
        commits=[{"artifacts.yaml": content}, {"x": b"1"}, {"artifacts.yaml": content + b""}],
    )
    assert versions(repo, mreg) == ["v2.0.0", "v1.0.0"]
    assert holders(repo, mreg) == ["v1.0.0"]
    for question in (["show"], ["show", "churn@v1.0.0"], ["history"], ["stages"]):
        mreg.ok(*question, repo=repo)
    mreg.ok("promote", "churn", "prod", repo=repo)


def test_a_created_tag_breaks_no_command(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository([Tag("churn@created"), Tag("churn@v1.0.0", 0, 1)])
    assert versions(repo, mreg) == ["v1.0.0"]
    [found] = mreg.ok("doctor", "--json", repo=repo).json["problems"]
    assert (found["code"], found["subject"]) == ("MR001", "churn@created")


@pytest.mark.parametrize("kind", ["tree", "blob"])
def test_a_tag_on_a_tree_or_blob_breaks_no_command(
    kind: str, make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([Tag("churn@v1.0.0")])
    oid = repo.put_object(b"", kind)
    repo.put_tag("churn@v2.0.0", tag_bytes("churn@v2.0.0", oid, kind=kind))
    assert versions(repo, mreg) == ["v1.0.0"]


@pytest.mark.parametrize(
    "tagger",
    [
        pytest.param(None, id="none"),
        pytest.param("Zo\udceb <z@example.com> 1700000000 +0000", id="not UTF-8"),
        pytest.param(f"{ANN} -100 +0000", id="before 1970"),
        pytest.param(f"{ANN} {2**63} +0000", id="overflow"),
        pytest.param(f"{ANN} {-(2**63)} +0000", id="negative overflow"),
    ],
)
def test_an_odd_tagger_or_date_breaks_no_command(
    tagger: str | None, make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([Tag("churn@v1.0.0")])
    raw = tag_bytes("other@v1.0.0", repo.commits[0], tagger=tagger)
    repo.put_tag("other@v1.0.0", raw)
    assert versions(repo, mreg) == ["v1.0.0"]
    for question in (["show"], ["show", "--json"], ["history", "--json"], ["stages"]):
        mreg.ok(*question, repo=repo)


def test_a_sha256_repository_is_read_and_written(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository([Tag("churn@v1.0.0")], object_format="sha256")
    made = mreg.ok("register", "churn", "--json", repo=repo).json
    assert (made["version"], made["commit"]) == ("v1.0.1", repo.commits[-1])
    assert len(made["commit"]) == 64
    mreg.ok("promote", "churn", "prod", repo=repo)
    mreg.ok("promote", "churn@v1.0.0", "prod", repo=repo)
    mreg.ok("rollback", "churn", "prod", repo=repo)
    mreg.ok("demote", "churn#prod", "prod", repo=repo)
    mreg.ok("deregister", "churn@v1.0.1", repo=repo)
    mreg.ok("deprecate", "churn", repo=repo)
    assert versions(repo, mreg) == ["v1.0.0"]
    assert holders(repo, mreg) == []  # v1.0.0 was rolled back from
    assert mreg.ok("doctor", "--json", repo=repo).json["problems"] == []


def test_a_commit_id_is_never_given_for_a_version(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """GTO prints the commit's id where the tag of the registration was not fetched."""
    repo = make_repository([Tag("churn#prod#1")])
    [holder] = mreg.ok("show", "churn", "--json", repo=repo).json["stages"]["prod"]
    assert (holder["version"], holder["commit"]) == (None, repo.commits[0])
    asked = mreg("show", "churn#prod", "--field", "version", repo=repo)
    assert (asked.code, asked.out) == (1, "")


def test_the_version_is_known_even_where_its_registration_was_not_fetched(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository(commits=1)
    mreg.ok("register", "churn", "--version", "v1.2.0", repo=repo)
    mreg.ok("promote", "churn", "prod", repo=repo)
    repo.git("update-ref", "-d", "refs/tags/churn@v1.2.0")
    assert mreg.ok("show", "churn#prod", "--field", "version", repo=repo).out == "v1.2.0\n"
    found = mreg("doctor", "--json", repo=repo).json["problems"]
    assert {it["code"] for it in found} == {"MR011", "MR013"}


@pytest.mark.parametrize(
    ("arguments", "version"),
    [([], "v1.0.0"), (["--bump", "release"], "v1.0.0"), (["--bump", "prerelease"], "v1.0.0-rc.2")],
)
def test_a_prerelease_is_followed_by_its_release(
    arguments: list[str], version: str, make_repository: Maker, mreg: CommandLine
) -> None:
    """After v1.0.0-rc.1 GTO registers v1.0.1, never v1.0.0."""
    repo = make_repository([Tag("churn@v1.0.0-rc.1")])
    assert mreg.ok("register", "churn", *arguments, "--json", repo=repo).json["version"] == version


def test_a_deregistered_version_can_be_registered_again(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.0.0!", 0, 1)])
    mreg.ok("register", "churn", "--version", "v1.0.0", repo=repo)
    assert (
        mreg.ok("show", "churn@v1.0.0", "--field", "commit", repo=repo).out.strip()
        == (repo.commits[-1])
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["register", "churn", "no-such-rev"], 1),
        (["register", "churn", "HEAD~99"], 1),
        (["register", "churn", "--version", "v9.0.0", "--bump", "major"], 2),
        (["promote", "churn@v1.0.0", "prod", "--rev", "HEAD"], 2),
        (["promote", "churn@v1.0.0", "prod", "--register"], 2),
        (["promote", "churn", "prod", "--bump", "major"], 2),
        (["show", "--field", "version"], 2),
    ],
)
def test_a_bad_ref_or_clashing_options_get_one_clear_line(
    arguments: list[str], code: int, make_repository: Maker, mreg: CommandLine
) -> None:
    """GTO says "Unexpected error, please report it"."""
    repo = make_repository([Tag("churn@v1.0.0")])
    before = repo.contents()
    done = mreg(*arguments, repo=repo)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")
    assert "report it" not in done.err
    assert repo.contents() == before


@pytest.mark.parametrize("tag", ["churn@v9.9.9", "nothing", "refs/tags/churn#prod#7", ""])
def test_check_ref_of_an_unknown_tag_says_so(
    tag: str, make_repository: Maker, mreg: CommandLine
) -> None:
    """GTO prints nothing and ends with exit code 0."""
    done = mreg("check-tag", tag, repo=make_repository([Tag("churn@v1.0.0")]))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")


def test_doctor_reports_all_of_this(make_repository: Maker, mreg: CommandLine) -> None:
    """GTO's `doctor` reports nothing of it."""
    repo = make_repository(
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@created", 0, 1),
            Lightweight("churn@v2.0.0", 1),
            Tag("churn#prod#1", 0, 3),
            Tag("churn#dev#1", 0, 4),
        ]
    )
    tree = repo.git("rev-parse", "HEAD^{tree}").strip()
    repo.put_tag("churn@v3.0.0", tag_bytes("churn@v3.0.0", tree, kind="tree"))
    repo.put_tag("churn@v4.0.0", tag_bytes("churn@v4.0.0", repo.commits[0], tagger=None))
    overflow = tag_bytes("churn@v5.0.0", repo.commits[0], tagger=f"{ANN} {2**62} +0000")
    repo.put_tag("churn@v5.0.0", overflow)
    text = tag_bytes(
        "churn@v6.0.0", repo.commits[2], tagger=f"{ANN} {START + 9} +0000", message=b"\xff\n"
    )
    repo.put_tag("churn@v6.0.0", text)
    done = mreg("doctor", "--json", repo=repo)
    assert done.code == 1
    assert {(it["code"], it["subject"]) for it in done.json["problems"]} == {
        ("MR001", "churn@created"),
        ("MR002", "churn@v2.0.0"),
        ("MR003", "churn@v3.0.0"),
        ("MR006", "churn@v4.0.0"),
        ("MR007", "churn@v5.0.0"),
        ("MR009", "churn@v6.0.0"),
        ("MR010", "churn#dev#1"),
    }


def test_a_rejected_push_leaves_no_tag_behind_and_can_be_tried_again(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    """GTO leaves the local tag, and refuses the next try because it is there."""
    repo = make_repository(commits=1)
    remote = tmp_path / "remote.git"
    repo.git("clone", "-q", "--bare", ".", str(remote))
    repo.git("remote", "add", "origin", str(remote))
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = repo.refs()
    done = mreg("register", "churn", "--push", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert repo.refs() == before
    hook.unlink()
    mreg.ok("register", "churn", "--push", repo=repo)
    assert "refs/tags/churn@v0.0.1" in repo.refs()
    assert "refs/tags/churn@v0.0.1" in Repository(remote).refs()


def test_the_setting_to_sign_tags_is_honoured(make_repository: Maker, mreg: CommandLine) -> None:
    """GTO ignores tag.gpgSign. With a program that cannot sign, there must be no tag."""
    repo = make_repository(commits=1)
    repo.git("config", "tag.gpgSign", "true")
    repo.git("config", "gpg.program", "false")
    before = repo.refs()
    done = mreg("register", "churn", repo=repo)
    assert done.code == 1
    assert "cannot sign the tag" in done.err
    assert repo.refs() == before
