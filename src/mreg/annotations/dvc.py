"""What a dvc.yaml says of artifacts: its `artifacts:`, `metrics:` and `params:` sections.

Source of the format: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files. A path with
`${...}` is a template; what `mreg.annotations.templates` does not fill in is passed over.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from mreg.annotations import document, templates
from mreg.annotations.entry import FileList, from_root
from mreg.annotations.metrics import is_read
from mreg.annotations.text import Unreadable
from mreg.tuples import NamedTuple

DVCLIVE = {"metrics": "dvclive/metrics.json", "params": "dvclive/params.yaml"}
"""Where DVCLive puts a run's metrics and params, beside the dvc.yaml, unless told otherwise."""

_TEMPLATE = re.compile(r"\$\{[^}]*\}")


class DvcStage(NamedTuple):
    """A stage of a dvc.yaml.

    Attributes:
        outs: what it makes, its metric files among it; templates, too.
        deps: what it reads, likewise.
        metrics: its metric files.
        params: its params: the file that each stands in, and its name; None for all in the file.
        plots: the files and folders of its plots.
    """

    outs: tuple[str, ...] = ()
    deps: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    params: tuple[tuple[str, str | None], ...] = ()
    plots: tuple[str, ...] = ()


class DvcYaml(NamedTuple):
    """What mreg reads of a dvc.yaml: its artifacts' entries, the files at its top, its stages.

    Paths are seen from the file's own folder, unless `at` made them.
    """

    artifacts: dict[str, Any]
    metrics: FileList
    params: FileList
    stages: tuple[DvcStage, ...] = ()
    folder: str = ""

    def at(self, folder: str) -> DvcYaml:
        """Return what it is in a file of a folder: with paths from the repository's root."""

        def moved(paths: Iterable[str]) -> tuple[str, ...]:
            return tuple(from_root(it, folder) for it in paths)

        def at(stage: DvcStage) -> DvcStage:
            params = tuple((from_root(path, folder), key) for path, key in stage.params)
            outs, deps, metrics, plots = map(
                moved, (stage.outs, stage.deps, stage.metrics, stage.plots)
            )
            return DvcStage(outs, deps, metrics, params, plots)

        metrics, params = FileList(moved(self.metrics)), FileList(moved(self.params))
        return DvcYaml(self.artifacts, metrics, params, tuple(map(at, self.stages)), folder)


class Listed(NamedTuple):
    """A file of an artifact's metrics or params.

    Attributes:
        needed: whether it has to be there.
        keys: the names in it that are the artifact's, with all within; None: all of them.
    """

    path: str
    needed: bool = True
    keys: tuple[str, ...] | None = None


def has_artifacts(raw: bytes) -> bool:
    """Tell whether a dvc.yaml may have artifacts; most have none, and need not be parsed."""
    return b"artifacts" in raw


def read(content: dict[str, Any]) -> DvcYaml:
    """Read what a dvc.yaml holds."""
    artifacts = content.get("artifacts")
    metrics, params = (
        FileList(filter(is_read, dict.fromkeys(paths(content.get(field), ""))))
        for field in ("metrics", "params")
    )
    known = tuple(_stage(it, wdir) for _, it, wdir in stages(content) if wdir is not None)
    return DvcYaml(artifacts if isinstance(artifacts, dict) else {}, metrics, params, known)


def _stage(stage: dict[str, Any], folder: str) -> DvcStage:
    metrics = tuple(paths(stage.get("metrics"), folder))
    outs, deps = (paths(stage.get(it), folder, templates=True) for it in ("outs", "deps"))
    params = (
        (path, key)
        for file, key in _params(stage.get("params"))
        for path in filter(is_read, paths([file], folder))
    )
    plots = tuple(paths(stage.get("plots"), folder))
    read_metrics = tuple(filter(is_read, metrics))
    return DvcStage((*outs, *metrics), tuple(deps), read_metrics, tuple(params), plots)


def _params(params: Any) -> Iterator[tuple[Any, str | None]]:
    """Iterate over a stage's params by file: bare names are those of params.yaml."""
    for it in params if isinstance(params, list) else ():
        for file, keys in it.items() if isinstance(it, dict) else (("params.yaml", [it]),):
            if not isinstance(keys, list) or not keys:
                yield file, None
            else:
                yield from ((file, key) for key in keys if isinstance(key, str))


# What belongs to an artifact


def makes(pipeline: DvcYaml, path: str) -> bool:
    """Tell whether a stage says that it makes a path."""
    place = Places([path])
    return any(map(place.touch, (out for it in pipeline.stages for out in it.outs)))


def belonging(
    pipeline: DvcYaml, path: str | None, others: Iterable[str]
) -> dict[str, tuple[Listed, ...]]:
    """Return the files of an artifact's metrics and params, by field.

    Those of the stages that make its path and of those that read it, then those at the top of the
    dvc.yaml; not what the stages of other artifacts, at `others`, make.
    """
    rivals = Places(it for it in others if it != path)
    own = _own(pipeline, path, rivals) if path else []
    foreign = _foreign(pipeline, own, rivals)
    top = {
        field: [it for it in listed if not foreign.touch(it)]
        for field, listed in (("metrics", pipeline.metrics), ("params", pipeline.params))
    }
    metrics = chain(*(it.metrics for it in own), top["metrics"])
    params = chain(*(it.params for it in own), ((it, None) for it in top["params"]))
    found = {"metrics": [*map(Listed, dict.fromkeys(metrics))], "params": _joined(params)}
    for field, listed in found.items():
        live = from_root(DVCLIVE[field], pipeline.folder)
        if live not in (it.path for it in listed) and not foreign.touch(live):
            listed.append(Listed(live, needed=False))
    return {field: tuple(listed) for field, listed in found.items()}


def foreign(pipeline: DvcYaml, path: str | None, others: Iterable[str]) -> Places:
    """Return what the stages of other artifacts, at `others`, make; as for `belonging`."""
    rivals = Places(it for it in others if it != path)
    return _foreign(pipeline, _own(pipeline, path, rivals) if path else [], rivals)


def _foreign(pipeline: DvcYaml, own: Iterable[DvcStage], rivals: Places) -> Places:
    taken = set(map(id, own))
    return Places(
        out
        for stage in pipeline.stages
        if id(stage) not in taken and any(map(rivals.touch, stage.outs + stage.deps))
        for out in stage.outs + stage.plots
    )


def _own(pipeline: DvcYaml, path: str, rivals: Places) -> list[DvcStage]:
    """Return the stages that make a path, then those that read it and make no other artifact.

    Only DVC can fill in a template; where no stage names the path, one that may be it counts.
    """
    touch = Places([path]).touch if makes(pipeline, path) else _Templates(path).touch
    makers: list[DvcStage] = []
    readers: list[DvcStage] = []
    for it in pipeline.stages:
        if any(map(touch, it.outs)):
            makers.append(it)
        elif any(map(touch, it.deps)) and not any(map(rivals.touch, it.outs)):
            readers.append(it)
    return makers + readers


class Places:
    """Files and folders of a commit."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = set(paths)
        self._above = {folder for it in self._paths for folder in above(it)}

    def touch(self, path: str) -> bool:
        """Tell whether a path is one of them, lies in one, or has one within."""
        return path in self._above or not self._paths.isdisjoint((path, *above(path)))


class _Templates:
    """What paths with templates may be."""

    def __init__(self, path: str) -> None:
        self._paths = (path, *above(path))

    def touch(self, template: str) -> bool:
        """Tell whether the path, or a folder that it lies in, may be what a template stands for."""
        first, *rest = _TEMPLATE.split(template)
        return any(_fits(it, first, rest) for it in self._paths)


def _fits(path: str, first: str, rest: Sequence[str]) -> bool:
    """Tell whether a path has several texts with anything between, in one go through it."""
    if not rest:
        return path == first
    if not path.startswith(first):
        return False
    at = len(first)
    for text in rest[:-1]:
        if (at := path.find(text, at)) < 0:
            return False
        at += len(text)
    return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at


_DEEPEST = 64
"""In how many folders, one in the other, what belongs to a pipeline may lie."""


def above(path: str) -> list[str]:
    """Return the folders that a path lies in, the nearest first; none if they are very many."""
    if path.count("/") > _DEEPEST:
        return []
    found = []
    while path := posixpath.dirname(path).rstrip("/"):
        found.append(path)
    return found


def _joined(params: Iterable[tuple[str, str | None]]) -> list[Listed]:
    """Return params by file: all of a file where it is named as a whole."""
    keys: dict[str, list[str] | None] = {}
    for file, key in params:
        known = keys.setdefault(file, [])
        if key is None:
            keys[file] = None
        elif known is not None:
            known.append(key)
    return [Listed(it, keys=None if named is None else tuple(named)) for it, named in keys.items()]


def stages(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Iterate over the stages: names, what they say, and the folders that their paths count from.

    None stands for a template, which only DVC can fill in.
    """
    said = content.get("stages")
    for name, stage in said.items() if isinstance(said, dict) else ():
        # `foreach` and `matrix` stand around the stage proper, or in it.
        inner = stage.get("do", stage) if isinstance(stage, dict) else None
        if isinstance(inner, dict):
            wdir = inner.get("wdir", ".")
            yield name, inner, wdir if isinstance(wdir, str) and "${" not in wdir else None


# What a dvc.lock does not say


def folders(raw: bytes | None, reader: document.YamlReader | None = None) -> dict[str, str | None]:
    """Return the folders that the stages of a dvc.yaml work in, by stage, as seen from its own.

    The paths of a dvc.lock count from them. None stands for a template that needs more than the
    file says of `foreach` and `matrix`; stages that work in the file's own folder are left out.
    Without a reader, the fast reader's word counts.
    """
    content = _loaded(raw, b"wdir", reader)
    found = stages(content)
    if raw and templates.are_in(raw):
        found = chain(found, stages(templates.fill(content, {}).content))
    return {name: wdir for name, stage, wdir in found if isinstance(stage.get("wdir"), str)}


def remote(
    raw: bytes | None, path: str, folder: str, reader: document.YamlReader | None = None
) -> str | None:
    """Return the remote that a dvc.yaml in a folder says an output is at; None if it says none."""
    for _, stage, wdir in stages(_loaded(raw, b"remote", reader)):
        outs = stage.get("outs")
        for out in outs if isinstance(outs, list) else ():
            for where, flags in out.items() if isinstance(out, dict) else ():
                base = posixpath.join(folder, wdir or ".")
                if isinstance(flags, dict) and from_root(str(where), base) == path:
                    named = flags.get("remote")
                    return named if isinstance(named, str) else None
    return None


def _loaded(raw: bytes | None, word: bytes, reader: document.YamlReader | None) -> dict[str, Any]:
    """Return what a dvc.yaml holds; nothing if it cannot be read, or a word is not in it."""
    if raw is None or word not in raw:
        return {}
    try:
        return (reader or document.YamlReader(aliases=True)).load(raw)
    except Unreadable:
        return {}


def paths(section: Any, folder: str, *, templates: bool = False) -> Iterator[str]:
    """Iterate over the paths of a list whose items are paths, or mappings with a path as key.

    They count from the folder; those with `${...}` are left out unless templates are wanted.
    """
    items: Iterable[Any] = section if isinstance(section, (list, Iterator)) else ()
    for item in items:
        for path in item if isinstance(item, dict) else (item,):
            if isinstance(path, str) and (templates or "${" not in path):
                yield from_root(path, folder)
