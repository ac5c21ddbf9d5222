"""The files of a model: its page, the same as JSON and for a script, and its feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.render import json
from mreg.web import compare_data, feeds, model_page
from mreg.web.values import Model

MOST_EVENTS = 50
"""So many events of a model are in its JSON, the newest; a clone has all."""


def files(page: str) -> set[str]:
    """Return the files of the model whose page is at a path."""
    folder = page.rpartition("/")[0]
    return {page, *(f"{folder}/{it}" for it in ("data.json", compare_data.FILE, "feed.xml"))}


def of_model(model: Model, site: str, base: str) -> Iterator[tuple[str, str]]:
    """Iterate over a model's files: the path from the site's root, and the content."""
    yield model.page, model_page.page(model, site)
    yield f"{model.folder}/data.json", json.dumps(as_dict(model)) + "\n"
    yield f"{model.folder}/{compare_data.FILE}", compare_data.script(model)
    yield f"{model.folder}/feed.xml", feeds.of_model(model, base)


def as_dict(model: Model) -> dict[str, Any]:
    """Return what a model's page shows, in the forms of `mreg ... --json` (docs/json.md)."""
    profile = model.profile
    rows = profile.comparison.rows
    versions = [
        {
            **it._asdict(),
            "metrics": profile.comparison.values(row, "metrics"),
            "params": profile.comparison.values(row, "params"),
            "annotated": isinstance(said, Annotation),
        }
        for it, said, row in zip(profile.versions, profile.said, rows, strict=True)
    ]
    return {
        "repository": model.repository.name,
        **profile.artifact._asdict(),
        "stages": {stage: held[:1] for stage, held in profile.artifact.stages.items()},
        "annotation": entry.as_dict(model.said) if model.said else None,
        "metrics": [
            {"name": it.name, "direction": it.direction, "bounds": it.bounds}
            for it in model.metrics
        ],
        "versions": versions,
        "events": profile.events[:MOST_EVENTS],
        "tenures": profile.tenures,
        "checks": profile.prospects,
        "pending": profile.pending,
        "made_from": model.made_from,
        "used_by": model.used_by,
        "problems": profile.problems,
    }
