"""What a dvc.yaml says of artifacts: its `artifacts:`, `metrics:` and `params:` sections.

Source of the format: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files. A path with
`${...}` is a template, which only DVC can fill in; it is passed over.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mreg.annotations import document
from mreg.annotations.entry import FileList, from_root
from mreg.annotations.metrics import SUFFIXES
from mreg.annotations.text import Unreadable

DVCLIVE = {"metrics": "dvclive/metrics.json", "params": "dvclive/params.yaml"}
"""Where DVCLive puts a run's metrics and params, beside the dvc.yaml, unless told otherwise."""

_DEFAULT_PARAMS = "params.yaml"


class Pipeline(NamedTuple):
    """What mreg reads of a dvc.yaml.

    Attributes:
        artifacts: the entries of its `artifacts:` section.
        metrics: its metric files, as seen from its folder.
        params: its param files, likewise.
    """

    artifacts: dict[str, Any]
    metrics: FileList
    params: FileList


def has_artifacts(raw: bytes) -> bool:
    """Tell whether a dvc.yaml may have artifacts; most have none, and need not be parsed."""
    return b"artifacts" in raw


def read(content: dict[str, Any]) -> Pipeline:
    """Read what a dvc.yaml holds."""
    artifacts = content.get("artifacts")
    metrics = [*paths(content.get("metrics"), "")]
    params = [*paths(content.get("params"), "")]
    for stage, folder in _stages(content):
        metrics += paths(stage.get("metrics"), folder)
        params += paths(_param_files(stage.get("params")), folder)
    return Pipeline(
        artifacts if isinstance(artifacts, dict) else {},
        FileList(filter(is_read, dict.fromkeys(metrics))),
        FileList(filter(is_read, dict.fromkeys(params))),
    )


def is_read(path: str) -> bool:
    """Tell whether mreg reads such a metric or param file; DVC reads more, such as params.py."""
    return posixpath.splitext(path)[1].lower() in SUFFIXES


def _stages(content: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Iterate over the stages and the folders that their paths count from."""
    stages = content.get("stages")
    for stage in stages.values() if isinstance(stages, dict) else ():
        # `foreach` and `matrix` stand around the stage proper, or in it.
        inner = stage.get("do", stage) if isinstance(stage, dict) else None
        if isinstance(inner, dict):
            wdir = inner.get("wdir", ".")
            if isinstance(wdir, str) and "${" not in wdir:
                yield inner, wdir


def _param_files(params: Any) -> Iterator[Any]:
    """Iterate over the files of a stage's params: bare names are those of params.yaml."""
    for it in params if isinstance(params, list) else ():
        yield it if isinstance(it, dict) else _DEFAULT_PARAMS


def outputs(raw: bytes) -> list[str]:
    """Return the outputs in a dvc.lock, as its stages see them; none if it cannot be read."""
    try:
        stages = document.load(raw, aliases=True).get("stages")
    except Unreadable:
        return []
    return [
        out["path"]
        for stage in (stages.values() if isinstance(stages, dict) else ())
        for out in (stage.get("outs") if isinstance(stage, dict) else None) or ()
        if isinstance(out, dict) and isinstance(out.get("path"), str)
    ]


def paths(section: Any, folder: str) -> Iterator[str]:
    """Iterate over the paths of a list whose items are paths, or mappings with a path as key."""
    items: Iterable[Any] = section if isinstance(section, (list, Iterator)) else ()
    for item in items:
        for path in item if isinstance(item, dict) else (item,):
            if isinstance(path, str) and "${" not in path:
                yield from_root(path, folder)
