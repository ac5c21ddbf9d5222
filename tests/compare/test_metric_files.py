"""Metrics and params that several files of a version have, in what holds versions together."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from commandline import CommandLine
from mreg.annotations.entry import Annotation
from mreg.annotations.values import Unclear, short
from mreg.changelog import changelog
from mreg.changelog.changelog import Changelog, Release
from mreg.compare import comparison, diff, layout
from mreg.compare.comparison import Comparison, Row
from mreg.compare.diff import Side
from mreg.core.directions import Directions
from mreg.core.queries import Version
from mreg.errors import NotFound
from repositories import Maker, Repository, Tag

WHEN = datetime(2026, 3, 3, tzinfo=UTC)
TWICE = "train.json:acc and test.json:acc have it"


def version(name: str) -> Version:
    return Version("churn", name, f"churn@{name}", "c" * 40, WHEN, "Ann", "a@x", "m", True, (), ())


def annotation(train: Any, test: Any) -> Annotation:
    files = {"train.json": train, "test.json": test}
    both: Any = {"metrics": files, "params": files}
    return Annotation(metrics=short(files, "metrics"), params=short(files, "params"), files=both)


def rows(*pairs: tuple[Any, Any]) -> list[Row]:
    """Return the rows of v1.0.0, v2.0.0 and so on, the newest first."""
    found = [
        comparison.row(version(f"v{number}.0.0"), annotation(*it))
        for number, it in enumerate(pairs, start=1)
    ]
    return found[::-1]


def table(found: Comparison) -> list[tuple[str, ...]]:
    made = layout.comparison(found)
    return [made.header[2:], *(row[2:] for row in made.rows)]


ONCE: Any = ({}, {"acc": 0.95})
BOTH = ({"acc": 0.97}, {"acc": 0.5})


class TestCompare:
    def test_a_key_of_one_file_is_the_heading(self) -> None:
        found = comparison.compare("churn", rows(ONCE, ({}, {"acc": 0.5})), metrics=["*"])
        assert table(found) == [("acc",), ("0.5",), ("0.95 *",)]
        assert found.full_names["metrics"] == {"acc": ["test.json:acc"]}

    @pytest.mark.parametrize("equal", [0.97, 0.5])
    def test_otherwise_the_file_and_the_key_are_whatever_the_values(self, equal: float) -> None:
        made = rows(ONCE, ({"acc": equal}, {"acc": 0.5}))
        found = comparison.compare("churn", made, metrics=["*"])
        assert table(found) == [
            ("test.json:acc", "train.json:acc"), ("0.5", str(equal)), ("0.95 *", "-"),
        ]  # fmt: skip
        assert found.problems == ()
        assert layout.data(found).header[-2:] == ("metrics.test.json:acc", "metrics.train.json:acc")

    def test_each_version_resolves_the_key_that_was_typed(self) -> None:
        made = rows(({"acc": 0.9}, {}), ONCE)
        found = comparison.compare("churn", made, metrics=["acc"])
        assert table(found) == [("acc",), ("0.95 *",), ("0.9",)]
        assert found.full_names["metrics"] == {"acc": ["test.json:acc", "train.json:acc"]}

    @pytest.mark.parametrize(
        ("pair", "why"),
        [
            (BOTH, TWICE),
            (({"acc": 1}, None), "train.json:acc has it, and test.json cannot be read, and may"),
        ],
    )
    def test_a_version_that_cannot_be_judged_is_marked_and_told(self, pair: Any, why: str) -> None:
        found = comparison.compare("churn", rows(ONCE, pair), metrics=["acc"], sort="-acc")
        assert table(found) == [("acc",), ("0.95",), ("?",)]
        assert [it.subject for it in found.problems] == ["churn@v2.0.0"]
        assert found.problems[0].message.startswith(f"acc: {why}")
        assert "train.json:acc" in found.problems[0].remedy

    def test_the_name_with_the_file_is_always_clear(self) -> None:
        made = rows(ONCE, BOTH, ({"acc": 0.9}, None))
        found = comparison.compare("churn", made, metrics=["test.json:acc"], sort="test.json:acc")
        assert table(found) == [("test.json:acc",), ("0.5",), ("0.95 *",), ("?",)]
        assert [it.version.version for it in found.rows] == ["v2.0.0", "v1.0.0", "v3.0.0"]

    def test_patterns_fit_keys_and_files(self) -> None:
        made = rows(({"acc": 1, "loss": 2}, {"acc": 3}))
        names = [it.name for it in comparison.compare("m", made, metrics=["a*"]).metrics]
        assert names == ["test.json:acc", "train.json:acc"]
        of_file = comparison.compare("m", made, metrics=["train.json:*"]).metrics
        assert [it.name for it in of_file] == ["loss", "train.json:acc"]

    def test_params_likewise(self) -> None:
        made = rows(({"lr": 1}, {"lr": 1, "depth": None}), ({}, {"lr": 2}))
        found = comparison.compare("churn", made, params=["*"])
        assert table(found) == [
            ("depth", "test.json:lr", "train.json:lr"), ("-", "2", "-"), ("null", "1", "1"),
        ]  # fmt: skip
        asked = comparison.compare("churn", made, params=["lr"])
        assert table(asked) == [("lr",), ("2",), ("?",)]
        assert [it.subject for it in asked.problems] == ["churn@v1.0.0"]
        assert asked.to_pandas()["params.lr"].tolist()[0] == 2

    def test_a_metric_in_line_is_not_that_of_a_file(self) -> None:
        in_line = comparison.row(version("v0.1.0"), Annotation(metrics={"acc": 0.9}))
        found = comparison.compare("churn", [*rows(ONCE), in_line], metrics=["*"])
        assert table(found) == [("acc", "test.json:acc"), ("-", "0.95"), ("0.9", "-")]
        typed = comparison.compare("churn", [*rows(ONCE), in_line], metrics=["acc"])
        assert table(typed) == [("acc",), ("0.95 *",), ("0.9",)]


class TestBest:
    def test_who_cannot_be_judged_is_told(self) -> None:
        found = comparison.best(rows(ONCE, BOTH, ({}, {"acc": 0.9})), "acc")
        assert (found.version.version, found.compared) == ("v1.0.0", 2)
        assert found.full_name == "test.json:acc"
        assert [(it.code, it.subject) for it in found.problems] == [("MR026", "churn@v2.0.0")]

    def test_the_name_with_the_file_judges_all(self) -> None:
        found = comparison.best(rows(ONCE, BOTH), "test.json:acc")
        assert (found.version.version, found.compared, found.problems) == ("v1.0.0", 2, ())

    def test_nobody_is_said_to_lack_what_cannot_be_told(self) -> None:
        with pytest.raises(NotFound, match="no version has the metric 'acc' for certain") as caught:
            comparison.best(rows(BOTH, ({"acc": 1}, {"acc": 1})), "acc")
        assert caught.value.hint == f"cannot read it for v2.0.0 ({TWICE}), and 1 more versions"
        with pytest.raises(NotFound, match="for certain") as caught:
            comparison.best(rows(({}, None)), "acc")
        assert "test.json cannot be read, and may contain acc" in caught.value.hint


class TestDiff:
    def diff(self, before: Any, after: Any) -> Any:
        made = [Side(version(f"v{n}.0.0"), annotation(*it)) for n, it in enumerate((before, after))]
        return diff.compare(made[0], made[1])

    def test_like_is_held_against_like(self) -> None:
        found = self.diff(({"acc": 0.97}, {"acc": 0.95}), ({"acc": 0.5}, {"acc": 0.5}))
        assert [(it.name, it.before, it.after, it.verdict) for it in found.metrics] == [
            ("test.json:acc", 0.95, 0.5, "worse"), ("train.json:acc", 0.97, 0.5, "worse"),
        ]  # fmt: skip
        assert [it.full_name for it in found.params] == ["test.json:acc", "train.json:acc"]

    def test_one_file_then_two(self) -> None:
        found = self.diff(ONCE, BOTH)
        assert [(it.name, it.before, it.after) for it in found.metrics] == [
            ("test.json:acc", 0.95, 0.5), ("train.json:acc", None, 0.97),
        ]  # fmt: skip

    def test_a_short_name_where_it_is_clear(self) -> None:
        (found,) = self.diff(ONCE, ({}, {"acc": 0.5})).metrics
        assert (found.name, found.full_name) == ("acc", "test.json:acc")

    def test_nothing_is_removed_with_a_file_that_cannot_be_read(self) -> None:
        assert self.diff(BOTH, ({"acc": 0.97}, None)).metrics == ()


def test_columns_mean_the_same_in_every_row() -> None:
    made = rows(ONCE, BOTH, ({}, {"acc": None}), ({"acc": 1}, None))
    found = comparison.compare("churn", made, metrics=["*"])
    for row in made:
        for name in ("test.json:acc", "train.json:acc"):
            meant = found.meaning(row, "metrics", name)
            file, _, key = name.partition(":")
            held = row.files["metrics"][file]
            if held is None:
                assert isinstance(meant, Unclear)
            else:
                assert getattr(meant, "value", None) == held.get(key)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    entry = b"churn: {type: model, metrics: [train.json, test.json]}\n"
    commits = [
        {
            "artifacts.yaml": entry,
            "train.json": json.dumps(train).encode(),
            "test.json": json.dumps(test).encode(),
        }
        for train, test in (ONCE, BOTH)
    ]
    return make_repository([Tag("churn@v1.0.0", 0), Tag("churn@v2.0.0", 1)], commits=commits)


def test_the_command_line_says_who_cannot_be_judged(repo: Repository, mreg: CommandLine) -> None:
    warning = (
        f"warning: cannot judge churn@v2.0.0 by acc: {TWICE}; include the file: train.json:acc or"
        " test.json:acc\n"
    )
    done = mreg.ok("best", "churn", "--metric", "acc", "--field", "version", repo=repo)
    assert (done.out, done.err) == ("v1.0.0\n", warning)
    done = mreg.ok("compare", "churn", "--metric", "acc", repo=repo)
    assert done.err == warning
    found = mreg.ok("compare", "churn", "--metric", "acc", "--json", repo=repo).json
    assert found["full_names"] == {"metrics": {"acc": ["test.json:acc"]}, "params": {}}
    assert [it["subject"] for it in found["problems"]] == ["churn@v2.0.0"]
    assert found["versions"][0]["files"]["metrics"]["test.json"] == {"acc": 0.5}
    found = mreg.ok("best", "churn", "--metric", "test.json:acc", "--json", repo=repo).json
    assert (found["version"], found["full_name"], found["problems"]) == (
        "v1.0.0", "test.json:acc", [],
    )  # fmt: skip


def test_describe_prints_no_value_that_may_be_another(repo: Repository, mreg: CommandLine) -> None:
    def printed(field: str, version: str) -> str:
        return mreg.ok("describe", f"churn@{version}", "--field", field, repo=repo).out

    assert printed("metrics.acc", "v1.0.0") == printed("metrics.test.json:acc", "v1.0.0")
    assert printed("metrics.test.json:acc", "v2.0.0") == "0.5\n"
    done = mreg("describe", "churn@v2.0.0", "--field", "metrics.acc", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert TWICE in " ".join(done.err.split())
    assert "metrics.train.json:acc or metrics.test.json:acc" in " ".join(done.err.split())


def test_release_notes_as_a_frame_call_a_metric_the_same_in_all_rows() -> None:
    sides = [Side(version(f"v{n}.0.0"), annotation(*it)) for n, it in enumerate((ONCE, ONCE, BOTH))]
    told = Directions()
    releases = [
        Release(sides[0].version, None, (), changelog.compare(None, sides[0], told)),
        Release(sides[2].version, None, (), changelog.compare(sides[1], sides[2], told)),
    ]
    assert [it.name for it in releases[0].metrics] == ["acc"]
    frame = Changelog("churn", None, None, tuple(releases)).to_pandas()
    assert [it for it in frame.columns if it.startswith("metrics.")] == [
        "metrics.test.json:acc", "metrics.train.json:acc",
    ]  # fmt: skip
    assert frame["metrics.test.json:acc"].tolist() == [0.95, 0.5]
