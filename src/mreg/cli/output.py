"""Printing answers: a table on a terminal, plain text into a pipe, JSON where asked for."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mreg.cli import streams, view
from mreg.cli.exits import at_end
from mreg.core.diagnostics import NOT_IN_DVCS_CACHE, Diagnostic, gathered
from mreg.core.kinds import KINDS
from mreg.errors import UsageError
from mreg.render import moments
from mreg.render.cell import Cell
from mreg.render.escape import block, line
from mreg.render.moments import Moment

if TYPE_CHECKING:
    from mreg.content.fetch import Progress as BytesDone
    from mreg.core.outcomes import Outcome
    from mreg.lineage.graph import Lineage
    from mreg.policy.case import Approval
    from mreg.render.table import Table
    from mreg.render.terminal import ProgressBar, Screen
    from mreg.render.tree import TreeLine
    from mreg.web.options import SiteReport


def data(text: str) -> None:
    """Print what was asked for, on standard output."""
    sys.stdout.write(text)
    if not text.endswith("\n"):
        sys.stdout.write("\n")  # not added to the text, which may be a large registry's


def title(text: str) -> None:
    """Print what stands above a table, with a line between it and what is before it."""
    data(f"\n{view.heading(line(text), sys.stdout)}\n")


def commands(text: str) -> None:
    """Print lines that are meant to be commands to who runs a pipeline."""
    streams.plain(sys.stdout).write(text)


def talk(text: str) -> None:
    """Say something about the answer, on standard error; behind it where both go to one place."""
    said = view.talk(block(text), sys.stderr) + "\n"
    if isinstance(sys.stdout, view.HeldOutput):
        sys.stdout.later.append(said)
        return
    sys.stdout.flush()
    sys.stderr.write(said)
    sys.stderr.flush()


def as_json(value: Any) -> None:
    """Print a value as JSON: indented on a terminal, in one line elsewhere."""
    from mreg.render import json

    data(json.dumps(value, pretty=sys.stdout.isatty()))


def json_text(pieces: Iterable[str]) -> None:
    """Print a JSON text that is made piece by piece, as `as_json` prints a value."""
    if sys.stdout.isatty():
        from mreg.render import json

        data(json.indented("".join(pieces)))
        return
    for piece in pieces:
        sys.stdout.write(piece)
    sys.stdout.write("\n")


def bare(value: Any) -> str:
    """Return a value as scripts want it: a line, a line for each of several texts, or JSON."""
    if isinstance(value, list | tuple) and all(isinstance(it, str) for it in value):
        return "\n".join(line(it) for it in value)
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str):
        return line(value)
    from mreg.render import json

    return json.dumps(value)


class ProgressLine:
    """Shows on a terminal how far something is, if that takes longer than a moment."""

    MOMENT = streams.MOMENT

    _EACH = 0.1

    def __init__(self) -> None:
        self._next = time.monotonic() + self.MOMENT
        self._bar: ProgressBar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.end()

    def __call__(self, now: BytesDone) -> None:
        """Show how many bytes are done, of as many as there are; that may not be known yet."""
        if time.monotonic() < self._next or not sys.stderr.isatty():
            return
        self._next = time.monotonic() + self._EACH
        if self._bar is None:
            from mreg.render.terminal import ProgressBar

            self._bar = ProgressBar()
        self._bar.show(now.done, now.total)


def counted(words: str) -> Callable[[int, int], None] | None:
    """Return what shows how far something has come, in words with two gaps: "read {} of {}".

    It shows nothing before a moment has passed, and nothing is left of it when the command ends.
    None where nobody watches.
    """
    if not sys.stderr.isatty():
        return None
    begin = time.monotonic() + ProgressLine.MOMENT
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        if time.monotonic() >= begin and (percent := 100 * done // total) != shown:
            shown = percent
            sys.stderr.write(f"\r{words.format(done, total)}")
            sys.stderr.flush()
            if done == total:
                clear()

    def clear() -> None:
        nonlocal shown
        if shown >= 0:
            shown = -1
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    at_end.append(clear)
    return show


def table(content: Table, *, utc: bool = False, elsewhere: str = "") -> None:
    """Print a table, with its times in the reader's zone or in UTC; with no rows, say so.

    Args:
        content: the table.
        utc: whether times are in UTC.
        elsewhere: what the hint adds where a column is wanted that the table lacks.

    Raises:
        UsageError: the table has no such column.
    """
    _require_columns(content, elsewhere)
    if not content.rows:
        talk(content.empty)
    elif view.on_terminal():
        drawn(content, utc=utc)
    else:
        from mreg.render import text

        data(text.table(_chosen(content).in_zone(UTC if utc else None)))


def drawn(
    content: Table,
    *,
    utc: bool = False,
    pinned: int = 0,
    form: Callable[[datetime], str] | None = None,
) -> None:
    """Draw a table on the terminal: colours, links, and how long ago things were.

    Args:
        content: the table.
        utc: whether times are shown, in UTC.
        pinned: how many of the first columns are shown again where it is parted by its columns.
        form: makes a text of a time; without it, it is said how long ago that was, unless all of
            it is wanted.
    """
    from mreg.render import terminal

    now = datetime.now(UTC)
    in_full = moments.minute if utc or view.current().wide else partial(moments.ago, now=now)
    shown = _chosen(content).in_zone(UTC if utc else None, form or in_full)
    left_out = terminal.show(shown, _screen(), pinned=pinned)
    if left_out:
        note = f"note: columns not shown: {', '.join(left_out)} (--wide shows them)"
        talk("\n".join(_broken(note, 0)))


def _screen() -> Screen:
    from mreg.render.terminal import Screen

    chosen = view.current()
    color = None if chosen.color == "auto" else chosen.color == "always"
    wide = chosen.wide or not sys.stdout.isatty()
    return Screen(color, wide, view.links(), full=chosen.wide or bool(chosen.columns))


def _chosen(content: Table) -> Table:
    """Return the columns of a table that the user wants.

    Raises:
        UsageError: it has no such column.
    """
    names = view.current().columns
    _require_columns(content)
    return content.of_columns(names)._replace(gives_way=()) if names else content


def _require_columns(content: Table, elsewhere: str = "") -> None:
    names = view.current().columns
    if unknown := next((it for it in names if it not in content.header), None):
        listed = f"use one of {', '.join(it for it in content.header if it)}"
        hint = "; ".join(filter(None, (listed, elsewhere)))
        raise UsageError(f"there is no column {unknown!r}", hint=hint)


def tree(rows: list[TreeLine]) -> None:
    """Print a tree; on a terminal its lines are broken to fit."""
    if view.on_terminal():
        from mreg.render import terminal

        terminal.tree(rows, _screen())
    else:
        from mreg.render.tree import text

        data(text(rows))


def lineage(found: Lineage, form: str) -> None:
    """Print a lineage as a tree, as JSON, or for another program to draw."""
    from mreg.lineage import diagrams
    from mreg.lineage import tree as trees
    from mreg.registry import documents

    if form == "json":
        as_json(documents.lineage(found))
    elif form == "mermaid":
        data(diagrams.mermaid(found))
    elif form == "dot":
        data(diagrams.dot(found))
    else:
        tree(trees.rows(found))
    if found.cut:
        talk("The lineage is cut: --depth and --limit control how much is shown.")


def listing(content: Table, *, csv: bool, markdown: bool, utc: bool, elsewhere: str = "") -> None:
    """Print a table in the form that was asked for; `elsewhere` is as in `table`."""
    _require_columns(content, elsewhere)
    show = as_csv if csv else as_markdown if markdown else table
    show(content, utc=utc)


def as_csv(content: Table, *, utc: bool = False) -> None:
    """Print a table as CSV; its times are in full, with the offset of whoever made the tag."""
    from mreg.render import csv

    content = _chosen(content)
    data(csv.table(content.in_zone(UTC, datetime.isoformat) if utc else content))


def as_markdown(content: Table, *, utc: bool = False) -> None:
    """Print a table in Markdown, with its times as in `table`."""
    from mreg.render import markdown

    data(markdown.table(_chosen(content).in_zone(UTC if utc else None)))


def pairs(content: Sequence[tuple[str, str]], *, utc: bool = False) -> None:
    """Print words and texts, a line each; further lines of a text are indented."""
    zone = UTC if utc else None
    width = max(len(word) for word, _ in content) + 2
    for word, text in content:
        if isinstance(text, Cell) and view.on_terminal() and _broken(text, width) == [text]:
            from mreg.render import terminal

            terminal.pair(f"{word:{width}}", text, _screen())
            continue
        shown = moments.second(text.at(zone)) if isinstance(text, Moment) else text
        lines = [it for one in block(shown).split("\n") for it in _broken(one, width)]
        data("\n".join([f"{word:{width}}{lines[0]}", *(" " * width + it for it in lines[1:])]))


def _broken(text: str, taken: int) -> list[str]:
    """Break a line where the terminal would: between words, if so many columns stand before it."""
    if not sys.stdout.isatty() or view.current().wide:
        return [text]
    room = os.get_terminal_size(sys.stdout.fileno()).columns - taken
    if len(text) <= room or room < _NARROWEST:
        return [text]
    import textwrap

    indent = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text,
        room,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
    )


_NARROWEST = 20
"""The width below which lines are left to the terminal."""


def mention(
    problems: Sequence[Diagnostic], *, almost: bool = False, fetched: bool | None = None
) -> None:
    """Say in one line that there are problems, where somebody should look at them.

    Tags that are almost the registry's are told where its tags are asked about (`almost`). What
    lies in the question itself, the doctor does not know: each such problem is told here. Where
    what DVC keeps may be `fetched`, it is said how, or why that did not do.
    """
    asked: dict[str, list[str]] = {}
    for it in problems:
        if it.code == "MR026":
            asked.setdefault(f"{it.message}; {it.hint}", []).append(it.subject)
    for what, tags in asked.items():
        talk(f"warning: cannot judge {line(_listed(tags))} by {line(what)}")
    passed_over = ("MR026",) if almost else ("MR026", "MR001")
    serious = [
        it for it in gathered(problems) if it.severity != "info" and it.code not in passed_over
    ]
    if serious:
        first = f"{serious[0].subject}: {serious[0].message}"
        more = f", and {len(serious) - 1} more" if len(serious) > 1 else ""
        talk(f"warning: {line(first)}{more} (see `mreg doctor`)")
    if fetched is not None:
        files_of_dvc(problems, fetched=fetched)


def files_of_dvc(problems: Sequence[Diagnostic], *, fetched: bool) -> None:
    """Say how to have the files that DVC keeps and that are not here, or why they are not yet."""
    lacking = sum(it.message.endswith(NOT_IN_DVCS_CACHE) for it in problems)
    if lacking:
        what = "1 file is" if lacking == 1 else f"{lacking} files are"
        ways = (
            "run with `--fetch` to download missing files from DVC's remote, or `dvc fetch "
            "--all-tags` to fill the cache"
        )
        talk(f"{what} not in DVC's local cache: {ways}.")
    if fetched:
        for it in dict.fromkeys(it.hint for it in problems if it.code == "MR021" and it.hint):
            talk(f"    {line(it)}")


_MOST_LISTED = 20


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return ", ".join(names[:_MOST_LISTED]) + more


def outcomes(
    made: Sequence[Outcome],
    *,
    dry_run: bool,
    json: bool,
    problems: Sequence[Diagnostic] | None = None,
) -> None:
    """Print the events that a command made, or would make, or found made, and what follows.

    With what is lacking, where one asked.
    """
    if json:
        from mreg.registry import documents

        as_json(documents.outcomes(made, dry_run=dry_run, problems=problems))
    else:
        for it in made:
            data(line(str(it)))
            if dry_run and it.changed:
                pairs(
                    [
                        ("  tag", it.tag),
                        ("  commit", it.commit),
                        ("  message", it.message),
                        *((f"  {key}", value) for key, value in it.trailers.items()),
                    ]
                )
    for problem in problems or ():
        word = "note" if problem.severity == "info" else problem.severity
        talk(line(f"{word}: {problem.message}; {problem.hint}"))
    for warning in (warning for it in made for warning in it.warnings):
        talk(f"warning: {line(warning)}")
    _follow_ups(made, dry_run=dry_run)


def _follow_ups(made: Sequence[Outcome], *, dry_run: bool) -> None:
    """Say who holds what was left, and that a deprecation ends."""
    last = made[-1]
    then = "would then hold" if dry_run else "now holds"
    for stage, holder in last.holders.items():
        if KINDS[last.action].leaves_stage or (last.already and holder != last.version):
            talk(f"{stage} {then if last.changed else 'holds'} {holder or 'nothing'}.")
    if revived := next((it for it in made if it.ends_deprecation), None):
        is_so = "would no longer be" if dry_run else "is no longer"
        holds = "would hold" if dry_run else "holds"
        talk(f"{revived.artifact} {is_so} deprecated{_again(revived.holders, holds)}.")


def _again(holders: Mapping[str, str | None], holds: str) -> str:
    """Say who holds the stages of what was deprecated."""
    held = [f"{stage} {holds} {holder}" for stage, holder in holders.items() if holder]
    return f"; {', '.join(held)} again" if held else ""


def approval(said: Approval, *, dry_run: bool, json: bool) -> None:
    """Print what a principal said of a version, or would say."""
    if json:
        from mreg.registry import documents

        as_json(documents.approval(said, dry_run=dry_run))
        return
    begin = f"Would {said.verdict}" if dry_run else said.verb.capitalize()
    how = f"signed with {said.signer.key}" if said.signer.verified else "unverified"
    what = f"{said.artifact} {said.version} for {said.stage} as {said.principal}"
    data(line(f"{begin} {what}" if dry_run else f"{begin} {what} ({how})"))


def site(report: SiteReport, *, json: bool) -> None:
    """Print what became of a site."""
    from mreg.core.tables import first_line

    for it in report.unread:
        what = f"cannot read {it.repository}; its pages are unchanged"
        talk(f"warning: {what}: {first_line(it.message)}")
    mention(report.problems)
    if json:
        as_json(report)
    else:
        models = f"{report.models} model{'s' * (report.models != 1)}"
        done = f"{len(report.written)} files written, {len(report.removed)} removed"
        data(f"{models}: {done}")
