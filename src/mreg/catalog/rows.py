"""A registry as rows of the index: plain values, made in the process that read it."""

from __future__ import annotations

import marshal
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mreg.annotations import packed, values
from mreg.annotations.entry import Annotation
from mreg.annotations.packed import Said
from mreg.core import queries, tables
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.net import urls
from mreg.render import json

if TYPE_CHECKING:
    from mreg.registry.artifact import Artifact
    from mreg.registry.contents import RegistryContents

Row: TypeAlias = tuple[Any, ...]


class RepositoryRows(NamedTuple):
    """What the index has of one repository; the numbers in it count from 0 in each list.

    Attributes:
        mark: stands for all of it.
        remote: how inputs of others name it, in one spelling; empty where nobody can.
        problems: how many problems were met.
        artifacts: a row each.
        versions: a row each; the first value is the number of its artifact.
        words: the words by which each version is found, in the same order.
        held: the stages that versions are in: stage, number of the version, whether it is current.
        events: a row each; the first value is the number of its artifact.
        said: what is looked up of what commits say: number of the version, field as queries name
            it, value, whether the version is the latest. The value is `ANY_NUMBER` of a metric,
            and `ANY_TEXT` of another field, of which the annotation alone can tell.
        inputs: what versions were made from: number of the version, remote, artifact, selector,
            role.
    """

    mark: str
    remote: str
    problems: int
    artifacts: list[Row]
    versions: list[Row]
    words: list[str]
    held: list[Row]
    events: list[Row]
    said: list[Row]
    inputs: list[Row]


ANY_NUMBER = ""
"""Stands for a metric that may be anything. In an index it comes behind all numbers."""

ANY_TEXT = 0
"""Stands for a text that may be anything: no text is the same."""

TEXTS: dict[str, Callable[[Annotation], Iterable[str | None]]] = {
    "label": lambda it: it.labels,
    "owner": lambda it: (it.owner,),
    "license": lambda it: (it.license,),
    "framework.name": lambda it: (it.framework and it.framework.name,),
}
"""The fields that are looked up by a text which is equal, with what gets it."""

_MOST_NUMBERS = 1000
"""So many metrics of a version are looked up by their values; one that has more, by none."""


def spelled(value: Any) -> Any:
    """Return values with halves of characters, which no index holds, spelled out as in JSON."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, RepositoryRows):
        return RepositoryRows._make(map(spelled, value))
    return type(value)(map(spelled, value)) if isinstance(value, list | tuple) else value


def of_contents(found: RegistryContents, address: str) -> RepositoryRows:
    """Return a registry's rows; the address is that by which others know it."""
    rows = RepositoryRows(found.mark, remote(address), len(found.problems), *([] for _ in range(7)))
    each = zip(found.artifacts, found.histories, found.versions, found.said, strict=True)
    for number, (artifact, history, versions, said) in enumerate(each):
        rows.artifacts.append(_artifact(artifact))
        rows.events.extend((number, *it) for it in _events(history))
        for version, annotation in zip(versions, said, strict=True):
            _add(rows, number, artifact, version, annotation)
    return rows


def remote(address: str) -> str:
    """Return one spelling of the URL or folder by which inputs name a repository."""
    if not urls.looks_like(address):
        return address
    # Over which transport it is reached, and as whom, says nothing of which one it is.
    return re.sub(r"^[a-z+]+://(?:[^@/]*@)?", "", urls.spelled_alike(urls.without_secrets(address)))


def _artifact(it: Artifact) -> Row:
    current = {stage: tables.holder_label(held) for stage, held in it.stages.items()}
    latest = it.latest.version if it.latest else None
    form = json.dumps(it)
    return (
        it.name,
        it.type,
        it.path,
        it.annotated,
        it.deprecated,
        latest,
        marshal.dumps(current),
        form,
    )


def _events(history: History) -> Iterator[Row]:
    for dated, about in zip(history.timeline, queries.subjects(history), strict=True):
        it = dated.event
        ids = (bytes.fromhex(it.oid), bytes.fromhex(it.commit))
        what = (it.action, it.version, it.stage, it.number, it.tag)
        yield (dated.effective, about, *what, *ids, it.time, it.zone, it.tagger, it.text)


def _add(rows: RepositoryRows, number: int, artifact: Artifact, it: Version, said: Said) -> None:
    """Add a version to an artifact's rows."""
    place = len(rows.versions)
    latest = bool(artifact.latest and it.version == artifact.latest.version)
    kept = None
    with suppress(ValueError):  # YAML has values that are none of the plain ones
        kept = marshal.dumps(packed.pack(said))
    annotation = said if isinstance(said, Annotation) else None
    numbers = {*_numbers(annotation)} if annotation else set()
    unsure = kept is None or len(numbers) > _MOST_NUMBERS or _is_unsure(said)
    kind = annotation.type if annotation else None
    when = (int(it.created_at.timestamp()), it.created_at.strftime("%z"))
    who = (it.author, it.author_email, it.message)
    where = (it.active, " ".join(it.stages), " ".join(it.current))
    of_artifact = (latest, artifact.deprecated)
    main = (it.version, it.tag, bytes.fromhex(it.commit), *when, *who, *where, *of_artifact)
    rows.versions.append((number, *main, kind, unsure, kept))
    if not unsure:
        rows.said.extend((place, f"metrics.{name}", value, latest) for name, value in numbers)
    texts = ((field, ANY_TEXT) for field in TEXTS) if unsure else _texts(annotation)
    rows.said.extend((place, field, text, latest) for field, text in texts)
    rows.words.append(" ".join(_words(it, annotation)))
    rows.held.extend((stage, place, stage in it.current) for stage in it.stages)
    for declared in annotation.inputs if annotation else ():
        if declared.artifact:
            name = re.split("[@#]", declared.artifact)[0]
            where_ = remote(declared.repo) if declared.repo else None
            said_of = (declared.repo, name, declared.artifact, declared.role)
            rows.inputs.append((place, where_, *said_of))


def _is_unsure(said: Said) -> bool:
    """Tell whether a commit may say more than what can be read."""
    if not isinstance(said, Annotation):
        return said is not None
    return bool(said.unread) or values.is_partial(said, "metrics")


def _numbers(said: Annotation) -> Iterator[tuple[str, Any]]:
    """Iterate over what the metrics of a version may be, each by all of its names."""
    if not said.files and {int, float}.issuperset(map(type, said.metrics.values())):
        yield from zip(said.metrics, map(number, said.metrics.values()), strict=True)
        return
    for name, known in values.known_by(said, "metrics"):
        for it in known if len(known) == 1 else ():
            for value in it.value if isinstance(it.value, list | tuple) else (it.value,):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    yield name, number(value)
        if len(known) > 1:
            yield name, ANY_NUMBER


def _texts(said: Annotation | None) -> Iterable[tuple[str, Any]]:
    """Return the texts of a version that are looked up, each with its field."""
    if said is None:
        return ()
    return {(field, it) for field, get in TEXTS.items() for it in get(said) if it is not None}


def number(value: float) -> Any:
    """Return a number as the index has it: of two, the larger one is never the smaller one there.

    SQLite has whole numbers up to 2**63 and floats, and takes what is not a number for nothing.
    """
    try:
        found = float(value)
    except OverflowError:
        found = math.inf if value > 0 else -math.inf
    return ANY_NUMBER if math.isnan(found) else found


def _words(it: Version, said: Annotation | None) -> Sequence[str]:
    found = [it.artifact, it.author, it.message]
    if said:
        made = said.framework.name if said.framework else None
        own = (said.type, said.description, said.owner, said.license, made)
        found += [*filter(None, own), *said.labels]
    return found
