"""What could become a model's next version: a table, and the command that registers one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mreg.candidates import layout
from mreg.core.kinds import SHORT
from mreg.core.tables import NOTHING, UNCLEAR
from mreg.render import markup as h
from mreg.render import numbers
from mreg.render.markup import Content, Markup
from mreg.web import dates, frame
from mreg.web.frame import chip, heading

if TYPE_CHECKING:
    from mreg.candidates.candidate import Candidates, VersionCandidate
    from mreg.compare.diff import MetricChange
    from mreg.web.values import Model

MOST = 10
"""So many are on the page, those that come first; `mreg candidates` has all."""

_METRICS = 3
_LONGEST = 60
"""What has more characters, such as the name of a branch, is cut."""


def panel(model: Model) -> Content:
    """Return what could become the model's next version; nothing where that is not shown."""
    found = model.candidates
    if found is None or not found.candidates:
        return None
    metrics = found.metrics[:_METRICS]
    head = [heading("where"), *(heading(_cut(it), "num") for it in metrics)]
    head += [heading("changes from " + (found.newest.version or ""))] if found.newest else []
    head += [heading("by"), heading("commit")]
    rows = [_row(found, it, metrics) for it in found.candidates[:MOST]]
    count = len(found.candidates) + found.left_out
    against = f", compared with {layout.against(found)}" if found.against else ""
    return frame.panel(
        "candidates",
        "Candidates for the next version",
        frame.table(head, rows, label="Candidates for a version", class_="candidates"),
        h.div(*_next(model, found), class_="pad"),
        note=f"{count}, {'best' if found.sorted_by else 'newest'} first{against}",
    )


def _row(found: Candidates, it: VersionCandidate, metrics: tuple[str, ...]) -> Markup:
    kind = None if it.place.kind == "branch" else chip(it.place.kind)
    lacks = chip("incomplete", "warn") if it.problems else None
    differs = h.td(layout.differs(it)) if found.newest else None
    return h.tr(
        h.th(_cut(it.place.name), " ", kind, lacks, scope="row"),
        *(_metric(it.metric(name), it) for name in metrics),
        differs,
        h.td(_cut(it.author), ", ", dates.element(it.created_at), class_="dim"),
        h.td(h.span(it.commit[:SHORT], title=_cut(it.subject)), class_="mono"),
    )


def _metric(change: MetricChange | None, it: VersionCandidate) -> Markup:
    """Return a metric with its difference from what candidates are held against."""
    if change is None or change.after is None:
        return h.td(UNCLEAR if it.problems else NOTHING, class_="num")
    digits = numbers.digits_for((change.before, change.after))
    difference: Content = None
    if change.delta:
        text = numbers.signed(change.delta, digits=digits)
        difference = h.span(
            text, class_={"better": "up", "worse": "down"}.get(change.verdict or "", "dim")
        )
    return h.td(numbers.shown(change.after, digits=digits), " ", difference, class_="num")


def _next(model: Model, found: Candidates) -> Iterator[Content]:
    """Iterate over what can be done: the command for the first that the policy allows."""
    where = model.repository.address
    if allowed := layout.preferred(found):
        repo = f" --repo {shlex.quote(where)}" if where else ""
        yield frame.command(layout.command(found, allowed) + repo)
    else:
        yield h.p(layout.refused(found), class_="dim")
    if found.cut_off:
        yield h.p(f"Some candidates may be missing: {found.cut_off}.", class_="dim")
    if left := found.left_out:
        listed = f"mreg candidates {shlex.quote(found.artifact)} --all"
        yield h.p(f"{left} more: ", h.code(listed), class_="dim")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"
