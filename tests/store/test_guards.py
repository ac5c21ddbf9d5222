"""The guard against repeated numbers: it is left out only where a remote refuses it by itself."""

from __future__ import annotations

import pytest

import remotes
from commandline import CommandLine
from mreg import Registry
from mreg.store.remote import guard
from people import Shared

PUSH = ("register", "churn", "--push")
ALONE = "prevents two people from using one number"
REFUSE_ONCE = "test -e refused && exit 0; touch refused; echo not now >&2; exit 1"
TAGS_ONLY = "! grep -qv refs/tags/"


def last(shared: Shared) -> str | None:
    """Return what the guard holds at the remote."""
    return shared.remote.refs().get(guard("churn"))


def test_one_refusal_leaves_the_guard_in_force(mreg: CommandLine, shared_by_all: Shared) -> None:
    shared = shared_by_all
    remotes.install_hook(shared.remote, "pre-receive", REFUSE_ONCE)
    done = mreg(*PUSH, repo=shared.ann)
    assert done.code == 1
    assert "origin refused churn@v0.0.1: pre-receive hook declined\nnot now" in done.err
    assert ALONE not in done.err
    assert (shared.tags(), last(shared)) == ({}, None)
    mreg.ok(*PUSH, repo=shared.ann)
    assert last(shared) == shared.tags()["churn@v0.0.1"]


def test_no_number_twice_after_a_refusal(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok(*PUSH, repo=shared.ann)
    mreg.ok("fetch", repo=shared.bob)
    remotes.install_hook(shared.remote, "pre-receive", REFUSE_ONCE)
    mreg("promote", "churn", "prod", "--push", repo=shared.ann)
    mreg.ok("promote", "churn", "dev", "--push", repo=shared.bob)
    mreg.ok("promote", "churn", "test", "--push", repo=shared.ann)
    mreg("promote", "churn", "prod", "--push", repo=shared.bob)
    numbers = [tag.rpartition("#")[2] for tag in shared.tags() if "#" in tag]
    assert len(numbers) == len(set(numbers)) == 3


@pytest.mark.parametrize("refused", [1, 2, 3, 4])
def test_however_often_a_remote_refuses_at_random(
    mreg: CommandLine, shared: Shared, refused: int
) -> None:
    count = f"echo >> count; test $(wc -l < count) -gt {refused} || exit 1"
    remotes.install_hook(shared.remote, "pre-receive", count)
    mreg(*PUSH, repo=shared.ann)
    mreg(*PUSH, repo=shared.ann)
    assert last(shared) == shared.tags()["churn@v0.0.1"]


def test_refusals_that_end_just_when_the_tag_goes_out_alone(
    mreg: CommandLine, shared: Shared
) -> None:
    """The guard is offered once more after its event, and is in force again."""
    count = "echo >> count; test $(wc -l < count) -gt 5 || exit 1"
    remotes.install_hook(shared.remote, "pre-receive", count)
    done = mreg.ok(*PUSH, repo=shared.ann)
    assert ALONE not in done.err
    assert last(shared) == shared.tags()["churn@v0.0.1"]


def test_guard_is_offered_again_the_next_time(mreg: CommandLine, shared: Shared) -> None:
    remotes.install_hook(shared.remote, "pre-receive", TAGS_ONLY)
    assert ALONE in mreg.ok(*PUSH, repo=shared.ann).err
    assert mreg.ok("promote", "churn", "dev", "--push", repo=shared.ann).err == ""
    (shared.remote.path / "hooks" / "pre-receive").unlink()
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert last(shared) == shared.tags()["churn#prod#2"]
    remotes.install_hook(shared.remote, "pre-receive", TAGS_ONLY)
    assert ALONE in mreg.ok("demote", "churn", "prod", "--push", repo=shared.ann).err


def test_what_an_earlier_mreg_gave_up_for_good(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok(*PUSH, repo=shared.ann)
    (record,) = (shared.ann.path / ".git" / "mreg" / "remotes").iterdir()
    with record.open("a") as file:
        file.write(f"{'0' * 40} refs/mreg/last\n")
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert last(shared) == shared.tags()["churn#prod#1"]


@pytest.mark.parametrize("artifact", ["churn", "other"])
def test_nothing_is_written_behind_what_a_remote_holds(
    mreg: CommandLine, shared: Shared, artifact: str
) -> None:
    """Whoever gets no guard goes by what the remote holds, whatever was seen before."""
    for name in ("churn", "kmeans"):
        mreg.ok("register", name, "--push", repo=shared.ann)
    mreg.ok("fetch", repo=shared.bob)
    remotes.install_hook(shared.remote, "pre-receive", TAGS_ONLY)
    mreg.ok("register", artifact, "HEAD~1", "--push", repo=shared.ann)
    mreg.ok("promote", artifact, "prod", "--push", repo=shared.ann)
    mreg.ok("promote", artifact, "dev", "--push", repo=shared.bob)
    assert {f"{artifact}#prod#1", f"{artifact}#dev#2"} <= shared.tags().keys()


def test_others_who_come_between_the_proof_and_the_push(shared: Shared) -> None:
    """The remote is looked at once more before a tag goes out without its guard."""
    ann, bob = Registry.open(shared.ann.path), Registry.open(shared.bob.path)
    ann.register("churn", push=True)
    bob.fetch()
    remotes.install_hook(shared.remote, "pre-receive", TAGS_ONLY)
    asked = []

    def reached(step: str) -> None:
        asked.append(step)
        if asked.count("ask") == 2 and step == "ask":
            bob.promote("churn", "prod", push=True)

    ann.network = ann.network._replace(reached=reached)
    assert ann.promote("churn", "dev", push=True).tag == "churn#dev#2"


def test_what_a_remote_says_does_not_take_the_guard_away(mreg: CommandLine, shared: Shared) -> None:
    said = 'echo "fatal: the receiving end does not support --atomic push" >&2; exit 1'
    remotes.install_hook(
        shared.remote, "pre-receive", f"test -e said && exit 0; touch said; {said}"
    )
    mreg(*PUSH, repo=shared.ann)
    mreg(*PUSH, repo=shared.ann)
    assert last(shared) == shared.tags()["churn@v0.0.1"]


@pytest.mark.parametrize("name", ["pre-receive", "update"])
def test_hook_of_mreg_does_not_take_the_guard_away(
    mreg: CommandLine, shared: Shared, name: str
) -> None:
    """It refuses a guard without its event, which is what the question about the guard pushes."""
    mreg.ok("hook", "install", name, repo=shared.remote)
    hooks = shared.remote.path / "hooks"
    (hooks / name).rename(hooks / "judge")
    often = "echo >> count; test $(wc -l < count) -gt 4 || exit 1"
    remotes.install_hook(shared.remote, name, f'{often}; exec hooks/judge "$@"')
    for _ in range(5):
        done = mreg(*PUSH, repo=shared.ann)
        assert ALONE not in done.err
    assert last(shared) == shared.tags()["churn@v0.0.1"]


@pytest.mark.parametrize("command", [PUSH, ("promote", "churn", "prod", "--push")])
def test_race_that_is_lost_where_the_remote_cannot_be_asked(
    mreg: CommandLine, shared: Shared, command: tuple[str, ...]
) -> None:
    """It was not the server that refused: somebody was quicker, and nothing was published."""
    mreg.ok(*PUSH, repo=shared.ann)
    mreg.ok("fetch", repo=shared.bob)
    mreg.ok("register", "churn", "HEAD~1", "--push", repo=shared.ann)
    shared.bob.git("config", "remote.origin.uploadpack", "false")
    rev = ("HEAD~2",) if command == PUSH else ()
    done = mreg(*command[:2], *rev, *command[2:], repo=shared.bob)
    assert done.code == 1
    assert "someone else published first, and mreg cannot read from origin: " in done.err
    assert "run the command again" in done.err
    assert set(shared.tags()) == {"churn@v0.0.1", "churn@v0.0.2"}
