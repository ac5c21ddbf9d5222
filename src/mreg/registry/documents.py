"""Answers as JSON (docs/reference/json.md), for commands, pages and programs alike.

>>> from mreg.registry import documents
>>> from mreg.render import json
>>> json.dumps(documents.best(registry.best("churn", "auc")))

Each function takes an answer of the facade and returns what `mreg.render.json.dumps` writes. An
answer that has none here is written as it is: a named tuple is an object of its fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mreg.core.diagnostics import Diagnostic
from mreg.core.times import moment

if TYPE_CHECKING:  # an answer is there already when its document is made
    from mreg.annotations.entry import Annotation, Described
    from mreg.candidates.candidate import Candidates
    from mreg.compare.comparison import Best, Comparison
    from mreg.compare.diff import Diff
    from mreg.content.prune import Pruned
    from mreg.core.kinds import TagName
    from mreg.core.outcomes import Outcome
    from mreg.core.queries import Record, Version
    from mreg.deploy.running import Status
    from mreg.lineage.graph import Lineage
    from mreg.plots.values import Plots
    from mreg.policy.case import Approval
    from mreg.policy.model import Governing
    from mreg.policy.verdicts import Backers
    from mreg.registry.artifact import Artifact, Details
    from mreg.registry.cache import Cleared
    from mreg.registry.verification import Verification
    from mreg.search.found import Results

Document = dict[str, Any]


def overview(artifacts: Sequence[Artifact], problems: Sequence[Diagnostic]) -> Document:
    """Return what `mreg show` prints."""
    return {"artifacts": artifacts, "problems": problems}


def details(found: Details) -> Document:
    """Return what `mreg show NAME` prints."""
    return {
        **found.artifact._asdict(),
        "versions": found.versions,
        "unannotated": found.unannotated,
        "problems": found.problems,
    }


def version(
    found: Version, said: Annotation | Diagnostic | None, backers: Backers | None = None
) -> Document:
    """Return what `mreg show SELECTOR` prints: a version, and what its commit says of it.

    Of a stage's holder it says who stands behind its promotion, too (`Registry.backers`).
    """
    from mreg.annotations import entry

    annotation = said if isinstance(said, entry.Annotation) else None
    document = {**_annotated(found, annotation), "problems": entry.problems(said)}
    if by := found.promotion:
        shown = {it: getattr(by, it) for it in by.shown()}
        document["promotion"] = {**shown, "backers": backers}
    return document


def _annotated(found: Version, said: Annotation | None) -> Document:
    from mreg.annotations import entry

    return {**found._asdict(), "annotation": entry.as_dict(said) if said else None}


def description(found: Described) -> Document:
    """Return what `mreg describe` prints."""
    from mreg.annotations import entry

    head = {"artifact": found.artifact, "version": found.version, "commit": found.commit}
    said = found.annotation
    return {**head, **entry.as_dict(said), "problems": said.problems}


def diff(found: Diff) -> Document:
    """Return what `mreg diff` prints."""
    tensors = found.tensors and {"equal": found.tensors.equal, **found.tensors._asdict()}
    return {**found._asdict(), "tensors": tensors, "changed": found.changed}


def comparison(found: Comparison) -> Document:
    """Return what `mreg compare` prints."""
    rows = [_flat(it) for it in found.rows]
    head = {"artifact": found.artifact, "metrics": found.metrics, "params": found.params}
    more = {"full_names": found.full_names, "versions": rows, "problems": found.problems}
    return {**head, **more}


def plots(found: Plots) -> Document:
    """Return what `mreg compare --plots FILE --json` prints: the data of versions' plots."""
    return found._asdict()


def best(found: Best) -> Document:
    """Return what `mreg best` prints."""
    return _flat(found)


def candidates(found: Candidates) -> Document:
    """Return what `mreg candidates` prints, with the command that registers each candidate."""
    from mreg.candidates import layout

    listed = [{**it._asdict(), "command": layout.command(found, it)} for it in found.candidates]
    return {**found._asdict(), "candidates": listed}


def _flat(found: Any) -> Document:
    """Return an answer about a version with the version's own keys among its own."""
    values = found._asdict()
    return {**values.pop("version")._asdict(), **values}


def results(found: Results) -> Document:
    """Return what `mreg search` prints."""
    versions = [_annotated(it.version, it.annotation) for it in found.found]
    return {"versions": versions, "problems": found.problems}


def lineage(found: Lineage) -> Document:
    """Return what `mreg lineage` prints."""
    from mreg.lineage import graph

    return graph.as_dict(found)


def tag_name(found: TagName) -> Document:
    """Return what `mreg check-tag --name-only` prints."""
    return {**found._asdict(), "number": found.number or None}


def event(found: Record, *, dry_run: bool = False) -> Document:
    """Return what a command prints that took an event back, or would do so."""
    return _rehearsed(found._asdict(), dry_run)


def _outcome(made: Outcome, *, dry_run: bool) -> Document:
    fields = made._asdict()
    del fields["already"], fields["dry_run"]
    return _rehearsed({**fields, "changed": made.changed}, dry_run)


def outcomes(
    made: Sequence[Outcome],
    *,
    dry_run: bool = False,
    problems: Sequence[Diagnostic] | None = None,
) -> Document:
    """Return what a command prints that made events: of one event that, of several their list.

    The problems are those of what was registered (`Registry.unsaid`); None: nothing asks for them.
    """
    found = [_outcome(it, dry_run=dry_run) for it in made]
    document = listed("events", found) if len(found) > 1 else found[0]
    return document if problems is None else {**document, "problems": problems}


def approval(said: Approval, *, dry_run: bool = False) -> Document:
    """Return what `mreg approve` and `mreg reject` print."""
    signer, when = said.signer._asdict(), moment(said.time, said.zone)
    fields = {**said._asdict(), "signer": signer, "created_at": when}
    return _rehearsed({it: fields[it] for it in fields if it not in ("time", "zone")}, dry_run)


def _rehearsed(document: Document, dry_run: bool) -> Document:
    return {**document, "dry_run": True} if dry_run else document


def policy(found: Governing, differing: str) -> Document:
    """Return what `mreg policy` prints; `differing` is the file of the work tree that differs."""
    from mreg.policy import model

    return {**model.as_dict(found), "differing": differing}


def status(found: Status) -> Document:
    """Return what `mreg status` prints."""
    stages = [{**it._asdict(), "agrees": it.agrees} for it in found.stages]
    return {**found._asdict(), "stages": stages, "agrees": found.agrees}


def verification(found: Verification) -> Document:
    """Return what `mreg verify` prints."""
    return {
        "events": found.events,
        "refused": [_refused(it) for it in found.received.refused],
        "warnings": found.received.warnings,
        "tampering": [_trace(it) for it in found.traces],
    }


def _refused(it: Diagnostic) -> Document:
    return {"ref": it.subject, "rule": it.code, "reason": it.message, "hint": it.hint}


def _trace(it: Diagnostic) -> Document:
    place = {"tag": it.subject, "where": it.location.remote, "message": it.message}
    return {"trace": it.code, "severity": it.severity, **place}


def listed(noun: str, found: Iterable[Any]) -> Document:
    """Return what a command prints that lists things, such as doctor."""
    return {noun: tuple(found)}


def pushed(found: Iterable[str], *, dry_run: bool) -> Document:
    """Return what `mreg push` prints."""
    return {"pushed": tuple(found), **({"dry_run": True} if dry_run else {})}


def pruned(found: Pruned) -> Document:
    """Return what `mreg cache prune` prints."""
    return {"removed": _removed(found), "left": found.left}


def cleared(found: Cleared) -> Document:
    """Return what `mreg cache clear` prints."""
    contents = {"contents": _removed(found.contents)} if found.contents else {}
    return {"mirrors": found.mirrors, **contents}


def _removed(found: Pruned) -> Document:
    return {"files": found.files, "size": found.size}
