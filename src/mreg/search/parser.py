"""From an expression to a query, by recursive descent; docs/search.md has the grammar.

expression = all, { "or", all }
all        = part, { "and", part }
part       = "not", part | "(", expression, ")" | comparison
comparison = field, operator, value
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from mreg.core.queries import suggestion
from mreg.errors import InvalidQuery
from mreg.search import scanner
from mreg.search.fields import FIELDS, NAMES
from mreg.search.query import And, FieldComparison, Node, Not, Or, Query
from mreg.search.scanner import Scanner, Token
from mreg.search.values import EQUAL, OPERATORS, UNEQUAL, Criterion, Unsuited

MAX_DEPTH = 50
"""How deep "not" and parentheses may nest, and the names of a field."""

_EXAMPLE = "write FIELD OPERATOR VALUE, such as type=model"
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
) -> Query:
    """Read an expression.

    Args:
        text: the expression.
        now: from when ages count back.
        zone: the zone in which times are meant (`times.parse`).
        resolve: returns the id of the commit that a name such as HEAD stands for; None if none.

    Raises:
        InvalidQuery: it is none; the message shows the place.
    """
    return _Parser(text, now, zone, resolve).query()


class _Parser:
    """Reads one expression."""

    def __init__(
        self,
        text: str,
        now: datetime,
        zone: tzinfo | None,
        resolve: Callable[[str], str | None] | None,
    ) -> None:
        self._words = Scanner(text)
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
            raise self._words.fault(f"this nests deeper than {MAX_DEPTH} levels", place)
        if self._keyword("not"):
            return Not(self._part(depth + 1))
        if self._words.take("open"):
            found = self._expression(depth + 1)
            if not self._words.take("close"):
                raise self._unexpected(self._words.next(), opened=place)
            return found
        return self._comparison()

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
            raise self._missing("a value is missing here", None, 'put odd ones in quotes: "a = b"')
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
        if len(rest) > MAX_DEPTH:
            raise self._words.fault(f"this nests deeper than {MAX_DEPTH} levels", place)
        whole = ".".join([first, *rest])
        if whole in FIELDS and not FIELDS[whole].keyed:
            return whole, ()
        if first not in FIELDS:
            hint = suggestion(whole, FIELDS) or f"the fields are {', '.join(NAMES)}"
            raise self._words.fault("there is no such field", place, hint=hint)
        if not FIELDS[first].keyed:
            raise self._words.fault(f"there is nothing within {first}", place)
        if not rest:
            hint = f"write {first}.{FIELDS[first].keyed}, or the like"
            raise self._words.fault(f"{first} is not one value but several", place, hint=hint)
        return first, tuple(rest)

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
                hint=f"write {meant}" if meant else f"there are {' '.join(OPERATORS)}",
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
            'there should be "and", "or" or the end here',
            place,
            hint=f"write {meant}"
            if meant
            else "put and between comparisons, and quotes around values of several words",
        )

    def _unclosed(self, place: Token) -> InvalidQuery:
        return self._words.fault("this quote is not closed", place)
