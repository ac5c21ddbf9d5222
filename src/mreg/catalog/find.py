"""Searching a catalog: a query of `mreg search`, of which SQLite first leaves out what it can.

What SQLite says is never the answer: it lets through every version that the query may be true of,
and the query itself decides. So there is one language, whatever is in the index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple, TypeAlias

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.catalog import answers, rows
from mreg.catalog.index import CatalogIndex
from mreg.core import times
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.search import Query, SearchedVersion
from mreg.search.inputs import Meanings
from mreg.search.query import And, FieldComparison, Node, Or
from mreg.search.subject import NOTHING_MEANT
from mreg.search.values import as_number


class CatalogFound(NamedTuple):
    """A version that a search found.

    Attributes:
        repository: the label of its repository.
        version: the version.
        annotation: what its commit says of it; None where that is nothing, or cannot be read.
    """

    repository: str
    version: Version
    annotation: Annotation | None


class Condition(NamedTuple):
    """A condition of SQL with the values in it."""

    text: str
    values: tuple[Any, ...] = ()


ALWAYS = Condition("1")
Narrow: TypeAlias = Callable[[str], Condition]


class Scope(NamedTuple):
    """Which versions are searched.

    Attributes:
        ended: those that were deregistered, too, and those of deprecated artifacts.
        latest: of each artifact the latest alone.
        repository: those of repositories whose label matches this pattern; empty: all.
        words: those that have all of these words; empty: all.
        limit: at most so many are returned.
    """

    ended: bool = False
    latest: bool = False
    repository: str = ""
    words: str = ""
    limit: int | None = None


def search(
    index: CatalogIndex, query: Query | None, scope: Scope
) -> tuple[list[CatalogFound], list[Diagnostic]]:
    """Return the versions that a query is true of, by repository and artifact, newest first.

    With them why it cannot be told of others whether it is.
    """
    found: list[CatalogFound] = []
    problems: list[Diagnostic] = []
    for label, subject, kept in _subjects(index, query, scope):
        if scope.limit is not None and len(found) >= scope.limit:
            break
        if query and query.asks_tags and query.foresee(subject) is False:
            continue
        content = answers.said(kept)
        if query:
            known = subject._replace(annotation=entry.readable(content))
            judged = query.judge(known)
            if judged is None:
                problems += [*entry.problems(content), *query.doubts(known)]
            if not judged:
                continue
        noted = content if isinstance(content, Annotation) else None
        found.append(CatalogFound(label, subject.version, noted))
    return found, problems


def _subjects(
    index: CatalogIndex, query: Query | None, scope: Scope
) -> Iterator[tuple[str, SearchedVersion, bytes | None]]:
    """Iterate over the versions that may be meant, with what is kept of what their commits say."""
    compared = {it.field for it in query.comparisons()} if query else set()
    parts = [*_scoped(scope, whole=scope.ended or "deprecated" in compared)]
    nodes = _joined(query.root) if query else ()
    latest = scope.latest or any(map(_asks_latest, nodes))
    led = _leading(nodes)
    if led:
        own = "s.latest = 1" if latest else "s.latest IN (0, 1)"
        parts.append(Condition(f"s.field = ? AND s.value IN (?, ?) AND {own}", _text(led)))
    parts += [narrowed(it, latest=latest) for it in nodes if it is not led]
    where = " AND ".join(it.text for it in parts) or "1"
    found = index.rows(
        f"SELECT r.label, a.name, a.id, a.repository, v.latest, v.deprecated, v.said,"
        f" {answers.VERSION} FROM {_LED if led else _EACH} WHERE {where} ORDER BY r.label, v.id",
        [value for it in parts for value in it.values],
    )
    meanings: dict[int, Meanings] = {}
    for label, name, _, repository, latest, deprecated, kept, *row in found:
        meant = NOTHING_MEANT
        if "input" in compared:
            meant = meanings.setdefault(repository, _meanings(index, repository))
        version = answers.version(name, tuple(row))
        yield label, SearchedVersion(version, bool(latest), bool(deprecated), None, meant), kept


_EACH = (
    "versions v JOIN artifacts a ON a.id = v.artifact JOIN repositories r ON r.id = a.repository"
)
_LED = (
    "repositories r CROSS JOIN said s ON s.version BETWEEN r.first AND r.last"
    " CROSS JOIN versions v ON v.id = s.version CROSS JOIN artifacts a ON a.id = v.artifact"
)
"""In this order what is looked up comes by repository: who wants a hundred needs no more."""


def _joined(node: Node) -> tuple[Node, ...]:
    """Return the expressions all of which have to hold."""
    return node.parts if isinstance(node, And) else (node,)


def _leading(nodes: Sequence[Node]) -> FieldComparison | None:
    """Return the comparison by which versions are looked up, if others would not do it better."""
    compared = [it for it in nodes if isinstance(it, FieldComparison)]
    led = next((it for it in compared if _is_text(it)), None)
    others = {it.field for it in compared if it is not led}
    return led if len(compared) == len(nodes) and others <= {"latest", "deprecated"} else None


def _is_text(it: FieldComparison) -> bool:
    return it.operator == "=" and it.field in rows.TEXTS


def _text(it: FieldComparison) -> tuple[Any, ...]:
    """Return the field, its value, and what stands for any value."""
    return it.field, it.value, rows.ANY_TEXT


def _meanings(index: CatalogIndex, repository: int) -> Meanings:
    """Return what selectors mean in a repository."""

    def history(name: str) -> History:
        where = "WHERE a.repository = ? AND a.name = ?"
        found = next(answers.each(index, where, (repository, name)), None)
        return answers.history(index, found) if found else History(name, [])

    return Meanings(history)


def _scoped(scope: Scope, *, whole: bool) -> Iterator[Condition]:
    if not scope.ended:
        yield Condition("v.active")
    if not whole:
        yield Condition("NOT v.deprecated")
    if scope.latest:
        yield Condition("v.latest = 1")
    if scope.repository:
        yield Condition("r.label GLOB ?", (scope.repository,))
    if scope.words:
        words = re.findall(r"[^\W_]+", scope.words)
        wanted = " AND ".join(f'"{it}"*' for it in words) or '""'
        yield Condition("v.id IN (SELECT rowid FROM words WHERE words MATCH ?)", (wanted,))


def narrowed(node: Node, *, latest: bool = False) -> Condition:
    """Return a condition that is true of each version that an expression may be true of.

    Args:
        node: the expression.
        latest: whether no version but the latest of its artifact can be meant.
    """
    if isinstance(node, FieldComparison):
        if node.field == "metrics":
            return _of_metric(node, latest=latest)
        if _is_text(node):
            own = " AND latest = 1" if latest else ""
            among = f"SELECT version FROM said WHERE field = ? AND value IN (?, ?){own}"
            return Condition(f"v.id IN ({among})", _text(node))
        make = _NARROWED.get((node.field, node.operator))
        return make(node.value) if make else ALWAYS
    if isinstance(node, And | Or):
        latest = latest or any(map(_asks_latest, _joined(node)))
        parts = [narrowed(it, latest=latest) for it in node.parts]
        between = " AND " if isinstance(node, And) else " OR "
        text = between.join(it.text for it in parts)
        return Condition(f"({text})", tuple(value for it in parts for value in it.values))
    return ALWAYS


def _asks_latest(node: Node) -> bool:
    if not isinstance(node, FieldComparison) or node.field != "latest":
        return False
    return node.operator == "=" and node.value.lower() == "true"


def _truth(column: str) -> Narrow:
    return lambda value: Condition(f"{column} = ?", (value.lower() == "true",))


def _contains(column: str) -> Narrow:
    """Return what a text that contains another lets through: ASCII alone has one case for both."""

    def condition(value: str) -> Condition:
        if not value.isascii():
            return ALWAYS
        return Condition(f"(instr(lower({column}), ?) OR {column} GLOB ?)", (value.lower(), _ODD))

    return condition


def _of_metric(it: FieldComparison, *, latest: bool) -> Condition:
    """Return what a comparison with a metric lets through."""
    wanted = as_number(it.value)
    if wanted is None or it.operator not in _SIGNS:
        return ALWAYS
    field = f"metrics.{'.'.join(it.key)}"
    own = " AND latest = 1" if latest else ""
    named, unsure = (
        f"SELECT version FROM said WHERE field = ? AND value {sign} ?{own}"
        for sign in (_SIGNS[it.operator], "=")
    )
    return Condition(
        f"v.id IN ({named} UNION ALL {unsure} UNION ALL SELECT id FROM versions WHERE unsure)",
        (field, rows.number(wanted), field, rows.ANY_NUMBER),
    )


_SIGNS = {"=": "=", "<": "<=", "<=": "<=", ">": ">=", ">=": ">="}
"""How numbers are compared in the index, in which two that differ a little may be the same."""

_ODD = "*[^\x01-\x7f]*"
"""Texts of which casefold() and SQLite's lower() may make other ones."""

_NARROWED: dict[tuple[str, str], Narrow] = {
    ("artifact", "="): lambda value: Condition("a.name = ?", (value,)),
    ("artifact", "~"): _contains("a.name"),
    ("stage", "="): lambda value: Condition(
        "v.id IN (SELECT version FROM held WHERE stage = ? AND current = 1)", (value,)
    ),
    ("assigned", "="): lambda value: Condition(
        "v.id IN (SELECT version FROM held WHERE stage = ?)", (value,)
    ),
    ("latest", "="): _truth("v.latest"),
    ("deprecated", "="): _truth("v.deprecated"),
    ("author", "="): lambda value: Condition("(v.author = ? OR v.email = ?)", (value, value)),
    ("message", "~"): _contains("v.message"),
    ("type", "="): lambda value: Condition("(v.type = ? OR v.unsure)", (value,)),
}
"""What of a comparison can be asked of the columns, by field and operator."""


def parsed(expression: str, zone: tzinfo | None, now: datetime | None = None) -> Query:
    """Read an expression; a commit is named by its id alone."""
    from mreg.search.parser import parse

    return parse(expression, now=now or times.now(), zone=zone)
