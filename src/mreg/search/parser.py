"""From an expression to a query, by recursive descent; docs/reference/search.md has the grammar.

expression = all, { "or", all }
all        = part, { "and", part }
part       = "not", part | "(", expression, ")" | comparison | words
comparison = field, operator, value
words      = word, { word }
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo

from mreg.core.queries import closest, did_you_mean, suggestion
from mreg.errors import InvalidQuery
from mreg.search import scanner
from mreg.search.fields import FIELDS, NAMES, OTHER_NAMES, WORDS
from mreg.search.meant import values_like
from mreg.search.query import And, FieldComparison, Node, Not, Or, Query
from mreg.search.scanner import Scanner, Token
from mreg.search.values import EQUAL, OPERATORS, UNEQUAL, Criterion, Unsuited

MAX_DEPTH = 50
"""How deep "not" and parentheses may nest, and the names of a field."""

_EXAMPLE = "write FIELD OPERATOR VALUE, such as type=model"
_FIRST_NAMES = {it.partition(".")[0] for it in FIELDS}
_OTHER_WORDS = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", ",": "and"}
_OTHER_OPERATORS = {
    "==": "=",
    "=~": "~",
    "~=": "~",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    ":": "=",
    "!~": 'put "not" before it, and write ~',
}


def parse(
    text: str,
    *,
    now: datetime,
    zone: tzinfo | None = None,
    resolve: Callable[[str], str | None] | None = None,
    known: Callable[[], Iterable[str]] = tuple,
) -> Query:
    """Read an expression.

    Args:
        text: the expression.
        now: from when ages count back.
        zone: the zone in which times are meant (`times.parse`).
        resolve: returns the id of the commit that a name such as HEAD stands for; None if none.
        known: returns metrics and params that there are, such as "metrics.auc": a field that there
            is not, "auc", means the one metric or param of that name, and a hint says which are
            similar.

    Raises:
        InvalidQuery: it is none; the message shows the place.
    """
    return _Parser(text, now, zone, resolve, known).query()


class _Parser:
    """Reads one expression."""

    def __init__(
        self,
        text: str,
        now: datetime,
        zone: tzinfo | None,
        resolve: Callable[[str], str | None] | None,
        known: Callable[[], Iterable[str]],
    ) -> None:
        self._words = Scanner(text)
        self._known = known
        self._around = (now, zone, resolve)

    def query(self) -> Query:
        root = self._expression(1)
        rest = self._words.next()
        if rest.text:
            raise self._unexpected(rest)
        return Query(root)

    def _expression(self, depth: int) -> Node:
        parts = [self._all(depth)]
        while self._keyword("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts = [self._part(depth)]
        while self._keyword("and"):
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _part(self, depth: int) -> Node:
        place = self._words.next()
        if depth > MAX_DEPTH:
            raise self._words.fault(f"this is nested deeper than {MAX_DEPTH} levels", place)
        if self._keyword("not"):
            return Not(self._part(depth + 1))
        if self._words.take("open"):
            found = self._expression(depth + 1)
            if not self._words.take("close"):
                raise self._unexpected(self._words.next(), opened=place)
            return found
        return self._words_together() or self._comparison()

    def _words_together(self) -> Node | None:
        """Read words that are no fields with operators: each is in the name, description or labels.

        None, and nothing is read, if there is none here.
        """
        found = []
        while word := self._bare_word():
            found.append(Or(tuple(self._contains(it, word) for it in WORDS)))
        return found[0] if len(found) == 1 else And(tuple(found)) if found else None

    def _bare_word(self) -> str | None:
        place = self._words.peek("value")
        if place is None or self._words.peek("keyword") or place.text in _OTHER_WORDS:
            return None
        text = scanner.unquoted(place.text)
        # The name of a field begins a comparison, even if its operator was forgotten.
        named = text == place.text and text.partition(".")[0] in _FIRST_NAMES
        if not text or named or self._words.begins_comparison():
            return None
        self._words.take("value")
        return text

    def _contains(self, field: str, text: str) -> FieldComparison:
        test = FIELDS[field].kind(Criterion("~", text, *self._around))
        return FieldComparison(field, (), "~", text, test)

    def _keyword(self, wanted: str) -> bool:
        found = self._words.peek("keyword")
        if found is None or found.text.lower() != wanted:
            return False
        self._words.take("keyword")
        return True

    def _comparison(self) -> FieldComparison:
        place = self._words.take("field")
        if place is None or place.text.lower() in ("and", "or"):
            raise self._missing("a field is missing here", place, _EXAMPLE)
        name, key = self._field(place)
        operator = self._operator(place)
        value = self._words.take("value")
        if value is None:
            raise self._missing(
                "a value is missing here",
                None,
                'put values with special characters in quotes: "a = b"',
            )
        wanted = scanner.unquoted(value.text)
        asked = Criterion(
            EQUAL if operator.text == UNEQUAL else operator.text, wanted, *self._around
        )
        try:
            test = FIELDS[name].kind(asked)
        except Unsuited as error:
            whose = operator if error.of_operator else value
            raise self._words.fault(f"{place.text}: {error}", whose, hint=error.hint) from None
        return FieldComparison(name, key, operator.text, wanted, test)

    def _field(self, place: Token) -> tuple[str, tuple[str, ...]]:
        """Return a field's name, and the names behind it."""
        first, *rest = scanner.segments(place.text)
        first = OTHER_NAMES.get(first, first)
        if len(rest) > MAX_DEPTH:
            raise self._words.fault(f"this is nested deeper than {MAX_DEPTH} levels", place)
        whole = ".".join([first, *rest])
        if whole in FIELDS and not FIELDS[whole].keyed:
            return whole, ()
        if first not in FIELDS:
            for section in ("metrics", "params"):
                if self._like(first, rest) == [f"{section}.{whole}"]:
                    return section, (first, *rest)
            hint = self._meant(first, rest) or (
                f"for a metric, write metrics.{whole}; otherwise choose one of {', '.join(NAMES)}"
            )
            raise self._words.fault("there is no such field", place, hint=hint)
        if not FIELDS[first].keyed:
            hint = f"write {first}=VALUE"
            raise self._words.fault(f"{first} has no fields", place, hint=hint)
        if not rest:
            own = (it for it in self._known() if it.startswith(f"{first}."))
            example = next(iter(own), f"{first}.{FIELDS[first].keyed}")
            hint = f"write one of its fields, such as {example}"
            raise self._words.fault(f"{first} has several values", place, hint=hint)
        if (parts := FIELDS[first].parts) and rest[0] not in parts:
            known = [f"{first}.{it}" for it in parts]
            hint = suggestion(f"{first}.{rest[0]}", known) or f"choose one of {', '.join(known)}"
            raise self._words.fault("there is no such field", place, hint=hint)
        return first, tuple(rest)

    def _like(self, first: str, rest: Sequence[str]) -> list[str]:
        """Return the known metrics and params that have such a name, or end in it."""
        whole = ".".join([first, *rest])
        return [it for it in self._known() if it.endswith(f".{whole}")]

    def _meant(self, first: str, rest: Sequence[str]) -> str:
        """Return "did you mean ...?" for a field that there is not; empty if nothing is like it."""
        whole = ".".join([first, *rest])
        if named := self._like(first, rest):
            return did_you_mean(named)
        if rest and (close := closest(first, [it for it, field in FIELDS.items() if field.keyed])):
            return did_you_mean([".".join([close[0], *rest])])
        return did_you_mean(values_like(whole, self._known(), FIELDS))

    def _operator(self, field: Token) -> Token:
        found = self._words.take("operator")
        if found is None:
            hint = f"compare {field.text} with one of {' '.join(OPERATORS)}"
            raise self._missing("an operator is missing here", None, hint)
        if doubled := self._words.peek("operator"):
            typed = found.text + doubled.text
            place = Token(typed, found.start, doubled.end)
            meant = _OTHER_OPERATORS.get(typed)
            raise self._words.fault(
                f"there is no operator {typed}",
                place,
                hint=f"write {meant}" if meant else f"choose one of {' '.join(OPERATORS)}",
            )
        return found

    def _missing(self, what: str, place: Token | None, hint: str) -> InvalidQuery:
        place = place or self._words.next()
        if place.text in ('"', "'"):
            return self._unclosed(place)
        return self._words.fault(what, place, hint=hint)

    def _unexpected(self, place: Token, opened: Token | None = None) -> InvalidQuery:
        """Return the error for what follows a whole expression."""
        if place.text in ('"', "'"):
            return self._unclosed(place)
        if opened and not place.text:
            return self._words.fault("this parenthesis is not closed", opened)
        if place.text == ")":
            return self._words.fault("this parenthesis was not opened", place)
        meant = _OTHER_WORDS.get(place.text)
        return self._words.fault(
            'expected "and", "or" or the end here',
            place,
            hint=f"write {meant}"
            if meant
            else 'write "and" or "or" between comparisons; put values of several words in quotes',
        )

    def _unclosed(self, place: Token) -> InvalidQuery:
        return self._words.fault("this quote is not closed", place)
