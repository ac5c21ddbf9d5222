"""A registry as GTO reads it and as mreg reads it, in one form, so that they can be compared."""

from __future__ import annotations

from typing import Any, NamedTuple

from mreg.registry import Registry
from repositories import Repository

_ACTIONS = {
    "registration": "register",
    "deregistration": "deregister",
    "assignment": "promote",
    "unassignment": "demote",
    "deprecation": "deprecate",
}


class VersionView(NamedTuple):
    """One active version."""

    version: str
    commit: str
    created_at: str
    author: str
    author_email: str
    message: str


class ArtifactView(NamedTuple):
    """One artifact: its active versions by SemVer, and the holders of its stages, current first."""

    registered: bool
    deprecated: bool
    latest: str | None
    versions: list[VersionView]
    stages: dict[str, list[str]]


class EventView(NamedTuple):
    """One line of the history."""

    created_at: str
    artifact: str
    action: str
    version: str | None
    stage: str | None
    commit: str
    author: str
    author_email: str
    message: str
    tag: str


class View(NamedTuple):
    """A whole registry; a bare commit in a stage stands as its id, which is how GTO has it."""

    artifacts: dict[str, ArtifactView]
    history: list[EventView]


def by_gto(repo: Repository) -> View:
    """Return a registry as GTO reads it, through its Python API."""
    import gto.api

    path = str(repo.path)
    shown = gto.api.show(path, deprecated=True, versions_per_stage=-1)
    artifacts = {
        name: ArtifactView(
            it["registered"],
            not it["active"],
            it["version"],
            [
                VersionView(
                    version["version"],
                    version["commit_hexsha"],
                    version["created_at"].isoformat(),
                    version["author"],
                    version["author_email"],
                    version["message"],
                )
                for version in gto.api.show(path, name, deprecated=True)
                if version["is_active"] and version["registrations"]
            ],
            {stage: held.split(", ") for stage, held in it["stage"].items() if held},
        )
        for name, it in shown.items()
    }
    return View(artifacts, [_gto_event(it) for it in gto.api.history(path)])


def _gto_event(it: dict[str, Any]) -> EventView:
    return EventView(
        it["timestamp"].isoformat(),
        it["artifact"],
        _ACTIONS[it["event"]],
        it["version"],
        it["stage"],
        it["commit"],
        it["author"],
        it["author_email"],
        it["message"],
        it["ref"],
    )


def by_mreg(repo: Repository) -> View:
    """Return a registry as mreg reads it."""
    registry = Registry.open(repo.path)
    artifacts = {
        it.name: ArtifactView(
            it.registered,
            it.deprecated,
            it.latest.version if it.latest else None,
            [
                VersionView(
                    str(version.version),
                    version.commit,
                    version.created_at.isoformat(),
                    version.author,
                    version.author_email,
                    version.message,
                )
                for version in (registry.versions(it.name) if it.registered else ())
            ],
            {
                stage: [holder.version or holder.commit for holder in holders]
                for stage, holders in it.stages.items()
            },
        )
        for it in registry.artifacts(deprecated=True)
    }
    history = [
        EventView(
            it.created_at.isoformat(),
            it.artifact,
            it.action,
            it.version or (it.commit if it.stage else None),
            it.stage,
            it.commit,
            it.author,
            it.author_email,
            it.message,
            it.tag,
        )
        for it in registry.history()
    ]
    return View(artifacts, history)


def agree(repo: Repository) -> None:
    """Check that both read the same, artifact by artifact, so that a difference is short."""
    mine, theirs = by_mreg(repo), by_gto(repo)
    assert mine.artifacts.keys() == theirs.artifacts.keys()
    for name, artifact in theirs.artifacts.items():
        assert mine.artifacts[name] == artifact
    assert mine.history == theirs.history
