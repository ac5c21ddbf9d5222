"""An artifact's annotation as a value, and its fields out of a file's entry.

Reading is lenient where checking (`mreg.annotations.schema`) is strict: a field that is not what
it should be is left out, with a complaint, and the others stand.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from mreg.core.diagnostics import Diagnostic
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.schemas.model import ModelSchema

Number = int | float

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

SHA256 = re.compile("[0-9a-fA-F]{64}")
"""A SHA-256 as it is written."""


DATASETS = frozenset(("dataset", "data"))
"""The types of artifacts that are data, and no models."""


class Framework(NamedTuple):
    """The framework of a model, such as "scikit-learn" in the version "1.5.0"."""

    name: str | None = None
    version: str | None = None


class Input(NamedTuple):
    """One input of an artifact: a path, an artifact or a URL.

    Attributes:
        path: a file or folder in the repository, from its root.
        artifact: a selector of another artifact.
        repo: the repository of that artifact; None for this one.
        url: the URL that it was downloaded from.
        sha256: the checksum of the downloaded file.
        role: training, validation, base or code.
    """

    path: str | None = None
    artifact: str | None = None
    repo: str | None = None
    url: str | None = None
    sha256: str | None = None
    role: str | None = None


class Annotation(NamedTuple):
    """The annotation of an artifact at one commit.

    Attributes:
        type: the type, such as model or dataset.
        path: the location: a path from the repository's root, or a URL.
        sha256: the checksum of the content, in lower case, if it is not in Git.
        description: a description in words.
        labels: labels for searching.
        framework: the framework that it was made with.
        owner: the person or team responsible for it.
        license: its licence.
        metrics: numbers by name. Metric files are read at the same commit, and nested names are
            joined by dots. If two files have the name, or one cannot be read, the name includes
            the file: "test.json:acc".
        params: its params, in the same form.
        inputs: its inputs.
        schema: its input and output as JSON Schema, with an example.
        signature: its input and output in any other form.
        requirements: the requirements, or the path of a file from the repository's root.
        custom: any other values.
        sources: the files that each field was read from, by the field's name.
        unread: the reason why a field could not be read completely, by the field's name.
        files: the contents of metric and param files, by their paths; None for a file that cannot
            be read, and for a metric that is not a number.
        problems: the parts that could not be read.
    """

    type: str | None = None
    path: str | None = None
    sha256: str | None = None
    description: str | None = None
    labels: tuple[str, ...] = ()
    framework: Framework | None = None
    owner: str | None = None
    license: str | None = None
    metrics: dict[str, Number] = {}  # noqa: RUF012 - a NamedTuple's default, which nobody changes
    params: dict[str, Any] = {}  # noqa: RUF012
    inputs: tuple[Input, ...] = ()
    schema: ModelSchema | None = None
    signature: Any = None
    requirements: str | tuple[str, ...] | None = None
    custom: Any = None
    sources: dict[str, tuple[str, ...]] = {}  # noqa: RUF012
    unread: dict[str, str] = {}  # noqa: RUF012
    files: dict[str, dict[str, Mapping[str, Any] | None]] = {}  # noqa: RUF012
    problems: tuple[Diagnostic, ...] = ()


class Described(NamedTuple):
    """An annotation, and the place where it was read.

    Attributes:
        version: the version of the commit; None if another commit was requested.
        commit: the id of the commit.
    """

    artifact: str
    version: str | None
    commit: str
    annotation: Annotation


class FileList(tuple[str, ...]):
    """The files that metrics or params stand in, from the repository's root."""

    __slots__ = ()


class Entry(NamedTuple):
    """An artifact's entry in one file.

    Attributes:
        fields: the values, by the names that `Annotation` has for them; `metrics` and `params` may
            be a `FileList`.
        unread: what is wrong with the fields that are left out, wholly or in part, by their names.
    """

    fields: dict[str, Any]
    unread: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, which nobody changes

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is wrong, each thing once."""
        return tuple(dict.fromkeys(self.unread.values()))


class Wrong(ValueError):
    """A field's value is not what the field holds; `rest` are those of its items that are."""

    def __init__(self, message: str, rest: tuple[Any, ...] | None = None) -> None:
        super().__init__(message)
        self.rest = rest


def as_dict(annotation: Annotation) -> dict[str, Any]:
    """Return an annotation as JSON has it: what could be read, with keys only for what is said.

    JSON has no infinite numbers; they stand as texts ("inf", "nan").
    """
    fields = annotation._asdict()
    del fields["problems"], fields["unread"]
    if annotation.schema is not None:
        fields["schema"] = annotation.schema.plain()
    plain: dict[str, Any] = _plain(fields)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Input):
        return {key: it for key, it in value._asdict().items() if it is not None}
    if isinstance(value, Framework):
        return value._asdict()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(it) for key, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(it) for it in value]
    return value


OLD_NAMES = {"desc": "description", "meta": "custom"}
"""Other names of fields: GTO's and DVC's."""


def read(value: Any, folder: str) -> Entry:
    """Read an artifact's entry.

    Args:
        value: the entry, as plain values; what it holds is copied.
        folder: the folder of its file, from which its paths count; empty for the root.
    """
    if value is None:
        return Entry({})
    if not isinstance(value, dict):
        return Entry({}, dict.fromkeys(FIELDS, "it is not a mapping of fields"))
    fields: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for key, content in value.items():
        name = str(OLD_NAMES.get(key, key))
        if name not in FIELDS or content is None or (name != key and name in value):
            continue
        try:
            fields[name] = _READERS[FIELDS[name].shape](content, folder)
        except Wrong as error:
            unread[name] = f"{key} {error}"
            if error.rest:
                fields[name] = error.rest
    return Entry(fields, unread)


def unreadable(why: str) -> Annotation:
    """Return the annotation of which nothing can be read, which says so of every field."""
    return Annotation(unread=dict.fromkeys(FIELDS, why))


def readable(said: Annotation | Diagnostic | None) -> Annotation | None:
    """Return what a commit says; of what cannot be read, an annotation that says so of all."""
    return said if said is None or isinstance(said, Annotation) else unreadable(said.message)


def problems(said: Annotation | Diagnostic | None) -> tuple[Diagnostic, ...]:
    """Return what could not be read of what a commit says: all of it, a part or nothing."""
    if said is None:
        return ()
    return said.problems if isinstance(said, Annotation) else (said,)


def from_root(path: str, folder: str) -> str:
    """Return a path from the repository's root; a URL or an absolute path stays as it is."""
    if is_url(path) or path.startswith("/"):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def is_url(path: str) -> bool:
    """Tell whether a path is a URL."""
    return _URL.match(path) is not None


def as_metric(value: Any) -> Number | None:
    """Return the number that a metric's value is; None if it is none, as a boolean is.

    NaN and what is infinite are numbers, too, and so are the texts that stand for them where JSON
    is written, which has no such numbers: DVCLive's "nan", "inf" and "-inf".
    """
    if isinstance(value, str):
        return float(value) if _NOT_FINITE.fullmatch(value) else None
    return value if isinstance(value, Number) and not isinstance(value, bool) else None


NOT_FINITE = "nan|NaN|-?inf|-?Infinity"
"""The texts that stand for a metric which is NaN or infinite."""

_NOT_FINITE = re.compile(NOT_FINITE)


def is_number(value: Any) -> bool:
    """Tell whether a value is a number: not a boolean, and finite."""
    return isinstance(value, Number) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: Any, _: str = "") -> str:
    if not isinstance(value, str):
        raise Wrong(f"is {_shown(value)}, not a string; put it in quotes")
    return value


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)


def _path(value: Any, folder: str) -> str:
    return from_root(_text(value), folder)


def _checksum(value: Any, _: str) -> str:
    text = _text(value)
    if not SHA256.fullmatch(text):
        raise Wrong(f"is {text!r}, not 64 hexadecimal digits")
    return text.lower()


def _texts(value: Any, _: str = "") -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong("is not a list")
    return tuple(map(_text, value))


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("is not a mapping")
    return value


def _framework(value: Any, _: str) -> Framework:
    return Framework(*(_known_text(_mapping(value), name) for name in Framework._fields))


def _known_text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    try:
        return None if value is None else _text(value)
    except Wrong as error:
        raise Wrong(f"has a {name} that {error}") from None


def _metrics(value: Any, folder: str) -> dict[str, Number] | FileList:
    if isinstance(value, list):
        return _files(value, folder)
    found = {}
    for name, said in _mapping(value).items():
        number = as_metric(said)
        if number is None:
            raise Wrong(f"has {name}, which is {_shown(said)}, not a number")
        found[name] = number
    return found


def _params(value: Any, folder: str) -> dict[str, Any] | FileList:
    return _files(value, folder) if isinstance(value, list) else _copied(_mapping(value))


def _copied(value: Any) -> Any:
    if type(value) is dict and _SCALARS.issuperset(map(type, value.values())):  # as nearly all are
        return value.copy()
    from copy import deepcopy

    return deepcopy(value)


_SCALARS = frozenset((str, int, float, bool, type(None)))


def _files(value: Iterable[Any], folder: str) -> FileList:
    return FileList(_path(it, folder) for it in value)


def _inputs(value: Any, folder: str) -> tuple[Input, ...]:
    """Read the items one by one: what one of them lacks is no reason to forget the others."""
    if not isinstance(value, list):
        raise Wrong("is not a list")
    found, faults = [], []
    for number, item in enumerate(value, start=1):
        try:
            it = _input(_mapping(item), folder)
            fault = _input_fault(item, it)
        except Wrong as error:
            it, fault = Input(), str(error)
        if fault:
            faults.append(f"item {number} {fault}")
        if any((it.path, it.artifact, it.url)):
            found.append(it)
    if faults:
        raise Wrong(f"cannot be read completely: {'; '.join(faults)}", tuple(found))
    return tuple(found)


def _input(value: dict[str, Any], folder: str) -> Input:
    found = Input(*(_known_text(value, name) for name in Input._fields))
    return found if not found.path else found._replace(path=from_root(found.path, folder))


def _input_fault(value: dict[str, Any], found: Input) -> str:
    """Say why an input does not tell what it is; empty if it does."""
    kinds = [it for it in ("path", "artifact", "url") if getattr(found, it) is not None]
    if unknown := [it for it in value if it not in Input._fields]:
        return f"has {_shown(unknown[0])}, which is not a field of an input"
    if len(kinds) != 1:
        return f"says {' and '.join(kinds) or 'no path, artifact or url'}"
    if found.repo is not None and not found.artifact:
        return "has repo without artifact"
    empty = [it for it in (*kinds, "repo") if getattr(found, it) == ""]
    return f"has an empty {empty[0]}" if empty else ""


def _schema(value: Any, folder: str) -> ModelSchema:
    """Read the parts one by one, likewise."""
    from mreg.schemas.model import ModelSchema

    found: dict[str, Any] = {}
    faults = []
    for name, said in _mapping(value).items():
        if name not in ModelSchema._fields or said is None:
            continue
        try:
            found[name] = _SCHEMA_READERS[name](said, folder)
        except Wrong as error:
            faults.append(f"{name} {error}")
    if faults:
        raise Wrong(f"cannot be read completely: {'; '.join(faults)}", ModelSchema(**found))
    return ModelSchema(**found)


def _json_schema(value: Any, _: str) -> dict[str, Any]:
    copied: dict[str, Any] = _copied(_mapping(value))
    return copied


_SCHEMA_READERS: dict[str, Callable[[Any, str], Any]] = {
    "input": _json_schema,
    "output": _json_schema,
    "methods": _texts,
    "example": _path,
}


def _requirements(value: Any, folder: str) -> str | tuple[str, ...]:
    return _texts(value) if isinstance(value, list) else _path(value, folder)


def _anything(value: Any, _: str) -> Any:
    return _copied(value)


# fmt: off
Shape = Literal[
    "text", "path", "checksum", "tool",
    "texts", "numbers", "values", "inputs", "schema", "signature", "requirements", "anything",
]
# fmt: on
"""What a field may hold: how each is read is said here, how it is set and typed in `changes`, of
which type it is in `schema`, and what a query asks of it in `mreg.search.fields`."""

_READERS: dict[Shape, Callable[[Any, str], Any]] = {
    "text": _text,
    "path": _path,
    "checksum": _checksum,
    "texts": _texts,
    "tool": _framework,
    "numbers": _metrics,
    "values": _params,
    "inputs": _inputs,
    "schema": _schema,
    "signature": _anything,
    "requirements": _requirements,
    "anything": _anything,
}


class AnnotationField(NamedTuple):
    """A field of annotations, with all that the program needs to know of it.

    Attributes:
        name: its name, here and in files.
        shape: what it may hold.
        about: what it says, for the JSON Schema.
        typed: how the value of its option of `mreg annotate` is called; empty: it has no option.
        help: the help of that option; empty: the same as `about`.
        asked: what queries call it; empty: they cannot ask about it.
        example: an example of a name within it.
        listed: in which words cards and bills of materials list it; empty: they do not, or have a
            place of its own for it.
        of_run: whether a training run says it anew, and nothing that an earlier one said stays.
    """

    name: str
    shape: Shape
    about: str = ""
    typed: str = ""
    help: str = ""
    asked: str = ""
    example: str = ""
    listed: str = ""
    of_run: bool = False

    @property
    def is_one(self) -> bool:
        """Whether one value of it is typed; else there may be several."""
        return self.shape in ("text", "path", "checksum", "tool")

    @property
    def may_be_files(self) -> bool:
        """Whether it may be read from files, which its option in the plural names."""
        return self.shape in ("numbers", "values")

    @property
    def option(self) -> str:
        """Its option of `mreg annotate`, without the dashes: in the singular."""
        return self.name if self.is_one else self.name.removesuffix("s")


# fmt: off
_FIELD = AnnotationField

TABLE: Final = (
    _FIELD("type", "text", "The kind of artifact: model, dataset, ...", "TYPE",
           "The kind of artifact: model, dataset, ...",
           asked="type"),
    _FIELD("path", "path", "A file or folder in the repository, relative to this file; or a URL.",
           "PATH", "The file or folder, from the repository's root; or a URL.", asked="path"),
    _FIELD("sha256", "checksum", "The SHA-256 of the file at the path, if it is not in Git.",
           "DIGITS", "The SHA-256 of the file at the path, if it is not in Git."),
    _FIELD("description", "text", "A description in words.", "TEXT", asked="description"),
    _FIELD("labels", "texts", "Words for searching.",
           "LABEL", "A label to add; repeatable.", asked="label"),
    _FIELD("framework", "tool", "", "NAME[==VERSION]", "The framework: torch==2.4.0.",
           asked="framework", listed="framework", of_run=True),
    _FIELD("owner", "text", "The person or team responsible.", "WHO",
           asked="owner", listed="owner"),
    _FIELD("license", "text", "The licence: Apache-2.0, ...", "LICENSE",
           asked="license", listed="licence"),
    _FIELD("metrics", "numbers", "Numbers by name; or the files that contain them.",
           "NAME=NUMBER", "A metric to set; repeatable.",
           asked="metrics", example="auc", of_run=True),
    _FIELD("params", "values", "The training params by name; or the files that contain them.",
           "NAME=VALUE", "A param to set; repeatable.",
           asked="params", example="depth", of_run=True),
    _FIELD("inputs", "inputs", "What the artifact was made from.",
           "INPUT", "An input to add, repeatable: data/train.csv,role=training or"
           " raw@v1.0.0 or https://...,sha256=...", asked="input", of_run=True),
    _FIELD("schema", "schema", "The input and output of the model, as JSON Schema.",
           asked="schema", example="input.age"),
    _FIELD("signature", "signature", "The input and output of the model, in any form."),
    _FIELD("requirements", "requirements",
           "A requirements file, relative to this file; or the requirements.", of_run=True),
    _FIELD("custom", "anything", "Any other values.",
           "NAME=VALUE", "Any other value to set; repeatable.", asked="custom", example="team"),
)
# fmt: on
"""The fields that an annotation has, in the order in which they are shown. A field is a row here,
and beside it what a type checker wants to see: `Annotation` and `mreg.annotations.changes.Wishes`.
"""

FIELDS: Final = {it.name: it for it in TABLE}
