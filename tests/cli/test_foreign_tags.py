"""Other tools' tags that are almost registry tags: told once, or not at all where it is said so."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from mreg.core import kinds
from mreg.governance import receive
from mreg.governance.updates import Update
from mreg.policy.model import Governing, Settings
from repositories import Lightweight, Maker, Repository, Tag

FOREIGN = ("@scope/x@1.0.0", "@scope/x@1.1.0", "churn@1.2.0", "churn@1.3.0")
ALL = "  # all of them\nignore_tags: ['@scope/*', 'churn@[0-9]*']\n"
FIRST = "@scope/x@1.0.0 and 3 more: they look almost like registry tags"


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    ours = (Tag("churn@v1.0.0"), Tag("fraud@v1.0.0"))
    return make_repository((*ours, *map(Lightweight, FOREIGN)))


def test_where_nothing_is_said_one_line_tells_of_all(repo: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("show", repo=repo).err == f"warning: {FIRST} (see `mreg doctor`)\n"
    done = mreg.ok("doctor", repo=repo)
    warned = [it for it in done.out.splitlines() if it.startswith("warning MR001")]
    assert warned == [f"warning MR001 {FIRST}"]
    assert "ignore_tags" in done.out
    assert "delete" not in done.out
    each = mreg.ok("doctor", "--json", repo=repo).json["problems"]
    assert [it["subject"] for it in each if it["code"] == "MR001"] == list(FOREIGN)


@pytest.mark.parametrize(
    "asked",
    [
        ["show", "fraud"],
        ["show", "churn@v1.0.0"],
        ["search", "artifact=fraud"],
        ["history"],
        ["compare", "fraud"],
        ["stages"],
    ],
    ids=" ".join,
)
def test_what_is_asked_of_something_else_is_answered_without_it(
    asked: list[str], repo: Repository, mreg: CommandLine
) -> None:
    assert "almost" not in mreg.ok(*asked, repo=repo).err


def test_an_artifact_tells_of_its_own(repo: Repository, mreg: CommandLine) -> None:
    assert "warning: churn@1.2.0 and 1 more: they" in mreg.ok("show", "churn", repo=repo).err


@pytest.mark.parametrize("policy", [ALL, "ignore_tags: '*'\n", f"types: 5\n{ALL}"])
def test_what_the_settings_pass_over_is_not_told(
    policy: str, repo: Repository, mreg: CommandLine
) -> None:
    (repo.path / ".mreg.yaml").write_text(policy)
    for asked in (["show"], ["show", "churn"]):
        assert mreg.ok(*asked, repo=repo).err == ""
    assert "MR001" not in mreg.ok("doctor", repo=repo).out
    assert mreg.ok("show", "--json", repo=repo).json["problems"] == []
    found = mreg.ok("show", "--json", repo=repo).json["artifacts"]
    assert [it["latest"]["tag"] for it in found] == ["churn@v1.0.0", "fraud@v1.0.0"]


def test_the_others_are_still_told(repo: Repository, mreg: CommandLine) -> None:
    (repo.path / ".mreg.yaml").write_text("ignore_tags: ['@scope/*', 'churn@1.2.*']\n")
    assert mreg.ok("show", repo=repo).err == (
        "warning: churn@1.3.0: it is almost a registry tag, but not quite (see `mreg doctor`)\n"
    )


@pytest.mark.parametrize(
    ("pattern", "ignored"),
    [("*", 4), ("churn@*", 2), ("@scope/x@?.0.0", 1), ("churn@1.[23].0", 2), ("CHURN@*", 0)],
)
def test_what_a_pattern_means(pattern: str, ignored: int) -> None:
    assert sum(kinds.is_ignored(it, [pattern]) for it in FOREIGN) == ignored


def test_a_push_of_many_is_told_in_one_line(
    repo: Repository,
) -> None:
    def warned(settings: Settings) -> tuple[str, ...]:
        oid = repo.commits[0]
        updates = [Update("0" * 40, oid, f"refs/tags/{it}") for it in FOREIGN]
        return receive.check(
            repo.opened, updates, lambda: Governing(settings), present=0
        ).warnings  # fmt: skip

    (line,) = warned(Settings())
    assert line.startswith("@scope/x@1.0.0 and 3 more look almost like names of registry tags")
    assert warned(Settings(ignore_tags=("*",))) == ()
