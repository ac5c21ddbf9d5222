"""The files of a model: its page, the same as JSON and for a script, and its feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mreg.annotations import entry
from mreg.registry import documents
from mreg.render import json
from mreg.web import columns, compare_data, feeds, model_page, plots
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.dvc.lockfile import LockedStage
    from mreg.registry.profile import Check

MOST_EVENTS = 12
"""So many events of a model are in its JSON, the newest; a clone has all."""


def files(page: str) -> set[str]:
    """Return the files of the model whose page is at a path."""
    folder = page.rpartition("/")[0]
    return {page, *(f"{folder}/{it}" for it in ("data.json", compare_data.FILE, "feed.xml"))}


def of_model(model: Model, site: str, base: str) -> Iterator[tuple[str, str | bytes]]:
    """Iterate over a model's files: the path from the site's root, and the content."""
    yield model.page, model_page.page(model, site)
    yield f"{model.folder}/data.json", json.compact(as_dict(model)) + "\n"
    yield f"{model.folder}/{compare_data.FILE}", compare_data.script(model)
    yield f"{model.folder}/feed.xml", feeds.of_model(model, base)
    yield from plots.files(model)


def as_dict(model: Model) -> dict[str, Any]:
    """Return what a model's page shows, in the forms of `mreg ... --json` (docs/reference/json.md).

    What there may be much of stands by column (`mreg.web.columns`).
    """
    profile = model.profile
    said = entry.as_dict(model.said) if model.said else None
    return {
        "repository": model.repository.name,
        **profile.artifact._asdict(),
        "stages": {stage: held[:1] for stage, held in profile.artifact.stages.items()},
        "annotation": said and {key: it for key, it in said.items() if it and key not in _WHERE},
        "metrics": [
            {"name": it.name, "direction": it.direction, "bounds": it.bounds}
            for it in model.metrics
        ],
        "versions": columns.versions(model),
        "tenures": columns.tenures(profile.tenures),
        "events": columns.events(profile.events[:MOST_EVENTS]),
        "checks": [*map(_check, profile.prospects)],
        "pending": profile.pending,
        "made_from": model.made_from,
        **({"steps": [*map(_step, model.steps)]} if model.steps else {}),
        "used_by": model.used_by,
        **({"candidates": documents.candidates(model.candidates)} if model.candidates else {}),
        "problems": profile.problems,
    }


def _check(it: Check) -> dict[str, Any]:
    """Return what a policy says, without the commit it was read at: any other has it, too."""
    policy = it.policy and {"branch": it.policy.branch, "blob": it.policy.blob}
    return {**it._asdict(), "policy": policy}


def _step(it: LockedStage) -> dict[str, Any]:
    """Return a step of a pipeline, as dvc.lock has it."""
    return {
        "name": it.name,
        "file": it.file,
        "command": it.command,
        "deps": [{"path": one.path, "digest": one.digest} for one in it.deps],
        "params": dict(it.params),
        "outs": [{"path": one.path, "digest": one.digest} for one in it.outs],
    }


_WHERE = ("sources", "files", "metrics", "params")
"""What of an annotation tells where it stands, or is among the versions."""
