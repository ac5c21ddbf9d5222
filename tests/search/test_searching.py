"""Searching a registry: the same versions as by hand, and no more read than has to be."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.annotations.entry import Annotation
from mreg.core.queries import Version
from mreg.errors import InvalidQuery
from mreg.git import objects
from mreg.git.files import Files
from mreg.git.objects import Content
from mreg.git.repository import Repository as OpenedRepository
from repositories import BOB, Maker, Repository, Tag, run
from terminals import in_terminal

DAY = 86_400

CHURN = """\
churn:
  type: model
  labels: [tabular]
  framework: {{name: sklearn, version: "1.5.{number}"}}
  metrics:
    - metrics/{number}.json
  inputs:
    - artifact: customers#prod
customers:
  type: dataset
"""


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """Make a registry of a model with metric files, its data set, and one that is deprecated."""
    commits = [
        {
            "artifacts.yaml": CHURN.format(number=number).encode(),
            f"metrics/{number}.json": json.dumps({"auc": round(0.8 + number / 20, 2)}).encode(),
        }
        for number in range(4)
    ]
    commits.append({"artifacts.yaml": b"churn: [broken"})
    tags = [
        Tag("customers@v1.0.0", 0, 0),
        Tag("customers#prod#1", 0, 1, "Go.\n\nVersion: v1.0.0"),
        Tag("churn@v1.0.0", 0, 2),
        Tag("churn@v1.1.0", 1, DAY, tagger=BOB),
        Tag("customers@v2.0.0", 1, DAY + 1),
        Tag("customers#prod#2", 1, DAY + 2, "Go.\n\nVersion: v2.0.0"),
        Tag("churn@v1.2.0", 2, 2 * DAY),
        Tag("churn#prod#4", 1, 2 * DAY + 1, "Go.\n\nVersion: v1.1.0"),
        Tag("churn#prod#5", 2, 2 * DAY + 2, "Go.\n\nVersion: v1.2.0"),
        Tag("churn@v1.10.0", 3, 3 * DAY),
        Tag("churn@v0.9.0", 0, 3 * DAY + 1),
        Tag("churn@v0.9.0!", 0, 3 * DAY + 2),
        Tag("old@v1.0.0", 0, 4 * DAY),
        Tag("old@deprecated", 0, 4 * DAY + 1),
    ]
    return make_repository(tags, commits=commits)


def names(repo: Repository, expression: str, **options: bool | str) -> list[str]:
    found = Registry.open(repo.path).search(expression, **options)  # type: ignore[arg-type]
    return [f"{it.version.artifact}@{it.version.version}" for it in found]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("metrics.auc>=0.85", ["churn@v1.10.0", "churn@v1.2.0", "churn@v1.1.0"]),
        ("type=dataset", ["customers@v2.0.0", "customers@v1.0.0"]),
        ("stage=prod", ["churn@v1.2.0", "customers@v2.0.0"]),
        ("assigned=prod and artifact=churn", ["churn@v1.2.0", "churn@v1.1.0"]),
        ("latest=true and type=model", ["churn@v1.10.0"]),
        ("author~bob", ["churn@v1.1.0"]),
        ("version<1.2 and artifact=churn", ["churn@v1.1.0", "churn@v1.0.0"]),
        ("created<=2023-11-14 and type=model", ["churn@v1.0.0"]),
        ("framework.version>=1.5.2", ["churn@v1.10.0", "churn@v1.2.0"]),
        ("deprecated=true", ["old@v1.0.0"]),
        ("not type=model and not type=dataset", []),
        ("artifact=nothing", []),
    ],
)
def test_search_finds(repo: Repository, expression: str, found: list[str]) -> None:
    assert names(repo, expression) == found


def test_input_that_names_a_stage_means_what_that_held_when_the_version_was_made(
    repo: Repository,
) -> None:
    assert names(repo, "input=customers@v1.0.0") == ["churn@v1.1.0", "churn@v1.0.0"]
    assert names(repo, "input=customers@v2.0.0") == ["churn@v1.10.0", "churn@v1.2.0"]


def test_selector_in_the_question_means_what_it_names_now(repo: Repository) -> None:
    assert names(repo, "input=customers#prod") == ["churn@v1.10.0", "churn@v1.2.0"]
    assert names(repo, "input=customers@latest") == ["churn@v1.10.0", "churn@v1.2.0"]
    assert names(repo, "input=customers#prod", at="2023-11-15T12:00Z") == ["churn@v1.0.0"]


def test_a_commit_may_be_called_by_any_name_that_git_knows(repo: Repository) -> None:
    at_first = names(repo, f"commit={repo.commits[0]}")
    repo.git("tag", "v1.0", repo.commits[0])
    repo.git("branch", "feature/x", repo.commits[0])
    for name in ("v1.0", "feature/x", "churn@v1.0.0", "refs/tags/v1.0", repo.commits[0][:7]):
        assert names(repo, f"commit={name}") == at_first != [], name
    assert names(repo, 'commit="v1.0^0" and artifact=churn') == ["churn@v1.0.0"]
    whole = [*names(repo, "commit=HEAD"), *names(repo, "commit!=HEAD")]
    assert sorted(whole) == sorted(names(repo, "version>0"))
    registry = Registry.open(repo.path)
    best = registry.best("churn", "auc", direction="higher", where="commit=v1.0 or commit=HEAD")
    assert best.version.commit in (repo.commits[0], repo.git("rev-parse", "main").strip())
    with pytest.raises(
        InvalidQuery, match="not the id of a commit, or a name of one in this repository"
    ):
        registry.search("commit=nothing-of-it")


def test_what_ended_is_found_only_if_it_is_asked_for(repo: Repository) -> None:
    assert "churn@v0.9.0" not in names(repo, "version>0")
    assert {"churn@v0.9.0", "old@v1.0.0"} <= set(names(repo, "version>0", ended=True))


def test_latest_alone(repo: Repository) -> None:
    assert names(repo, "version>0", latest=True) == ["churn@v1.10.0", "customers@v2.0.0"]


def test_as_it_stood_then(repo: Repository) -> None:
    assert names(repo, "stage=prod", at="2023-11-14T23:00Z") == ["customers@v1.0.0"]


CHECKS: list[tuple[str, Callable[[Version, Annotation], bool]]] = [
    ("metrics.auc>0.82", lambda _, it: it.metrics.get("auc", 0) > 0.82),
    ("type=model and not stage=prod", lambda v, it: it.type == "model" and "prod" not in v.current),
    ("stage=prod or label=tabular", lambda v, it: "prod" in v.current or "tabular" in it.labels),
    ("author~example and metrics.auc!=0.8", lambda v, it: "example" in v.author_email
        and "auc" in it.metrics and it.metrics["auc"] != 0.8),
    ("message~tag", lambda v, _: "tag" in v.message),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "holds"), CHECKS, ids=[it[0] for it in CHECKS])
def test_search_is_a_filter_over_what_show_and_describe_say(
    repo: Repository, expression: str, holds: Callable[[Version, Annotation], bool]
) -> None:
    registry = Registry.open(repo.path)
    expected = [
        version
        for name in ("churn", "customers")
        for version in registry.versions(name)
        if holds(version, registry.annotation(f"{name}@{version.version}"))
    ]
    found = registry.search(expression)
    assert [it.version for it in found] == expected
    assert [it.annotation for it in found] == [
        registry.annotation(f"{it.artifact}@{it.version}") for it in expected
    ]


def test_annotation_that_cannot_be_read_is_a_problem_and_no_more(repo: Repository) -> None:
    broken = repo.commits[4]
    run(repo.path, "tag", "-a", "-m", "A tag.", "churn@v3.0.0", broken)
    results = Registry.open(repo.path).results("artifact=churn and not metrics.auc>0")
    assert results.found == ()
    assert [it.code for it in results.problems] == ["MR020"]
    results = Registry.open(repo.path).results("version>=3 or metrics.auc>9")
    assert [it.version.version for it in results.found] == ["v3.0.0"]


# What is read


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the commits of which a file is looked up."""
    noted: list[str] = []
    find = Files.find

    def noting(self: Files, wanted: list[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        pairs = list(wanted)
        noted.extend(commit for commit, _ in pairs)
        return find(self, pairs)

    monkeypatch.setattr(Files, "find", noting)
    return noted


def test_no_annotation_is_read_where_the_tags_tell_all(repo: Repository, asked: list[str]) -> None:
    results = Registry.open(repo.path).results("stage=prod or version>1", annotated=False)
    assert len(results.found) == 4
    assert asked == []


def test_annotations_are_read_only_of_versions_that_the_tags_leave(
    repo: Repository, asked: list[str]
) -> None:
    names(repo, "metrics.auc>0 and stage=prod")
    assert set(asked) == {repo.commits[1], repo.commits[2]}
    asked.clear()
    names(repo, "(type=model or latest=true) and not author~ann")
    assert set(asked) == {repo.commits[1]}


def test_each_distinct_file_is_read_and_parsed_once(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty versions at ten commits that hold three files, each of which names one metric file."""
    entry = "m:\n  description: try {}\n  metrics: [a.json]\n"
    contents = [
        {"artifacts.yaml": entry.format(number % 3).encode(), "a.json": b'{"auc": 0.5}'}
        for number in range(10)
    ]
    tags = [Tag(f"m@v0.{number}.0", number % 10, number) for number in range(30)]
    repo = make_repository(tags, commits=contents)
    read: list[str] = []
    original = objects.contents

    def noting(
        repo: OpenedRepository, requests: Sequence[str], *, limit: int | None = None
    ) -> Iterator[Content]:
        read.extend(requests)
        return original(repo, requests, limit=limit)

    monkeypatch.setattr(objects, "contents", noting)
    assert len(names(repo, "metrics.auc=0.5")) == 30
    assert len(read) == len(set(read)) == 4


# The command


def test_command_shows_what_was_asked_about(repo: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("search", "metrics.auc>0.87 and type=model", repo=repo)
    assert done.out.splitlines() == [
        "name   version  stages  metrics.auc  date               author",
        "churn  v1.10.0  -       0.95         2023-11-17 22:13Z  Ann Example",
        "churn  v1.2.0   prod    0.9          2023-11-16 22:13Z  Ann Example",
    ]


def test_nothing_found_is_said_and_is_no_error(repo: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("search", "type=nothing", repo=repo)
    assert (done.out, done.err) == ("", "No version matches.\n")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("acu", "did you mean metrics.auc?"),
        ("metrics.acu>0", "did you mean metrics.auc?"),
        ("prod", "did you mean stage=prod?"),
        ("type=model and stage=prd", "did you mean stage=prod?"),
        ("chrun", "did you mean churn?"),
        ("churn prod", "did you mean stage=prod?"),
        ("label=ab", "did you mean label~ab?"),
        ("v1.2.0", "did you mean version=v1.2.0?"),
        ("datasets", "did you mean type=dataset?"),
        ("label:fraud", "did you mean label=fraud?"),
        ("tag:fraud", "did you mean label=fraud?"),
        ("churn@v1.2.0", "to show one version, run `mreg show churn@v1.2.0`"),
    ],
)
def test_what_matches_nothing_is_told_what_is_like_it(
    typed: str, meant: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg.ok("search", typed, repo=repo)
    assert (done.out, done.err) == ("", f"No version matches.\nhint: {meant}\n")
    assert mreg.ok("search", typed, "--json", repo=repo).err == ""


@pytest.mark.parametrize(
    "typed", ["metrics.auc>7", "not label:fraud and stage=prod and xyz", "xyz"]
)
def test_what_is_spelled_well_gets_no_hint(typed: str, repo: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("search", typed, repo=repo).err == "No version matches.\n"


def test_json_has_each_version_with_its_annotation(repo: Repository, mreg: CommandLine) -> None:
    found = mreg.ok("search", "stage=prod", "--json", repo=repo).json
    shown = [
        mreg.ok("show", f"{name}@{version}", "--json", repo=repo).json
        for name, version in (("churn", "v1.2.0"), ("customers", "v2.0.0"))
    ]
    for it in shown:
        del it["problems"]
    assert found == {"versions": shown, "problems": []}


def test_csv_and_markdown(repo: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("search", "metrics.auc>0.9", "--csv", repo=repo)
    assert next(csv.DictReader(io.StringIO(done.out)))["version"] == "v1.10.0"
    done = mreg.ok("search", "metrics.auc>0.9", "--md", repo=repo)
    assert done.out.splitlines()[1].startswith("| --- |")


@pytest.mark.parametrize("form", [(), ("--csv",), ("--md",)])
def test_a_column_that_there_is_not(
    form: tuple[str, ...], repo: Repository, mreg: CommandLine
) -> None:
    done = mreg("search", "stage=prod", "--columns", "name,metrics.auc", *form, repo=repo)
    assert done.code == 2
    assert "; a field of the expression is a column too, such as metrics.auc in " in done.err


def test_fault_is_a_usage_error_with_a_caret(repo: Repository, mreg: CommandLine) -> None:
    done = mreg("search", "stage=prod and metric.auc>0.9", repo=repo)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: there is no such field\n"
        "  stage=prod and metric.auc>0.9\n"
        "                 ^^^^^^^^^^\n"
        "hint: did you mean metrics.auc?\n"
    )


def test_forms_exclude_each_other(repo: Repository, mreg: CommandLine) -> None:
    assert mreg("search", "stage=prod", "--json", "--csv", repo=repo).code == 2


def test_unreadable_annotations_are_mentioned(repo: Repository, mreg: CommandLine) -> None:
    run(repo.path, "tag", "-a", "-m", "A tag.", "churn@v3.0.0", repo.commits[4])
    done = mreg.ok("search", "metrics.auc>0.9", repo=repo)
    assert "warning: churn@v3.0.0: artifacts.yaml in its commit: cannot read it" in done.err


def test_words_are_typed_without_quotes(repo: Repository, mreg: CommandLine) -> None:
    whole = mreg.ok("search", "churn and stage=prod", repo=repo)
    assert whole.out.splitlines()[1].startswith("churn ")
    assert mreg.ok("search", "churn", "and", "stage=prod", repo=repo) == whole


def test_the_name_of_a_metric_needs_no_section(repo: Repository, mreg: CommandLine) -> None:
    whole = mreg.ok("search", "metrics.auc>0.9", repo=repo)
    assert "v1.10.0" in whole.out
    assert mreg.ok("search", "auc>0.9", repo=repo) == whole


def test_error_of_the_library_tells_the_place(repo: Repository) -> None:
    with pytest.raises(InvalidQuery) as caught:
        Registry.open(repo.path).search("type=")
    assert (caught.value.start, caught.value.end) == (5, 5)


def test_a_terminal_shows_the_digits_that_tell_numbers_apart(
    make_repository: Maker, mreg: CommandLine
) -> None:
    said = "churn: {{metrics: {{loss: {}}}}}\n"
    files = [{"artifacts.yaml": said.format(it).encode()} for it in ("0.123456789", "0.23456789")]
    repo = make_repository([Tag("churn@v1.0.0", 0), Tag("churn@v1.1.0", 1)], commits=files)
    shown = in_terminal("search", "loss>0", repo=repo)
    assert "0.123457" in shown
    assert "0.1234567" not in shown
    for form in ([], ["--csv"], ["--md"]):
        assert "0.123456789" in mreg.ok("search", "loss>0", *form, repo=repo).out
    assert "0.123456789" in in_terminal("search", "loss>0", "--csv", repo=repo)
