"""The library: `Registry` and the values that it returns."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mreg as package
from commandline import CommandLine
from mreg import Registry
from mreg.core.queries import Record
from mreg.errors import (
    InvalidName,
    InvalidTime,
    MregError,
    NotFound,
    Refused,
    RepositoryError,
    UsageError,
)
from mreg.git import refs
from mreg.git.repository import Repository as Opened
from repositories import START, Maker, Repository, SetClock, Tag, tag_bytes

TAGS = [
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 100),
    Tag("churn#prod#1", 0, 200),
    Tag("churn#prod#2", 1, 300),
    Tag("models=nlp@v0.0.1", 0, 400),
    Tag("old@deprecated", 0, 500),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS)


@pytest.fixture
def registry(repo: Repository) -> Registry:
    return Registry.open(repo.path)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(START + seconds, UTC)


class TestOpen:
    def test_a_path_is_a_text_or_a_path(self, repo: Repository) -> None:
        assert Registry.open(str(repo.path)).names() == Registry.open(repo.path).names()

    def test_without_a_path_it_is_the_current_folder(
        self, repo: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(repo.path)
        assert "churn" in Registry.open().names()

    def test_a_folder_that_is_not_there(self) -> None:
        with pytest.raises(RepositoryError, match="no folder"):
            Registry.open("/no/such/folder")

    def test_it_shows_how_it_was_opened(self, repo: Repository) -> None:
        assert repr(Registry.open(repo.path)) == f"Registry.open('{repo.path}')"

    def test_each_question_reads_anew(self, repo: Repository, registry: Registry) -> None:
        assert registry.resolve("churn").version == "v1.1.0"
        repo.git("update-ref", "-d", "refs/tags/churn@v1.1.0")
        assert registry.resolve("churn").version == "v1.0.0"


class TestReading:
    def test_names(self, registry: Registry) -> None:
        assert registry.names() == ("churn", "models:nlp", "old")

    def test_artifacts(self, registry: Registry) -> None:
        assert [it.name for it in registry.artifacts()] == ["churn", "models:nlp"]
        assert [it.name for it in registry.artifacts(deprecated=True)][2:] == ["old"]

    def test_an_artifact(self, registry: Registry) -> None:
        found = registry.artifact("churn")
        assert found.latest
        assert found.latest.version == "v1.1.0"
        assert [it.version for it in found.stages["prod"]] == ["v1.1.0", "v1.0.0"]

    def test_versions(self, registry: Registry) -> None:
        assert [it.version for it in registry.versions("churn")] == ["v1.1.0", "v1.0.0"]
        assert registry.details("churn").versions == registry.versions("churn")

    @pytest.mark.parametrize(
        ("selector", "version"),
        [("churn#prod", "v1.1.0"), ("churn", "v1.1.0"), ("churn@v1.0.0", "v1.0.0")],
    )
    def test_a_selector_is_resolved(
        self, selector: str, version: str, registry: Registry, repo: Repository
    ) -> None:
        found = registry.resolve(selector)
        assert found.version == version
        assert found.commit in repo.commits

    @pytest.mark.parametrize(
        "when", [at(250), at(250).astimezone(), "2023-11-14T22:17:30Z", "2023-11-14 22:17:30"]
    )
    def test_the_past_is_asked_about_by_a_datetime_or_a_text(
        self, when: datetime | str, registry: Registry
    ) -> None:
        assert registry.resolve("churn#prod", at=when).version == "v1.0.0"
        assert [it.name for it in registry.artifacts(at=when)] == ["churn"]
        assert registry.artifact("churn", at=when).stages["prod"][0].tag == "churn#prod#1"

    def test_history(self, registry: Registry) -> None:
        found = registry.history("churn", since=at(100), until=at(200))
        assert [it.tag for it in found] == ["churn#prod#1", "churn@v1.1.0"]
        assert registry.history(limit=1, reverse=True)[0].tag == "old@deprecated"

    def test_stages(self, registry: Registry) -> None:
        [prod] = registry.stages()
        assert (prod.stage, list(prod.holders)) == ("prod", ["churn"])
        assert prod.holders["churn"].version == "v1.1.0"
        assert prod.last_promoted_at == at(300)

    def test_check_ref(self, registry: Registry) -> None:
        assert registry.check_ref("refs/tags/churn#prod#1").version == "v1.0.0"

    def test_problems(self, registry: Registry, repo: Repository) -> None:
        assert registry.problems() == ()
        repo.put_ref("light@v1.0.0", repo.commits[0])
        assert [it.code for it in registry.problems()] == ["MR002"]
        assert registry.doctor() == registry.problems()

    def test_install_hook(self, registry: Registry, repo: Repository) -> None:
        file = registry.install_hook("pre-push")
        assert file == repo.path / ".git" / "hooks" / "pre-push"
        file.write_text("#!/bin/sh\n")
        with pytest.raises(Refused, match="another pre-push hook"):
            registry.install_hook("pre-push")
        assert registry.install_hook("pre-push", force=True) == file
        assert "mreg hook run pre-push" in file.read_text()

    def test_the_cache_is_of_no_registry(self, repo: Repository) -> None:
        url = repo.path.as_uri()
        assert Registry.open(url).resolve("churn").version == "v1.1.0"
        [mirror] = Registry.cache().mirrors
        assert mirror.url == url
        assert Registry.prune_cache().left == Registry.cache().contents
        assert Registry.clear_cache(url).mirrors == (mirror,)
        with pytest.raises(NotFound):
            Registry.clear_cache(url)
        assert Registry.cache().mirrors == Registry.clear_cache().mirrors == ()

    @pytest.mark.parametrize(
        ("ask", "error"),
        [
            (lambda it: it.artifact("nothing"), NotFound),
            (lambda it: it.artifact("no thing"), InvalidName),
            (lambda it: it.versions("nothing"), NotFound),
            (lambda it: it.resolve("churn#dev"), NotFound),
            (lambda it: it.resolve("churn@"), InvalidName),
            (lambda it: it.resolve("churn", at="soon"), InvalidTime),
            (lambda it: it.resolve("churn", at=datetime(2026, 1, 1)), InvalidTime),
            (lambda it: it.resolve("churn", at=at(-10)), NotFound),
            (lambda it: it.history("nothing"), NotFound),
            (lambda it: it.history(stage="a b"), InvalidName),
            (lambda it: it.history(since="soon"), InvalidTime),
            (lambda it: it.check_ref("v1.0.0"), InvalidName),
            (lambda it: it.check_ref("churn@v9.0.0"), NotFound),
        ],
    )
    def test_what_cannot_be_answered_is_an_error(
        self, ask: object, error: type[Exception], registry: Registry
    ) -> None:
        assert callable(ask)
        with pytest.raises(error):
            ask(registry)


class TestWriting:
    def test_the_events_that_were_made_come_back(
        self, registry: Registry, repo: Repository, set_clock: SetClock
    ) -> None:
        set_clock(1000)
        made = registry.register("churn", message="third")
        assert made[:4] == ("register", "churn", "v1.1.1", None)
        assert (made.message, made.commit, made.created_at) == ("third", repo.commits[2], at(1000))
        assert made[: len(Record._fields)] == registry.check_ref(made.tag)
        promoted = registry.promote("churn", "prod")
        assert (promoted.version, promoted.stage) == ("v1.1.1", "prod")
        assert registry.rollback("churn", "prod").version == "v1.1.0"
        assert registry.demote("churn@v1.1.0", "prod").version == "v1.1.0"
        assert registry.deregister("churn@v1.1.1").version == "v1.1.1"
        assert registry.deprecate("churn").action == "deprecate"
        assert [it.action for it in registry.history("churn", limit=6)] == [
            "deprecate",
            "deregister",
            "demote",
            "promote",
            "promote",
            "register",
        ]

    def test_two_events_at_once(self, registry: Registry) -> None:
        made = registry.register_and_promote("churn", "prod", bump="major")
        assert [(it.action, it.version) for it in made] == [
            ("register", "v2.0.0"),
            ("promote", "v2.0.0"),
        ]

    def test_a_dry_run_writes_nothing(self, registry: Registry, repo: Repository) -> None:
        before = repo.contents()
        planned = registry.register_and_promote("churn", "prod", dry_run=True)
        assert [it.tag for it in planned] == ["churn@v1.1.1", "churn#prod#3"]
        assert repo.contents() == before

    @pytest.mark.parametrize(
        ("do", "error"),
        [
            (lambda it: it.register("churn", "HEAD~1", version="v3.0.0"), Refused),
            (lambda it: it.register("churn", "nope"), NotFound),
            (lambda it: it.register("churn", version="v3.0.0", bump="major"), UsageError),
            (lambda it: it.promote("churn@v1.0.0", "prod", rev="HEAD"), UsageError),
            (lambda it: it.deregister("churn"), UsageError),
            (lambda it: it.demote("churn", "dev"), NotFound),
            (lambda it: it.rollback("models:nlp", "prod"), NotFound),
        ],
    )
    def test_what_is_refused_is_an_error_and_changes_nothing(
        self, do: object, error: type[Exception], registry: Registry, repo: Repository
    ) -> None:
        before = repo.contents()
        assert callable(do)
        with pytest.raises(error):
            do(registry)
        assert repo.contents() == before

    def test_what_comes_in_while_a_plan_is_made_is_known_to_it(
        self, registry: Registry, repo: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody deregisters the version between the two looks at the repository."""
        real = refs.listing

        def listed(repository: Opened, patterns: Sequence[str], form: str) -> bytes:
            found = real(repository, patterns, form)
            repo.put_tag("churn@v1.0.0!#3", tag_bytes("churn@v1.0.0!#3", repo.commits[0]))
            return found

        monkeypatch.setattr(refs, "listing", listed)
        with pytest.raises(Refused, match=r"v1\.0\.0 was deregistered"):
            registry.promote("churn@v1.0.0", "dev")

    def test_of_many_at_once_each_number_is_given_out_once(
        self, registry: Registry, repo: Repository
    ) -> None:
        """Whoever loses is told so, and nobody's tag is moved."""
        outcomes: list[object] = []
        together = threading.Barrier(6)

        def promote(stage: str) -> None:
            together.wait()
            try:
                made = registry.promote("churn@v1.0.0", stage)
                outcomes.append(made.tag if made.changed else made)
            except MregError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=promote, args=("dev",)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = [it for it in outcomes if isinstance(it, str)]
        assert len(outcomes) == 6
        assert len(set(made)) == len(made) >= 1
        assert {f"refs/tags/{tag}" for tag in made} <= repo.refs().keys()


class TestValues:
    def test_they_are_immutable(self, registry: Registry) -> None:
        values = [
            registry.artifact("churn"),
            registry.details("churn"),
            registry.resolve("churn"),
            registry.history()[0],
            registry.stages()[0],
            registry.artifact("churn").stages["prod"][0],
        ]
        for value in values:
            with pytest.raises(AttributeError):
                value.anything = 1  # type: ignore[attr-defined]

    def test_lists_are_tuples(self, registry: Registry) -> None:
        found = registry.details("churn")
        for value in (
            registry.names(),
            registry.artifacts(),
            registry.versions("churn"),
            registry.history(),
            registry.stages(),
            registry.problems(),
            found.versions,
            found.artifact.stages["prod"],
            found.versions[0].stages,
        ):
            assert isinstance(value, tuple)

    def test_equal_questions_have_equal_answers(self, registry: Registry) -> None:
        assert registry.details("churn") == registry.details("churn")
        assert registry.history() == registry.history()

    def test_they_can_be_sent_to_another_process(self, registry: Registry) -> None:
        for value in (registry.details("churn"), registry.history(), registry.stages()):
            assert pickle.loads(pickle.dumps(value)) == value

    def test_times_are_aware(self, registry: Registry) -> None:
        assert registry.resolve("churn").created_at.utcoffset() == timedelta()


class TestNotebooks:
    def test_a_registry_is_a_table(self, registry: Registry) -> None:
        found = registry._repr_html_()
        assert found.startswith("<table>")
        assert "<td>churn</td>" in found
        assert "<th>#prod</th>" in found

    def test_an_artifact_is_a_table(self, registry: Registry) -> None:
        assert "<td>v1.1.0</td>" in registry.artifact("churn")._repr_html_()
        assert "<td>(prod)</td>" in registry.details("churn")._repr_html_()

    def test_text_from_tags_is_escaped(self, make_repository: Maker) -> None:
        message, tagger = "<script>alert(1)</script>", "A & B <a@example.com>"
        bad = make_repository([Tag("x@v1.0.0", message=message, tagger=tagger)])
        found = Registry.open(bad.path).details("x")._repr_html_()
        assert "<script>" not in found
        assert "&lt;script&gt;" in found
        assert "<td>A &amp; B</td>" in found


def test_what_was_promoted_unregistered_can_be_taken_out(make_repository: Maker) -> None:
    promotion = Tag("m#prod#1", 0, 10, "Promote\n\nVersion: v9.0.0\nPrevious: none\n")
    repo = make_repository([Tag("m@v0.0.1", 0, 0), promotion])
    registry = Registry.open(repo.path)
    [found] = [it for it in registry.problems() if it.code == "MR011"]
    assert found.remedy == "mreg demote m@v9.0.0 prod"
    registry.promote("m", "prod")
    assert registry.demote("m@v9.0.0", "prod").version == "v9.0.0"
    assert [it.version for it in registry.artifact("m").stages["prod"]] == ["v0.0.1"]
    [found] = [it for it in registry.problems() if it.code == "MR011"]
    assert found.remedy == "nothing to do: the stage no longer holds it"


def test_an_artifact_that_is_only_annotated_has_details(make_repository: Maker) -> None:
    repo = make_repository([])
    (repo.path / "artifacts.yaml").write_text("early: {type: model}\n")
    repo.git("add", "artifacts.yaml")
    repo.git("commit", "-m", "Annotate")
    found = Registry.open(repo.path).details("early")
    assert (found.artifact.type, found.artifact.registered) == ("model", False)
    assert found.versions == ()


def test_a_path_that_was_named_counts_for_more_than_the_environment(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repository([Tag("other@v1.0.0")], name="other")
    meant = make_repository([Tag("meant@v1.0.0")], name="meant")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    registry = Registry.open(meant.path)
    assert [it.name for it in registry.artifacts()] == ["meant"]
    registry.promote("meant", "prod")
    monkeypatch.delenv("GIT_DIR")
    assert "refs/tags/meant#prod#1" in meant.refs()
    assert not any("prod" in ref for ref in other.refs())


def test_successors_are_those_that_take_over(make_repository: Maker) -> None:
    tags = [Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.1.0", 1, 10)]
    tags += [Tag("churn#prod#1", 0, 20), Tag("churn#prod#2", 1, 30), Tag("churn#dev#3", 1, 40)]
    registry = Registry.open(make_repository(tags).path)
    demoted = registry.demote("churn@v1.0.0", "prod")
    assert demoted.holders == {"prod": "v1.1.0"}
    rehearsed = registry.deregister("churn@v1.1.0", force=True, dry_run=True)
    ended = registry.deregister("churn@v1.1.0", force=True)
    assert ended.holders == rehearsed.holders == {"dev": None, "prod": None}


def test_a_bare_commit_is_demoted_only_where_it_is(make_repository: Maker) -> None:
    repo = make_repository([Tag("m#staging#1", 0, 0), Tag("m#prod#2", 1, 10)], commits=2)
    with pytest.raises(Refused, match="is not in prod"):
        Registry.open(repo.path).demote("m#staging", "prod")


def test_arguments_that_make_no_sense_are_usage_errors(registry: Registry) -> None:
    with pytest.raises(UsageError):
        registry.history(limit=-1)
    with pytest.raises(UsageError):
        registry.history(action="foo")  # type: ignore[arg-type]


def test_an_outcome_is_printed_as_the_command_prints_it(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository()
    registry = Registry.open(repo.path)
    rehearsed = registry.register("churn", dry_run=True)
    first_line = mreg.ok("register", "churn", "--dry-run", repo=repo).out.splitlines()[0]
    assert str(rehearsed) == first_line == "Would register churn v0.0.1 (new artifact)"
    said = "Registered churn v0.0.1 (tag churn@v0.0.1)"
    assert str(registry.register("churn")) == f"{said} (new artifact)"
    again = str(registry.register("churn"))
    assert again == mreg.ok("register", "churn", repo=repo).out.strip()
    assert str(registry.promote("churn", "prod")).startswith("Promoted churn v0.0.1 to prod (tag ")


def test_a_selector_in_the_place_of_a_name_is_told_the_method_that_takes_it(
    make_repository: Maker,
) -> None:
    registry = Registry.open(make_repository([Tag("churn@v0.1.0")]).path)
    with pytest.raises(InvalidName) as raised:
        registry.details("churn@v0.1.0")
    assert "annotation('churn@v0.1.0') its metadata" in raised.value.hint
    with pytest.raises(InvalidName) as raised:
        registry.details("churn v0.1.0")
    assert "annotation" not in raised.value.hint


def test_the_home_folder_and_a_variable_that_only_the_command_reads(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo = make_repository([Tag("churn@v0.1.0")])
    monkeypatch.setenv("HOME", str(repo.path.parent))
    opened = Registry.open(f"~/{repo.path.name}")
    assert opened.resolve("churn").version == "v0.1.0"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("MREG_REPO", str(repo.path))
    with pytest.raises(RepositoryError) as raised:
        package.get("churn")
    assert "the library does not read MREG_REPO" in raised.value.hint
    with pytest.raises(RepositoryError) as raised:
        package.get("churn", repo="~/nothing-is-there")
    assert "nothing-is-there" in str(raised.value)
