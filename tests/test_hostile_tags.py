"""Hostile and broken tags: each is a problem with its code, and the rest reads as if it were not.

Whoever can push a tag chooses its bytes, its name and what it points to.
"""

from __future__ import annotations

import pytest

from commandline import CommandLine, Result
from hostile_tags import GOOD, HOSTILE, Hostile, overwrite
from repositories import Lightweight, Maker, Repository, Tag, tag_bytes


@pytest.fixture(params=list(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> Hostile:
    return HOSTILE[request.param]


@pytest.fixture
def bad(make_repository: Maker, hostile: Hostile) -> Repository:
    found = make_repository(GOOD, name="bad")
    hostile.make(found, hostile.tag)
    return found


QUESTIONS = [
    ["show", "churn", "--json"],
    ["show", "churn"],
    ["show", "churn@latest", "--json"],
    ["show", "churn#prod"],
    ["show", "churn", "--at", "2023-11-14T22:13:45Z", "--json"],
    ["history", "churn", "--json"],
    ["history", "churn"],
    ["check-ref", "churn#prod#2", "--json"],
]


_GOOD_ANSWERS: dict[str, Result] = {}


@pytest.fixture
def answers(make_repository: Maker, mreg: CommandLine) -> dict[str, Result]:
    """Return what each question is answered where nothing is hostile; it is always the same."""
    if not _GOOD_ANSWERS:
        good = make_repository(GOOD, name="good")
        for question in [*QUESTIONS, ["show", "--json"], ["history", "--json"]]:
            _GOOD_ANSWERS[" ".join(question)] = mreg.ok(*question, repo=good)
    return _GOOD_ANSWERS


def test_the_others_are_unaffected(
    answers: dict[str, Result], bad: Repository, mreg: CommandLine
) -> None:
    for question in QUESTIONS:
        assert mreg(*question, repo=bad) == answers[" ".join(question)]
    shown = mreg.ok("show", "--json", repo=bad).json["artifacts"]
    churn = [it for it in shown if it["name"] == "churn"]
    assert churn == answers["show --json"].json["artifacts"]
    history = mreg.ok("history", "--json", repo=bad).json["events"]
    assert [it for it in history if it["artifact"] == "churn"] == answers["history --json"].json[
        "events"
    ]


def test_each_question_is_answered(bad: Repository, mreg: CommandLine) -> None:
    for question in (["show"], ["show", "--all", "--json"], ["history"], ["stages", "--json"]):
        assert "\x1b" not in mreg.ok(*question, repo=bad).out
    assert mreg("doctor", repo=bad).code in (0, 1)


def test_it_is_found_with_its_code(bad: Repository, hostile: Hostile, mreg: CommandLine) -> None:
    found = mreg("doctor", "--json", repo=bad)
    problems = [(it["code"], it["subject"]) for it in found.json["problems"]]
    assert problems == ([(hostile.code, hostile.tag)] if hostile.code else [])
    errors = [it for it in found.json["problems"] if it["severity"] == "error"]
    assert found.code == (1 if errors else 0)


def test_check_ref_tells_of_it(bad: Repository, hostile: Hostile, mreg: CommandLine) -> None:
    found = mreg("check-ref", "--", hostile.tag, repo=bad)
    assert found.code in (0, 1)
    assert bool(found.out) == (found.code == 0)
    assert found.err == "" or found.err.startswith("error: ")


def test_writing_goes_on(bad: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("register", "churn", "HEAD", "--json", repo=bad).json["version"] == "v1.1.1"
    assert mreg.ok("promote", "churn", "prod", "--json", repo=bad).json["tag"] == "churn#prod#3"


def test_an_object_in_the_place_of_another_is_not_looked_at(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """`git replace` shows every other command another object under the same id."""
    repo = make_repository(GOOD)
    before = mreg.ok("history", "--json", repo=repo)
    oid = repo.refs()["refs/tags/churn@v1.0.0"]
    repo.git("replace", oid, repo.put_object(tag_bytes("churn@v1.0.0", repo.commits[2])))
    assert mreg.ok("history", "--json", repo=repo) == before


def test_a_lightweight_tag_does_not_hide_the_real_one(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([*GOOD, Lightweight("churn@v9.0.0", 2)])
    assert mreg.ok("show", "churn@latest", "--field", "version", repo=repo).out == "v1.1.0\n"


def test_a_damaged_object_between_many_costs_only_itself(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """Git dies on a damaged object; trying it again for those behind it."""
    repo = make_repository([Tag(f"churn@v1.{number}.0", 0, number) for number in range(30)])
    for number in (0, 7, 8, 29):
        file = repo.object_file(repo.refs()[f"refs/tags/churn@v1.{number}.0"])
        overwrite(file, file.read_bytes()[:-12])
    found = mreg.ok("show", "churn", "--json", repo=repo).json
    assert len(found["versions"]) == 26
    assert sorted(it["subject"] for it in found["problems"]) == [
        "churn@v1.0.0",
        "churn@v1.29.0",
        "churn@v1.7.0",
        "churn@v1.8.0",
    ]
    assert {it["code"] for it in found["problems"]} == {"MR004"}


def test_a_shallow_clone_is_told_of(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository(GOOD)
    shallow = repo.path.parent / "shallow"
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.path}", str(shallow))
    found = mreg.ok("doctor", "--json", repo=shallow).json["problems"]
    assert [it["code"] for it in found] == ["MR018"]
