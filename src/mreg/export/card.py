"""A model card of the Hugging Face Hub: YAML that machines read, then Markdown for people.

What the repository does not say is left out. Nothing that people wrote is taken for Markdown or
HTML, becomes a link, or calls anybody.
Source: https://github.com/huggingface/hub-docs/blob/main/modelcard.md?plain=1
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from mreg.core import directions, kinds
from mreg.core.tables import NOTHING
from mreg.export import hub, material, requirements
from mreg.export.material import Material
from mreg.lineage import tree
from mreg.render import markdown, moments, numbers, yaml
from mreg.render.cell import Cell
from mreg.render.escape import line
from mreg.render.table import Table
from mreg.schemas import listing
from mreg.schemas.model import ModelSchema


def text(it: Material) -> str:
    """Return the card."""
    body = "\n".join(f"## {title}\n\n{said}" for title, said in _sections(it) if said)
    head = markdown.inline(f"{it.version.artifact} {_label(it)}")
    about = f"{markdown.block(it.annotation.description)}\n\n" if it.annotation.description else ""
    return f"---\n{yaml.dumps(front_matter(it))}---\n\n# {head}\n\n{about}{body}"


def _label(it: Material) -> str:
    return kinds.held_label(it.version.version, it.version.commit)


# For machines


def front_matter(it: Material) -> dict[str, Any]:
    """Return what stands at the top of the card."""
    said = it.annotation
    fields = {
        **(hub.license_fields(said.license) if said.license else {}),
        "library_name": hub.library(said.framework.name)
        if said.framework and said.framework.name
        else None,
        "pipeline_tag": it.task,
        "tags": list(dict.fromkeys(said.labels)),
        "base_model": _on_the_hub(it, "model", ("base",)),
        "datasets": _on_the_hub(it, "dataset", ("training", "validation", None)),
        "metrics": [name for name in it.metrics if directions.known(name)],
        "model-index": _model_index(it),
    }
    return {key: value for key, value in fields.items() if value}


def missing(it: Material) -> Iterator[str]:
    """Iterate over what a reader may look for in the card and not find, and what helps."""
    if it.metrics and not it.task:
        yield (
            "no model-index: the task of the model is unknown (--task TASK, or a label such as "
            "tabular-classification)"
        )
    if it.metrics and not _measured_on(it):
        yield (
            "no model-index: the dataset of its metrics is unknown (--dataset NAME, or one input "
            "of role validation)"
        )


def _on_the_hub(
    it: Material, kind: Literal["dataset", "model"], roles: Sequence[str | None]
) -> list[str]:
    """Return the ids of what the model was made from, where that is on the Hub."""
    urls = [each.url for each in it.annotation.inputs if each.url and each.role in roles]
    found = (hub.identifier(url, kind) for url in urls)
    return list(dict.fromkeys(filter(None, found)))


def _model_index(it: Material) -> list[dict[str, Any]]:
    """Return the metrics with their task and dataset, both of which have to be known."""
    dataset = _measured_on(it)
    if not (it.task and dataset):
        return []
    metrics = [
        {"type": name, "value": value}
        for name, value in it.metrics.items()
        if numbers.is_finite(value)
    ]
    results = [{"task": {"type": it.task}, "dataset": dataset, "metrics": metrics}]
    return [{"name": it.version.artifact, "results": results}] if metrics else []


def _measured_on(it: Material) -> dict[str, str] | None:
    """Return what the metrics were measured on: the one input for validation, if there is one."""
    if it.wishes.dataset:
        return {"type": it.wishes.dataset, "name": it.wishes.dataset}
    found = [each for each in it.annotation.inputs if each.role == "validation"]
    if len(found) != 1:
        return None
    [source] = found
    name = source.path or source.artifact or source.url or ""
    id_ = hub.identifier(source.url, "dataset") if source.url else None
    return {"type": id_ or name, "name": name}


# For people


def _sections(it: Material) -> Iterator[tuple[str, str]]:
    """Iterate over the sections: a title, and the text below it; without one it is left out."""
    said = it.annotation
    yield "Version", _table(("version", _label(it)), _about(it))
    yield "Metrics", _table(("metric", "value"), _values(it.metrics))
    yield "Params", _table(("param", "value"), _values(numbers.flat(said.params)))
    yield from _schema(said.schema)
    yield "Inputs", _table(("input", "role", "known by"), _inputs(it))
    yield "Lineage", _code(f"{row.lead}{row.text}" for row in tree.rows(_without_changes(it)))
    yield "Requirements", _requirements(it)
    yield "How to get it", _how(it)


def _about(it: Material) -> Iterator[tuple[str, ...]]:
    version, said = it.version, it.annotation
    rows = (
        ("stages", ", ".join(version.current)),
        ("state", "" if version.active or not version.version else "deregistered"),
        ("registered", f"{moments.minute(version.created_at)} by {version.author}"),
        ("message", " ".join(version.message.split())),
        ("type", said.type),
        *material.listed(said),
        ("tag", Cell.of(version.tag, kind="tag", whole=version.tag)),
        ("commit", version.commit),
        ("path", said.path),
    )
    yield from ((word, value) for word, value in rows if value)


def _values(values: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield from ((name, numbers.shown(value)) for name, value in values.items())


def _schema(said: ModelSchema | None) -> Iterator[tuple[str, str]]:
    """Iterate over what goes in and what comes out, each as a section."""
    for side, found in listing.of_model(said).items() if said else ():
        rows = [
            (it.name or NOTHING, it.type, _YES_NO[it.nullable], _YES_NO[it.required])
            for it in found[:MOST_PARTS]
        ]
        if len(found) > MOST_PARTS:
            rows.append(("...", f"and {len(found) - MOST_PARTS:,} more", "", ""))
        yield f"Schema of the {side}", _table(("name", "type", "nullable", "required"), iter(rows))
    more = [f"Methods: {', '.join(said.methods)}."] if said and said.methods else []
    more += [f"An example is at {said.example}."] if said and said.example else []
    yield "How to call it", "\n".join(f"{markdown.inline(it)}\n" for it in more)


MOST_PARTS = 200
"""So many columns or tensors a card lists; the others are counted."""

_YES_NO = ("no", "yes")


def _inputs(it: Material) -> Iterator[tuple[str, ...]]:
    for source in material.inputs(it):
        known = material.digest(source.node, it.contents) or ""
        note = f" ({source.node.note})" if source.node.missing else ""
        yield source.node.label + note, source.role or "", known


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    found = list(rows)
    return markdown.table(Table(header, found)) if found else ""


def _without_changes(it: Material) -> Any:
    """Return the lineage without the commits since the version before, which may be many."""
    edges = tuple(edge for edge in it.lineage.edges if edge.kind != "change")
    return it.lineage._replace(edges=edges)


def _requirements(it: Material) -> str:
    found = [each.text for each in requirements.read(it.requirements)]
    if found:
        return _code(found)
    path = it.annotation.requirements
    return f"{markdown.inline(f'As {path} says.')}\n" if isinstance(path, str) else ""


def _how(it: Material) -> str:
    """Return what to type to get what is at the version's path."""
    path, content = it.annotation.path, it.content
    place = content.place if content else None
    keeper = content.keeper if content else None
    if path and place == "outside":
        return f"{markdown.inline(f'It is at {path}.')}\n"
    commands = ["git fetch --tags", f"git switch --detach {shlex.quote(it.version.tag)}"]
    if not path or not (keeper or place == "git"):
        return f"In a clone of the repository:\n\n{_code(commands)}"
    if keeper:
        commands.append(f"{keeper.pull} {shlex.quote(path)}")
    where = f"In a clone of the repository, these commands put it at {path}:"
    text = f"{markdown.inline(where)}\n\n{_code(commands)}"
    if it.version.version is None:
        return text
    # The document of a tag is always the same, so the URL of a remote cannot be in it.
    get = f"mreg get {shlex.quote(f'{it.version.artifact}@{it.version.version}')} --repo URL"
    return f"{text}\nOr, without a clone, with the URL of the repository:\n\n{_code([get])}"


def _code(lines: Any) -> str:
    """Return lines as a block of code, in which nothing is taken for markup."""
    return "".join(f"    {line(it)}\n" for it in lines)
