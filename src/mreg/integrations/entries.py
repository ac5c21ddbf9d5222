"""What a registry holds, as other stacks see it: artifacts, their versions, stages and tags.

Only values: they are made of what `Registry.contents_of` returns, and each stack's own objects are
made of them. What mreg knows of a version stands in one of its tags (`mreg.*`), which are texts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from mreg.annotations.entry import Annotation, Number
from mreg.core import queries
from mreg.core.events import DIGEST_TRAILER, IMPORT_TRAILER
from mreg.core.kinds import KINDS
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.registry.profile import ArtifactContents
from mreg.schemas.model import ModelSchema

COMMIT = "mreg.commit"
MOST_LETTERS = 20_000
"""So long is a tag with a signature at most, which is one of some 300 columns."""

PREFIX = "mreg."
"""What the names of all tags begin with that are made here."""

MLFLOW_RUN, MLFLOW_RUN_LINK, MLFLOW_MODEL = "Mlflow-Run", "Mlflow-Run-Link", "Mlflow-Model"
ZENML = {
    "zenml_run_name": "Zenml-Run-Name",
    "zenml_pipeline_name": "Zenml-Pipeline",
    "zenml_pipeline_uuid": "Zenml-Pipeline-Id",
    "zenml_pipeline_run_uuid": "Zenml-Run",
    "zenml_step_name": "Zenml-Step",
    "zenml_project": "Zenml-Project",
    "zenml_version": "Zenml-Version",
}
"""What ZenML says of where a version was made, and under which names it is recorded, in this order:
a list of versions shows the first line of a message."""

_ORIGIN = re.compile(
    rf"({'|'.join((MLFLOW_RUN, MLFLOW_RUN_LINK, MLFLOW_MODEL, *ZENML.values()))}): (\S(?:.*\S)?)"
)
"""A last line of the message of a version that another stack registered: where it came from."""


class VersionEntry(NamedTuple):
    """A version as other stacks see it.

    Attributes:
        artifact: the artifact.
        semver: the version, as mreg has it.
        created: when it was registered, in milliseconds since 1970.
        updated: when the last event about it took effect.
        author: who registered it.
        description: what was said of it.
        origin: where another stack made it, by the names that it is recorded under.
        tags: all that is known of it.
        metrics: its metrics.
        params: its params.
        stages: the stages that it holds now.
    """

    artifact: str
    semver: str
    created: int
    updated: int
    author: str
    description: str
    origin: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, Number]
    params: dict[str, Any]
    stages: tuple[str, ...]

    @property
    def selector(self) -> str:
        """What mreg calls it."""
        return f"{self.artifact}@{self.semver}"


VersionT = TypeVar("VersionT", bound=VersionEntry)


class ArtifactEntry(NamedTuple, Generic[VersionT]):
    """An artifact as other stacks see it.

    Attributes:
        artifact: its name.
        created: when its first event took effect, in milliseconds since 1970.
        updated: when its last one did.
        description: what its latest version's commit says of it.
        tags: what else there is to say of it.
        versions: its active versions, newest first by SemVer.
        holders: the versions that hold stages, by stage.
        ended: the versions that were deregistered.
    """

    artifact: str
    created: int
    updated: int
    description: str
    tags: dict[str, str]
    versions: dict[str, VersionT]
    holders: dict[str, VersionT]
    ended: frozenset[str]


def artifact(contents: ArtifactContents, version: type[VersionT]) -> ArtifactEntry[VersionT] | None:
    """Return an artifact as other stacks see it; None if no version of it is active.

    Args:
        contents: what is recorded of it.
        version: the class of its versions.
    """
    history = contents.history
    active = [it for it in zip(contents.versions, contents.said, strict=True) if it[0].active]
    if not active:
        return None
    touched = _touched(history)
    versions = {
        str(it.version): version(*_version(history, it, annotation, touched))
        for it, said in active
        for annotation in [said if isinstance(said, Annotation) else Annotation()]
    }
    newest, said = active[0]
    about = said if isinstance(said, Annotation) else Annotation()
    held = {it: standing[0].version for it, standing in queries.holders(history).items()}
    return ArtifactEntry(
        history.artifact,
        history.timeline[0].effective * 1000,
        history.timeline[-1].effective * 1000,
        about.description or "",
        dict(_artifact_tags(history, str(newest.version), about)),
        versions,
        {it: versions[at] for it, at in held.items() if at in versions},
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
    imported = _imported(said) if IMPORT_TRAILER in event.trailers else {}
    if imported:
        message, _, _ = f"\n\n{message}".rpartition("\n\n")  # the rest says where it is from
        origin = {key: str(imported[at]) for key, at in _RUN_KEYS.items() if at in imported}
    elif message == KINDS[event.action].subject(it.artifact, it.version, None):
        message = ""  # mreg's own words, where nobody said anything
    return VersionEntry(
        it.artifact,
        str(it.version),
        _milliseconds(it.created_at),
        touched.get(it.version, event.time) * 1000,
        it.author,
        message.strip() or ("" if imported else said.description or ""),
        origin,
        dict(_tags(it, said, event.trailers.get(DIGEST_TRAILER))),
        said.metrics,
        said.params,
        tuple(it.current),
    )


def message(description: str, origin: Mapping[str, str]) -> str:
    """Return the message of a version that another stack registers; `_origin` reads it."""
    lines = "\n".join(f"{key}: {' '.join(it.split())}" for key, it in origin.items() if it.strip())
    return "\n\n".join(it for it in (description.strip(), lines) if it)


def _origin(said: str) -> tuple[str, dict[str, str]]:
    """Take apart what was said of a version, and the last lines that say where it came from."""
    before, _, last = said.strip().rpartition("\n\n")
    found = [_ORIGIN.fullmatch(line) for line in last.split("\n")]
    if not all(found):
        return said, {}
    return before, {it[1]: it[2] for it in found if it}


def _artifact_tags(history: History, latest: str, said: Annotation) -> Iterator[tuple[str, str]]:
    yield from _texts(_imported(said).get("model_tags"))
    yield "mreg.latest", latest
    if history.standing.deprecated:
        yield "mreg.deprecated", "true"
    yield from _about(said)


def _tags(it: Version, said: Annotation, digest: str | None) -> Iterator[tuple[str, str]]:
    yield from _texts(_imported(said).get("tags"))
    yield "mreg.version", str(it.version)
    yield "mreg.tag", it.tag
    yield COMMIT, it.commit
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
    if said.schema:
        yield from _signature(said.schema)
    yield from _values("mreg.metric", said.metrics)
    yield from _values("mreg.param", said.params)


def _signature(said: ModelSchema) -> Iterator[tuple[str, str]]:
    """Return the schema in the form of a file MLmodel, unless that is too long for a tag."""
    from mreg.schemas import mlflow

    parts = {side: json.dumps(it) for side, it in mlflow.signature(said).items()}
    found = json.dumps(parts)
    if parts and len(found) <= MOST_LETTERS:
        yield "mreg.signature", found


_RUN_KEYS = {MLFLOW_RUN: "run_id", MLFLOW_RUN_LINK: "run_link", MLFLOW_MODEL: "model_id"}


def _imported(said: Annotation) -> dict[str, Any]:
    """Return what an imported version's annotation has from MLflow (docs/how-to/import.md)."""
    found = said.custom.get("mlflow") if isinstance(said.custom, dict) else None
    return found if isinstance(found, dict) else {}


def _texts(tags: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tags, dict):
        yield from ((key, text(value)) for key, value in tags.items())


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
