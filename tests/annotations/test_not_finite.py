"""A metric that is NaN or infinite is a value: shown, but never the best, and within no bound."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commandline import CommandLine
from mreg.annotations import entry, metrics
from mreg.registry import Registry
from repositories import Maker, Repository

# What DVCLive 3.49.1 writes of float("nan"), float("inf") and float("-inf"); json.dump writes NaN.
OF_DVCLIVE = b'{"loss": "nan", "acc": "inf", "gain": "-inf", "summary": NaN, "f1": 0.5, "step": 7}'

POLICY = b"""\
branch: main
stages:
  bound: {requires: {metrics: {acc: ">= 0.1", loss: "<= 9"}}}
  steady: {requires: {no_regression: [acc]}}
"""


@pytest.mark.parametrize(
    ("file", "raw"),
    [
        ("m.json", b'{"a": NaN, "b": Infinity, "c": -Infinity}'),
        ("m.json", b'{"a": "nan", "b": "inf", "c": "-inf"}'),
        ("m.json", b'{"a": "NaN", "b": "Infinity", "c": "-Infinity"}'),
        ("m.yaml", b"a: .nan\nb: .inf\nc: -.inf\n"),
        ("m.yaml", b"a: nan\nb: inf\nc: -inf\n"),
        ("m.toml", b"a = nan\nb = inf\nc = -inf\n"),
    ],
)
def test_every_spelling_is_read(file: str, raw: bytes) -> None:
    found = metrics.numbers(metrics.load(raw, file))
    assert {name: str(it) for name, it in found.items()} == {"a": "nan", "b": "inf", "c": "-inf"}


@pytest.mark.parametrize("value", ["none", "n/a", "infinite", "", "1", "nan ", True, None, [1]])
def test_other_texts_are_no_numbers(value: Any) -> None:
    assert entry.as_metric(value) is None


def test_it_keeps_no_other_metric_from_being_read() -> None:
    found = entry.read({"metrics": {"loss": float("inf"), "gap": "nan", "acc": 0.9}}, "")
    assert str(found.fields["metrics"]) == "{'loss': inf, 'gap': nan, 'acc': 0.9}"
    assert found.complaints == ()


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """Return a registry whose first version has good numbers, and whose second has none."""
    files = {"artifacts.yaml": b"m:\n  metrics: [m.json]\n", ".mreg.yaml": POLICY}
    good = {"m.json": b'{"loss": 0.5, "acc": 0.9, "f1": 0.5}'}
    made = make_repository(commits=[{**files, **good}, {**files, "m.json": OF_DVCLIVE}])
    made.git("reset", "-q", "--hard")
    registry = Registry.open(made.path)
    registry.register("m", made.commits[0])
    registry.register("m", made.commits[1])
    return made


def test_it_is_shown_wherever_metrics_are(repository: Repository, mreg: CommandLine) -> None:
    said = mreg.ok("describe", "m", repo=repository).out
    assert "loss" in said
    for name, value in (("loss", "nan"), ("acc", "inf"), ("gain", "-inf"), ("summary", "nan")):
        named = ("describe", "m", "--field", f"metrics.{name}")
        assert mreg.ok(*named, repo=repository).out == f"{value}\n"
    assert strictly(mreg.ok("describe", "m", "--json", repo=repository).out)["metrics"] == {
        "loss": "nan", "acc": "inf", "gain": "-inf", "summary": "nan", "f1": 0.5, "step": 7,
    }  # fmt: skip

    [newest, _] = strictly(mreg.ok("compare", "m", "--json", repo=repository).out)["versions"]
    assert newest["metrics"]["loss"] == "nan"
    changed = strictly(mreg.ok("diff", "m@v0.0.1", "m@v0.0.2", "--json", repo=repository).out)
    [acc, *_, loss, _, _] = changed["metrics"]
    assert (acc["before"], acc["after"], acc["delta"], acc["verdict"]) == (0.9, "inf", None, None)
    assert (loss["before"], loss["after"], loss["verdict"]) == (0.5, "nan", None)
    for asked in ("metrics.loss=nan", "metrics.acc=inf", "metrics.loss!=0.5"):
        [found] = strictly(mreg.ok("search", asked, "--json", repo=repository).out)["versions"]
        assert found["version"] == "v0.0.2"


def strictly(text: str) -> Any:
    """Read JSON as its standard has it, without Python's own words for such numbers."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("metric", ["acc", "loss"])
def test_it_is_never_the_best(repository: Repository, metric: str, mreg: CommandLine) -> None:
    best = ("best", "m", "--metric", metric, "--field", "version")
    assert mreg.ok(*best, repo=repository).out == "v0.0.1\n"
    [newest, _] = Registry.open(repository.path).compare("m").rows
    assert newest.version.version == "v0.0.2"
    found = Registry.open(repository.path).compare("m", metrics=[metric]).metrics
    assert found[0].best == ("v0.0.1",)


def test_where_no_version_has_another_that_is_said(
    repository: Repository, mreg: CommandLine
) -> None:
    done = mreg("best", "m", "--metric", "gain", "--max", repo=repository)
    assert done.code == 1
    assert "gain is not a number in any version" in done.err
    assert "it is -inf in v0.0.2" in done.err


def test_it_keeps_no_bound_and_the_refusal_says_why(
    repository: Repository, mreg: CommandLine
) -> None:
    done = mreg("promote", "m@v0.0.2", "bound", repo=repository)
    assert done.code == 1
    assert "acc is inf, which does not meet any limit, but must be >= 0.1" in done.err
    assert "loss is nan, which does not meet any limit, but must be <= 9" in done.err
    assert "missing" not in done.err
    assert mreg.ok("promote", "m@v0.0.1", "steady", repo=repository)
    done = mreg("promote", "m@v0.0.2", "steady", repo=repository)
    assert "acc is inf, which is worse than any number" in done.err


def test_doctor_and_validate_tell_of_it(repository: Repository, mreg: CommandLine) -> None:
    found = [it for it in Registry.open(repository.path).doctor() if it.code == "MR028"]
    assert [(it.subject, it.message.split(",")[0]) for it in found] == [
        ("m@v0.0.2", f"the metric {name} is {value}")
        for name, value in (("loss", "nan"), ("acc", "inf"), ("gain", "-inf"), ("summary", "nan"))
    ]
    done = mreg.ok("validate", repo=repository)
    assert "artifacts.yaml:2:13: MA033 warning: m.json: loss is nan" in done.out


def test_it_can_be_annotated(repository: Repository, mreg: CommandLine) -> None:
    typed = ("--metric", "a=nan", "--metric", "b=.inf", "--metric", "c=-inf", "--metric", "d=1")
    mreg.ok("annotate", "other", *typed, repo=repository)
    text = (repository.path / "artifacts.yaml").read_text()
    assert "  metrics:\n    a: .nan\n    b: .inf\n    c: -.inf\n    d: 1\n" in text


def test_the_step_of_dvclive_is_no_performance_metric(
    repository: Repository, mreg: CommandLine
) -> None:
    bom = strictly(mreg.ok("export", "m", "--format", "cyclonedx", repo=repository).out)
    measured = bom["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]
    assert {it["type"]: it["value"] for it in measured["performanceMetrics"]} == {
        "loss": "nan", "acc": "inf", "gain": "-inf", "summary": "nan", "f1": "0.5",
    }  # fmt: skip
    card = ("export", "m", "--format", "model-card", "--task", "x", "--dataset", "y")
    said = mreg.ok(*card, repo=repository).out
    assert "step" not in said
    assert "| loss" in said
    head = said.split("---")[1]
    assert "value: 0.5" in head
    assert "nan" not in head
