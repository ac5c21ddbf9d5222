"""`--repo URL` where there are so many tags that Git's way, a file for each, takes too long.

So many are few here: the bound is set to 3.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import origin
from commandline import CommandLine
from mreg.git import mirror, mirror_refs, process
from repositories import Maker, Repository, Tag, tag_bytes

MANY = tuple(Tag(f"churn@v0.0.{number}", number % 3, number) for number in range(1, 13))
QUESTIONS = pytest.mark.parametrize("question", [("show",), ("show", "churn")], ids=["all", "one"])


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "_MOST_LOOSE", 3)


def loose(address: str) -> list[Path]:
    """Return the mirror's tags that are in files of their own."""
    tags = origin.mirror_of(address).path / "refs" / "tags"
    return [it for it in tags.rglob("*") if it.is_file()]


def add_many(here: Repository, start: int = 100) -> None:
    for number in range(start, start + 10):
        here.put_tag(f"churn@v1.0.{number}", tag_bytes(f"churn@v1.0.{number}", here.commits[0]))


@QUESTIONS
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_they_are_written_into_one_file(
    question: tuple[str, ...], object_format: str, make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository, (*origin.TAGS, *MANY), object_format=object_format)
    url = origin.url(here)
    want = mreg.ok(*question, "--json", repo=here).json
    assert mreg.ok(*question, "--json", "--repo", url).json == want
    assert loose(url) == []
    of = ("refs/tags/churn@", "refs/tags/churn#") if question[1:] else "refs/tags/"
    wanted = {ref: oid for ref, oid in here.refs().items() if ref.startswith(of)}
    found = origin.mirror_of(url).refs()
    del found["refs/mirror/HEAD"]
    assert found == wanted


@QUESTIONS
def test_what_comes_moves_and_goes_later_is_followed(
    question: tuple[str, ...], make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository, (*origin.TAGS, *MANY))
    url = origin.url(here)
    mreg.ok(*question, "--repo", url)
    add_many(here)
    here.git("tag", "-d", "churn@v0.0.7")
    here.put_tag("churn@v0.0.8", tag_bytes("churn@v0.0.8", here.commits[2]))
    for asked in (question, ("show",), ("show", "churn"), ("history",)):
        want = mreg.ok(*asked, "--json", repo=here).json
        assert mreg.ok(*asked, "--json", "--repo", url).json == want
    assert len(loose(url)) <= 3


@QUESTIONS
def test_the_number_of_git_processes_is_the_same_for_any_number(
    question: tuple[str, ...],
    make_repository: Maker,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def processes(name: str, count: int) -> list[str]:
        tags = [Tag(f"churn@v0.0.{number}", 0, number) for number in range(count)]
        here = origin.make(make_repository, tags, name=name)
        monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / f"{name}.trace"))
        mreg.ok(*question, "--repo", origin.url(here))
        monkeypatch.delenv("GIT_TRACE2_EVENT")
        events = map(json.loads, (tmp_path / f"{name}.trace").read_text().splitlines())
        started = [it for it in events if it["event"] == "start" and "/" not in it["sid"]]
        return [_command(it["argv"]) for it in started]

    few, more = processes("ten", 10), processes("fifty", 50)
    assert few == more
    assert "pack-refs" not in few
    assert few.count("ls-remote") == 1


def _command(argv: list[str]) -> str:
    return next(it for it in argv if it in mirror_commands or not it.startswith(("git", "-", "/")))


mirror_commands = ("ls-remote", "fetch")


@pytest.mark.parametrize(
    ("question", "warm"),
    [(("show",), False), (("show", "churn"), True)],
    ids=["all, cold", "one, warm"],
)
@pytest.mark.parametrize("step", ["list", "fetch", "pack", "put", "putting"])
def test_an_interruption_at_any_step_harms_no_later_answer(
    question: tuple[str, ...],
    step: str,
    warm: bool,
    make_repository: Maker,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = origin.make(make_repository, (*origin.TAGS, *MANY))
    url = origin.url(here)
    if warm:
        mreg.ok(*question, "--repo", url)
        add_many(here)
    with monkeypatch.context() as patch:
        reached = _interrupt(step, patch)
        assert mreg(*question, "--repo", url).code == 130 or not reached
    # Where Git has written no file, there is none to pack.
    assert reached or step == "pack"
    want = mreg.ok(*question, "--json", repo=here).json
    assert mreg.ok(*question, "--json", "--repo", url).json == want
    assert len(loose(url)) <= 3


@QUESTIONS
@pytest.mark.parametrize("lock", ["HEAD.lock", "refs/mirror/HEAD.lock", "packed-refs.lock"])
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_a_lock_that_git_leaves_as_it_is_ended_is_in_nobodys_way(
    question: tuple[str, ...],
    lock: str,
    warm: bool,
    make_repository: Maker,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = origin.make(make_repository, (*origin.TAGS, *MANY))
    url = origin.url(here)
    if warm:
        mreg.ok(*question, "--repo", url)
        add_many(here)
    ended = process.run_if_short
    left: list[Path] = []

    def and_leaves_a_lock(repo: Any, *arguments: str, **options: Any) -> Any:
        done = ended(repo, *arguments, **options)
        if done is None:
            left.append(repo.path / lock)
            left[-1].parent.mkdir(parents=True, exist_ok=True)  # Git may have been ended before it
            left[-1].touch()
        return done

    monkeypatch.setattr(process, "run_if_short", and_leaves_a_lock)
    want = mreg.ok(*question, "--json", repo=here).json
    assert mreg.ok(*question, "--json", "--repo", url).json == want
    # Who asks for all tags for the first time knows that these are many before Git is asked.
    assert left or (question == ("show",) and not warm)


def _interrupt(step: str, patch: pytest.MonkeyPatch) -> list[str]:
    """Let a step be interrupted; one of `put` is killed as well: it leaves its lock behind."""
    reached: list[str] = []

    def interrupted(*_: object, **__: object) -> Any:
        reached.append(step)
        raise KeyboardInterrupt

    if step == "putting":

        def left_behind(folder: Path, *_: object) -> None:
            (folder / "packed-refs.lock").touch()
            interrupted()

        patch.setattr(mirror_refs, "put", left_behind)
    elif step == "put":
        patch.setattr(mirror_refs, "_lines", interrupted)
    else:
        _interrupt_call(
            {"list": "ls-remote", "fetch": "fetch", "pack": "pack-refs"}[step], patch, interrupted
        )
    return reached


def _interrupt_call(
    command: str, patch: pytest.MonkeyPatch, interrupted: Callable[[], Any]
) -> None:
    call = mirror.Mirror._call

    def then(self: mirror.Mirror, repo: Any, arguments: Any, *rest: Any) -> Any:
        done = call(self, repo, arguments, *rest)
        return interrupted() if arguments[0] == command else done

    patch.setattr(mirror.Mirror, "_call", then)


@QUESTIONS
def test_a_tag_that_is_gone_when_it_is_fetched_is_no_failure(
    question: tuple[str, ...],
    make_repository: Maker,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = origin.make(make_repository, (*origin.TAGS, *MANY))
    listed = mirror_refs.listed
    answers: list[dict[bytes, bytes]] = []

    def then_one_goes(rows: bytes, patterns: Any) -> Any:
        found = listed(rows, patterns)
        if not answers:
            found[b"refs/tags/churn@v9.0.0"] = b"12" * 20
        answers.append(found)
        return found

    monkeypatch.setattr(mirror_refs, "listed", then_one_goes)
    want = mreg.ok(*question, "--json", repo=here).json
    assert mreg.ok(*question, "--json", "--repo", origin.url(here)).json == want
    assert len(answers) == 2


def test_a_remote_that_never_delivers_what_it_lists_is_an_error(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = origin.make(make_repository, MANY)
    listed, calls = mirror_refs.listed, []

    def with_another(rows: bytes, patterns: Any) -> Any:
        calls.append(rows)
        return {**listed(rows, patterns), b"refs/tags/churn@v9.0.0": b"12" * 20}

    monkeypatch.setattr(mirror_refs, "listed", with_another)
    refused = mreg("show", "--repo", origin.url(here))
    assert refused.code == 1
    assert "not our ref" in refused.err
    assert len(calls) == 3
    monkeypatch.undo()
    mreg.ok("show", "--repo", origin.url(here))


def test_very_many_are_fetched_in_portions_and_no_object_twice(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = origin.make(make_repository, (*origin.TAGS, *MANY))
    url = origin.url(here)
    monkeypatch.setattr(mirror, "_MOST_IDS", 5)
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "trace"))
    want = mreg.ok("history", "--json", repo=here).json
    assert mreg.ok("history", "--json", "--repo", url).json == want
    fetches = [it for it in origin.commands(tmp_path / "trace") if "fetch" in it]
    assert len(fetches) == -(-len({*origin.TAGS, *MANY}) // 5)
    there = origin.mirror_of(url)
    packed = dict(it.split(": ") for it in there.git("count-objects", "-v").splitlines())
    loose = int(packed["count"])
    assert int(packed["in-pack"]) + loose == len(origin.objects(there))


def test_objects_are_fetched_without_a_look_at_each_ref(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Git looks at the object of each ref first, be they 10,000."""
    here = origin.make(make_repository, MANY)
    mreg.ok("history", "--repo", origin.url(here))
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "trace"))
    mreg.ok("describe", "churn", "--repo", origin.url(here))
    fetches = [it for it in origin.commands(tmp_path / "trace") if "fetch" in it]
    objects = [it for it in fetches if "--prune" not in it]
    assert objects
    assert all(os.path.basename(it[2]) == "without-refs" for it in objects)  # noqa: PTH119
