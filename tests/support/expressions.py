"""Subjects and expressions for tests of searching, and a naive reading of what these mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from hypothesis import strategies as st

from mreg.annotations.entry import Annotation, Framework, Input
from mreg.core import versions
from mreg.core.queries import Version
from mreg.search import SearchedVersion

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


def subject(
    annotation: Annotation | None = None,
    *,
    artifact: str = "churn",
    version: str = "v1.2.0",
    stages: tuple[str, ...] = (),
    current: tuple[str, ...] | None = None,
    author: str = "Ann Example",
    days: float = 10,
    message: str = "A version.",
    latest: bool = False,
    deprecated: bool = False,
) -> SearchedVersion:
    """Return a version that was registered so many days ago."""
    return SearchedVersion(
        Version(
            artifact,
            version,
            f"{artifact}@{version}",
            "0123456789abcdef" * 2 + "01234567",
            NOW - timedelta(days=days),
            author,
            "ann@example.com",
            message,
            True,
            stages,
            stages if current is None else current,
        ),
        latest,
        deprecated,
        annotation,
    )


class Plain(NamedTuple):
    """A comparison that the naive reading knows: of what, how, with what."""

    field: str
    operator: str
    value: Any

    def __str__(self) -> str:
        typed = str(self.value).lower() if isinstance(self.value, bool) else str(self.value)
        return f"{self.field} {self.operator} '{typed}'"


class Joined(NamedTuple):
    """Others joined by `and`, `or` or `not`."""

    word: str
    parts: tuple[Wish, ...]

    def __str__(self) -> str:
        if self.word == "not":
            return f"not ({self.parts[0]})"
        return f" {self.word} ".join(f"({it})" for it in self.parts)


Wish: TypeAlias = Plain | Joined


def holds(wish: Wish, it: SearchedVersion) -> bool:
    """Tell naively whether an expression is true of a subject whose selectors mean nothing."""
    if isinstance(wish, Joined):
        inner = [holds(part, it) for part in wish.parts]
        return {"not": not inner[0], "and": all(inner), "or": any(inner)}[wish.word]
    if wish.operator == "!=":
        values = _values(wish.field, it)
        return values is not None and not any(_passes("=", value, wish) for value in values)
    return any(_passes(wish.operator, value, wish) for value in _values(wish.field, it) or ())


def _values(field: str, it: SearchedVersion) -> list[Any] | None:
    """Return a field's values; None where it is absent."""
    name, _, key = field.partition(".")
    many = {"stage": it.version.current, "assigned": it.version.stages}
    if name in many:
        return list(many[name])
    if name == "author":
        return [it.version.author, it.version.author_email]
    if name in ("label", "input"):
        said = it.annotation or Annotation()
        return list(said.labels if name == "label" else [one.path for one in said.inputs])
    found: Any
    if name in ("artifact", "version", "message"):
        found = getattr(it.version, name)
    elif name in ("latest", "deprecated"):
        found = getattr(it, name)
    elif name in ("created", "age"):
        found = (NOW - it.version.created_at).days
    elif it.annotation is None:
        return None
    elif name in ("metrics", "params"):
        found = getattr(it.annotation, name).get(key)
    elif name == "framework":
        found = it.annotation.framework and getattr(it.annotation.framework, key)
    else:
        found = getattr(it.annotation, name)
    return None if found is None else [found]


def _passes(operator: str, value: Any, wish: Plain) -> bool:
    wanted = wish.value
    if wish.field == "created":  # days ago: the more, the earlier
        operator = operator.translate(str.maketrans("<>", "><"))
        wanted = int(wanted.removesuffix("d"))
    elif wish.field == "age":
        wanted = int(wanted.removesuffix("d"))
    elif wish.field == "version" and operator != "~":
        value, wanted = versions.precedence(value), versions.precedence(wanted)
    if operator == "~":
        return isinstance(value, str) and str(wanted).lower() in value.lower()
    if isinstance(value, bool) is not isinstance(wanted, bool):
        return False
    if isinstance(value, str) is not isinstance(wanted, str):
        return operator == "=" and str(value) == str(wanted)
    found: bool = {
        "=": lambda: value == wanted,
        "<": lambda: value < wanted,
        "<=": lambda: value <= wanted,
        ">": lambda: value > wanted,
        ">=": lambda: value >= wanted,
    }[operator]()
    return found


_words = st.sampled_from(["prod", "staging", "churn", "Ann", "tabular", "x"])
_numbers = st.integers(-3, 3) | st.sampled_from([0.5, 0.75, -0.25])
_releases = st.sampled_from(["v0.9.0", "v1.0.0-rc.1", "v1.0.0", "v1.2.0", "v1.10.0"])
_equal = st.sampled_from(["=", "!="])
_ordered = st.sampled_from(["<", "<=", ">", ">="])
_texts = ["artifact", "stage", "assigned", "author", "message", "type", "owner", "label", "input"]
_texts += ["framework.name"]

plain = st.one_of(
    st.builds(Plain, st.sampled_from(_texts), _equal | st.just("~"), _words),
    st.builds(Plain, st.sampled_from(["metrics.auc", "metrics.f1"]), _equal | _ordered, _numbers),
    st.builds(Plain, st.just("params.depth"), _equal | _ordered, _numbers),
    st.builds(Plain, st.just("params.depth"), _equal, st.booleans() | _words),
    st.builds(Plain, st.just("version"), _equal | _ordered, _releases),
    st.builds(Plain, st.sampled_from(["latest", "deprecated"]), _equal, st.booleans()),
    st.builds(Plain, st.sampled_from(["created", "age"]), _ordered, st.sampled_from(["3d", "9d"])),
)
wishes: st.SearchStrategy[Wish] = st.recursive(
    plain,
    lambda inner: (
        st.builds(
            Joined,
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3).map(tuple),
        )
        | st.builds(Joined, st.just("not"), st.tuples(inner))
    ),
    max_leaves=8,
)

_maybe = st.none() | _words
_said: dict[str, st.SearchStrategy[Any]] = {
    "type": _maybe,
    "labels": st.lists(_words, max_size=2).map(tuple),
    "framework": st.none() | _maybe.map(Framework),
    "owner": _maybe,
    "metrics": st.dictionaries(st.sampled_from(["auc", "f1"]), _numbers),
    "params": st.dictionaries(st.just("depth"), _numbers | st.booleans() | _words),
    "inputs": st.lists(_words.map(Input), max_size=2).map(tuple),
}
_annotations = st.fixed_dictionaries(_said).map(lambda fields: Annotation(**fields))
_stages = st.lists(st.sampled_from(["prod", "staging"]), unique=True).map(tuple)
subjects = st.builds(
    subject,
    st.none() | _annotations,
    artifact=_words,
    version=_releases,
    stages=_stages,
    current=st.none() | st.just(()),
    author=_words,
    days=st.sampled_from([0, 3, 5, 9, 20]),
    message=_words,
    latest=st.booleans(),
    deprecated=st.booleans(),
)
