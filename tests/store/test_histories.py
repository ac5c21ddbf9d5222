"""Of a large registry, what is asked about is read: artifacts, commits and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.annotations import sources
from mreg.core.listing import Listing
from mreg.git import refs
from mreg.git.repository import Repository as Opened
from mreg.lineage import read as lineages
from mreg.lineage.index import Unit, UnitFacts
from mreg.lineage.subjects import Subject
from mreg.registry import Registry
from mreg.store import complete, entries, histories, read
from mreg.store.answers import AnswerKind, Answers
from mreg.store.histories import Histories, is_large
from mreg.store.read import FoundHistory, Reader
from mreg.system import cache
from repositories import START, Maker, Repository, Tag

NAMES = [f"m{it}" for it in range(30)]


@pytest.fixture(autouse=True)
def _all_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_chosen", tmp_path / "cache")
    monkeypatch.setattr(read, "LARGE", 1)
    monkeypatch.setattr(entries, "FEWEST", 1)


def yaml(number: int) -> bytes:
    """Return an annotation of each model, which was made from the one before and what all read."""
    return "".join(
        f"{it}:\n  path: {it}.pkl\n  metrics: {{auc: 0.{number}}}\n  inputs:\n"
        f"    - path: data.csv\n    - artifact: m{at - 1}@latest\n"
        for at, it in enumerate(NAMES)
    ).encode()


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    commits = [{"artifacts.yaml": yaml(it), "data.csv": b"%d" % (it % 2)} for it in range(4)]
    tags = [
        Tag(f"{name}@v1.0.{release}", release, 100 * release + at)
        for release in range(3)
        for at, name in enumerate(NAMES)
    ]
    return make_repository(tags, commits=commits)


@pytest.fixture
def read_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the artifacts whose tags are read."""
    found: list[str] = []
    plainly = Reader.each

    def each(
        self: Reader, listed: Listing, artifacts: Iterable[str], *, standing: bool = False
    ) -> Iterator[FoundHistory]:
        wanted = list(artifacts)
        found.extend(wanted)
        return plainly(self, listed, wanted, standing=standing)

    monkeypatch.setattr(Reader, "each", each)
    return found


def test_of_the_newest_events_only_their_artifacts_are_read(
    repo: Repository, read_of: list[str], mreg: CommandLine
) -> None:
    every = mreg.ok("history", "--json", repo=repo).json["events"]
    mreg.ok("history", "--limit", "1", repo=repo)
    read_of.clear()
    assert mreg.ok("history", "--limit", "3", "--json", repo=repo).json["events"] == every[:3]
    assert sorted(read_of) == ["m27", "m28", "m29"]
    since = ("--since", "2023-11-14T22:16:00Z", "--limit", "400", "--json")
    assert mreg.ok("history", *since, repo=repo).json["events"] == [
        it for it in every if it["created_at"] >= "2023-11-14T22:16:00"
    ]


def test_of_a_lineage_only_what_leads_to_it_is_read(repo: Repository, read_of: list[str]) -> None:
    registry = Registry.open(repo.path)
    found = registry.lineage("m2@v1.0.1")
    read_of.clear()
    assert registry.lineage("m2@v1.0.1") == found
    assert set(read_of) == {"m0", "m1", "m2"}
    labels = {it.label for it in found.nodes if it.kind == "version" and not it.missing}
    assert labels == {"m2@v1.0.1", "m1@v1.0.1", "m0@v1.0.1", "m2@v1.0.0"}


def test_a_new_version_is_seen_and_no_other_is_read_again(
    repo: Repository, read_of: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.open(repo.path)
    before = registry.lineage("m28@v1.0.2", down=True)
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{START + 1000} +0000")
    repo.git("tag", "-a", "-m", "New.", "m29@v2.0.0", "HEAD")
    read_of.clear()
    asked: list[int] = []
    plainly = lineages.of_units

    def of_units(repo: Opened, known: Sequence[Subject]) -> dict[Unit, UnitFacts] | None:
        asked.append(len(known))
        return plainly(repo, known)

    monkeypatch.setattr(lineages, "of_units", of_units)
    after = registry.lineage("m28@v1.0.2", down=True)
    assert {it.label for it in after.nodes} - {it.label for it in before.nodes} == {"m29@v2.0.0"}
    assert set(read_of) == {"m28", "m29"}
    assert asked == [1]


def test_where_no_ref_has_changed_they_are_not_listed(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.open(repo.path)
    found = registry.lineage("m2@v1.0.1")
    plainly = complete.read_answers
    with monkeypatch.context() as patch:
        patch.setattr(complete, "read_answers", None)
        assert registry.lineage("m2@v1.0.1") == found
    asked: list[str] = []

    def answers_of(repo: Opened, kind: AnswerKind) -> Answers | None:
        asked.append(kind.name)
        return plainly(repo, kind)

    monkeypatch.setattr(complete, "read_answers", answers_of)
    for change in (["tag", "-d", "m2@v1.0.0"], ["pack-refs", "--all"]):
        repo.git(*change)
        after = registry.lineage("m2@v1.0.1")
        assert "m2@v1.0.0" not in {it.label for it in after.nodes}
    assert asked == ["commits"] * 2


def test_a_search_reads_no_tag_and_no_annotation_again(
    repo: Repository, read_of: list[str], mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("search", "metrics.auc>=0.2 and artifact=m1", "--json")
    found = mreg.ok(*words, repo=repo).json
    assert [it["version"] for it in found["versions"]] == ["v1.0.2"]
    read_of.clear()
    monkeypatch.setattr(sources, "read", None)
    assert mreg.ok(*words, repo=repo).json == found
    assert read_of == []


def test_many_are_read_at_once(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Histories(repo.opened)
    listed: list[tuple[str, ...]] = []
    plainly = refs.listing

    def listing(repo: Opened, patterns: tuple[str, ...], form: str) -> bytes:
        listed.append(patterns)
        return plainly(repo, patterns, form)

    monkeypatch.setattr(refs, "listing", listing)
    reader.load(["m1", "m2", "nobody"])
    assert [len(it) for it in listed] == [9]
    reader.load([*NAMES, "m1"])
    assert len(reader.of("m7").timeline) == 3
    assert reader.of("nobody").timeline == reader.of("other").timeline == []
    assert [len(it) for it in listed] == [9, 1]
    state = reader.state()
    assert list(state.histories) == sorted(NAMES)
    assert {it.artifact: it.timeline for it in state} == {
        it.artifact: it.timeline for it in read.read_state(repo.opened)
    }


def test_which_registry_is_large(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "LARGE", 91)
    assert not is_large(repo.opened)
    repo.git("tag", "-a", "-m", "New.", "m29@v2.0.0")
    assert is_large(repo.opened)
    monkeypatch.setattr(read, "LARGE", 1000)
    monkeypatch.setattr(histories, "_BYTES", 100)
    repo.git("pack-refs", "--all")
    assert is_large(repo.opened)
