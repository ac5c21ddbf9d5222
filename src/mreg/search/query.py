"""A query: comparisons joined by and, or, not; what it says of a subject, and how it is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from mreg.annotations.values import Unclear, doubt
from mreg.core.diagnostics import Diagnostic
from mreg.search.fields import FIELDS
from mreg.search.scanner import quoted
from mreg.search.subject import SearchedVersion
from mreg.search.values import UNEQUAL, Test


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """A field compared with a value.

    Attributes:
        field: the field, one of `FIELDS`.
        key: the names behind it: ("auc",) in `metrics.auc`.
        operator: one of `OPERATORS`.
        value: what it is compared with, as it was typed, without quotes.
        test: tells whether one of the field's values is what is asked for; of "!=", whether it is
            what is not.
    """

    field: str
    key: tuple[str, ...]
    operator: str
    value: str
    test: Test = dataclasses.field(compare=False, repr=False)

    def judge(self, subject: SearchedVersion, *, annotated: bool) -> bool | None:
        """Tell whether it holds; None if the annotation has to tell, and cannot, or not yet."""
        asked = FIELDS[self.field]
        if asked.annotated and not annotated:
            return None
        values = asked.get(subject, self.key)
        if isinstance(values, Unclear):
            return None
        found = values is not None and any(map(self.test, values))
        if not found and subject.annotation and asked.annotated in subject.annotation.unread:
            return None  # what cannot be read of the field may be what is asked for
        return values is not None and found is not (self.operator == UNEQUAL)

    def doubt(self, subject: SearchedVersion) -> Diagnostic | None:
        """Return the problem that what it is about may mean several values of a version."""
        name = ".".join(self.key)
        return doubt(subject.version.tag, name, FIELDS[self.field].get(subject, self.key))

    @property
    def name(self) -> str:
        """The field with what is behind it, as it is typed."""
        return ".".join([self.field, *(quoted(it, name=True) for it in self.key)])

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of another."""

    of: Node

    def judge(self, subject: SearchedVersion, *, annotated: bool) -> bool | None:
        """Tell whether it holds; None if the annotation has to tell, and cannot, or not yet."""
        found = self.of.judge(subject, annotated=annotated)
        return None if found is None else not found

    def __str__(self) -> str:
        return f"not {_within(self.of)}"


@dataclass(frozen=True, slots=True)
class _Several:
    """Several, joined by a word: one that is judged so decides of all of them."""

    parts: tuple[Node, ...]
    word: ClassVar[str]
    decisive: ClassVar[bool]

    def judge(self, subject: SearchedVersion, *, annotated: bool) -> bool | None:
        """Tell whether it holds; None if the annotation has to tell, and cannot, or not yet."""
        found: bool | None = not self.decisive
        for part in self.parts:
            judged = part.judge(subject, annotated=annotated)
            if judged is self.decisive:
                return judged
            if judged is None:
                found = None
        return found

    def __str__(self) -> str:
        return f" {self.word} ".join(map(_within, self.parts))


class And(_Several):
    """Several, all of which have to hold."""

    __slots__ = ()
    word, decisive = "and", False


class Or(_Several):
    """Several, one of which has to hold."""

    __slots__ = ()
    word, decisive = "or", True


Node: TypeAlias = FieldComparison | Not | And | Or
"""An expression or a part of one; what `str` makes of it reads back as the same."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: a whole expression."""

    root: Node

    def matches(self, subject: SearchedVersion) -> bool:
        """Tell whether a version is one of those searched for."""
        return bool(self.judge(subject))

    def judge(self, subject: SearchedVersion) -> bool | None:
        """Tell whether a version is one of those searched for; None if nobody can say."""
        return self.root.judge(subject, annotated=True)

    def doubts(self, subject: SearchedVersion) -> list[Diagnostic]:
        """Return why it cannot be told whether a version matches, as far as that lies in names."""
        asked = self.comparisons() if self.is_open(subject) else ()
        return list(filter(None, (it.doubt(subject) for it in asked)))

    def is_open(self, subject: SearchedVersion) -> bool:
        """Tell whether nobody can say if a version matches."""
        return self.judge(subject) is None

    def foresee(self, subject: SearchedVersion) -> bool | None:
        """Tell from the tags alone whether a version matches; None if its annotation decides."""
        return self.root.judge(subject, annotated=False)

    @property
    def asks_tags(self) -> bool:
        """Whether any of its fields is told by the tags."""
        return any(not FIELDS[it.field].annotated for it in self.comparisons())

    @property
    def asks_annotations(self) -> bool:
        """Whether any of its fields stands in the annotation."""
        return any(FIELDS[it.field].annotated for it in self.comparisons())

    def comparisons(self) -> Iterator[FieldComparison]:
        """Iterate over the comparisons, in the order in which they were written."""
        return _comparisons(self.root)

    def __str__(self) -> str:
        return str(self.root)


def _within(node: Node) -> str:
    """Return a part as it stands in a larger expression."""
    return f"({node})" if isinstance(node, And | Or) else str(node)


def _comparisons(node: Node) -> Iterator[FieldComparison]:
    if isinstance(node, FieldComparison):
        yield node
    else:
        for part in (node.of,) if isinstance(node, Not) else node.parts:
            yield from _comparisons(part)
