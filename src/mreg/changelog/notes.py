"""Release notes for a reader: as Markdown, and as tables under headings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo

from mreg.changelog.changelog import Changelog, Release
from mreg.compare import layout
from mreg.core import plans, tables, versions
from mreg.core.commits import Committed
from mreg.core.events import ROLLBACK_TRAILER
from mreg.core.kinds import KINDS, SHORT
from mreg.core.queries import Record
from mreg.render import markdown, moments, numbers
from mreg.render.moments import Moment
from mreg.render.table import Table


def title(found: Changelog) -> str:
    """Return what release notes are of, in a line."""
    if found.since and found.until:
        return f"{found.artifact}: {found.since} to {found.until}"
    if found.since:
        return f"{found.artifact}: since {found.since}"
    return f"{found.artifact}: up to {found.until}" if found.until else found.artifact


def empty(found: Changelog) -> str:
    """Say that there is no version in the span that was asked about."""
    if not found.since:
        return "There is no version."
    until = f" and up to {found.until}" if found.until else ""
    return f"{found.artifact} has no version after {found.since}{until}."


def heading(it: Release) -> str:
    """Return a version's name, with the stages that it is in."""
    label = tables.version_label(it.version)
    return f"{label} in {', '.join(it.version.current)}" if it.version.current else label


def origin(it: Release, zone: tzinfo | None) -> str:
    """Return when a version was registered, in a time zone, by whom and of which commit."""
    found = it.version
    when = moments.minute(found.created_at.astimezone(zone))
    return f"{when} by {found.author}, commit {found.commit[:SHORT]}"


def sections(it: Release, *, short: bool = False) -> list[Table]:
    """Return what is new in a version as tables, each with its title; without those of no row.

    In `short` a metric has no more digits than tell its two values apart.
    """
    found = [_events(it), _metrics(it, short=short), _commits(it)]
    return [table for table in found if table.rows]


def _events(it: Release) -> Table:
    columns: dict[str, Callable[[Record], str]] = {
        "date": lambda event: Moment.of(event.created_at),
        "event": lambda event: _what(event, it),
        "author": lambda event: event.author,
        "message": _said,
    }
    return Table.of(columns, it.events, title="Events", wraps=("event", "author", "message"))


def _what(event: Record, it: Release) -> str:
    """Return what an event did to a version."""
    bad = event.trailers.get(ROLLBACK_TRAILER)
    kind = KINDS[event.action]
    if kind.enters_stage and bad:
        if event.version == it.version.version:
            left = bad if versions.is_version(bad) else f"commit {bad[:SHORT]}"
            return f"put back in {event.stage} after {left}"
        return f"rolled back in {event.stage} to {event.version}"
    return f"{kind.past}{kind.place(event.stage)}"


def _said(event: Record) -> str:
    """Return what whoever made an event said of it; nothing where mreg found the words."""
    line = tables.first_line(event.message)
    bad = event.trailers.get(ROLLBACK_TRAILER)
    words = {KINDS[event.action].subject(event.artifact, event.version, event.stage)}
    if bad and event.version:
        words.add(plans.rollback_subject(bad, event.version))
    return "" if line in words else line


def _metrics(it: Release, *, short: bool) -> Table:
    if it.before is None:
        rows: list[tuple[str, ...]] = []
        for each in it.metrics:
            digits = numbers.digits_for((each.after,)) if short else numbers.MOST_DIGITS
            rows.append((each.name, numbers.shown(each.after, digits=digits)))
        return Table(("metric", "value"), rows, title="Metrics", wraps=frozenset(("metric",)))
    sides = (str(it.before.version), str(it.version.version))
    found = layout.metrics(it.metrics, sides, short=short)
    return found._replace(title=f"Metrics, against {it.before.version}")


def _commits(it: Release) -> Table:
    columns: dict[str, Callable[[Committed], str]] = {
        "commit": lambda each: each.commit[:SHORT],
        "date": lambda each: f"{each.date:%Y-%m-%d}",
        "author": lambda each: each.author,
        "subject": lambda each: each.subject,
    }
    title = f"Commits since {it.before.version if it.before else ''} that changed it"
    shown = Table.of(columns, it.commits, title=title, wraps=("author", "subject"))
    if it.more:
        shown.rows.append(("...", "", "", _more(it)))
    return shown


def _more(it: Release) -> str:
    return f"and {it.more} more"


def text(found: Changelog) -> str:
    """Return release notes as Markdown, the same for whoever makes them: times are in UTC.

    Nothing that people wrote is taken for Markdown or HTML, becomes a link, or calls anybody.
    """
    parts = [f"# {markdown.inline(title(found))}\n"]
    if not found.releases:
        parts.append(f"\n{markdown.inline(empty(found))}\n")
    for it in found.releases:
        parts += _release(it)
    return "".join(parts)


def _release(it: Release) -> Iterator[str]:
    yield f"\n## {markdown.inline(heading(it))}\n"
    yield f"\n{markdown.inline(origin(it, UTC))}\n"
    yield f"\n{markdown.block(it.version.message)}\n"
    if it.events:
        yield "\n" + "".join(f"- {markdown.inline(_line(event, it))}\n" for event in it.events)
    if it.metrics:
        table = _metrics(it, short=False)
        yield f"\n**{markdown.inline(table.title)}**\n\n{markdown.table(table)}"
    if it.commits or it.more:
        yield f"\n**{markdown.inline(_commits(it).title)}**\n\n"
        yield from (f"- {_commit(each)}\n" for each in it.commits)
        yield f"- {_more(it)}\n" if it.more else ""


def _line(event: Record, it: Release) -> str:
    said = f": {_said(event)}" if _said(event) else ""
    return (
        f"{event.created_at.astimezone(UTC):%Y-%m-%d} {_what(event, it)}, by {event.author}{said}"
    )


def _commit(it: Committed) -> str:
    return (
        f"`{it.commit[:SHORT]}` {markdown.inline(it.subject)} "
        f"({markdown.inline(it.author)}, {it.date:%Y-%m-%d})"
    )
