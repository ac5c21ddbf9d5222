"""`--push`: first at the remote, then here; under one number, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import remotes
from commandline import CommandLine
from mreg import Registry
from mreg.core import kinds
from mreg.git import process, remote
from mreg.git.process import Finished
from mreg.git.repository import Repository as Opened
from mreg.store.remote import guard
from people import Shared
from repositories import Maker, Repository, SetClock

NUMBERED = "churn#prod#1"


def numbers(tags: dict[str, str]) -> list[int]:
    """Return the numbers on tags, sorted."""
    names = (kinds.parse(tag) for tag in tags)
    return sorted(name.number for name in names if name and name.number)


def test_tag_stands_at_the_remote_and_here(mreg: CommandLine, shared_by_all: Shared) -> None:
    shared = shared_by_all
    done = mreg.ok("register", "churn", "--push", repo=shared.ann)
    assert done.out == "Registered churn v0.0.1 (tag churn@v0.0.1) (new artifact)\n"
    assert done.err.startswith("note: churn v0.0.1 is not annotated in its commit; ")
    assert list(shared.tags()) == ["churn@v0.0.1"]
    assert shared.in_step(shared.ann)


def test_registration_and_promotion_go_out_in_one_push(
    mreg: CommandLine, shared_by_all: Shared, tmp_path: Path
) -> None:
    hook = f"cut -d' ' -f3 > {tmp_path}/$(date +%s%N).push"
    remotes.install_hook(shared_by_all.remote, "pre-receive", hook)
    mreg.ok("promote", "churn", "prod", "--register", "--push", repo=shared_by_all.ann)
    (push,) = tmp_path.glob("*.push")
    assert sorted(push.read_text().split()) == [
        guard("churn"),
        "refs/tags/churn#prod#1",
        "refs/tags/churn@v0.0.1",
    ]
    assert shared_by_all.in_step(shared_by_all.ann)


def test_whether_a_remote_has_a_ref_that_begins_in_one_of_some_ways(shared: Shared) -> None:
    here = Opened.at(shared.ann.path)
    where = remote.choose(remote.settings(here), None)
    starts = ["refs/tags/churn@", "refs/tags/churn#", "refs/mreg/last/churn#"]
    before = shared.ann.refs()
    commit = shared.ann.commits[0]
    for ref, is_other in (
        ("refs/tags/churn", True),
        ("refs/tags/churn2@v1.0.0", True),
        ("refs/mreg/last/churn2#", True),
        ("refs/tags/churn@v1.0.0", False),
        ("refs/tags/churn#eu/prod#1", False),
        ("refs/mreg/last/churn#", False),
    ):
        shared.ann.git("push", "-q", "origin", f"{commit}:{ref}")
        assert remote.holds_none(here, where, starts) == is_other, ref
        if not is_other:
            shared.ann.git("push", "-q", "origin", f":{ref}")
    assert shared.ann.refs() == before


@pytest.mark.parametrize("ref", ["refs/tags/churn@v0.0.7", "refs/tags/churn#prod#7"])
def test_what_only_the_remote_has_of_an_artifact_is_planned_on(
    ref: str, mreg: CommandLine, shared: Shared
) -> None:
    """It was pushed by other means than mreg: no guard tells of it."""
    shared.bob.git("tag", "-a", "-m", "By hand", ref.removeprefix("refs/tags/"))
    shared.bob.git("push", "-q", "origin", ref)
    done = mreg.ok("register", "churn", "--push", "--force", repo=shared.ann)
    assert ("churn@v0.0.8" if "@" in ref else "churn@v0.0.1") in done.out
    assert shared.in_step(shared.ann)


def test_each_kind_of_event_is_published(mreg: CommandLine, shared: Shared) -> None:
    for line in (
        "register churn",
        "register churn HEAD~1",
        "promote churn@v0.0.1 prod",
        "promote churn@v0.0.2 prod",
        "rollback churn prod",
        "demote churn@v0.0.1 prod",
        "deregister churn@v0.0.1",
        "deprecate churn",
    ):
        mreg.ok(*line.split(), "--push", repo=shared.ann)
    assert len(shared.tags()) == 8
    assert shared.in_step(shared.ann)


def test_commit_goes_with_the_tag(mreg: CommandLine, shared: Shared) -> None:
    shared.ann.git("commit", "-q", "--allow-empty", "-m", "new")
    head = shared.ann.git("rev-parse", "HEAD").strip()
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    assert shared.remote.git("cat-file", "-t", head) == "commit\n"
    assert shared.remote.refs()["refs/heads/main"] != head


def test_who_is_behind_fetches_and_takes_the_next_number(
    mreg: CommandLine, shared_by_all: Shared
) -> None:
    shared = shared_by_all
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    for stage, who in [("dev", shared.bob), ("prod", shared.ann), ("staging", shared.bob)]:
        mreg.ok("promote", "churn@v0.0.1", stage, "--push", repo=who)
    assert list(shared.tags()) == ["churn#dev#1", "churn#prod#2", "churn#staging#3", "churn@v0.0.1"]
    assert shared.in_step(shared.bob)


def test_next_version_follows_from_what_others_registered(
    mreg: CommandLine, shared: Shared
) -> None:
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    mreg.ok("register", "churn", "HEAD~1", "--push", repo=shared.bob)
    assert list(shared.tags()) == ["churn@v0.0.1", "churn@v0.0.2"]


def test_same_version_by_somebody_else_is_refused_with_who_and_when(
    mreg: CommandLine, shared_by_all: Shared
) -> None:
    shared = shared_by_all
    mreg.ok("register", "churn", "--version", "v1.0.0", "--push", repo=shared.bob)
    done = mreg("register", "churn", "HEAD~1", "--version", "v1.0.0", "--push", repo=shared.ann)
    assert done.code == 1
    assert "churn v1.0.0 is already registered, by Bob Sample at 2023-11-14 22:13" in done.err
    assert shared.in_step(shared.ann)


def test_what_others_registered_can_be_promoted_from_a_clone_that_is_behind(
    mreg: CommandLine, shared: Shared
) -> None:
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    mreg.ok("promote", "churn@v0.0.1", "prod", "--push", repo=shared.bob)
    assert shared.in_step(shared.bob)


def test_rollback_of_what_has_changed_meanwhile_is_refused(
    mreg: CommandLine, shared: Shared
) -> None:
    for rev, version in [("HEAD~2", "v1.0.0"), ("HEAD~1", "v2.0.0"), ("HEAD", "v3.0.0")]:
        mreg.ok("register", "churn", rev, "--version", version, "--push", repo=shared.ann)
        mreg.ok("promote", f"churn@{version}", "prod", "--push", repo=shared.ann)
    mreg.ok("fetch", repo=shared.bob)
    mreg.ok("rollback", "churn", "prod", "--push", repo=shared.ann)
    done = mreg("rollback", "churn", "prod", "--push", repo=shared.bob)
    assert done.code == 1
    assert "prod now holds v2.0.0, promoted by Ann Example" in done.err
    assert Registry.open(shared.bob.path).resolve("churn#prod").version == "v2.0.0"
    assert shared.in_step(shared.bob)


@pytest.mark.usefixtures("no_waiting")
def test_numbers_stay_unique_when_each_clone_knows_only_its_own(
    mreg: CommandLine, shared: Shared
) -> None:
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    for number in range(6):
        who = shared.ann if number % 2 else shared.bob
        mreg.ok("promote", "churn", f"stage{number}", "--push", repo=who)
    assert numbers(shared.tags()) == [1, 2, 3, 4, 5, 6]


def test_number_of_two_that_pushed_at_once_is_used_once(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob has planned churn#staging#1; before he pushes it, Ann publishes churn#prod#1."""
    ann, bob = (Registry.open(it.path) for it in (shared.ann, shared.bob))
    ann.register("churn", push=True)
    bob.fetch()
    steps: list[str] = []

    def reached(step: str) -> None:
        steps.append(step)
        if step == "push" and steps.count("push") == 1:
            ann.promote("churn", "prod", push=True)

    bob.network = bob.network._replace(reached=reached)
    made = bob.promote("churn", "staging", push=True)
    assert made.tag == "churn#staging#2"
    assert steps == ["push", "ask", "fetch", "push", "create", "note", "done"]
    assert list(shared.tags()) == [NUMBERED, "churn#staging#2", "churn@v0.0.1"]


def test_first_push_asks_once_and_the_next_ones_do_not(shared: Shared) -> None:
    steps: list[str] = []
    ann = Registry.open(shared.ann.path)
    ann.network = ann.network._replace(reached=steps.append)
    ann.register("churn", push=True)
    ann.promote("churn", "prod", push=True)
    assert steps == ["ask", "fetch", *["push", "create", "note", "done"] * 2]


@pytest.mark.parametrize("push", [True, False])
def test_number_in_a_clone_without_tags_is_new(shared: Shared, push: bool) -> None:
    """What such a clone lacks is read from its remote, and its numbers count."""
    ann, bob = (Registry.open(it.path) for it in (shared.ann, shared.bob))
    ann.register("churn", push=True)
    ann.promote("churn", "prod", push=True)
    assert bob.promote("churn", "dev", push=push).tag == "churn#dev#2"


def test_events_made_offline_go_first(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("register", "churn", repo=shared.ann)
    done = mreg("promote", "churn", "prod", "--push", repo=shared.ann)
    assert done.code == 1
    assert done.err == (
        "error: origin lacks churn@v0.0.1, which must be published first\n"
        "hint: run `mreg push churn`, then try again; if the push is refused, run"
        " `mreg undo churn` to remove the newest event here\n"
    )
    assert shared.tags() == {}
    mreg.ok("push", "churn", repo=shared.ann)
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert shared.in_step(shared.ann)


def test_tag_of_one_name_that_was_made_on_both_sides_is_refused(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    mreg.ok("register", "churn", repo=shared.bob)
    set_clock(5)
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    done = mreg("promote", "churn", "prod", "--push", repo=shared.bob)
    assert done.code == 1
    assert "origin has a different tag churn@v0.0.1 than this clone" in done.err
    mreg.ok("undo", "churn", repo=shared.bob)
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.bob)
    assert shared.in_step(shared.bob)


def test_setting_publishes_and_can_be_overruled(mreg: CommandLine, shared: Shared) -> None:
    Path(shared.ann.path, ".mreg.yaml").write_text("push: true\n")
    mreg.ok("register", "churn", "--allow-dirty", repo=shared.ann)
    assert list(shared.tags()) == ["churn@v0.0.1"]
    mreg.ok("promote", "churn", "prod", "--no-push", repo=shared.ann)
    assert list(shared.tags()) == ["churn@v0.0.1"]


@pytest.mark.parametrize("text", ["push: perhaps", "- push", "push: [", "\tx", "3"])
def test_setting_that_cannot_be_read_is_refused(
    mreg: CommandLine, shared: Shared, text: str
) -> None:
    Path(shared.ann.path, ".mreg.yaml").write_text(text)
    done = mreg("register", "churn", "--allow-dirty", repo=shared.ann)
    assert done.code == 1
    assert "cannot read .mreg.yaml" in done.err
    mreg.ok("register", "churn", "--no-push", "--allow-dirty", repo=shared.ann)


def test_dry_run_publishes_nothing(mreg: CommandLine, shared: Shared) -> None:
    before = shared.remote.contents(), shared.ann.contents()
    mreg.ok("register", "churn", "--push", "--dry-run", repo=shared.ann)
    assert (shared.remote.contents(), shared.ann.contents()) == before


def test_remote_is_that_of_the_branch_else_origin(
    mreg: CommandLine, shared: Shared, tmp_path: Path
) -> None:
    for name in ("fork", "mirror", "other"):
        remotes.bare(tmp_path, f"{name}.git")
        shared.ann.git("remote", "add", name, str(tmp_path / f"{name}.git"))
    for setting, value, expected in (
        ("branch.main.remote", "fork", "fork"),
        ("remote.pushDefault", "mirror", "mirror"),
        ("branch.main.pushRemote", "other", "other"),
    ):
        shared.ann.git("config", setting, value)
        mreg.ok("register", expected, "--push", repo=shared.ann)
        held = Repository(tmp_path / f"{expected}.git").refs()
        assert f"refs/tags/{expected}@v0.0.1" in held
    mreg.ok("register", "churn", "--push", "--remote", "origin", repo=shared.ann)
    mreg.ok("register", "kmeans", "--remote", shared.url, repo=shared.ann)
    assert list(shared.tags()) == ["churn@v0.0.1", "kmeans@v0.0.1"]


def test_url_of_its_own_to_push_to_is_the_one_that_is_asked(
    mreg: CommandLine, shared: Shared, tmp_path: Path
) -> None:
    other = remotes.bare(tmp_path, "other.git")
    shared.ann.git("config", "remote.origin.pushurl", str(other.path))
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    mreg.ok("register", "churn", "HEAD~1", "--push", repo=shared.bob)
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert sorted(other.refs())[-2:] == [f"refs/tags/{NUMBERED}", "refs/tags/churn@v0.0.1"]


@pytest.mark.parametrize("name", ["nlp/sentiment", "models:churn", "nlp"])
def test_names_that_are_folders_of_others(mreg: CommandLine, shared: Shared, name: str) -> None:
    mreg.ok("register", "nlp/sentiment", "--push", repo=shared.bob)
    mreg.ok("register", "nlp", "HEAD~1", "--push", repo=shared.bob)
    mreg.ok("promote", "nlp", "eu/prod", "--push", repo=shared.bob)
    if name == "models:churn":
        mreg.ok("register", name, "--push", repo=shared.bob)
    mreg.ok("promote", name, "eu/dev", "--push", repo=shared.ann)
    mreg.ok("fetch", repo=shared.ann)
    assert shared.in_step(shared.ann)


def test_sha256(mreg: CommandLine, make_repository: Maker, tmp_path: Path) -> None:
    repo = make_repository(object_format="sha256")
    bare = remotes.bare(tmp_path, object_format="sha256")
    repo.git("remote", "add", "origin", str(bare.path))
    mreg.ok("register", "churn", "--push", repo=repo)
    mreg.ok("promote", "churn", "prod", "--push", repo=repo)
    assert len(bare.refs()) == 3


@pytest.mark.usefixtures("no_waiting")
def test_push_that_arrives_late_counts(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gave up, the remote was asked too early, and then the push arrived after all."""
    ann = Registry.open(shared.ann.path)
    first: list[list[str]] = []
    run = process.run_bounded

    def late(repo: Opened, *arguments: str, **options: Any) -> Finished:
        if arguments[0] == "push" and not first:
            first.append([it for it in arguments if not it.startswith("--porcelain")])
            return Finished(None, b"", "")
        if arguments[0] == "push" and len(first) == 1:
            first.append([])
            shared.ann.git(*first[0])
        return run(repo, *arguments, **options)

    monkeypatch.setattr(process, "run_bounded", late)
    made = ann.register("churn", push=True)
    assert shared.tags() == {"churn@v0.0.1": made.oid}
    assert shared.in_step(shared.ann)


def test_others_being_quicker_every_time_ends(
    shared: Shared, no_waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = (Registry.open(it.path) for it in (shared.ann, shared.bob))
    ann.register("churn", push=True)
    pushes = []

    def reached(step: str) -> None:
        if step == "push":
            pushes.append(step)
            ann.promote("churn", f"stage{len(pushes)}", push=True)

    bob.network = bob.network._replace(reached=reached)
    with pytest.raises(Exception, match="someone else published first 10 times in a row"):
        bob.promote("churn", "prod", push=True)
    assert len(pushes) == 10
    assert "churn#prod#11" not in shared.tags()
    assert bob.resolve("churn#stage10").version == "v0.0.1"


def test_what_an_earlier_run_did_is_done_once(shared: Shared, set_clock: SetClock) -> None:
    """Ann's other clone stands for an earlier run that was killed before it made the local ref."""
    ann, earlier = Registry.open(shared.ann.path), Registry.open(shared.another("earlier").path)
    ann.register("churn", push=True)
    ann.promote("churn", "prod", push=True)
    earlier.promote("churn", "prod", force=True, push=True)
    set_clock(60)
    done = ann.promote("churn", "prod", force=True, push=True)
    assert (done.tag, done.already) == ("churn#prod#2", "churn v0.0.1 was already promoted to prod")
    assert ann.promote("churn", "prod", force=True, push=True).tag == "churn#prod#3"


def test_a_dry_run_is_planned_on_what_the_remote_has(
    mreg: CommandLine, shared_by_all: Shared
) -> None:
    shared = shared_by_all
    mreg.ok("register", "churn", "HEAD~1", "--push", repo=shared.ann)
    mreg.ok("register", "churn", "--push", repo=shared.bob)
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.bob)
    before = shared.tags()
    done = mreg.ok("promote", "churn", "dev", "--push", "--dry-run", "--json", repo=shared.ann)
    assert (done.json["version"], done.json["tag"]) == ("v0.0.2", "churn#dev#2")
    assert shared.tags() == before
    assert shared.in_step(shared.ann)


def test_a_dry_run_is_refused_where_publishing_would_be(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("register", "churn", repo=shared.ann)
    done = mreg("promote", "churn", "prod", "--push", "--dry-run", repo=shared.ann)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: origin lacks churn@v0.0.1, ")
    mreg.ok("promote", "churn", "prod", "--no-push", "--dry-run", repo=shared.ann)


def test_the_chain_follows_the_order_of_making_within_a_second(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    set_clock(1)
    for line in (
        "register churn HEAD~2 --version v0.0.9",
        "register churn HEAD~1",
        "register churn",
        "promote churn@v0.0.9 prod",
    ):
        mreg.ok(*line.split(), "--push", repo=shared.ann)
    made = ["churn@v0.0.9", "churn@v0.0.10", "churn@v0.0.11", "churn#prod#1"]
    oids = shared.tags()
    mreg.ok("fetch", repo=shared.bob)
    events = mreg.ok("history", "--json", repo=shared.bob).json["events"]
    previous = {it["tag"]: it["trailers"]["Previous"] for it in events}
    assert [previous[tag] for tag in made] == ["none", *(oids[tag] for tag in made[:-1])]


def test_settings_that_say_to_publish_where_there_is_no_remote(
    mreg: CommandLine, shared: Shared
) -> None:
    Path(shared.ann.path, ".mreg.yaml").write_text("push: true\n")
    shared.ann.git("remote", "remove", "origin")
    done = mreg("register", "churn", "--allow-dirty", repo=shared.ann)
    assert (done.code, done.err) == (
        1,
        (
            "error: .mreg.yaml requires publishing, but this repository has no remote to publish"
            " the registry to\n"
            "hint: git remote add origin URL; or record it only here: --no-push\n"
        ),
    )
    mreg.ok("register", "churn", "--no-push", "--allow-dirty", repo=shared.ann)
