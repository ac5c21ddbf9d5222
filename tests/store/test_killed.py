"""Killed at any step and run again: nothing is lost, twice there, or in doubt."""

from __future__ import annotations

import os
import signal
from typing import NamedTuple

import pytest

import remotes
from commandline import CommandLine, process
from mreg import Registry
from people import Shared
from repositories import SetClock

# `publish` goes through these; "ask" and "fetch" where others were quicker.
STEPS = ("push", "create", "note", "done")
STEPS_OF_THE_LATE = ("push:1", "ask", "fetch", "push:2", "create", "note", "done")


class Case(NamedTuple):
    """A command to be killed.

    Attributes:
        arguments: the command.
        tags: those that it makes.
        again: what running it again says, where the event was published before.
    """

    arguments: str
    tags: tuple[str, ...]
    again: str


CASES = (
    Case("register churn", ("churn@v0.0.2",), "churn v0.0.2 is already registered"),
    Case("promote churn prod", ("churn#prod#1",), "is in prod already"),
    Case(
        "promote churn prod --register",
        ("churn@v0.0.2", "churn#prod#1"),
        "already",
    ),
    Case("deregister churn@v0.0.1", ("churn@v0.0.1!",), "is already deregistered"),
    Case("deprecate churn", ("churn@deprecated#1",), "is already deprecated"),
)


def kill(shared: Shared, step: str, *arguments: str) -> None:
    """Run a command that is killed before a step."""
    environment = {**os.environ, "MREG_FAILPOINT": step}
    done = process(*arguments, "--push", repo=shared.ann, env=environment)
    assert done.returncode == -signal.SIGKILL, done


def prepare(mreg: CommandLine, shared: Shared, *, late: bool = False) -> None:
    """Register a version; where Ann is to be late, Bob publishes what she does not know of."""
    mreg.ok("register", "churn", "HEAD~1", "--push", repo=shared.ann)
    if late:
        mreg.ok("promote", "churn@v0.0.1", "dev", "--push", repo=shared.bob)


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.arguments)
@pytest.mark.parametrize("step", STEPS)
def test_killed_before_a_step_and_run_again(
    mreg: CommandLine, shared: Shared, case: Case, step: str
) -> None:
    prepare(mreg, shared)
    before = shared.tags()
    kill(shared, step, *case.arguments.split())
    published = shared.tags().keys() - before.keys()
    assert len(published) == (0 if step == "push" else len(case.tags))
    again = mreg(*case.arguments.split(), "--push", repo=shared.ann)
    assert again.code == 0, again.err
    if case.again not in again.out:  # the second run made it, or finds that the very same is there
        assert again.out.count("(tag ") == len(case.tags)
    assert shared.tags().keys() - before.keys() == set(case.tags)
    assert shared.in_step(shared.ann)


def test_forced_command_killed_after_it_published_does_not_do_it_twice(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    prepare(mreg, shared)
    kill(shared, "create", "promote", "churn", "prod", "--force")
    set_clock(60)
    again = mreg.ok("promote", "churn", "prod", "--force", "--push", repo=shared.ann)
    assert again.out == "churn v0.0.1 was already promoted to prod (tag churn#prod#1)\n"
    assert set(shared.tags()) == {"churn@v0.0.1", "churn#prod#1"}
    assert shared.in_step(shared.ann)


def test_rollback_killed_after_it_published_goes_one_version_back(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    prepare(mreg, shared)
    for command in ("register churn", "promote churn@v0.0.1 prod", "promote churn@v0.0.2 prod"):
        mreg.ok(*command.split(), "--push", repo=shared.ann)
    kill(shared, "create", "rollback", "churn", "prod")
    set_clock(60)
    again = mreg.ok("rollback", "churn", "prod", "--push", repo=shared.ann)
    assert again.out == "churn v0.0.1 was already promoted to prod (tag churn#prod#3)\n"
    assert "churn#prod#4" not in shared.tags()


@pytest.mark.parametrize("step", STEPS_OF_THE_LATE)
def test_killed_while_others_are_quicker(
    mreg: CommandLine, shared_by_all: Shared, step: str
) -> None:
    shared = shared_by_all
    prepare(mreg, shared, late=True)
    kill(shared, step, "promote", "churn@v0.0.1", "prod")
    again = mreg("promote", "churn@v0.0.1", "prod", "--push", repo=shared.ann)
    assert again.code == 0
    assert set(shared.tags()) == {"churn@v0.0.1", "churn#dev#1", "churn#prod#2"}
    assert shared.in_step(shared.ann)


@pytest.mark.parametrize("step", ["push", "pushed:1", "pushed:2", "ask"])
def test_push_killed_and_run_again(mreg: CommandLine, shared: Shared, step: str) -> None:
    mreg.ok("register", "churn", repo=shared.ann)
    for stage in ("dev", "staging", "prod"):
        mreg.ok("promote", "churn", stage, repo=shared.ann)
    done = process("push", repo=shared.ann, env={**os.environ, "MREG_FAILPOINT": step})
    assert done.returncode == -signal.SIGKILL
    mreg.ok("push", repo=shared.ann)
    assert len(shared.tags()) == 4
    assert shared.in_step(shared.ann)


@pytest.mark.parametrize("step", ["ask", "fetch"])
def test_fetch_killed_and_run_again(mreg: CommandLine, shared: Shared, step: str) -> None:
    mreg.ok("register", "churn", "--push", repo=shared.bob)
    done = process("fetch", repo=shared.ann, env={**os.environ, "MREG_FAILPOINT": step})
    assert done.returncode == -signal.SIGKILL
    mreg.ok("fetch", repo=shared.ann)
    assert shared.in_step(shared.ann)


@pytest.mark.parametrize("step", ["ask", "delete"])
def test_undo_killed_and_run_again(mreg: CommandLine, shared: Shared, step: str) -> None:
    mreg.ok("register", "churn", repo=shared.ann)
    done = process("undo", "churn", repo=shared.ann, env={**os.environ, "MREG_FAILPOINT": step})
    assert done.returncode == -signal.SIGKILL
    mreg.ok("undo", "churn", repo=shared.ann)
    assert shared.in_step(shared.ann)


@pytest.mark.usefixtures("no_waiting")
def test_server_killed_before_it_takes_the_tag(mreg: CommandLine, shared_by_all: Shared) -> None:
    """Nothing arrived: the remote says so, and it is tried again."""
    shared = shared_by_all
    once = "test -e killed && exit 0; touch killed; kill -9 $PPID"
    remotes.install_hook(shared.remote, "pre-receive", once)
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    assert list(shared.tags()) == ["churn@v0.0.1"]
    assert shared.in_step(shared.ann)


def test_server_killed_after_it_took_the_tag(mreg: CommandLine, shared_by_all: Shared) -> None:
    """The tag arrived and the answer did not: the remote says so, and all is well."""
    shared = shared_by_all
    remotes.install_hook(shared.remote, "post-receive", "kill -9 $PPID")
    done = mreg.ok("register", "churn", "--push", repo=shared.ann)
    assert done.out == "Registered churn v0.0.1 (tag churn@v0.0.1) (new artifact)\n"
    assert list(shared.tags()) == ["churn@v0.0.1"]
    assert shared.in_step(shared.ann)


@pytest.mark.usefixtures("no_waiting")
def test_server_that_is_killed_every_time(mreg: CommandLine, shared: Shared) -> None:
    remotes.install_hook(shared.remote, "pre-receive", "kill -9 $PPID")
    done = mreg("register", "churn", "--push", repo=shared.ann)
    assert done.code == 1
    assert done.err.startswith("error: origin: ")
    assert shared.tags() == {}
    assert shared.in_step(shared.ann)


@pytest.mark.usefixtures("no_waiting")
def test_server_killed_between_two_refs_of_a_push(mreg: CommandLine, shared: Shared) -> None:
    """The last event is there without its tag, as if the server had died between its renames."""
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    made = Registry.open(shared.bob.path)
    made.promote("churn", "dev", push=True)
    shared.lose("churn#dev#1")
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert list(shared.tags()) == ["churn#prod#1", "churn@v0.0.1"]
