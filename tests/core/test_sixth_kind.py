"""A sixth kind of event, added as one row of the table: every command knows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from commandline import CommandLine
from committing import commit
from mreg import Registry
from mreg.core import kinds
from mreg.core.events import Action, Event
from mreg.core.kinds import KINDS, Kind
from mreg.core.standing import Standing
from receivers import receiving
from repositories import Maker, Repository, Tag, run

ARCHIVE = cast("Action", "archive")
TAG = "churn@v1.0.0!archived"
"""Its form: no version holds a "!", so that a reader who does not know the kind takes it for no
registration, and for an event that is almost one (MR001); `v1.0.0-archived` would be a version."""

TAGS = (
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 1),
    Tag("churn#prod#1", 1, 2, "Promote.\n\nVersion: v1.1.0"),
    Tag("churn#prod#2", 0, 3, "Promote.\n\nVersion: v1.0.0"),
    Tag(f"{TAG}#3", 0, 4, "Archive churn v1.0.0\n\nToo old.\n\nPrevious: none"),
)
FILES = [{"artifacts.yaml": b"churn: {type: model, path: m}\n", "m": it} for it in (b"1", b"2")]


def _archive(standing: Standing, event: Event) -> str | None:
    for stage in standing.stages:
        standing.take_out(stage, event.version, event.commit)
    return event.version


def _is_nowhere(standing: Standing, event: Event) -> str:
    held = any(event.version in holders for holders in standing.stages.values())
    return "" if held else f"{event.version} is in no stage"


@pytest.fixture(autouse=True)
def _sixth(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    row = Kind(
        *(ARCHIVE, "{artifact}@{version}!archived", "archived", "promote", "by"),
        *(_archive, _is_nowhere),
        leaves_stage=True,
    )
    monkeypatch.setitem(KINDS, ARCHIVE, row)
    _forget_grammar()
    yield
    monkeypatch.undo()
    _forget_grammar()


def _forget_grammar() -> None:
    kinds.grammar.cache_clear()
    kinds.parse_tail.cache_clear()


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=FILES)


def test_its_tag_is_read_and_written() -> None:
    for number in (0, 3):
        tag = f"{TAG}#{number}" if number else TAG
        found = kinds.parse(tag)
        assert found == (ARCHIVE, "churn", "v1.0.0", None, number)
        assert str(found) == tag
    assert kinds.parse("churn#prod!archived") is None
    assert kinds.parse("churn@v1.0.0!") == ("deregister", "churn", "v1.0.0", None, 0)


def test_show_replays_it(mreg: CommandLine, repo: Repository) -> None:
    found = mreg.ok("show", "churn", "--json", repo=repo).json
    assert [it["version"] for it in found["stages"]["prod"]] == ["v1.1.0"]
    assert [it["version"] for it in found["versions"]] == ["v1.1.0", "v1.0.0"]


def test_history_lists_it(mreg: CommandLine, repo: Repository) -> None:
    assert " archive  " in mreg.ok("history", repo=repo).out.splitlines()[1]
    [found] = Registry.open(repo.path).history(action=ARCHIVE)
    assert (found.action, found.version, found.message) == (ARCHIVE, "v1.0.0", "Too old.")


def test_ci_tells_it_and_nothing_else(mreg: CommandLine, repo: Repository) -> None:
    found = mreg.ok("ci", f"{TAG}#3", repo=repo).json
    assert (found["event"], found["version"], found["stage"]) == ("archive", "v1.0.0", None)
    assert found["is_current"] is True
    # What it says of the version bears on neither what was said of a stage, nor the registration.
    assert mreg.ok("ci", "churn@v1.0.0", repo=repo).json["is_current"] is True
    assert mreg.ok("ci", "churn#prod#1", repo=repo).json["is_current"] is True
    assert mreg.ok("ci", "churn#prod#2", repo=repo).json["is_current"] is False


def test_the_page_of_a_run_and_a_chat_say_it_in_its_own_words(
    mreg: CommandLine, repo: Repository, tmp_path: Path
) -> None:
    mreg.ok("ci", f"{TAG}#3", "--summary", str(tmp_path / "page.md"), repo=repo)
    assert "Archive churn v1.0.0" in (tmp_path / "page.md").read_text()
    with receiving() as receiver:
        url = ("--webhook", receiver.url, "--format", "slack")
        mreg.ok("notify", f"{TAG}#3", *url, repo=repo)
    [got] = receiver.requests
    assert got.json["text"] == "churn v1.0.0 was archived"


def test_the_changelog_has_it_among_a_versions_events(mreg: CommandLine, repo: Repository) -> None:
    found = mreg.ok("changelog", "churn", "--json", repo=repo).json
    events = {it["version"]["version"]: it["events"] for it in found["releases"]}
    assert [it["action"] for it in events["v1.0.0"]] == ["promote", "archive"]
    assert (
        "2023-11-14 archived, by Ann Example: Too old."
        in mreg.ok(*("changelog", "churn", "--md"), repo=repo).out
    )


def test_doctor_says_where_it_changes_nothing(make_repository: Maker, mreg: CommandLine) -> None:
    again = Tag(f"{TAG}#4", 0, 5, "Archive.")
    found = mreg("doctor", "--json", repo=make_repository((*TAGS, again), commits=FILES)).json
    assert [(it["code"], it["subject"], it["message"]) for it in found["problems"]] == [
        ("MR016", again.name, "v1.0.0 is in no stage")
    ]


POLICY = b"""\
principals: {ann: {emails: [ann@example.com]}, bob: {emails: [bob@example.com]}}
register: {by: [ann], requires: {fields: [owner]}}
stages: {prod: {by: [bob]}}
"""


def test_the_policy_judges_who_did_it_and_where_it_took_it_from(
    mreg: CommandLine, repo: Repository
) -> None:
    """Its gate is that of who may do it alone: no `requires` of a registration bears on it."""
    commit(repo, POLICY, at=-1)
    found = {it["tag"]: it for it in mreg("audit", "--json", repo=repo).json["events"]}
    rules = [(it["rule"], it["passed"], it["reason"]) for it in found[f"{TAG}#3"]["rulings"]]
    assert [it for it in rules if it[0] in ("by", "fields", "stage", "registered")] == [
        ("by", True, "ann (unverified) may archive churn"),
        ("by", False, "ann may not archive what holds prod"),
    ]


def test_export_documents_its_version(mreg: CommandLine, repo: Repository) -> None:
    assert (
        "churn v1.0.0"
        in mreg.ok(*("export", "churn@v1.0.0", "--format", "model-card"), repo=repo).out
    )
    document = mreg.ok("export", "churn@v1.0.0", "--format", "cyclonedx", repo=repo).json
    assert document["metadata"]["component"]["version"] == "v1.0.0"


def test_undo_names_its_opposite(mreg: CommandLine, repo: Repository, tmp_path: Path) -> None:
    run(tmp_path, "clone", "-q", str(repo.path), "clone")
    done = mreg("undo", "churn", repo=tmp_path / "clone")
    assert "hint: record the opposite event: see `mreg promote --help`\n" in done.err
