"""Fifteen kinds of registries as the public ones are, built small: read as GTO reads them.

Of each the state and the history are those of GTO 1.10.1, and the metrics of a model are its own.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

import pytest

from mreg.errors import NotFound
from mreg.registry import Registry
from repositories import Lightweight, Maker, Tag
from views import agree

Files = dict[str, bytes]


class Kind(NamedTuple):
    """One kind of registry.

    Attributes:
        tags: its tags.
        commits: the files of its commits, the oldest first.
        metrics: by selector, the metrics of a version; None where it is not annotated.
    """

    tags: list[Tag | Lightweight]
    commits: list[Files]
    metrics: dict[str, dict[str, float] | None]


def yaml(text: str) -> bytes:
    return text.encode()


def measured(**values: float) -> bytes:
    return json.dumps(values).encode()


CHURN: Final = b"churn:\n  type: model\n  path: models/churn.pkl\n  description: Who leaves\n"
LIVE: Final = yaml(
    "params:\n- dvclive/params.yaml\nmetrics:\n- dvclive/metrics.json\nplots:\n- dvclive/plots\n"
    "artifacts:\n  {name}:\n    path: model.pt\n    type: model\n    desc: {desc}\n"
)


def live(name: str, **values: float) -> Files:
    """Return what a run of DVCLive leaves in a folder of its own that is called as the model."""
    text = LIVE.replace(b"{name}", name.encode()).replace(b"{desc}", b"From a run")
    return {
        f"{name}/dvc.yaml": text,
        f"{name}/dvclive/metrics.json": measured(step=3, **values),
        f"{name}/dvclive/params.yaml": b"lr: 0.1\n",
        f"{name}/model.pt": name.encode(),
    }


def lock(stage: str, *outs: str) -> bytes:
    kept = "".join(f"    - path: {it}\n      md5: {'0' * 32}\n      size: 1\n" for it in outs)
    return f"schema: '2.0'\nstages:\n  {stage}:\n    cmd: x\n    outs:\n{kept}".encode()


KINDS: Final[dict[str, Kind]] = {
    "GTO's example: versions, numbered stages, artifacts.yaml": Kind(
        [
            Tag("churn@v3.0.0", 0, 0),
            Tag("churn#dev#1", 0, 1),
            Tag("churn@v3.1.0", 1, 2),
            Tag("churn#prod#2", 0, 3),
            Tag("churn#dev#3", 1, 4),
            Tag("segment@v0.4.1", 1, 5),
            Tag("segment#prod#1", 1, 6),
        ],
        [
            {"artifacts.yaml": CHURN, "models/churn.pkl": b"1"},
            {
                "artifacts.yaml": CHURN + b"segment:\n  type: model\n  path: models/segment.pkl\n",
                "models/churn.pkl": b"2",
                "models/segment.pkl": b"1",
            },
        ],
        {"churn@v3.0.0": {}, "churn@v3.1.0": {}, "segment@v0.4.1": {}},
    ),
    "stages without numbers, as `gto assign --simple` writes them": Kind(
        [Tag("churn@v1.0.0", 0, 0), Tag("churn#prod", 0, 1), Tag("churn#dev", 0, 2)],
        [{"artifacts.yaml": CHURN}],
        {"churn#prod": {}},
    ),
    "versions taken back, an artifact deprecated": Kind(
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@v1.1.0", 1, 1),
            Tag("churn#prod#1", 0, 2),
            Tag("churn#prod#2", 1, 3),
            Tag("churn@v1.1.0!", 1, 4),
            Tag("old@v0.1.0", 0, 5),
            Tag("old@deprecated", 0, 6),
        ],
        [{"artifacts.yaml": CHURN}, {"artifacts.yaml": CHURN}],
        {"churn#prod": {}, "old@v0.1.0": None},
    ),
    "a stage that was left": Kind(
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@v2.0.0", 1, 1),
            Tag("churn#prod#1", 0, 2),
            Tag("churn#prod#2", 1, 3),
            Tag("churn#prod!#3", 1, 4),
        ],
        [{}, {}],
        {"churn#prod": None},
    ),
    "no annotations at all": Kind(
        [Tag("rf@v1.0.0", 0, 0), Tag("rf@v1.0.1", 1, 1), Tag("nn@v0.0.1", 1, 2)],
        [{"train.py": b"print()\n"}, {"train.py": b"print(1)\n"}],
        {"rf@v1.0.1": None, "nn@v0.0.1": None},
    ),
    "tags of releases beside those of models": Kind(
        [
            Tag("v1.0.0", 0, 0),
            Lightweight("release-2023", 0),
            Tag("churn@v1.0.0", 0, 1),
            Tag("v1.1.0", 1, 2),
            Tag("churn@v1.0.1", 1, 3),
        ],
        [{"artifacts.yaml": CHURN}, {"artifacts.yaml": CHURN}],
        {"churn@v1.0.0": {}, "churn@v1.0.1": {}},
    ),
    "two models of one commit": Kind(
        [
            Tag("cv@v0.1.13", 0, 0),
            Tag("nlp@v1.0.0", 0, 0),
            Tag("cv#stage#1", 0, 1),
            Tag("nlp#stage#1", 0, 1),
        ],
        [{"artifacts.yaml": b"cv:\n  path: cv\nnlp:\n  path: nlp\n", "cv": b"1", "nlp": b"2"}],
        {"cv#stage": {}, "nlp#stage": {}},
    ),
    "pre-releases": Kind(
        [
            Tag("churn@v1.0.0-rc.1", 0, 0),
            Tag("churn@v1.0.0-rc.10", 1, 1),
            Tag("churn@v1.0.0", 2, 2),
            Tag("churn#prod#1", 2, 3),
        ],
        [{}, {}, {"artifacts.yaml": CHURN}],
        {"churn#prod": {}, "churn@v1.0.0-rc.1": None},
    ),
    "DVC's get-started: an output of a stage, its metrics committed": Kind(
        [Tag("text-classification@v1.0.0", 0, 0), Tag("text-classification#prod#1", 0, 1)],
        [
            {
                "dvc.yaml": yaml(
                    "stages:\n  train:\n    cmd: x\n    outs: [model.pkl]\n"
                    "  evaluate:\n    cmd: y\n    deps: [model.pkl]\n    outs:\n"
                    "    - eval/metrics.json:\n        cache: false\n"
                    "metrics:\n- eval/metrics.json\n"
                    "artifacts:\n  text-classification:\n    path: model.pkl\n    type: model\n"
                    "    desc: Detect whether the question is about R\n    labels: [nlp]\n"
                ),
                "dvc.lock": lock("train", "model.pkl"),
                "eval/metrics.json": measured(avg_prec=0.95),
            }
        ],
        {"text-classification#prod": {"avg_prec": 0.95}},
    ),
    "one run of DVCLive at the top": Kind(
        [Tag("net@v0.1.0", 0, 0), Tag("net@v0.2.0", 1, 1), Tag("net#dev#1", 1, 2)],
        [
            {path.removeprefix("net/"): it for path, it in live("net", acc=acc).items()}
            for acc in (0.5, 0.75)
        ],
        {"net@v0.1.0": {"acc": 0.5, "step": 3}, "net#dev": {"acc": 0.75, "step": 3}},
    ),
    "a monorepo, a folder a model, each with its DVCLive": Kind(
        [
            Tag("pool=pool@v1.0.0", 0, 0),
            Tag("detect=detect@v1.0.0", 0, 1),
            Tag("pool=pool#prod#1", 0, 2),
        ],
        [{**live("pool", dice=0.9), **live("detect", map50=0.6)}],
        {
            "pool:pool#prod": {"dice": 0.9, "step": 3},
            "detect:detect@v1.0.0": {"map50": 0.6, "step": 3},
        },
    ),
    "a fixture of Studio: names with folders, in one artifacts.yaml": Kind(
        [Tag("nlp/sentiment@v1.0.0", 0, 0), Tag("nlp/sentiment#stage/eu#1", 0, 1)],
        [{"artifacts.yaml": b"nlp/sentiment:\n  type: model\n  path: s3://bucket/sentiment\n"}],
        {"nlp/sentiment@v1.0.0": {}},
    ),
    "models that lie elsewhere": Kind(
        [Tag("big@v1.0.0", 0, 0)],
        [
            {
                "artifacts.yaml": b"big:\n  type: model\n  path: s3://models/big.pt\n"
                b"  labels: [large, s3]\n  custom: {sha: abc}\n"
            }
        ],
        {"big@v1.0.0": {}},
    ),
    "versions from before the annotation": Kind(
        [Tag("churn@v0.1.0", 0, 0), Tag("churn@v0.2.0", 1, 1), Tag("churn#prod#1", 0, 2)],
        [{"models/churn.pkl": b"1"}, {"artifacts.yaml": CHURN, "models/churn.pkl": b"2"}],
        {"churn#prod": None, "churn@v0.2.0": {}},
    ),
    "an artifact of artifacts.yaml and a dvc.yaml of DVCLive": Kind(
        [Tag("churn@v1.0.0", 0, 0)],
        [
            {
                "artifacts.yaml": b"churn:\n  type: model\n  path: model.pkl\n",
                "model.pkl": b"1",
                "dvc.yaml": b"metrics:\n- dvclive/metrics.json\n",
                "dvclive/metrics.json": measured(acc=0.9, step=10),
            }
        ],
        {"churn@v1.0.0": {"acc": 0.9, "step": 10}},
    ),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_of_registry(kind: Kind, make_repository: Maker) -> None:
    repo = make_repository(kind.tags, commits=kind.commits)
    agree(repo)
    registry = Registry.open(repo.path)
    assert {it: metrics(registry, it) for it in kind.metrics} == kind.metrics
    # Models stand in few of these commits: what is left out here, `mreg get` would miss.
    assert [it for it in registry.problems() if it.code != "MR053"] == []


def metrics(registry: Registry, selector: str) -> Any:
    """Return the metrics of a version; None where its commit says nothing of it."""
    try:
        return registry.annotation(selector).metrics or {}
    except NotFound:
        return None
