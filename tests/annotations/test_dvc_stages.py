"""What of a dvc.yaml belongs to an artifact: what its own stages say, and what is at the top."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest

from mreg.annotations import sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted

STAGES = """\
stages:
  prepare: {deps: [raw.csv], outs: [data.csv], params: [prepare.seed], metrics: [prepare.json]}
  train_a:
    deps: [data.csv]
    outs: [{models/a.pkl: {cache: true}}]
    params: [a.lr, {deep.yaml: [a]}]
    metrics: [{train_a.json: {cache: false}}]
  test_a: {deps: [models/a.pkl], params: [cut], metrics: [test_a.json]}
  train_b: {deps: [data.csv, models/a.pkl], outs: [models/b.pkl], params: [b.lr],
            metrics: [train_b.json]}
  test_b: {deps: [models/b.pkl], metrics: [test_b.json]}
metrics: [top.json, test_b.json]
"""
FILES = {
    **{f"{it}.json": json.dumps({"acc": n}) for n, it in
       enumerate(("prepare", "train_a", "test_a", "train_b", "test_b", "top"))},
    "params.yaml": "prepare: {seed: 1}\na: {lr: 0.1, lrs: 2}\nb: {lr: 0.2}\ncut: 0.5\n",
    "deep.yaml": "a: {x: 1, y: {z: 2}}\nb: {x: 3}\n",
}  # fmt: skip
IN_DVC = "artifacts:\n  a: {path: models/a.pkl}\n  b: {path: models/b.pkl}\n"
IN_OURS = "a: {path: models/a.pkl}\nb: {path: models/b.pkl}\n"


class Commit:
    """The files of one commit, in memory."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    @property
    def readings(self) -> None:
        """Nothing was read before."""

    def find(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        return {pair: self._files.get(pair[1]) for pair in wanted}

    def elsewhere(self, wanted: object, reader: object) -> dict[tuple[str, str], bytes]:
        return {}

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        return ((it, it.encode()[: limit + 1]) for it in dict.fromkeys(oids))


def good(artifact: str, files: dict[str, str]) -> Annotation:
    (found,) = sources.read([Wanted(artifact, "c", "subject")], Commit(files))
    assert isinstance(found, Annotation), found
    return found


def of(artifact: str, **more: str) -> Annotation:
    return good(artifact, {**FILES, **{it.replace("__", "/"): text for it, text in more.items()}})


@pytest.fixture(params=["dvc.yaml", "artifacts.yaml"])
def files(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "dvc.yaml":
        return {"dvc.yaml": IN_DVC + STAGES}
    return {"dvc.yaml": STAGES, "artifacts.yaml": IN_OURS}


def test_its_own_stages_then_the_top_and_no_other_models(files: dict[str, str]) -> None:
    found = of("a", **files)
    assert list(found.files["metrics"]) == ["train_a.json", "test_a.json", "top.json"]
    assert found.files["params"] == {
        "params.yaml": {"a.lr": 0.1, "cut": 0.5},
        "deep.yaml": {"a.x": 1, "a.y.z": 2},
    }
    assert found.problems == ()
    other = of("b", **files)
    assert list(other.files["metrics"]) == ["train_b.json", "test_b.json", "top.json"]
    assert other.files["params"] == {"params.yaml": {"b.lr": 0.2}}


def test_another_model_that_is_retrained_changes_nothing(files: dict[str, str]) -> None:
    before = of("a", **files)
    changed = {"train_b.json": '{"acc": 1}', "test_b.json": '{"acc": 2}', "prepare.json": "{"}
    assert of("a", **files, **changed) == before


def test_without_others_all_that_stands_at_the_top_counts() -> None:
    found = of("a", **{"dvc.yaml": STAGES, "artifacts.yaml": "a: {path: models/a.pkl}\n"})
    names = ["train_a.json", "test_a.json", "train_b.json", "top.json", "test_b.json"]
    assert list(found.files["metrics"]) == names


def test_a_path_within_an_output_and_an_output_within_a_path() -> None:
    stages = "stages:\n  one: {outs: [out], metrics: [one.json]}\n  two: {outs: [x/y/z]}\n"
    one, two = '{"acc": 1}', "a: {path: out/deep/m.pkl}\nb: {path: x/y}\nc: {path: output}\n"
    files = {"dvc.yaml": stages, "artifacts.yaml": two, "one.json": one}
    assert good("a", files).metrics == {"acc": 1}
    assert good("b", files).metrics == {}
    assert good("c", files) == Annotation(path="output", sources={"path": ("artifacts.yaml",)})


def test_the_dvc_yaml_may_be_anywhere_above_the_path() -> None:
    stages = "stages: {fit: {wdir: .., outs: [a/m.pkl], metrics: [a/m.json]}}\n"
    files = {"models/a/dvc.yaml": stages, "models/a/m.json": '{"acc": 1}'}
    found = good("a", {**files, "artifacts.yaml": "a: {path: models/a/m.pkl}\n"})
    assert found.files["metrics"] == {"models/a/m.json": {"acc": 1}}
    of_folder = {"models/artifacts.yaml": "a: {path: a/m.pkl}\n"}
    assert good("models:a", {**files, **of_folder}).metrics == {"acc": 1}


OF_DVCLIVE = {
    "live/dvc.yaml": "params:\n- dvclive/params.yaml\nmetrics:\n- dvclive/metrics.json\n",
    "live/dvclive/metrics.json": '{"acc": 0.9, "step": 3}',
    "live/dvclive/params.yaml": "lr: 0.1\n",
}
"""What DVCLive 3.49.1 leaves behind in a folder, of a run outside of a pipeline."""


@pytest.mark.parametrize(
    ("ours", "there"),
    [
        ({"artifacts.yaml": "m: {path: live/net.pkl}\n"}, True),
        ({"artifacts.yaml": "m: {path: live/deep/net.pkl}\n"}, True),
        ({"artifacts.yaml": "m: {path: live/net.pkl}\nraw: {path: live/x, type: dataset}\n"}, True),
        ({"artifacts.yaml": "m: {path: live/net.pkl}\nother: {path: else/net.pkl}\n"}, True),
        # Which of the two it is of, nobody can say.
        ({"artifacts.yaml": "m: {path: live/net.pkl}\nn: {path: live/other.pkl}\n"}, False),
        ({"artifacts.yaml": "m: {path: live/net.pkl}\n",
          "live/dvc.yaml": "artifacts: {n: {path: n.pkl}}\nmetrics: [dvclive/metrics.json]\n"},
         False),
        ({"artifacts.yaml": "m: {path: else/net.pkl}\n"}, False),
        ({"artifacts.yaml": "m: {path: live/x, type: dataset}\n"}, False),
        ({"artifacts.yaml": "m: {type: model}\n"}, False),
    ],
)  # fmt: skip
def test_a_run_outside_of_a_pipeline_is_that_of_the_one_model_there(
    ours: dict[str, str], there: bool
) -> None:
    found = good("m", OF_DVCLIVE | ours)
    assert found.metrics == ({"acc": 0.9, "step": 3} if there else {})
    assert found.params == ({"lr": 0.1} if there else {})


def test_a_run_is_of_the_artifact_of_its_folder() -> None:
    found = good("live:m", OF_DVCLIVE | {"live/artifacts.yaml": "m: {path: net.pkl}\n"})
    assert found.sources["metrics"] == ("live/dvclive/metrics.json",)


def test_what_is_written_in_artifacts_yaml_wins() -> None:
    ours = "a: {path: models/a.pkl, metrics: {acc: 9}}\n"
    found = of("a", **{"dvc.yaml": STAGES, "artifacts.yaml": ours})
    assert found.metrics == {"acc": 9}
    assert list(found.files) == ["params"]


@pytest.mark.parametrize(
    ("out", "there"),
    [("models/${item}.pkl", True), ("${model.path}", True), ("${dir}/b.pkl", False)],
)
def test_a_template_counts_where_it_may_be_the_path(out: str, there: bool) -> None:
    stages = f"stages: {{fit: {{foreach: [a], do: {{outs: ['{out}'], metrics: [m.json]}}}}}}\n"
    files = {"dvc.yaml": "artifacts: {a: {path: models/a.pkl}}\n" + stages, "m.json": '{"n": 1}'}
    assert ("n" in good("a", files).metrics) is there


def test_a_dvc_yaml_that_cannot_be_read_may_hold_metrics() -> None:
    files = {"artifacts.yaml": IN_OURS, "dvc.yaml": "stages: ["}
    found = good("a", files)
    assert list(found.unread) == ["metrics", "params"]
    assert [it.code for it in found.problems] == ["MR020"]
    assert good("a", {"artifacts.yaml": "a: {type: x}\n", "dvc.yaml": "stages: ["}).unread == {}


@pytest.mark.parametrize(
    "stages",
    ["stages: 5", "stages: {a: {outs: 5, deps: {x: 1}, params: {y: 2}}}", "stages: {a: [1]}",
     "stages: {a: {outs: [null, [1], {models/a.pkl: 3}], params: [5, {p.yaml: 7}, null]}}"],
)  # fmt: skip
def test_odd_stages_do_no_harm(stages: str) -> None:
    assert good("a", {"dvc.yaml": f"{IN_DVC}{stages}\n"}).path == "models/a.pkl"


@pytest.mark.parametrize("path", ["x" * 10_000, "x/" * 100_000 + "x", "./x", "a/../x", "."])
def test_what_is_made_to_take_long_does_not(path: str) -> None:
    """Matched by a pattern, or compared pair by pair, these would take hours."""
    outs = "[" + ", ".join(["'" + "${a}x" * 300 + "y'"] * 100) + "]"
    stages = f"stages: {{s: {{outs: {outs}, deps: {outs}}}}}\n"
    entries = "".join(f"  m{n}: {{path: p/{n}}}\n" for n in range(500))
    files = {"dvc.yaml": f"artifacts:\n  m: {{path: {path}}}\n{entries}{stages}"}
    assert good("m", files).metrics == {}
