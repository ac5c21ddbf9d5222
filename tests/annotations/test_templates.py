"""`${...}` in the artifacts of a dvc.yaml: filled in as DVC does, or said why not."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from commandline import CommandLine
from mreg.annotations import metrics, templates
from mreg.annotations.document import load
from mreg.registry import Registry
from repositories import Maker, Repository

FILES = {
    "params.yaml": "model: {dir: models, name: net, depth: 3}\nlist: [a, {b: deep}]\n"
    "ratio: 0.10\nbig: 1e3\nyes: true\nnothing: null\n",
    "more.json": '{"one": {"x": "of json"}, "two": 2}',
    "more.toml": '[toml]\nx = "of toml"\n',
    "same.yaml": "model: {dir: elsewhere}\n",
    "extra.yaml": "model: {kind: cnn}\n",
    "list.yaml": "- 1\n",
    "bad.yaml": "a: [\n",
}
CASES: list[tuple[Any, Any]] = [
    (None, "${model.dir}/${model.name}.pkl"),
    (None, "${ model.dir }/x"),
    (None, "${model[dir]}/x"),
    (None, "${list[0]}-${list[1].b}-${list.0}-${list[-1].b}"),
    (None, "${ratio} ${big} ${yes} ${nothing} ${model.depth}"),
    (None, "${list}"),
    (None, "x ${list}"),
    (None, "${model}"),
    (None, "\\${model.dir}/x and \\$ and $x and ${"),
    (None, "${}"),
    (None, "${model..dir}"),
    (None, "${model.gone}"),
    (None, "${list[9]}"),
    (None, "${list.x}"),
    (None, "${model.dir.x}"),
    (None, "${model.dir"),
    (None, "${model.dir}}"),
    (None, "${model-dir}"),
    (None, {"${model.name}": ["${yes}", "${model.depth}", 5, None]}),
    ([{"dir": "local"}], "${dir}/${model.name}"),
    ([{"model": {"size": "L"}}], "${model.size}${model.dir}"),
    ([{"model": {"dir": "again"}}], "${model.dir}"),
    ([{"model": 5}], "${model}"),
    (["more.json"], "${one.x} ${two}"),
    (["more.json:one"], "${one.x}"),
    (["more.json:one"], "${two}"),
    (["more.json:one,two"], "${two}"),
    (["more.json:gone"], "x"),
    (["more.json:one", "more.json:two"], "${two} ${one.x}"),
    (["more.json:one", "more.json:one"], "${one.x}"),
    (["more.json", "more.json:one"], "${one.x}"),
    (["more.json:one", "more.json"], "${one.x}"),
    (["more.json", "./more.json"], "${one.x}"),
    (["more.toml", "extra.yaml"], "${toml.x} ${model.kind} ${model.dir}"),
    (["params.yaml"], "${model.dir}"),
    (["params.yaml:model"], "${model.dir}"),
    (["same.yaml"], "${model.dir}"),
    (["gone.yaml"], "${model.dir}"),
    (["list.yaml"], "${model.dir}"),
    (["bad.yaml"], "${model.dir}"),
    (["${model.dir}.yaml"], "${model.dir}"),
    ([{"a": "${model.dir}"}], "${a}"),
    ([{"a": "x"}, {"b": "y"}], "${a}${b}"),
]


def filled(variables: Any, value: Any, files: dict[str, str]) -> Any:
    """Return what a value is filled in with; None where it cannot be."""
    content = {"artifacts": {"m": {"path": "x", "meta": value}}}
    if variables is not None:
        content = {"vars": variables, **content}
    content = load(json.dumps(content).encode())
    held: dict[str, templates.Values] = {}
    for it in templates.files(content):
        try:
            held[it] = metrics.nested(files[it].encode(), it) if it in files else None
        except ValueError as error:
            held[it] = str(error)
    found = templates.fill(content, held)
    return None if found.unfilled else found.content["artifacts"]["m"]["meta"]


@pytest.mark.integration
def test_as_dvc_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvc.exceptions import DvcException  # type: ignore[import-untyped]
    from dvc.parsing import DataResolver  # type: ignore[import-untyped]
    from dvc.repo import Repo  # type: ignore[import-untyped]
    from dvc.utils.serialize import YAMLFileCorruptedError  # type: ignore[import-untyped]

    logging.getLogger("dvc").setLevel(logging.ERROR)
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    repo = Repo.init(str(tmp_path), no_scm=True)
    for variables, value in CASES:
        section = {"vars": variables} if variables is not None else {}
        content = {**section, "artifacts": {"m": {"path": "x", "meta": value}}}
        theirs: Any
        try:
            theirs = DataResolver(repo, str(tmp_path), content).resolve_artifacts()["m"]["meta"]
        except (DvcException, YAMLFileCorruptedError):
            theirs = None
        ours = filled(variables, value, FILES)
        if variables is None or theirs is not None or "${" in str(value):
            assert (variables, value, ours) == (variables, value, theirs)


def test_without_params_yaml() -> None:
    assert filled([{"a": 1}], "${a}", {}) == 1
    assert filled(None, "${a}", {}) is None
    assert filled(None, "x\\${a}", {}) == "x${a}"


@pytest.mark.parametrize("variables", [5, "x", [5], {"a": 1}, [None]])
def test_odd_vars(variables: Any) -> None:
    assert filled(variables, "${a}", {}) is None


def test_no_more_is_filled_in_than_a_file_may_hold() -> None:
    files = {"params.yaml": f"a: {'x' * 100_000}\n"}
    assert filled(None, ["${a}"] * 10, files) == ["x" * 100_000] * 10
    assert filled(None, ["${a}"] * 11, files) is None


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("${" * 500_000, id="nothing is closed"),
        pytest.param(["${a} ${a}"] * 100_000, id="each names a long value"),
    ],
)
def test_hostile_templates_cost_no_more_than_their_length(said: Any) -> None:
    """Each of them took minutes or hours: the tests' own time limit would end it."""
    found = templates.fill(
        {"artifacts": {"m": {"path": said}}}, {"params.yaml": {"a": ["x" * 500_000]}}
    )
    assert found.content["artifacts"]["m"]["path"] == said


def test_what_a_line_does_not_close_is_no_template() -> None:
    assert filled(None, "${a\n${a} ${", {"params.yaml": "a: 1\n"}) == "${a\n1 ${"


DVC_YAML = b"""\
vars: [more.json, {stem: net}]
artifacts:
  m:
    path: ${model.dir}/${stem}.pkl
    desc: of ${one.x}
    labels: ["${model.name}"]
  ${stem}: {path: "${model.dir}/other.pkl"}
  bad: {path: "${model.dri}/net.pkl", type: model}
metrics: ["${model.dir}/m.json"]
"""


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """Return a folder with a dvc.yaml of templates, whose params.yaml the next commit changes."""
    files = {f"a/{name}": FILES[name].encode() for name in ("params.yaml", "more.json")}
    files |= {"a/dvc.yaml": DVC_YAML, "a/models/m.json": b'{"acc": 0.9}'}
    files |= {f"a/models/{it}.pkl": b"x" for it in ("net", "other")}
    made = make_repository(commits=[files, {"a/params.yaml": b"model: {dir: new, name: x}\n"}])
    made.git("reset", "-q", "--hard")
    return made


def test_in_commits(repository: Repository, mreg: CommandLine) -> None:
    registry = Registry.open(repository.path)
    first, second = (registry.annotation("a:m", rev=it) for it in repository.commits)
    assert (first.path, first.description, first.labels) == (
        "a/models/net.pkl", "of of json", ("net",)
    )  # fmt: skip
    assert first.metrics == {"acc": 0.9}
    assert (second.path, second.labels) == ("a/new/net.pkl", ("x",))
    assert registry.annotation("a:net", rev=repository.commits[0]).path == "a/models/other.pkl"
    assert {it.name: it.path for it in registry.artifacts()}["a:m"] == "a/new/net.pkl"
    bad = registry.annotation("a:bad", rev=repository.commits[0])
    assert (bad.path, bad.type) == (None, "model")
    why = "cannot resolve path: there is no model.dri in params.yaml or vars"
    assert bad.unread == {"path": f"a/dvc.yaml: {why}"}
    assert [it.code for it in bad.problems] == ["MR020"]


def test_validate_finds_what_cannot_be_filled_in(repository: Repository, mreg: CommandLine) -> None:
    repository.git("checkout", "-q", repository.commits[0])
    done = mreg("validate", repo=repository)
    assert done.code == 1
    [said] = [it for it in done.out.splitlines() if ": MA" in it]
    assert said.startswith("a/dvc.yaml:8:15: MA054 bad: cannot resolve path: there is no model.dri")
    repository.git("checkout", "-q", repository.commits[1])
    assert "MA050 a/new/net.pkl does not exist" in mreg("validate", repo=repository).out
