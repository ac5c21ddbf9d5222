"""What a registry holds, as MLflow sees it: models, their versions, aliases and tags.

Only values: they are made of what `Registry.contents_of` returns, and MLflow's own objects are made
of them. A tag of MLflow is a text; whatever mreg knows of a version stands in one (`mreg.*`), since
MLflow's server hands out tags, and leaves metrics out.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from mreg.annotations.entry import Annotation, Number
from mreg.core import queries
from mreg.core.events import DIGEST_TRAILER
from mreg.core.kinds import KINDS
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.integrations.mlflow import names, numbers
from mreg.registry.profile import ArtifactContents

LATEST = queries.LATEST
"""The alias of the highest active version."""

DEPRECATED = "mreg.deprecated"
PREFIX = "mreg."
"""What the names of all tags begin with that are made here."""

RUN, RUN_LINK, MODEL = "Mlflow-Run", "Mlflow-Run-Link", "Mlflow-Model"
"""The last lines of the message of a version that MLflow registered: where it came from."""

_ORIGIN = re.compile(rf"({RUN}|{RUN_LINK}|{MODEL}): (\S+)")


class VersionEntry(NamedTuple):
    """A version as MLflow sees it.

    Attributes:
        name: the model's name in MLflow.
        artifact: the artifact.
        semver: the version, as mreg has it.
        number: its number; None for one that is known by aliases alone.
        created: when it was registered, in milliseconds since 1970.
        updated: when the last event about it took effect.
        author: who registered it.
        description: what was said of it.
        run_id, run_link, model_id: where MLflow made it; empty where it did not.
        tags: all that is known of it.
        metrics: its metrics.
        params: its params.
        aliases: the stages that it holds now.
    """

    name: str
    artifact: str
    semver: str
    number: int | None
    created: int
    updated: int
    author: str
    description: str
    run_id: str
    run_link: str
    model_id: str
    tags: dict[str, str]
    metrics: dict[str, Number]
    params: dict[str, Any]
    aliases: tuple[str, ...]

    @property
    def version(self) -> str:
        """What MLflow calls it."""
        return self.semver if self.number is None else str(self.number)


class ModelEntry(NamedTuple):
    """An artifact as MLflow sees it.

    Attributes:
        name: its name in MLflow.
        artifact: its name.
        created: when its first event took effect, in milliseconds since 1970.
        updated: when its last one did.
        description: what its latest version's commit says of it.
        tags: what else there is to say of it.
        versions: its active versions, newest first by SemVer.
        aliases: the versions that hold stages, by the stages' names in MLflow.
        ended: the versions that were deregistered.
    """

    name: str
    artifact: str
    created: int
    updated: int
    description: str
    tags: dict[str, str]
    versions: dict[str, VersionEntry]
    aliases: dict[str, VersionEntry]
    ended: frozenset[str]

    @property
    def numbered(self) -> list[VersionEntry]:
        """Its versions that have a number, the highest first."""
        return [it for it in self.versions.values() if it.number is not None]

    def under(self, alias: str) -> VersionEntry | None:
        """Return the version that an alias stands for: a stage, `latest` or a version itself."""
        if found := self.aliases.get(alias):
            return found
        if alias.lower() == LATEST:
            return next(iter(self.versions.values()), None)
        return None if alias.isdigit() else self.versions.get(numbers.version(alias) or "")


def model(contents: ArtifactContents) -> ModelEntry | None:
    """Return an artifact as MLflow sees it; None if no version of it is active."""
    history = contents.history
    active = [it for it in zip(contents.versions, contents.said, strict=True) if it[0].active]
    if not active:
        return None
    touched = _touched(history)
    versions = {
        str(it.version): _version(history, it, annotation, touched)
        for it, said in active
        for annotation in [said if isinstance(said, Annotation) else Annotation()]
    }
    newest, said = active[0]
    about = said if isinstance(said, Annotation) else Annotation()
    held = {it: standing[0].version for it, standing in queries.holders(history).items()}
    return ModelEntry(
        names.shown(history.artifact),
        history.artifact,
        history.timeline[0].effective * 1000,
        history.timeline[-1].effective * 1000,
        about.description or "",
        dict(_model_tags(history, str(newest.version), about)),
        versions,
        {names.shown(it): versions[at] for it, at in held.items() if at in versions},
        frozenset(history.standing.ended),
    )


def readable(contents: ArtifactContents) -> bool:
    """Tell whether all that commits say could be read: what could not may be there later."""
    return all(
        it is None or (isinstance(it, Annotation) and not (it.problems or it.unread))
        for it in contents.said
    )


def _touched(history: History) -> dict[str | None, int]:
    """Return when the last event about each version took effect, in seconds since 1970."""
    subjects = queries.subjects(history)
    return {it: dated.effective for it, dated in zip(subjects, history.timeline, strict=True) if it}


def _version(
    history: History, it: Version, said: Annotation, touched: Mapping[str | None, int]
) -> VersionEntry:
    event = history.standing.active[str(it.version)]
    message, origin = _origin(it.message)
    if message == KINDS[event.action].subject(it.artifact, it.version, None):
        message = ""  # mreg's own words, where nobody said anything
    return VersionEntry(
        names.shown(it.artifact),
        it.artifact,
        str(it.version),
        numbers.number(str(it.version)),
        _milliseconds(it.created_at),
        touched.get(it.version, event.time) * 1000,
        it.author,
        message or said.description or "",
        origin.get(RUN, ""),
        origin.get(RUN_LINK, ""),
        origin.get(MODEL, ""),
        dict(_tags(it, said, event.trailers.get(DIGEST_TRAILER))),
        said.metrics,
        said.params,
        tuple(map(names.shown, it.current)),
    )


def message(description: str, origin: Mapping[str, str]) -> str:
    """Return the message of a version that MLflow registers; `_origin` reads it."""
    lines = "\n".join(f"{key}: {value}" for key, value in origin.items() if value)
    return "\n\n".join(it for it in (description.strip(), lines) if it)


def _origin(said: str) -> tuple[str, dict[str, str]]:
    """Take apart what was said of a version, and the last lines that say where it came from."""
    before, _, last = said.strip().rpartition("\n\n")
    found = [_ORIGIN.fullmatch(line) for line in last.split("\n")]
    if not all(found):
        return said, {}
    return before, {it[1]: it[2] for it in found if it}


def _model_tags(history: History, latest: str, said: Annotation) -> Iterator[tuple[str, str]]:
    if names.shown(history.artifact) != history.artifact:
        yield "mreg.artifact", history.artifact
    yield "mreg.latest", latest
    if history.standing.deprecated:
        yield DEPRECATED, "true"
    yield from _about(said)


def _tags(it: Version, said: Annotation, digest: str | None) -> Iterator[tuple[str, str]]:
    yield "mreg.version", str(it.version)
    yield "mreg.tag", it.tag
    yield "mreg.commit", it.commit
    yield "mreg.author", it.author
    if it.stages:
        yield "mreg.stages", ", ".join(it.stages)
    if recorded := digest or (said.sha256 and f"sha256:{said.sha256}"):
        yield "mreg.digest", recorded
    yield from _about(said)
    if said.framework and said.framework.name:
        yield "mreg.framework", " ".join(filter(None, said.framework))
    if said.path:
        yield "mreg.path", said.path
    yield from _values("mreg.metric", said.metrics)
    yield from _values("mreg.param", said.params)


def _about(said: Annotation) -> Iterator[tuple[str, str]]:
    texts = {
        "type": said.type,
        "labels": ", ".join(said.labels),
        "owner": said.owner,
        "license": said.license,
    }
    for key, value in texts.items():
        if value:
            yield f"mreg.{key}", value


def _values(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield f"{prefix}.{name}", text(value)


def text(value: Any) -> str:
    """Return a metric or a param as the text that a tag holds: JSON, but for texts themselves."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
