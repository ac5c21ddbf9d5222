"""Shallow and tagless clones, stand-ins for tags, missing objects: never wrong in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import origin
import remotes
from commandline import CommandLine
from repositories import START, Lightweight, Maker, Repository, Tag, tag_bytes


def shallow(here: Repository, path: Path) -> Repository:
    """A clone of the last commit, with the tags that point to it and no others."""
    return origin.clone(here, path, "--depth=1")


def shallow_without_tags(here: Repository, path: Path) -> Repository:
    return origin.clone(here, path, "--depth=1", "--no-tags")


def tagless(here: Repository, path: Path) -> Repository:
    return origin.clone(here, path, "--no-tags")


def tagless_but_for_one(here: Repository, path: Path) -> Repository:
    clone = origin.clone(here, path, "--no-tags")
    clone.git("fetch", "-q", "--no-tags", "origin", "refs/tags/churn@v0.1.0:refs/tags/churn@v0.1.0")
    return clone


def emptied(here: Repository, path: Path) -> Repository:
    """A clone whose tags were never fetched, without a setting that says so."""
    clone = origin.clone(here, path, "--no-tags")
    clone.git("config", "--unset", "remote.origin.tagOpt")
    return clone


def worktree_of_shallow(here: Repository, path: Path) -> Repository:
    clone = origin.clone(here, path.with_name("main"), "--depth=1")
    clone.git("worktree", "add", "-q", "--detach", str(path))
    return Repository(path, clone.commits)


def emptied_but_for_a_foreign_tag(here: Repository, path: Path) -> Repository:
    clone = emptied(here, path)
    clone.git("tag", "experiment-1")
    return clone


Clone = Callable[[Repository, Path], Repository]

CLONES: list[Clone] = [
    shallow,
    shallow_without_tags,
    tagless,
    tagless_but_for_one,
    emptied,
    worktree_of_shallow,
]
QUESTIONS = [
    ("show",),
    ("show", "churn"),
    ("show", "churn@latest"),
    ("history",),
    ("stages",),
    ("describe", "churn@v0.1.0"),
    ("check-tag", "churn#prod#1"),
]


def questions(make: Clone) -> list[tuple[str, ...]]:
    """Return all questions; of each clone another one is the first, which finds nothing kept."""
    first = CLONES.index(make)
    return QUESTIONS[first:] + QUESTIONS[:first]


@pytest.mark.parametrize("make", CLONES)
def test_the_answer_is_that_of_the_remote(
    make: Clone, make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = make(here, tmp_path / "clone")
    before = clone.contents()
    for question in questions(make):
        assert mreg.ok(*question, "--json", repo=clone).json == (
            mreg.ok(*question, "--json", repo=here).json
        )
    assert clone.contents() == before


@pytest.mark.parametrize("make", CLONES)
def test_without_the_network_it_is_refused(
    make: Clone, make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = make(here, tmp_path / "clone")
    origin.vanish(here)
    for question in questions(make):
        refused = mreg(*question, repo=clone)
        assert refused.code == 1
        assert not refused.out
        assert "its remote cannot be asked" in refused.err
        assert "hint: " in refused.err


def test_a_version_is_planned_on_what_the_remote_has(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = shallow_without_tags(here, tmp_path / "clone")
    made = mreg.ok("register", "churn", "--json", repo=clone).json
    assert made["version"] == "v0.2.1"
    # What is not published yet counts as well.
    assert mreg.ok("show", "churn", "--field", "version", repo=clone).out == "v0.2.1\n"
    assert mreg.ok("register", "churn", "--force", "--json", repo=clone).json["version"] == "v0.2.2"


def test_a_commit_that_is_not_here_is_tagged_after_it_was_fetched(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = shallow_without_tags(here, tmp_path / "clone")
    refused = mreg("promote", "churn@v0.1.0", "dev", repo=clone)
    assert refused.code == 1
    assert f"the commit {here.commits[0][:12]} is not in this clone" in refused.err
    assert f"git fetch --depth=1 origin {here.commits[0]}" in refused.err
    clone.git("fetch", "-q", "--depth=1", "origin", here.commits[0])
    mreg.ok("promote", "churn@v0.1.0", "dev", repo=clone)


def test_doctor_tells_of_the_depth_and_of_no_missing_commits(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    clone = shallow_without_tags(origin.make(make_repository), tmp_path / "clone")
    found = mreg.ok("doctor", "--json", repo=clone).json["problems"]
    assert [it["code"] for it in found] == ["MR018"]


def test_a_shallow_clone_of_nowhere_is_all_there_is(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    clone = shallow(origin.make(make_repository), tmp_path / "clone")
    clone.git("remote", "remove", "origin")
    assert mreg.ok("show", "models:fraud", "--field", "version", repo=clone).out == "v1.0.0\n"


def test_a_new_repository_needs_no_remote(make_repository: Maker, mreg: CommandLine) -> None:
    here = make_repository()
    here.git("remote", "add", "origin", "file:///nowhere")
    assert mreg.ok("show", "--json", repo=here).json == {"artifacts": [], "problems": []}
    mreg.ok("register", "churn", repo=here)


def test_a_relative_path_and_a_second_remote(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = tagless(here, tmp_path / "clone")
    clone.git("remote", "add", "other", "file:///nowhere")
    clone.git("remote", "set-url", "origin", "../origin")
    (clone.path / "deeper").mkdir()
    found = mreg.ok("show", "churn", "--field", "version", repo=clone.path / "deeper")
    assert found.out == "v0.2.0\n"
    clone.git("config", "branch.main.remote", "other")
    assert mreg("show", repo=clone).code == 1


def test_the_clones_own_settings_lead_to_the_remote(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    """As actions/checkout keeps its token in them."""
    here = origin.make(make_repository)
    clone = tagless(here, tmp_path / "clone")
    clone.git("remote", "set-url", "origin", "https://host.invalid/models")
    clone.git(
        "config", f"url.{here.path.parent.as_uri()}/origin.insteadOf", "https://host.invalid/models"
    )
    assert mreg.ok("show", "churn", "--field", "version", repo=clone).out == "v0.2.0\n"


def test_a_password_stays_out_of_the_cache_and_of_what_is_said(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = tagless(here, tmp_path / "clone")
    with remotes.served(tmp_path, "http") as base:
        secret = base.replace("http://", "http://ann:s3cret@") + "/origin/.git"
        clone.git("remote", "set-url", "origin", secret)
        answer = mreg.ok("show", "churn", "--json", repo=clone)
        described = mreg.ok("describe", "churn@v0.1.0", "--repo", str(clone.path))
        listed = mreg.ok("cache", "--json")
    refused = mreg("show", repo=clone)
    assert refused.code == 1
    said = "".join((answer.out, answer.err, described.out, listed.out, refused.out, refused.err))
    assert "s3cret" not in said
    mirror = origin.mirror_of(base + "/origin/.git").path
    assert (mirror / "HEAD").exists()
    files = [it for it in mirror.parent.rglob("*") if it.is_file()]
    assert len(files) > 5
    assert not any("s3cret" in it.name or b"s3cret" in it.read_bytes() for it in files)


# A clone that was made before the first registration: Git fetched all there was, and later a tag
# that is made or fetched there must not pass for all that there is.

BEFORE = [emptied, emptied_but_for_a_foreign_tag]

WRITERS = [
    ("register", "churn"),
    ("register", "another", "--push"),
    ("register", "models:fraud", "--force", "--push"),
    ("promote", "churn@v0.2.0", "staging"),
    ("promote", "churn@v0.2.0", "staging", "--push"),
    ("promote", "churn@v0.2.0", "staging", "--push", "--dry-run"),
    ("approve", "churn@v0.2.0", "prod"),
    ("approve", "churn@v0.2.0", "prod", "--push"),
    ("deprecate", "churn-eu"),
]


@pytest.mark.parametrize("make", BEFORE)
@pytest.mark.parametrize("writer", WRITERS, ids=" ".join)
def test_an_event_is_made_on_what_the_remote_has(
    make: Clone,
    writer: tuple[str, ...],
    make_repository: Maker,
    mreg: CommandLine,
    tmp_path: Path,
) -> None:
    here = origin.make(make_repository)
    there = set(here.git("tag", "--list", "*[@#]*").split())
    clone = make(here, tmp_path / "clone")
    made = mreg.ok(*writer, repo=clone)
    assert "there was no registry in this clone: fetched 6 tags from origin" in made.err
    assert set(clone.git("tag").split()) >= there
    mreg.ok("doctor", repo=clone)  # no event was taken for one that somebody removed
    mreg.ok("push", repo=clone)
    here.git("reset", "-q", "--hard")
    assert mreg.ok("show", "--all", "--json", repo=clone).json == (
        mreg.ok("show", "--all", "--json", repo=here).json
    )


def test_an_event_is_made_on_what_a_remote_has_that_was_never_fetched(
    make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository)
    new = make_repository(name="new")
    new.git("remote", "add", "origin", str(here.path))
    made = mreg.ok("register", "churn", repo=new)
    assert "fetched 6 tags from origin" in made.err
    assert made.out.startswith("Registered churn v0.2.1 ")


def test_a_version_that_the_remote_has_is_not_made_once_more(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    clone = emptied_but_for_a_foreign_tag(origin.make(make_repository), tmp_path / "clone")
    assert mreg.ok("register", "churn", "--json", repo=clone).json["version"] == "v0.2.1"
    refused = mreg("register", "churn", "--version", "v0.1.0", "--force", repo=clone)
    assert (refused.code, "churn v0.1.0 is already registered" in refused.err) == (1, True), (
        refused.err
    )


@pytest.mark.parametrize("make", BEFORE)
def test_what_is_answered_from_the_remote_says_so_once(
    make: Clone, make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    clone = make(origin.make(make_repository), tmp_path / "clone")
    asked = (("show",), 6), (("history", "churn"), 4), (("lineage", "churn"), 6), (("doctor",), 6)
    for question, events in asked:
        talk = mreg.ok(*question, repo=clone).err.splitlines()
        [said] = [it for it in talk if "from its remote" in it]
        assert f"in this clone: read {events} events from its remote; run `mreg fetch`" in said
    mreg.ok("fetch", repo=clone)
    assert "remote" not in mreg.ok("show", repo=clone).err


def test_approving_what_only_the_remote_has_says_what_to_fetch(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    clone = shallow_without_tags(origin.make(make_repository), tmp_path / "clone")
    refused = mreg("approve", "churn@v0.1.0", "prod", repo=clone)
    assert refused.code == 1
    assert "the tag object" in refused.err
    assert "hint: run `mreg fetch`, then try again" in refused.err
    mreg.ok("fetch", repo=clone)
    mreg.ok("approve", "churn@v0.1.0", "prod", repo=clone)


def test_no_registry_anywhere_is_no_registry(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    """Where other tags are here, a remote that cannot be asked keeps nobody from beginning."""
    here = origin.make(make_repository, (Tag("v1.0", 2, 0),))
    clone = origin.clone(here, tmp_path / "clone")
    shown = mreg.ok("show", "--json", repo=clone)
    assert (shown.json["artifacts"][0]["registered"], shown.err) == (False, "")
    assert mreg.ok("cache", "--json").json["mirrors"] == []
    origin.vanish(here)
    made = mreg.ok("register", "churn", repo=clone)
    assert "cannot determine whether the remote has a registry" in made.err


# Stand-ins: actions/checkout fetches the tag that started a workflow as the commit it points to
# (https://github.com/actions/checkout/issues/290).


def stand_in(here: Repository, path: Path) -> Repository:
    clone = origin.clone(here, path)
    clone.put_ref("churn@v0.2.0", here.commits[1])
    return clone


def test_the_real_tag_is_read_where_another_stands_in_for_it(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = stand_in(here, tmp_path / "clone")
    before = clone.contents()
    assert mreg.ok("show", "churn", "--field", "version", repo=clone).out == "v0.2.0\n"
    shown = mreg.ok("show", "--json", repo=clone)
    want = mreg.ok("show", "--json", repo=here).json
    assert shown.json["artifacts"] == want["artifacts"]
    assert "warning" not in shown.err
    assert clone.contents() == before
    found = mreg.ok("doctor", "--json", repo=clone).json["problems"]
    assert [(it["code"], it["subject"]) for it in found] == [("MR022", "churn@v0.2.0")]


def test_without_the_network_a_stand_in_is_not_passed_over(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = stand_in(here, tmp_path / "clone")
    origin.vanish(here)
    for question in (("show", "churn"), ("show", "churn@latest"), ("check-tag", "churn@v0.2.0")):
        refused = mreg(*question, repo=clone)
        assert refused.code == 1
        assert "churn@v0.2.0: it is a lightweight tag" in refused.err
    # Of all artifacts, one in doubt does not keep the others from being shown.
    shown = mreg.ok("show", repo=clone)
    assert "models:fraud" in shown.out
    assert "warning: churn@v0.2.0" in shown.err
    assert mreg.ok("show", "models:fraud", "--field", "version", repo=clone).out == "v1.0.0\n"


def test_a_tag_that_is_lightweight_at_the_remote_too_is_asked_for_once(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository, (*origin.TAGS, Lightweight("churn@v0.3.0", 2)))
    clone = origin.clone(here, tmp_path / "clone")
    first = mreg.ok("show", "churn", "--json", repo=clone).json
    assert first["latest"]["version"] == "v0.2.0"
    assert [it["code"] for it in first["problems"]] == ["MR002"]
    origin.vanish(here)
    assert mreg.ok("show", "churn", "--json", repo=clone).json == first


def test_a_hand_made_lightweight_tag_without_a_remote_is_a_problem_and_no_more(
    make_repository: Maker, mreg: CommandLine
) -> None:
    here = make_repository([Tag("churn@v1.0.0"), Lightweight("churn@v2.0.0")])
    found = mreg.ok("show", "churn", "--json", repo=here).json
    assert found["latest"]["version"] == "v1.0.0"
    assert [it["code"] for it in found["problems"]] == ["MR002"]


def test_a_tag_whose_object_is_missing_is_read_from_the_remote(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = origin.clone(here, tmp_path / "clone")
    raw = tag_bytes("churn@v0.9.0", here.commits[2], tagger=f"Ann <a@b> {START + 50} +0000")
    oid = here.put_tag("churn@v0.9.0", raw)
    # for-each-ref prints a ref whose object is missing only if it need not look at the object.
    (clone.path / ".git" / "refs" / "tags" / "churn@v0.9.0").write_text(f"{oid}\n")
    assert mreg.ok("show", "churn", "--field", "version", repo=clone).out == "v0.9.0\n"


# A healthy clone


@pytest.mark.parametrize("tags", [origin.TAGS[:4], origin.TAGS])
def test_a_healthy_clone_is_read_by_no_more_processes(
    make_repository: Maker,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tags: tuple[Tag, ...],
) -> None:
    """What HEAD does not annotate is looked up in its versions' commits, all at once."""
    clone = origin.clone(origin.make(make_repository, tags), tmp_path / "clone")
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "trace"))
    mreg.ok("show", repo=clone)
    known = ("for-each-ref", "cat-file", "ls-tree")
    words = [[it for it in argv if it in known] for argv in origin.commands(tmp_path / "trace")]
    assert words == [["cat-file"]]


def test_a_healthy_clone_is_read_without_the_network(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    clone = origin.clone(here, tmp_path / "clone")
    want = mreg.ok("show", "--json", repo=here).json
    origin.vanish(here)
    assert mreg.ok("show", "--json", repo=clone).json == want
    assert mreg.ok("cache", "--json").json["mirrors"] == []
