"""What differs between two versions: the pure core."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.annotations.entry import Annotation, Framework, Input
from mreg.compare import diff, layout
from mreg.compare.diff import Change, MetricChange, Side
from mreg.core.commits import Committed
from mreg.core.diagnostics import problem
from mreg.core.directions import told
from mreg.core.queries import Version
from mreg.dvc.whereabouts import Kept

NAN = float("nan")
WHEN = datetime(2026, 3, 3, 12, tzinfo=UTC)
UNREADABLE = problem("MR020", "churn@v1.0.0", "it cannot be read")


def version(name: str = "v1.0.0", artifact: str = "churn") -> Version:
    tag = f"{artifact}@{name}"
    return Version(artifact, name, tag, f"{name}-commit", WHEN, "Ann", "a@x", "m", True, (), ())


def side(name: str = "v1.0.0", *, contents: dict[str, Kept] | None = None, **said: Any) -> Side:
    return Side(version(name), Annotation(**said), (), contents or {})


def compared(before: dict[str, Any], after: dict[str, Any], **options: Any) -> diff.Diff:
    return diff.compare(side(**before), side("v2.0.0", **after), **options)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"auc": 0.8}, {"auc": 0.9}, MetricChange("auc", 0.8, 0.9, 0.1, "higher", "better", "auc")),
        ({"auc": 0.9}, {"auc": 0.8}, MetricChange("auc", 0.9, 0.8, -0.1, "higher", "worse", "auc")),
        ({"loss": 2}, {"loss": 1}, MetricChange("loss", 2, 1, -1, "lower", "better", "loss")),
        ({"rows": 1}, {"rows": 2}, MetricChange("rows", 1, 2, 1, None, None, "rows")),
        ({}, {"auc": 1}, MetricChange("auc", None, 1, None, "higher", None, "auc")),
        ({"auc": 1}, {}, MetricChange("auc", 1, None, None, "higher", None, "auc")),
        ({"n": 2**60}, {"n": 2**60 + 1}, MetricChange("n", 2**60, 2**60 + 1, 1, None, None, "n")),
    ],
)
def test_metrics(before: Any, after: Any, change: MetricChange) -> None:
    assert compared({"metrics": before}, {"metrics": after}).metrics == (change,)


def test_a_metric_that_became_no_number_is_neither_better_nor_worse() -> None:
    [change] = compared({"metrics": {"auc": 1}}, {"metrics": {"auc": NAN}}).metrics
    assert (change.delta, change.verdict) == (None, None)


def test_numbers_that_are_equal_do_not_differ() -> None:
    same = compared({"metrics": {"a": 1, "b": NAN}}, {"metrics": {"a": 1.0, "b": NAN}})
    assert not same.changed


def test_somebody_says_which_way_is_better() -> None:
    found = compared({"metrics": {"rows": 1}}, {"metrics": {"rows": 2}}, told=told(["rows"]))
    assert found.metrics[0].verdict == "worse"


def test_params_are_flat() -> None:
    found = compared(
        {"params": {"model": {"depth": 3, "kind": "x"}, "seed": 1, "old": None}},
        {"params": {"model": {"depth": 4, "kind": "x"}, "seed": True}},
    )
    assert found.params == (
        Change("model.depth", "changed", 3, 4, "model.depth"),
        Change("old", "removed", None, None, "old"),
        Change("seed", "changed", 1, True, "seed"),
    )


def test_other_fields() -> None:
    found = compared(
        {"type": "model", "labels": ("a",), "framework": Framework("torch", "2.1")},
        {
            "type": "model",
            "labels": ("a", "b"),
            "framework": Framework("torch", "2.2"),
            "owner": "x",
        },
    )
    assert found.fields == (
        Change("framework.version", "changed", "2.1", "2.2"),
        Change("labels", "changed", ["a"], ["a", "b"]),
        Change("owner", "added", None, "x"),
    )


def test_the_artifact() -> None:
    before, after = (Kept("m.pkl", "git", f"git:{it}", 10) for it in "ab")
    found = compared(
        {"path": "m.pkl", "contents": {"m.pkl": before}},
        {"path": "m.pkl", "contents": {"m.pkl": after}},
    )
    assert found.artifact == Change("artifact", "changed", before, after)
    again = compared(
        {"path": "m.pkl", "contents": {"m.pkl": before}},
        {"path": "m.pkl", "contents": {"m.pkl": before}},
    )
    assert again.artifact is None


def test_an_input_is_known_by_what_it_is() -> None:
    found = compared(
        {
            "inputs": (Input(artifact="customers@v1.0.0"), Input(path="data"), Input(url="s3://x")),
            "contents": {"data": Kept("data", "git", "git:a")},
        },
        {
            "inputs": (Input(path="data"), Input(artifact="customers@v1.1.0"), Input(path="new")),
            "contents": {"data": Kept("data", "git", "git:b")},
        },
    )
    assert [(it.name, it.kind) for it in found.inputs] == [
        ("customers", "changed"),
        ("data", "changed"),
        ("new", "added"),
        ("s3://x", "removed"),
    ]


def test_the_order_of_inputs_means_nothing() -> None:
    inputs = (Input(path="a"), Input(artifact="b@v1.0.0", repo="https://x"))
    assert not compared({"inputs": inputs}, {"inputs": inputs[::-1]}).changed


def test_requirements() -> None:
    before = side()._replace(requirements=("numpy==1.0", "Foo_Bar>=1", "-r base.txt"))
    after = side("v2.0.0")._replace(requirements=("numpy==2.0", "foo-bar>=1 ", "torch"))
    assert [it[:2] for it in diff.compare(before, after).requirements] == [
        ("-r base.txt", "removed"),
        ("foo-bar", "changed"),
        ("numpy", "changed"),
        ("torch", "added"),
    ]


def test_a_requirement_under_two_conditions_is_two() -> None:
    lines = ("numpy==1 ; python_version<'3.12'", "numpy==2; python_version>='3.12'")
    before, after = side()._replace(requirements=lines), side()._replace(requirements=lines[:1])
    assert len(diff.compare(before, after).requirements) == 3


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("# comment\n\nnumpy==1.0  # why\n", ("numpy==1.0",)),
        ("a @ https://x/y#egg=a\r\n", ("a @ https://x/y#egg=a",)),
        ("numpy==1 \\\n  --hash=sha256:0\n-r x.txt", ("numpy==1 --hash=sha256:0", "-r x.txt")),
    ],
)
def test_a_requirements_file(text: str, lines: tuple[str, ...]) -> None:
    assert diff.requirement_lines(text.encode()) == lines


def test_of_a_version_that_cannot_be_read_nothing_is_said() -> None:
    after = Side(version("v2.0.0"), None, (UNREADABLE,))
    commit = Committed("c", "Ann", "a@x", WHEN, "s")
    found = diff.compare(side(metrics={"auc": 1}), after, [commit])
    assert (found.changed, found.problems, found.commits) == (False, (UNREADABLE,), (commit,))
    assert layout.nothing(found) == "No differences in what mreg can read."


def test_a_version_without_an_annotation_has_none_of_it() -> None:
    found = diff.compare(Side(version()), side("v2.0.0", type="model"))
    assert found.fields == (Change("type", "added", None, "model"),)


def test_the_table_of_two_artifacts_names_both() -> None:
    other = side(metrics={"auc": 2})._replace(version=version(artifact="fraud"))
    found = diff.compare(side(metrics={"auc": 1}), other)
    assert layout.heading(found) == "churn v1.0.0 to fraud v1.0.0"
    assert layout.sections(found)[0].header == (
        "metric",
        "churn v1.0.0",
        "fraud v1.0.0",
        "change",
        "",
    )


def test_many_commits_are_counted() -> None:
    commits = [Committed(str(it), "Ann", "a@x", WHEN, "s") for it in range(25)]
    [table] = layout.sections(diff.compare(side(), side("v2.0.0"), commits))
    assert len(table.rows) == layout.MOST_COMMITS + 1
    assert table.rows[-1] == ("...", "", "", "and 5 more")


def test_digests_are_cut_for_a_reader() -> None:
    assert layout.short_digest("sha256:" + "ab" * 32) == "sha256:abababababab"
    assert layout.short_digest("md5:" + "ab" * 16 + ".dir") == "md5:abababababab.dir"
    assert layout.short_digest(None) == "-"


def test_as_a_dataframe() -> None:
    found = compared({"metrics": {"auc": 0.5}, "params": {"a": 1}}, {"metrics": {"auc": 1}})
    frame = found.to_pandas()
    assert list(frame["section"]) == ["metric", "param"]
    assert list(frame.columns) == [
        "section",
        "name",
        "before",
        "after",
        "delta",
        "direction",
        "verdict",
    ]


names = st.sampled_from(["auc", "loss", "a", "b.c"])
plain = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=2)
contents = st.builds(
    Kept, st.just("p"), st.sampled_from(["git", "dvc"]), st.none() | st.sampled_from(["x", "y"])
)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    annotation = Annotation(
        type=draw(st.none() | st.just("model")),
        path=draw(st.none() | st.sampled_from(["p", "q"])),
        labels=tuple(draw(st.lists(names, max_size=2))),
        metrics=draw(st.dictionaries(names, st.integers() | st.floats(), max_size=3)),
        params=draw(st.dictionaries(names, plain | st.dictionaries(names, plain, max_size=2))),
        inputs=tuple(
            draw(
                st.lists(
                    st.builds(Input, path=names) | st.builds(Input, artifact=names), max_size=3
                )
            )
        ),
    )
    requirements = draw(
        st.none() | st.lists(st.sampled_from(["a==1", "a==2", "b", "-r c"])).map(tuple)
    )
    found = {"p": draw(contents)}
    return Side(
        version(draw(st.sampled_from(["v1.0.0", "v2.0.0"]))), annotation, (), found, requirements
    )


@given(sides())
def test_nothing_differs_from_itself(one: Side) -> None:
    assert not diff.compare(one, one).changed


@given(sides(), sides())
def test_turned_round_it_is_its_mirror(one: Side, other: Side) -> None:
    there, back = diff.compare(one, other), diff.compare(other, one)
    assert repr(mirrored(back)) == repr(there)  # repr: NaN is not equal to itself
    assert there.changed == back.changed


def mirrored(found: diff.Diff) -> diff.Diff:
    return found._replace(
        before=found.after,
        after=found.before,
        metrics=tuple(map(_mirrored_metric, found.metrics)),
        params=_mirrored(found.params),
        fields=_mirrored(found.fields),
        artifact=_mirrored((found.artifact,))[0] if found.artifact else None,
        inputs=_mirrored(found.inputs),
        requirements=_mirrored(found.requirements),
    )


def _mirrored_metric(it: MetricChange) -> MetricChange:
    verdict = {"better": "worse", "worse": "better"}.get(str(it.verdict))
    delta = None if it.delta is None else -it.delta
    return it._replace(before=it.after, after=it.before, delta=delta, verdict=verdict)  # type: ignore[arg-type]


def _mirrored(changes: Any) -> tuple[Change, ...]:
    kinds = {"added": "removed", "removed": "added", "changed": "changed"}
    return tuple(
        it._replace(kind=kinds[it.kind], before=it.after, after=it.before) for it in changes
    )
