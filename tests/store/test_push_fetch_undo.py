"""`mreg push`, `mreg fetch` and `mreg undo`."""

from __future__ import annotations

from pathlib import Path

import pytest

import remotes
from commandline import CommandLine
from mreg.store.remote import guard
from people import Shared
from repositories import Repository, SetClock, Tag, tag_bytes

APPROVAL = "refs/mreg/approvals/churn#prod#1"


def record(mreg: CommandLine, repo: Repository, *lines: str) -> None:
    """Record events here alone."""
    for line in lines:
        mreg.ok(*line.split(), repo=repo)


# push


def test_pushes_in_order_three_at_once(
    mreg: CommandLine, shared: Shared, set_clock: SetClock, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    hook = f"echo $(cut -d' ' -f3 | grep refs/tags/ | sort) >> {log}"
    remotes.install_hook(shared.remote, "pre-receive", hook)
    for second, line in enumerate(
        ("register b", "register a", "promote b prod", "promote a prod", "demote b prod")
    ):
        set_clock(second)
        record(mreg, shared.ann, line)
    done = mreg.ok("push", repo=shared.ann)
    assert done.out.splitlines() == [
        "Pushed b@v0.0.1",
        "Pushed a@v0.0.1",
        "Pushed b#prod#1",
        "Pushed a#prod#1",
        "Pushed b#prod!#2",
    ]
    assert log.read_text().splitlines() == [
        "refs/tags/a@v0.0.1 refs/tags/b#prod#1 refs/tags/b@v0.0.1",
        "refs/tags/a#prod#1 refs/tags/b#prod!#2",
    ]
    assert shared.remote.refs()[guard("b")] == shared.tags()["b#prod!#2"]
    assert shared.in_step(shared.ann)


def test_pushes_registry_tags_alone(mreg: CommandLine, shared_by_all: Shared) -> None:
    shared = shared_by_all
    record(mreg, shared.ann, "register churn", "register kmeans")
    shared.ann.git("tag", "-a", "-m", "mine", "mine")
    shared.ann.git("tag", "light@v1.0.0")
    shared.ann.put_tag("bad@v1.0.0", tag_bytes("bad@v1.0.0", shared.ann.commits[0], tagger=None))
    assert mreg.ok("push", "churn", repo=shared.ann).out == "Pushed churn@v0.0.1\n"
    assert mreg.ok("push", "--json", repo=shared.ann).json == {"pushed": ["kmeans@v0.0.1"]}
    assert mreg.ok("push", repo=shared.ann).err == "Nothing to push.\n"
    assert list(shared.tags()) == ["churn@v0.0.1", "kmeans@v0.0.1"]


def test_publishing_goes_on_after_a_push_without_asking(mreg: CommandLine, shared: Shared) -> None:
    record(mreg, shared.ann, "register churn")
    mreg.ok("push", repo=shared.ann)
    shared.remote.git("config", "uploadpack.hideRefs", "refs/")  # asking would find nothing
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert shared.in_step(shared.ann)


def test_tag_that_the_remote_holds_with_another_object_is_refused(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    record(mreg, shared.ann, "register churn")
    set_clock(9)
    record(mreg, shared.bob, "register churn", "push")
    done = mreg("push", repo=shared.ann)
    assert (done.code, done.err) == (
        1,
        (
            "error: origin has a different tag churn@v0.0.1 than this clone\n"
            "hint: run `mreg undo churn` to remove yours (the newest first), then `mreg fetch`, "
            "and try again\n"
        ),
    )


def test_number_that_is_taken_is_refused_and_can_be_mended(
    mreg: CommandLine, shared: Shared
) -> None:
    record(mreg, shared.ann, "register churn", "push")
    mreg.ok("fetch", repo=shared.bob)
    record(mreg, shared.ann, "promote churn prod")
    record(mreg, shared.bob, "promote churn staging --push")
    done = mreg("push", repo=shared.ann)
    assert done.code == 1
    assert done.err.startswith(
        "error: origin already has the number 1 of churn: churn#staging#1; this clone has "
        "churn#prod#1"
    )
    assert "churn#prod#1" not in shared.tags()
    record(mreg, shared.ann, "undo churn", "fetch", "promote churn prod", "push")
    assert "churn#prod#2" in shared.tags()
    assert shared.in_step(shared.ann)


def test_moved_tag_is_refused(mreg: CommandLine, shared: Shared) -> None:
    record(mreg, shared.ann, "register churn --push")
    other = shared.move("churn@v0.0.1")
    done = mreg("push", repo=shared.ann)
    assert done.code == 1
    assert "origin has moved the tag churn@v0.0.1" in done.err
    assert shared.tags()["churn@v0.0.1"] == other


def test_push_puts_back_what_the_remote_lost(mreg: CommandLine, shared: Shared) -> None:
    record(mreg, shared.ann, "register churn --push", "promote churn prod --push")
    shared.lose("churn@v0.0.1")
    record(mreg, shared.ann, "push")
    assert shared.in_step(shared.ann)


def test_push_of_an_unknown_artifact(mreg: CommandLine, shared: Shared) -> None:
    done = mreg("push", "churn", repo=shared.ann)
    assert (done.code, "there is no artifact 'churn'" in done.err) == (1, True)


def test_a_dry_run_pushes_nothing(mreg: CommandLine, shared_by_all: Shared) -> None:
    shared = shared_by_all
    mreg.ok("register", "kmeans", repo=shared.ann)
    before = shared.tags()
    done = mreg.ok("push", "--dry-run", repo=shared.ann)
    assert done.out == "Would push kmeans@v0.0.1\n"
    found = mreg.ok("push", "--dry-run", "--json", repo=shared.ann).json
    assert found == {"pushed": ["kmeans@v0.0.1"], "dry_run": True}
    assert shared.tags() == before
    mreg.ok("push", repo=shared.ann)
    assert "Nothing to push." in mreg.ok("push", "--dry-run", repo=shared.ann).err


def test_push_after_others_pushed_between(mreg: CommandLine, shared: Shared) -> None:
    """Somebody pushes between our look at the remote and our push."""
    from mreg import Registry

    record(mreg, shared.ann, "register churn", "push")
    mreg.ok("fetch", repo=shared.bob)
    bob = Registry.open(shared.bob.path)
    record(mreg, shared.ann, "register kmeans")
    steps: list[str] = []

    def reached(step: str) -> None:
        steps.append(step)
        if steps == ["ask", "push"]:
            bob.register("kmeans", "HEAD~1", version="v0.5.0", push=True)

    ann = Registry.open(shared.ann.path)
    ann.network = ann.network._replace(reached=reached)
    assert ann.push() == ("kmeans@v0.0.1",)
    assert steps.count("push") == 2
    assert list(shared.tags()) == ["churn@v0.0.1", "kmeans@v0.0.1", "kmeans@v0.5.0"]


# fetch


def test_fetches_tags_and_approvals(mreg: CommandLine, shared_by_all: Shared) -> None:
    shared = shared_by_all
    record(mreg, shared.ann, "register churn --push", "promote churn prod --push")
    shared.ann.git("tag", "-a", "-m", "x", "other")
    shared.ann.git("push", "-q", "origin", "other", f"HEAD:{APPROVAL}")
    done = mreg.ok("fetch", repo=shared.bob)
    assert done.out.splitlines() == [
        "Fetched churn#prod#1",
        "Fetched churn@v0.0.1",
        f"Fetched {APPROVAL}",
    ]
    assert APPROVAL in shared.bob.refs()
    assert "refs/tags/other" not in shared.bob.refs()
    assert mreg.ok("fetch", repo=shared.bob).err == "Already up to date.\n"


def test_fetch_neither_prunes_nor_clobbers(mreg: CommandLine, shared: Shared) -> None:
    record(mreg, shared.ann, "register churn --push", "promote churn prod --push")
    record(mreg, shared.ann, "promote churn dev")
    shared.ann.git("config", "fetch.prune", "true")
    shared.ann.git("config", "fetch.pruneTags", "true")
    before = shared.ann.refs()
    shared.lose("churn#prod#1")
    shared.move("churn@v0.0.1")
    for _ in range(2):  # it is told until it is mended
        done = mreg("fetch", repo=shared.ann)
        assert done.code == 1
        assert done.err.splitlines() == [
            "warning: the remote has another object for churn@v0.0.1; the local one is unchanged",
            "warning: the remote no longer has churn#prod#1; the local one is unchanged",
        ]
    assert shared.ann.refs() == before


def test_moved_and_lost_tags_do_not_keep_one_from_publishing(
    mreg: CommandLine, shared: Shared
) -> None:
    record(mreg, shared.ann, "register churn --push", "promote churn prod --push")
    shared.lose("churn#prod#1")
    record(mreg, shared.bob, "promote churn dev --push")
    mreg.ok("promote", "churn", "staging", "--push", repo=shared.ann)
    assert list(shared.tags()) == ["churn#dev#1", "churn#staging#2", "churn@v0.0.1"]


def test_fetch_tells_of_a_tag_that_was_made_on_both_sides(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    record(mreg, shared.ann, "register churn")
    set_clock(3)
    record(mreg, shared.bob, "register churn --push")
    done = mreg("fetch", "--json", repo=shared.ann)
    assert done.code == 1
    assert done.json == {
        "tags": [],
        "approvals": [],
        "moved": [],
        "lost": [],
        "differing": ["churn@v0.0.1"],
    }


def test_fetch_brings_many(mreg: CommandLine, shared: Shared, tmp_path: Path) -> None:
    from repositories import Maker

    tags = [Tag(f"churn@v0.0.{number}", time=number) for number in range(1, 2101)]
    templates = tmp_path / "templates"
    templates.mkdir()
    full = Maker(tmp_path, templates)(tags, name="full")
    done = mreg.ok("fetch", "--remote", str(full.path), repo=shared.ann)
    assert len(done.out.splitlines()) == 2100


# undo


def test_undo_removes_the_latest_event_and_nothing_else(mreg: CommandLine, shared: Shared) -> None:
    record(mreg, shared.ann, "register churn")
    before = shared.ann.refs()
    record(mreg, shared.ann, "promote churn prod")
    assert mreg.ok("undo", "churn", "--dry-run", repo=shared.ann).out == (
        "Would undo: Promoted churn v0.0.1 to prod (tag churn#prod#1)\n"
    )
    done = mreg.ok("undo", "churn", repo=shared.ann)
    assert done.out == "Undid: Promoted churn v0.0.1 to prod (tag churn#prod#1)\n"
    assert shared.ann.refs() == before
    assert mreg.ok("undo", "churn", "--json", repo=shared.ann).json["tag"] == "churn@v0.0.1"
    assert mreg("undo", "churn", repo=shared.ann).code == 1


def test_undo_without_any_remote(mreg: CommandLine, shared: Shared) -> None:
    shared.ann.git("remote", "remove", "origin")
    record(mreg, shared.ann, "register churn", "undo churn")
    assert not [ref for ref in shared.ann.refs() if ref.startswith("refs/tags/")]


@pytest.mark.parametrize("there", ["now", "before"])
def test_undo_of_what_was_published_is_refused(
    mreg: CommandLine, shared: Shared, there: str
) -> None:
    record(mreg, shared.ann, "register churn --push")
    if there == "before":
        shared.lose("churn@v0.0.1")
    done = mreg("undo", "churn", repo=shared.ann)
    assert (done.code, done.err) == (
        1,
        (
            "error: origin has churn@v0.0.1, and a published event cannot be undone\n"
            "hint: record the opposite event: see `mreg deregister --help`\n"
        ),
    )
    assert "refs/tags/churn@v0.0.1" in shared.ann.refs()


def test_undo_is_refused_when_any_remote_cannot_be_asked(mreg: CommandLine, shared: Shared) -> None:
    shared.ann.git("remote", "add", "away", "git://127.0.0.1:1/x")
    record(mreg, shared.ann, "register churn")
    done = mreg("undo", "churn", repo=shared.ann)
    assert done.code == 1
    assert "cannot connect to away" in done.err
    assert "refs/tags/churn@v0.0.1" in shared.ann.refs()


def test_undo_asks_every_remote(mreg: CommandLine, shared: Shared, tmp_path: Path) -> None:
    other = remotes.bare(tmp_path, "other.git")
    shared.ann.git("remote", "add", "other", str(other.path))
    record(mreg, shared.ann, "register churn")
    shared.ann.git("push", "-q", "other", "churn@v0.0.1")
    done = mreg("undo", "churn", repo=shared.ann)
    assert done.err.startswith("error: other has churn@v0.0.1, ")


def test_undo_takes_back_ones_own_after_a_later_event_was_fetched(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    record(mreg, shared.ann, "register churn")
    set_clock(3)
    record(mreg, shared.bob, "register churn HEAD~1 --push", "promote churn prod --push")
    assert mreg("fetch", repo=shared.ann).code == 1
    done = mreg.ok("undo", "churn", repo=shared.ann)
    assert done.out == "Undid: Registered churn v0.0.1 (tag churn@v0.0.1)\n"
    record(mreg, shared.ann, "fetch", "register churn --push")
    assert list(shared.tags()) == ["churn#prod#1", "churn@v0.0.1", "churn@v0.0.2"]
    assert shared.in_step(shared.ann)


def test_undo_follows_the_order_of_making_within_a_second(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    set_clock(1)
    record(mreg, shared.ann, "register churn HEAD~1 --version v0.0.9", "register churn")
    done = mreg.ok("undo", "churn", repo=shared.ann)
    assert done.out == "Undid: Registered churn v0.0.10 (tag churn@v0.0.10)\n"
    assert mreg.ok("doctor", "--json", repo=shared.ann).json == {"problems": []}
