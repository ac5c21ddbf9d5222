"""Where a model came from, on its page: the steps of DVC's pipelines that made it."""

from __future__ import annotations

import json
from pathlib import Path

import mreg
from mreg.web import site
from repositories import Maker, Tag

LOCK = b"""\
schema: "2.0"
stages:
  train:
    cmd: python train.py --to ann@example.com
    deps:
    - {path: data/clean.csv, md5: c}
    - {path: train.py, md5: t}
    params: {params.yaml: {train.rate: 0.1}}
    outs: [{path: model.pkl, md5: m}]
  clean:
    cmd: python clean.py <script>
    deps: [{path: data/raw.csv, md5: r}]
    outs: [{path: data/clean.csv, md5: c}]
  report:
    cmd: python report.py
    deps: [{path: model.pkl, md5: m}]
    outs: [{path: report.html, md5: h}]
"""
FILES = {"artifacts.yaml": b"churn: {path: model.pkl}\nplain: {path: a.bin}\n", "a.bin": b"a"}


def test_the_steps_that_made_a_model(make_repository: Maker, tmp_path: Path) -> None:
    tags = [Tag("churn@v1.0.0"), Tag("plain@v1.0.0")]
    repo = make_repository(tags, commits=[FILES | {"dvc.lock": LOCK}])
    registry = mreg.Registry.open(repo.path)
    site.build(tmp_path / "site", [registry])
    folder = tmp_path / "site" / "m" / "repository"
    page = (folder / "churn" / "index.html").read_text()
    assert "<b>clean</b> <code>python clean.py &lt;script&gt;</code>" in page
    assert "reads data/clean.csv, train.py; with train.rate=0.1" in page
    assert page.index("<b>clean</b>") < page.index("<b>train</b>")
    assert "report.py" not in page
    assert "--to ann<" in page
    steps = json.loads((folder / "churn" / "data.json").read_text())["steps"]
    known = registry.lineage("churn@v1.0.0").nodes
    assert [it["name"] for it in reversed(steps)] == [it.label for it in known if it.kind == "step"]
    assert 'id="lineage"' not in (folder / "plain" / "index.html").read_text()
    assert "steps" not in json.loads((folder / "plain" / "data.json").read_text())


def test_the_steps_of_several_versions_are_each_as_at_its_own_commit(
    make_repository: Maker,
) -> None:
    commits = [FILES | {"dvc.lock": LOCK.replace(b"0.1", b"%d" % it)} for it in range(3)]
    tags = [Tag(f"churn@v{it}.0.0", it) for it in range(3)]
    registry = mreg.Registry.open(make_repository(tags, commits=commits).path)
    found = next(registry.profiles(["churn"]))
    pairs = [*zip(found.versions, found.said, strict=True)]
    made = registry.steps_of(pairs)
    assert [dict(it[-1].params)["params.yaml"]["train.rate"] for it in made] == [2, 1, 0]
