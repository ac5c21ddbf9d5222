"""The report of an event in Markdown, for the page of a pipeline's run (GITHUB_STEP_SUMMARY).

What a repository's texts are is shown; nothing in them becomes a heading, a link or a mention.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mreg.compare import layout
from mreg.compare.diff import Diff
from mreg.core import kinds
from mreg.deploy.deployment import Deployment
from mreg.policy.verdicts import Audited
from mreg.render import markdown, numbers
from mreg.render.table import Table
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.lineage.graph import Lineage

MOST_BYTES = 1024 * 1024
"""How much GitHub takes for one step
(https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands, "Step isolation
and limits")."""


class Report(NamedTuple):
    """An event, and what a person who watches its pipeline wants to know besides.

    Attributes:
        deployment: what is emitted.
        verdict: what the policy says; None where there is none, or for a tag that is not the
            registry's.
        diff: what differs from the version before; None where it was not asked for, or there is
            none.
        lineage: what the version was made from; None where it was not asked for.
        remarks: what could not be told, in words.
    """

    deployment: Deployment
    verdict: Audited | None = None
    diff: Diff | None = None
    lineage: Lineage | None = None
    remarks: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the policy does not allow the event."""
        return self.verdict is not None and not self.verdict.passed


def markdown_of(report: Report, room: int = MOST_BYTES) -> str:
    """Return a report as Markdown; parts for which there is no `room`, in bytes, are only named."""
    text = ""
    for title, part in _parts(report):
        gap = "\n" if text else ""
        instead = f"{gap}{title} is omitted: the page would be too large.\n"
        # Each part leaves room for the words that stand for those behind it.
        if len(f"{text}{gap}{part}".encode()) + _RESERVE <= room:
            text += gap + part
        elif len(f"{text}{instead}".encode()) <= room:
            text += instead
    return text


_RESERVE = 2048


def _parts(report: Report) -> Iterator[tuple[str, str]]:
    """Iterate over the parts of a report, the most important first, each with its title."""
    yield "The heading", f"## {markdown.inline(heading(report))}\n"
    if report.deployment.event != "none":
        yield from _details(report)
    for remark in report.remarks:
        yield "A remark", f"{markdown.inline(remark)}\n"


def _details(report: Report) -> Iterator[tuple[str, str]]:
    """Iterate over the parts of an event's report."""
    found = report.deployment
    yield "What happened", markdown.table(_facts(found))
    if report.verdict:
        yield "What the policy says", _policy(report.verdict)
    if found.message:
        lines = found.message.split("\n")
        yield "The message", "".join(f"> {markdown.inline(it)}  \n" for it in lines)
    for section in layout.sections(report.diff) if report.diff else ():
        yield f"The part {section.title!r}", _titled(section)
    if found.metrics:
        rows: list[tuple[str, ...]] = [
            (name, numbers.shown(value)) for name, value in found.metrics.items()
        ]
        table = Table(("metric", "value"), rows, title="All metrics")
        yield "The list of metrics", _titled(table)
    if report.lineage and report.lineage.edges:
        yield "The lineage", _diagram(report.lineage)


def heading(report: Report) -> str:
    """Say in a line what happened."""
    it = report.deployment
    if it.kind is None:
        return f"{it.tag} is not a registry tag" if it.tag else "The tag is not set"
    version = it.version or kinds.held_label(None, it.commit or "")
    words = it.kind.subject(str(it.artifact), version, it.stage)
    if report.refused:
        return f"Refused: {words}"
    return f"{words} (rollback)" if it.is_rollback else words


def _facts(it: Deployment) -> Table:
    """Return what happened as a table: a row for each thing that is known."""
    moves = f"{it.previous_version or 'nothing'} to {it.version or (it.commit or '')[:12]}"
    rows = {
        "moves": f"{it.stage}: {moves}" if it.kind and it.kind.enters_stage else "",
        "now": _now(it),
        "tag": it.tag,
        "commit": it.commit,
        "by": f"{it.author} <{it.author_email}>",
        "signed by": it.signed_by,
        "approved by": ", ".join(it.approved_by),
        "date": it.created_at,
        "type": it.type,
        "path": it.path,
        "description": it.description,
    }
    return Table(("", ""), [(key, value) for key, value in rows.items() if value])


def _now(it: Deployment) -> str:
    """Say what holds now, where that is not what the tag says."""
    if it.stage and it.kind and it.kind.leaves_stage:
        return f"{it.stage} holds {it.current_version or 'nothing'}"
    if it.is_current:
        return ""
    what = f": {it.stage} holds {it.current_version or 'nothing'}" if it.stage else ""
    return f"superseded by a later event{what}"


def _policy(verdict: Audited) -> str:
    words = "The policy allows it." if verdict.passed else "**The policy does not allow it.**"
    rows: list[tuple[str, ...]] = [
        ("kept" if it.passed else "not met", it.rule, it.reason, it.hint) for it in verdict.rulings
    ]
    if not rows:
        return f"{words}\n"
    body = Table(("", "rule", "why", "what to do"), rows)
    return f"{words}\n\n{markdown.table(body)}"


def _titled(section: Table) -> str:
    return f"**{markdown.inline(section.title)}**\n\n{markdown.table(section)}"


def _diagram(lineage: Lineage) -> str:
    from mreg.lineage import diagrams

    more = "\nThe lineage continues; run `mreg lineage` to see all of it.\n" if lineage.cut else ""
    return f"**Lineage**\n\n```mermaid\n{diagrams.mermaid(lineage)}```\n{more}"
