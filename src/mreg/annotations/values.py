"""A metric or param by its name, in one version.

What stands in a file is known by the file and its key there, "test.json:acc", whatever other files
hold. The key alone, "acc", is an alias: of one version it stands for the one value that has it. If
several have it, or a file that may have it cannot be read, nobody can say which is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from mreg import figures
from mreg.annotations.entry import Annotation
from mreg.annotations.metrics import SUFFIXES

FIELDS: Final = ("metrics", "params")

Files: TypeAlias = Mapping[str, Mapping[str, Any] | None]
"""What files hold, by key; None for one that cannot be read. A metric that is no number is None."""


class Value(NamedTuple):
    """A metric or param of one version.

    Attributes:
        name: its full name: "test.json:acc"; of what is written in line, the key alone.
        key: the key by which it stands in its file.
        value: its value.
    """

    name: str
    key: str
    value: Any


class Unclear(NamedTuple):
    """Why it cannot be said what a name stands for in a version.

    Attributes:
        why: in words, with the files.
        names: the full names that may be meant, as far as they are known.
    """

    why: str
    names: tuple[str, ...] = ()


def find(annotation: Annotation, field: str, name: str) -> Value | Unclear | None:
    """Return what a name stands for in a version; None if it has nothing of that name."""
    if why := annotation.unread.get(field):
        return Unclear(why)
    known, unread = _known(annotation, field), _unread(annotation, field)
    if name in known and name != known[name].key:
        fitting, hidden = [known[name]], []
    elif names_file(name):
        fitting = [known[name]] if name in known else []
        hidden = [it for it in unread if name.startswith(f"{it}:")]
    else:
        fitting, hidden = [it for it in known.values() if it.key == name], unread
    if not fitting and not hidden:
        return None
    if len(fitting) == 1 and not hidden and not _is_blank(field, fitting[0]):
        return fitting[0]
    return Unclear(_why(name, fitting, hidden), tuple(it.name for it in fitting))


def full(annotation: Annotation, field: str) -> dict[str, Value]:
    """Return all metrics or params of a version by their full names."""
    return {name: it for name, it in _known(annotation, field).items() if not _is_blank(field, it)}


def short(files: Files, field: str) -> dict[str, Any]:
    """Return what files hold by the shortest names that say which value is meant."""
    holder = Annotation(files={field: dict(files)})
    times = Counter(it.key for it in _known(holder, field).values())
    sure = not _unread(holder, field)
    return {
        it.key if sure and times[it.key] == 1 and not names_file(it.key) else it.name: it.value
        for it in full(holder, field).values()
    }


def names_file(name: str) -> bool:
    """Tell whether a name says the file that it means."""
    return any(f"{suffix}:" in name.lower() for suffix in SUFFIXES)


def _known(annotation: Annotation, field: str) -> dict[str, Value]:
    files = annotation.files.get(field, {})
    read = {path: values for path, values in files.items() if values is not None}
    if not read:
        written = figures.flat(getattr(annotation, field))
        return {key: Value(key, key, value) for key, value in written.items()}
    return {
        f"{path}:{key}": Value(f"{path}:{key}", key, value)
        for path, values in read.items()
        for key, value in values.items()
    }


def _unread(annotation: Annotation, field: str) -> list[str]:
    return [path for path, values in annotation.files.get(field, {}).items() if values is None]


def _is_blank(field: str, it: Value) -> bool:
    return field == "metrics" and it.value is None


def _why(name: str, fitting: list[Value], hidden: list[str]) -> str:
    several = " and ".join(it.name for it in fitting)
    if hidden:
        having = f"{several} has it, and " if fitting else ""
        return f"{having}{', '.join(hidden)} cannot be read, which may have {name}"
    return f"{several} have it" if len(fitting) > 1 else f"{several} is no number"
