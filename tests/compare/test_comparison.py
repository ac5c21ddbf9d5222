"""Versions against metrics and params, and the best of them: the pure core."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mreg
from mreg.annotations.entry import Annotation
from mreg.compare import comparison, layout
from mreg.compare.comparison import Row
from mreg.core import directions
from mreg.core.diagnostics import problem
from mreg.core.queries import Version
from mreg.errors import NotFound, UsageError

NAN, INF = float("nan"), float("inf")
WHEN = datetime(2026, 3, 3, 12, tzinfo=timezone(timedelta(hours=5)))
UNREADABLE = problem("MR020", "churn@v9.0.0", "it cannot be read")


def version(name: str) -> Version:
    return Version("churn", name, f"churn@{name}", "c" * 40, WHEN, "Ann", "a@x", "m", True, (), ())


def rows(*metrics: dict[str, Any], params: list[dict[str, Any]] | None = None) -> list[Row]:
    """Return rows, the newest version first, as the facade has them."""
    found = [
        comparison.row(
            version(f"v{number}.0.0"),
            Annotation(metrics=it, params=params[number - 1] if params else {}),
        )
        for number, it in enumerate(metrics, start=1)
    ]
    return found[::-1]


def order(found: comparison.Comparison) -> list[str]:
    return [str(it.version.version) for it in found.rows]


class TestCompare:
    def test_all_metrics_and_params_by_name(self) -> None:
        found = comparison.compare(
            "churn", rows({"b": 1}, {"a": 2}, params=[{"x": {"y": 1}}, {"x": {"z": 2}}])
        )
        assert [it.name for it in found.metrics] == ["a", "b"]
        assert found.params == ("x.y", "x.z")
        assert order(found) == ["v2.0.0", "v1.0.0"]

    def test_the_best_is_marked_where_it_is_known(self) -> None:
        found = comparison.compare(
            "churn", rows({"auc": 0.8, "loss": 1, "n": 1}, {"auc": 0.9, "loss": 2, "n": 2})
        )
        assert found.metrics == (
            comparison.Metric("auc", "higher", ("v2.0.0",)),
            comparison.Metric("loss", "lower", ("v1.0.0",)),
            comparison.Metric("n", None, ()),
        )
        told = comparison.compare("churn", found.rows, told=directions.told(["n"]))
        assert told.metrics[2] == comparison.Metric("n", "lower", ("v1.0.0",))

    def test_all_that_are_best_are_and_what_is_no_number_never_is(self) -> None:
        found = comparison.compare("churn", rows({"auc": NAN}, {"auc": 1}, {"auc": 1.0}, {}))
        assert found.metrics[0].best == ("v3.0.0", "v2.0.0")

    @pytest.mark.parametrize(("value", "best"), [(INF, "v2.0.0"), (2**60 + 1, "v1.0.0")])
    def test_large_numbers(self, value: float, best: str) -> None:
        found = comparison.compare("churn", rows({"auc": value}, {"auc": 2**60}))
        assert found.metrics[0].best == (best,)

    def test_what_is_asked_for_in_that_order(self) -> None:
        made = rows({"auc": 1, "eval.a": 2, "eval.b": 3}, params=[{"p": 1}])
        found = comparison.compare("churn", made, metrics=["eval.*", "auc"])
        assert [it.name for it in found.metrics] == ["eval.a", "eval.b", "auc"]
        assert found.params == ()
        both = comparison.compare("churn", made, metrics=["auc"], params=["p"])
        assert (len(both.metrics), both.params) == (1, ("p",))

    def test_what_no_version_has(self) -> None:
        with pytest.raises(NotFound, match="no version has the metric 'acu'") as caught:
            comparison.compare("churn", rows({"auc": 1}), metrics=["acu"])
        assert caught.value.hint == "did you mean auc?"
        with pytest.raises(NotFound, match="no version has the param 'x'"):
            comparison.compare("churn", rows({"auc": 1}), params=["x"])

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("auc", [1, 3, 2, 4]),
            ("-auc", [2, 3, 1, 4]),
            ("metrics.auc", [1, 3, 2, 4]),
            ("params.p", [2, 3, 1, 4]),
            ("-p", [1, 3, 2, 4]),
            ("version", [1, 2, 3, 4]),
            ("-version", [4, 3, 2, 1]),
        ],
    )
    def test_sorting(self, sort: str, expected: list[int]) -> None:
        made = rows(
            {"auc": 0.1}, {"auc": 0.9}, {"auc": 0.5}, {"auc": NAN},
            params=[{"p": "x"}, {"p": 1}, {"p": 2.5}, {}],
        )  # fmt: skip
        found = comparison.compare("churn", made, sort=sort)
        assert order(found) == [f"v{it}.0.0" for it in expected]

    def test_sorting_by_what_is_not_there(self) -> None:
        with pytest.raises(NotFound, match="'acu' is not a column to sort by"):
            comparison.compare("churn", rows({"auc": 1}), sort="-acu")

    def test_without_versions(self) -> None:
        found = comparison.compare("churn", [])
        assert (found.metrics, found.params, found.rows) == ((), (), ())
        assert comparison.differing(found) == ()

    def test_params_that_differ(self) -> None:
        made = rows({}, {}, params=[{"a": 1, "b": 1, "c": NAN}, {"a": 1, "b": 2, "c": NAN}])
        made.append(comparison.row(version("v0.1.0"), UNREADABLE))
        assert comparison.differing(comparison.compare("churn", made)) == ("b",)

    @given(
        st.lists(st.dictionaries(st.sampled_from("ab"), st.integers() | st.floats()), max_size=6)
    )
    def test_sorting_keeps_every_version(self, metrics: list[dict[str, Any]]) -> None:
        made = rows(*metrics)
        for sort in {name for it in metrics for name in it}:
            assert {*order(comparison.compare("churn", made, sort=sort))} == {
                str(it.version.version) for it in made
            }


class TestTable:
    def test_the_best_has_a_star(self) -> None:
        table = layout.comparison(comparison.compare("churn", rows({"auc": 0.8}, {"auc": 0.9})))
        assert table.header == ("version", "stages", "auc")
        assert table.rows == [("v2.0.0", "-", "0.9 *"), ("v1.0.0", "-", "0.8")]

    def test_of_values_that_are_all_the_same_none_has_one(self) -> None:
        table = layout.comparison(comparison.compare("churn", rows({"auc": 1}, {"auc": 1}, {})))
        assert [row[2] for row in table.rows] == ["-", "1", "1"]

    def test_what_cannot_be_read_is_shown_as_such(self) -> None:
        made = [
            comparison.row(version("v3.0.0"), UNREADABLE),
            comparison.row(version("v2.0.0"), None),
            comparison.row(version("v1.0.0"), Annotation(problems=(UNREADABLE,))),
        ]
        table = layout.comparison(comparison.compare("churn", made))
        assert [row[0] for row in table.rows] == [
            "v3.0.0 (unreadable)",
            "v2.0.0 (not annotated)",
            "v1.0.0 (incomplete)",
        ]

    def test_a_param_and_a_metric_of_one_name(self) -> None:
        found = comparison.compare("churn", rows({"x": 1}, params=[{"x": 2, "version": 3}]))
        header = layout.comparison(found).header
        assert header == ("version", "stages", "x", "params.version", "params.x")

    def test_a_trend_for_each_metric(self) -> None:
        found = comparison.compare(
            "churn", rows({"a": 1}, {"a": 2, "b": 10**400}, params=[{"p": 1}, {}])
        )
        assert layout.series(found) == [[1.0, 2.0], [None, None]]
        table = layout.comparison(found, trends=["up", ""])
        assert table.rows[-1] == ("trend", "", "up", "", "")
        assert len(layout.comparison(found, trends=["", ""]).rows) == 2

    def test_short_numbers_still_differ(self) -> None:
        found = comparison.compare("churn", rows({"a": 0.123456789}, {"a": 0.123456788}))
        cells = [row[2] for row in layout.comparison(found, short=True).rows]
        assert cells == ["0.123456788", "0.123456789"]

    def test_the_beginning_of_a_long_list_tells_values_apart_or_all_is_shown(self) -> None:
        def cells(*lists: Any) -> list[str]:
            found = comparison.compare("churn", rows({}, {}, params=[{"x": it} for it in lists]))
            return [row[-1] for row in layout.comparison(found, short=True, cut=True).rows]

        names = [f"feature {number}" for number in range(9)]
        begin = '["feature 0", "feature 1", "fe...'
        assert cells(names, names[:8]) == [f"{begin} (8)", f"{begin} (9)"]
        assert cells(names, names) == [f"{begin} (9)"] * 2
        assert cells(names, [*names[:8], "other"])[0].endswith('"feature 7", "other"]')
        assert cells("a text " * 9, [1, 2]) == ["[1, 2]", "a text " * 9]

    def test_for_programs_nothing_is_marked_or_cut(self) -> None:
        found = comparison.compare("churn", rows({"a": 0.1 + 0.2}, {}, params=[{"p": None}, {}]))
        table = layout.data(found)
        assert table.header[-2:] == ("metrics.a", "params.p")
        assert [row[-2:] for row in table.rows] == [("", ""), ("0.30000000000000004", "null")]


class TestBest:
    def test_the_best_and_those_that_are_as_good(self) -> None:
        found = comparison.best(rows({"auc": 1}, {"auc": 0.5}, {"auc": 1}, {}), "auc")
        assert (found.version.version, found.value, found.direction) == ("v3.0.0", 1, "higher")
        assert [it.version for it in found.tied] == ["v1.0.0"]
        assert found.compared == 3

    def test_the_direction_that_is_asked_for(self) -> None:
        made = rows({"auc": 1}, {"auc": 0.5})
        assert comparison.best(made, "auc", "lower").version.version == "v2.0.0"
        assert comparison.best(made, "auc", told=directions.told(["auc"])).value == 0.5

    def test_an_unknown_direction(self) -> None:
        with pytest.raises(
            UsageError, match="cannot determine whether higher or lower values of n are better"
        ):
            comparison.best(rows({"n": 1}), "n")
        assert comparison.best(rows({"n": 1}), "n", "higher").value == 1

    @pytest.mark.parametrize(
        ("made", "said"),
        [
            ([], "no version has the metric 'auc'"),
            (rows({"loss": 1}), "no version has the metric 'auc'"),
            (rows({"auc": NAN}), "auc is not a number in any version"),
        ],
    )
    def test_without_a_value(self, made: list[Row], said: str) -> None:
        with pytest.raises(NotFound, match=said):
            comparison.best(made, "auc")

    def test_what_could_not_be_read_is_said(self) -> None:
        made = [*rows({"auc": 1}), comparison.row(version("v9.0.0"), UNREADABLE)]
        assert comparison.best(made, "auc").problems == (UNREADABLE,)

    @given(st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False), min_size=1))
    def test_nothing_is_better_than_the_best(self, values: list[float]) -> None:
        made = rows(*({"auc": it} for it in values))
        assert comparison.best(made, "auc", "higher").value == max(values)
        assert comparison.best(made, "auc", "lower").value == min(values)


class TestPandas:
    def test_a_comparison(self) -> None:
        made = rows({"auc": 0.5}, {"auc": 0.7, "n": 2**60 + 1}, params=[{"p": [1]}, {"p": "x"}])
        frame = comparison.compare("churn", made).to_pandas()
        assert mreg.to_pandas(comparison.compare("churn", made)).equals(frame)
        assert list(frame["version"]) == ["v2.0.0", "v1.0.0"]
        assert frame["metrics.auc"].max() == 0.7
        assert frame["metrics.n"][0] == 2**60 + 1
        assert frame["metrics.n"].isna()[1]
        assert list(frame["params.p"]) == ["x", [1]]
        assert str(frame["created_at"].dt.tz) == "UTC"

    def test_records(self) -> None:
        frame = mreg.to_pandas([version("v1.0.0"), version("v2.0.0")])
        assert list(frame.columns) == list(Version._fields)
        assert frame["created_at"][0] == WHEN.astimezone(UTC)

    def test_no_records(self) -> None:
        assert len(mreg.to_pandas(())) == 0

    def test_what_is_no_record(self) -> None:
        with pytest.raises(UsageError, match="only named tuples"):
            mreg.to_pandas(["text"])

    def test_without_pandas_it_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(UsageError, match="pandas is not installed") as caught:
            mreg.to_pandas([version("v1.0.0")])
        assert caught.value.hint == "run `pip install pandas`"
