"""A metric or param by its name, in one version and in several.

What stands in a file is known by the file and its key there, "test.json:acc", whatever other files
hold. The key alone, "acc", is an alias: of one version it stands for the one value that has it. If
several have it, or a file that may have it cannot be read, nobody can say which is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, Protocol, TypeAlias

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.annotations.metrics import SUFFIXES
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.queries import suggestion
from mreg.errors import NotFound
from mreg.render import numbers
from mreg.tuples import NamedTuple

FIELDS: Final = ("metrics", "params")

Files: TypeAlias = Mapping[str, Mapping[str, Any] | None]
"""What files hold, by key; None for one that cannot be read. A metric that is no number is None."""


class HasValues(Protocol):
    """What has metrics and params, as an `Annotation` has them."""

    @property
    def files(self) -> Mapping[str, Files]:
        """What files hold, by field."""

    @property
    def unread(self) -> Mapping[str, str]:
        """Why a field cannot be read."""


class Value(NamedTuple):
    """A metric or param of one version, by its file and its key there; no file: it is in line."""

    file: str
    key: str
    value: Any

    @property
    def name(self) -> str:
        """Its full name: "test.json:acc"; of what is written in line, the key alone."""
        return full_name(self.file, self.key)


class Unclear(NamedTuple):
    """Why it cannot be said what a name stands for in a version.

    Attributes:
        names: the full names that may be meant, as far as they are known.
        blank: whether it is known, and a metric that is no number.
    """

    why: str
    names: tuple[str, ...] = ()
    blank: bool = False


Meaning: TypeAlias = Value | Unclear | None
"""What a name stands for in a version; None if it has nothing of that name."""


class ValueColumn(NamedTuple):
    """A metric or param over several versions.

    Attributes:
        name: how it is called: by its key where that says in all of them which is meant.
        file: the file that it stands in; empty for what is written in line.
        key: its key there.
        alias: whether the name is one that somebody typed, for each version to resolve by itself.
    """

    name: str
    file: str = ""
    key: str = ""
    alias: bool = False

    def of(self, holder: HasValues, field: str) -> Meaning:
        """Return what it is in one version."""
        return find(holder, field, self.name) if self.alias else exact(holder, field, self)

    def each(self, holders: Iterable[HasValues], field: str) -> Iterator[Any]:
        """Iterate over its values in versions; None where one has none that is clear."""
        for it in holders:
            files = it.files.get(field)
            if self.alias:
                found = self.of(it, field)
                yield found.value if isinstance(found, Value) else None
            elif field in it.unread or (files and not self.file):
                yield None
            elif self.file:
                held = files.get(self.file) if files else None
                yield held.get(self.key) if held else None
            else:
                yield _in_line(getattr(it, field), self.key).get(self.key)

    @property
    def full_name(self) -> str:
        """The name that is the same in every version; an alias has none."""
        return full_name(self.file, self.key)


def full_name(file: str, key: str) -> str:
    """Return the name that is the same in every version."""
    return f"{file}:{key}" if file else key


def find(holder: HasValues, field: str, name: str) -> Meaning:
    """Return what a name stands for in a version, by itself."""
    files = holder.files.get(field, {})
    # What is written in line stands in no file, whatever its key looks like.
    if not files and not names_file(name):
        return exact(holder, field, ValueColumn(name, key=name))
    places = [(it, name[len(it) + 1 :]) for it in files if name.startswith(f"{it}:")]
    if not places and not names_file(name):
        places = [(it, name) for it in files]
    return _meant(holder, field, name, places)


def exact(holder: HasValues, field: str, it: ValueColumn) -> Meaning:
    """Return what stands under a key of a file in a version."""
    files = holder.files.get(field, {})
    if it.file:
        return _meant(holder, field, it.name, [(it.file, it.key)] if it.file in files else [])
    if why := holder.unread.get(field):
        return Unclear(why)
    if files:
        return None
    written = _in_line(getattr(holder, field), it.key)
    return Value("", it.key, written[it.key]) if it.key in written else None


def _in_line(written: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return what is written in line, in the form in which it may have a key: it may be nested."""
    return numbers.flat(written) if isinstance(written.get(key, {}), dict) else written


def known_by(holder: HasValues, field: str) -> Iterator[tuple[str, list[Value]]]:
    """Iterate over all names for which `find` may return a value, or several, with these.

    Of what cannot be read, nobody knows the names: see `is_partial`.
    """
    found: dict[str, list[Value]] = {}
    for it in _all(holder, field):
        for name in {it.key, it.name}:
            found.setdefault(name, []).append(it)
    if not holder.files.get(field):  # a name in line may be that of a whole, or of what is in it
        for key, value in getattr(holder, field).items():
            if all(value is not it.value for it in found.get(key, ())):
                found.setdefault(key, []).append(Value("", key, value))
    yield from found.items()


def is_partial(holder: HasValues, field: str) -> bool:
    """Tell whether there may be values that cannot be read."""
    return field in holder.unread or None in holder.files.get(field, {}).values()


def columns(holders: Iterable[HasValues], field: str) -> list[ValueColumn]:
    """Return all metrics or params of versions, each once, by their names."""
    found: dict[tuple[str, str], None] = {}
    unclear: set[str] = set()
    for holder in holders:
        files = holder.files.get(field)
        known = _all(holder, field)
        if not files:  # of what is written in line, it is clear what is meant
            found.update({(it.file, it.key): None for it in known if not _is_blank(field, it)})
            continue
        times = Counter(it.key for it in known)
        for it in known:
            if not _is_blank(field, it):
                found[it.file, it.key] = None
            if it.file and (times[it.key] > 1 or None in files.values() or names_file(it.key)):
                unclear.add(it.key)
    times = Counter(key for _, key in found)
    named = (
        ValueColumn(
            key if key not in unclear and times[key] == 1 else full_name(file, key), file, key
        )
        for file, key in found
    )
    return sorted(named)


def short(files: Files, field: str) -> dict[str, Any]:
    """Return what the files of one version hold, by the names that say which value is meant."""
    held = next(iter(files.values())) if len(files) == 1 else None
    if held is not None and not any(map(names_file, held)):  # as of most
        return {key: it for key, it in held.items() if it is not None or field != "metrics"}
    holder = Annotation(files={field: dict(files)})
    names = {(it.file, it.key): it.name for it in columns([holder], field)}
    return {
        names[it.file, it.key]: it.value for it in _all(holder, field) if not _is_blank(field, it)
    }


@lru_cache(maxsize=1024)
def names_file(name: str) -> bool:
    """Tell whether a name says the file that it means."""
    return any(f"{suffix}:" in name.lower() for suffix in SUFFIXES)


def doubt(subject: str, name: str, found: object) -> Diagnostic | None:
    """Return the problem that a name may mean several values of a version, or none at all."""
    if not isinstance(found, Unclear) or not found.names:
        return None
    return problem("MR026", subject, f"{name}: {found.why}", hint=" or ".join(found.names))


def _meant(holder: HasValues, field: str, name: str, places: list[tuple[str, str]]) -> Meaning:
    """Return which of several places, each a file and a key, a name means."""
    if why := holder.unread.get(field):
        return Unclear(why)
    files = holder.files[field] if places else {}
    hidden = [file for file, _ in places if files[file] is None]
    fitting = [
        Value(file, key, held[key])
        for file, key in places
        if (held := files[file]) is not None and key in held
    ]
    if not fitting and not hidden:
        return None
    if len(fitting) > 1 or hidden:
        return Unclear(_why(name, fitting, hidden), tuple(it.name for it in fitting))
    [it] = fitting
    return Unclear(f"{it.name} is not a number", blank=True) if _is_blank(field, it) else it


def _all(holder: HasValues, field: str) -> list[Value]:
    files = holder.files.get(field, {})
    known = files or {"": numbers.flat(getattr(holder, field))}
    return [
        Value(file, key, value)
        for file, held in known.items()
        for key, value in (held or {}).items()
    ]


def _is_blank(field: str, it: Value) -> bool:
    return field == "metrics" and it.value is None


def _why(name: str, fitting: list[Value], hidden: list[str]) -> str:
    several = " and ".join(it.name for it in fitting)
    if not hidden:
        return f"{several} have it"
    having = f"{several} has it, and " if fitting else ""
    return f"{having}{', '.join(hidden)} cannot be read, and may contain {name}"


def look_up(annotation: Annotation, field: str, *, of: str) -> Any:
    """Return what an annotation says in a field such as "framework.name", as JSON has it.

    Args:
        annotation: the annotation.
        field: the field; the name of a metric or param stands behind its dot: "metrics.auc".
        of: whose annotation it is, for what is said of an error.

    Raises:
        NotFound: it does not say that; or several values may be meant, or one that cannot be read.
    """
    lists = f"run `mreg show {of}` to list its fields"
    section, _, name = field.partition(".")
    meant = find(annotation, section, name) if section in FIELDS and name else None
    if isinstance(meant, Unclear):
        hint = f"name the file, too: {section}.{f' or {section}.'.join(meant.names)}"
        raise NotFound(
            f"{field} of {of} is ambiguous: {meant.why}",
            hint=hint if meant.names else lists,
        )
    if meant:
        return numbers.plain(meant.value)
    values = entry.as_dict(annotation)
    section = entry.OLD_NAMES.get(section, section)
    value = _within(values.get(section), name)
    if value is None or value in ([], {}):
        known = "" if section in values else suggestion(section, values)
        raise NotFound(f"{of} has no {field}", hint=known or lists)
    return value


def _within(value: Any, path: str) -> Any:
    """Return what stands at a dotted path in a value; None if nothing does."""
    # The name of a metric may hold dots itself: what is nested in a file is joined by them.
    while path and isinstance(value, dict) and path not in value:
        key, _, path = path.partition(".")
        value = value.get(key)
    if path:
        return value.get(path) if isinstance(value, dict) else None
    return value
