"""What can be wrong with annotations beyond YAML and types: names, paths, files, inputs.

Pure: what is around a file, the work tree and the registry, is asked of `Surroundings`.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mreg.annotations import entry, metrics, sources
from mreg.annotations.entry import FileList
from mreg.annotations.findings import fault
from mreg.annotations.text import Unreadable
from mreg.core import names
from mreg.core.diagnostics import Diagnostic, Keys
from mreg.core.queries import parse_selector, suggestion
from mreg.errors import InvalidName, NotFound
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.schemas.model import ModelSchema


class Surroundings(Protocol):
    """What is around annotations: a work tree and a registry. Paths are from its root."""

    def exists(self, path: str) -> bool:
        """Tell whether a path is in the work tree, or would be after `dvc pull`."""

    def is_elsewhere(self, path: str) -> bool:
        """Tell whether a path is in the index or kept by DVC, but not in the work tree."""

    def is_tracked(self, path: str) -> bool:
        """Tell whether a path is in the index, or kept by DVC."""

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file of the work tree; None if it does not exist."""

    def unread(self, path: str) -> str | None:
        """Say which file of DVC's may tell where a path is kept and cannot be read, and why."""

    def submodule(self, path: str) -> str | None:
        """Return the submodule that a path is, or is in; None if it is in none."""

    def damage(self, path: str) -> tuple[str, str] | None:
        """Say which file at or in a path is a pointer that cannot be followed, and what to do."""

    def beside(self, path: str) -> list[str]:
        """Return the paths that are in the same folder."""

    @property
    def tags(self) -> frozenset[str]:
        """The names of all tags."""

    @property
    def artifacts(self) -> frozenset[str]:
        """The names of the registered artifacts."""

    @property
    def folded(self) -> Mapping[str, Sequence[str]]:
        """Those names in order, by the form in which they are the same but for case."""

    def resolve(self, selector: str) -> None:
        """Resolve a selector; raise NotFound where it names no version."""


class CheckedEntry(NamedTuple):
    """One artifact's entry in one file.

    Attributes:
        file: the file, from the repository's root.
        key: the artifact's name in it; `artifact` is its full name.
        value: the entry, as plain values.
        fields: what of it can be read; paths are from the root.
        of_dvc: whether the file is a dvc.yaml.
    """

    file: str
    key: str
    artifact: str
    value: Any
    fields: Mapping[str, Any]
    of_dvc: bool = False


def subject(file: str, key: str, value: Any, *, of_dvc: bool = False) -> CheckedEntry:
    """Return an artifact's entry as something to check."""
    folder = posixpath.dirname(file)
    artifact = sources.full_name(folder, key)
    return CheckedEntry(file, key, artifact, value, entry.read(value, folder).fields, of_dvc)


class _Seen(NamedTuple):
    """Of an entry, what others are held against."""

    artifact: str
    file: str
    of_dvc: bool


class Catalogue:
    """The entries that were seen so far: what a further one may collide with."""

    def __init__(self) -> None:
        self._by_name: dict[str, _Seen] = {}
        self._by_path: dict[str, _Seen] = {}

    def add(self, it: CheckedEntry) -> list[Diagnostic]:
        """Take one entry in; return how it collides with those before it."""
        seen = _Seen(it.artifact, it.file, it.of_dvc)
        other = self._by_name.setdefault(names.fold(it.artifact), seen)
        faults = [] if other is seen else [*_same_name(it, other)]
        path = it.fields.get("path")
        if path is not None:
            other = self._by_path.setdefault(path, seen)
            if other.artifact != it.artifact:
                message = f"{path} is also the path of {other.artifact}{_where(it, other)}"
                faults.append(fault("MA051", (it.key, "path"), message))
        return faults


def _same_name(it: CheckedEntry, other: _Seen) -> Iterator[Diagnostic]:
    if other.artifact != it.artifact:
        message = f"{it.artifact} differs from {other.artifact}{_where(it, other)} only in case"
        yield fault("MA041", (it.key,), message, "rename one of them", at_key=True)
    elif other.of_dvc == it.of_dvc:
        message = f"{it.artifact} is already annotated{_where(it, other)}"
        yield fault("MA043", (it.key,), message, "remove one of them", at_key=True)


def _where(it: CheckedEntry, other: _Seen) -> str:
    return "" if other.file == it.file else f" in {other.file}"


def of_name(it: CheckedEntry) -> Iterator[Diagnostic]:
    """Check that an artifact of such a name could be registered."""
    try:
        names.artifact(it.artifact)
    except InvalidName as error:
        yield fault("MA040", (it.key,), str(error), error.hint, at_key=True)


def of_words(it: CheckedEntry, types: frozenset[str] | None = None) -> Iterator[Diagnostic]:
    """Check the type against those that are allowed, None for any; tell of what says nothing."""
    if not isinstance(it.value, dict):
        return
    found = it.value.get("type")
    if types is not None and isinstance(found, str) and found not in types:
        hint = suggestion(found, types) or f"choose one of {', '.join(sorted(types))}"
        yield fault(
            "MA024", (it.key, "type"), f"{found!r} is not one of the registry's types", hint
        )
    said = it.value.get("metrics")
    for name, why in metrics.not_finite(metrics.numbers(said) if isinstance(said, dict) else {}):
        yield fault("MA033", (it.key, "metrics", name), f"the metric {name} {why}", _NOT_FINITE)
    if it.of_dvc:
        return
    for old, hint in (("desc", "write description"), ("virtual", "remove it")):
        if it.value.get(old) is not None:
            message = f"{old} is a field of an older format"
            yield fault("MA025", (it.key, old), message, hint, at_key=True)


def of_tags(it: CheckedEntry, around: Surroundings) -> Iterator[Diagnostic]:
    """Check a name against the tags that are there."""
    where: Keys = (it.key,)
    if it.artifact not in around.artifacts:
        for other in around.folded.get(names.fold(it.artifact), ()):
            message = f"{it.artifact} differs from the registered {other} only in case"
            yield fault("MA041", where, message, f"did you mean {other}?", at_key=True)
    parts = names.in_tag(it.artifact).split("/")
    for above in ("/".join(parts[:count]) for count in range(1, len(parts))):
        if above in around.tags:
            message = f"Git cannot store tags of {it.artifact} together with the tag {above}"
            yield fault("MA042", where, message, "choose another name", at_key=True)


def of_paths(it: CheckedEntry, around: Surroundings) -> Iterator[Diagnostic]:
    """Check that what an entry names is there."""
    fields = it.fields
    virtual = isinstance(it.value, dict) and it.value.get("virtual")
    # What has its own checksum need not be in Git, nor on every machine that validates.
    elsewhere = "sha256" in fields and not fields.get("path", "/").startswith("/")
    if "path" in fields and not virtual and not elsewhere:
        yield from _path(fields["path"], (it.key, "path"), around)
    if isinstance(fields.get("requirements"), str):
        yield from _path(fields["requirements"], (it.key, "requirements"), around)
    for at, source in enumerate(fields.get("inputs", ())):
        if source.path is not None:
            yield from _input(source.path, (it.key, "inputs", at, "path"), around)
    for field in ("metrics", "params"):
        if isinstance(fields.get(field), FileList):
            for at, path in enumerate(fields[field]):
                yield from of_value_file(path, field, (it.key, field, at), around)


def _path(path: str, where: Keys, around: Surroundings) -> Iterator[Diagnostic]:
    if entry.is_url(path):
        return
    if path.startswith(("/", "../")) or path == "..":
        message = f"{path} is outside the repository"
        yield fault("MA052", where, message, "write a path relative to this file, or a URL")
    elif its_own := around.submodule(path):
        yield _in_submodule(path, its_own, where)
    elif unread := around.unread(path):
        yield fault("MA056", where, unread, "fix it, and commit the change")
    elif not around.exists(path):
        yield fault("MA050", where, f"{path} does not exist", suggestion(path, around.beside(path)))
    elif damage := around.damage(path):
        yield fault("MA053", where, *damage)


def _input(path: str, where: Keys, around: Surroundings) -> Iterator[Diagnostic]:
    """Check the path of an input: a version has no more of it than Git or DVC has."""
    faults = [*_path(path, where, around)]
    if [it.code for it in faults] == ["MA050"] and path in around.artifacts:
        named = f"{path}@latest"
        hint = f"to name the artifact, write {named} (in artifacts.yaml, artifact: {named})"
        faults = [faults[0]._replace(hint=hint)]
    yield from faults
    if not faults and not entry.is_url(path) and not around.is_tracked(path):
        message = f"neither Git nor DVC tracks {path}: a version would not have it"
        yield fault("MA057", where, message, f"git add {shlex.quote(path)}, or dvc add it")


def _in_submodule(path: str, submodule: str, where: Keys) -> Diagnostic:
    message = f"{path} is in the submodule {submodule}: its contents are in another repository"
    return fault(
        "MA055",
        where,
        message,
        "register it there, and download it with --repo; or copy the file into this repository",
    )


def of_value_file(path: str, field: str, where: Keys, around: Surroundings) -> Iterator[Diagnostic]:
    """Check a metric or param file."""
    outside = path.startswith(("/", "../"))
    if not outside and (its_own := around.submodule(path)):
        yield _in_submodule(path, its_own, where)
        return
    raw = None if outside else around.read(path)
    if raw is None:
        if not outside and around.is_elsewhere(path):
            return  # it cannot be read here, which is no fault of the annotation
        hint = suggestion(path, around.beside(path))
        yield fault("MA030", where, f"the file {path} does not exist", hint)
        return
    try:
        values = metrics.load(raw, path)
    except Unreadable as error:
        yield fault("MA031", where, f"cannot read {path}: {error}", error.hint)
        return
    if field != "metrics":
        return
    held = metrics.numbers(values)
    if all(it is None for it in held.values()):
        yield fault("MA032", where, f"{path} contains no numbers")
    for name, why in metrics.not_finite(held):
        yield fault("MA033", where, f"{path}: {name} {why}", _NOT_FINITE)


_NOT_FINITE = (
    "find out what went wrong in the run; such a value is never the best, and never meets a limit"
)


def of_inputs(
    it: CheckedEntry, annotated: frozenset[str], around: Surroundings
) -> Iterator[Diagnostic]:
    """Check that the inputs which name an artifact of this repository resolve."""
    for at, source in enumerate(it.fields.get("inputs", ())):
        if source.artifact is None or source.repo is not None:
            continue
        where = (it.key, "inputs", at, "artifact")
        try:
            selector = parse_selector(source.artifact)
            if selector.plain and selector.artifact in annotated:
                continue
            if not around.artifacts:
                message = f"cannot check {source.artifact}: this clone has no registry tags"
                yield fault("MA061", where, message, "git fetch --tags")
            else:
                around.resolve(source.artifact)
        except (InvalidName, NotFound) as error:
            yield fault("MA060", where, str(error), error.hint)


def of_schema(it: CheckedEntry) -> Iterator[Diagnostic]:
    """Check that what a schema says of input and output is JSON Schema."""
    if (schema := it.fields.get("schema")) is None:
        return
    from mreg.schemas import check

    for name in ("input", "output"):
        for found in check.legal(getattr(schema, name)) if getattr(schema, name) else ():
            where = (it.key, "schema", name, *found.keys)
            message = f"schema.{'.'.join(map(str, where[2:]))}: {found.message}"
            yield fault("MA065" if found.is_format else "MA064", where, message)


def of_example(it: CheckedEntry, around: Surroundings) -> Iterator[Diagnostic]:
    """Check that the example of a schema is there, can be read, and fits the schema."""
    schema = it.fields.get("schema")
    if schema is None or schema.example is None:
        return
    path, where = schema.example, (it.key, "schema", "example")
    if entry.is_url(path):
        said = "the example is a URL, but must be a file of the repository"
        yield fault("MA067", where, said)
        return
    if path.startswith(("/", "../")) or path == "..":
        message = f"{path} is outside the repository"
        yield fault("MA052", where, message, "write a path relative to this file")
        return
    if its_own := around.submodule(path):
        yield _in_submodule(path, its_own, where)
        return
    if (raw := around.read(path)) is None:
        if not around.is_elsewhere(path):
            hint = suggestion(path, around.beside(path))
            yield fault("MA066", where, f"the example {path} does not exist", hint)
        return
    yield from (fault(code, where, said) for code, said in _example_faults(schema, path, raw))


def _example_faults(schema: ModelSchema, path: str, raw: bytes) -> Iterator[tuple[str, str]]:
    """Iterate over what is wrong with an example, by codes."""
    from mreg.schemas import check, examples

    try:
        found = examples.read(raw)
    except examples.CannotRead as error:
        yield "MA067", f"the example {path} {error}"
        return
    for name, value in found.items():
        described = getattr(schema, name)
        if described is None:
            yield "MA069", f"the example {path} has an {name} that the schema does not describe"
        elif not [it for it in check.legal(described) if not it.is_format]:
            misfits = check.misfits(described, value)
            more = f" (and {len(misfits) - 1} more)" if len(misfits) > 1 else ""
            if misfits:
                place = f"{name}{_dotted(misfits[0].place)}"
                yield "MA068", f"in {path}, {place} {misfits[0].message}{more}"


def _dotted(place: str) -> str:
    return place if not place or place.startswith("[") else f".{place}"
