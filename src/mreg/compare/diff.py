"""What differs between two versions: two sides as values in, their differences as values out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mreg.annotations import entry
from mreg.annotations.entry import Annotation, Framework, Input
from mreg.annotations.values import Meaning, Unclear, Value, ValueColumn, columns
from mreg.compare.tensors import Tensors
from mreg.core import directions
from mreg.core.commits import Committed
from mreg.core.diagnostics import Diagnostic
from mreg.core.directions import Direction, Directions
from mreg.core.queries import Version
from mreg.dvc.whereabouts import Kept
from mreg.render import numbers
from mreg.render.numbers import Number
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from pandas import DataFrame

    from mreg.schemas.compare import SchemaChange

Verdict: TypeAlias = Literal["better", "worse"]
Kind: TypeAlias = Literal["added", "removed", "changed"]


class Side(NamedTuple):
    """One of the two versions, with what is known of it.

    Attributes:
        version: the version.
        annotation: what its commit says of it; None if that is nothing, or cannot be read.
        problems: what of it could not be read.
        contents: what stands at the paths of the artifact and of its inputs, by path.
        requirements: its requirements, a line each; None if there are none, or they stand in a file
            that is no list of them.
    """

    version: Version
    annotation: Annotation | None = None
    problems: tuple[Diagnostic, ...] = ()
    contents: Mapping[str, Kept] = {}
    requirements: tuple[str, ...] | None = None

    @classmethod
    def of(cls, version: Version, found: Annotation | Diagnostic | None) -> Side:
        """Return a version with what its commit says of it, or why that cannot be read."""
        said = found if isinstance(found, Annotation) else None
        return cls(version, said, entry.problems(found))


class MetricChange(NamedTuple):
    """A metric that differs.

    Attributes:
        name: its name.
        before: its value in the first version; None if it has none there.
        after: its value in the second.
        delta: the second less the first; None if one is absent, or the result is no number.
        direction: which values are better; None if that is not known.
        verdict: whether the second is better or worse than the first; None if that is not known.
        full_name: its name with the file that it stands in, which is the same in every version.
    """

    name: str
    before: Number | None
    after: Number | None
    delta: Number | None
    direction: Direction | None
    verdict: Verdict | None
    full_name: str = ""


class Change(NamedTuple):
    """Something else that differs: a param, a field, an input, a requirement.

    Attributes:
        name: its name.
        kind: whether it was added, removed or changed.
        before: its value in the first version; None where it was added.
        after: its value in the second; None where it was removed.
        full_name: of a param its name with the file that it stands in; else None.
    """

    name: str
    kind: Kind
    before: Any
    after: Any
    full_name: str | None = None


class Diff(NamedTuple):
    """The differences between two versions.

    Attributes:
        before: the first version.
        after: the second version.
        metrics: the metrics that differ, by name.
        params: the params that differ, by name; nested names are joined by dots.
        fields: the other fields of the annotation that differ.
        artifact: the content of the artifact's path, if it differs.
        tensors: the comparison of its tensors, if both are safetensors files.
        inputs: the inputs that differ: as values they are objects of what is said of the input,
            with the content of a path.
        requirements: the requirements that differ, by the package's name.
        commits: the commits that only the second version contains, newest first.
        lost: the commits that only the first version contains.
        problems: the data that could not be read; differences may then be missing.
        schema: the differences in the model's input, output and methods, and whether they break the
            callers of the first version.
    """

    before: Version
    after: Version
    metrics: tuple[MetricChange, ...] = ()
    params: tuple[Change, ...] = ()
    fields: tuple[Change, ...] = ()
    artifact: Change | None = None
    inputs: tuple[Change, ...] = ()
    requirements: tuple[Change, ...] = ()
    commits: tuple[Committed, ...] = ()
    lost: tuple[Committed, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    tensors: Tensors | None = None
    schema: tuple[SchemaChange, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the versions differ in anything but their names, tags and commits."""
        return any((*self[2:5], self.schema, self.artifact, self.inputs, self.requirements))

    def to_pandas(self) -> DataFrame:
        """Return the differences as a DataFrame, each in a row with its section.

        Raises:
            UsageError: pandas is not installed.
        """
        from mreg.render import frames

        columns = ("section", "name", "before", "after", "delta", "direction", "verdict")
        return frames.frame(_rows(self), columns)


def compare(
    before: Side,
    after: Side,
    commits: Sequence[Committed] = (),
    lost: Sequence[Committed] = (),
    told: Directions = Directions(),  # noqa: B008 - an immutable value
) -> Diff:
    """Hold two versions against each other; `commits` and `lost` are as in the result.

    Where one side cannot be read at all, nothing is said of what it or the other has; nor of a
    metric or param that may stand in a file of it which cannot be read.
    """
    problems = tuple(dict.fromkeys((*before.problems, *after.problems)))
    found = Diff(before.version, after.version, problems=problems)
    found = found._replace(commits=tuple(commits), lost=tuple(lost))
    if any(it.annotation is None and it.problems for it in (before, after)):
        return found
    first, second = before.annotation or Annotation(), after.annotation or Annotation()
    return found._replace(
        metrics=tuple(_metrics(first, second, told)),
        params=tuple(_params(first, second)),
        fields=tuple(_changes(_fields(first), _fields(second))),
        schema=_schema(first, second),
        artifact=next(_changes(_own_content(before), _own_content(after)), None),
        inputs=tuple(_changes(_inputs(before), _inputs(after))),
        requirements=tuple(_changes(requirements(before), requirements(after))),
    )


def _metrics(before: Annotation, after: Annotation, told: Directions) -> Iterator[MetricChange]:
    for column, first, second in _both(before, after, "metrics"):
        old, new = (it.value if isinstance(it, Value) else None for it in (first, second))
        if old is None or new is None or not numbers.equal(old, new):
            yield metric_change(column, old, new, told.of(column.name))


def metric_change(
    column: ValueColumn, before: Number | None, after: Number | None, direction: Direction | None
) -> MetricChange:
    """Hold two values of a metric against each other, of which one may be absent."""
    name, full_name = column.name, column.full_name
    if before is None or after is None:
        return MetricChange(name, before, after, None, direction, None, full_name)
    verdict, delta = _verdict(before, after, direction), numbers.delta(before, after)
    return MetricChange(name, before, after, delta, direction, verdict, full_name)


def _params(before: Annotation, after: Annotation) -> Iterator[Change]:
    changed = (param_change(*it) for it in _both(before, after, "params"))
    return (it for it in changed if it)


def param_change(column: ValueColumn, before: Meaning, after: Meaning) -> Change | None:
    """Return how a param differs, of which either value may be absent; None if it does not."""
    old, new = ({column.name: it.value} if isinstance(it, Value) else {} for it in (before, after))
    found = next(_changes(old, new), None)
    return found and found._replace(full_name=column.full_name)


def _both(
    before: Annotation, after: Annotation, field: str
) -> Iterator[tuple[ValueColumn, Meaning, Meaning]]:
    """Iterate over metrics or params by name, but for those that one side may have unread."""
    for column in columns((before, after), field):
        meant = column.of(before, field), column.of(after, field)
        if all(not isinstance(it, Unclear) or it.blank for it in meant):
            yield column, *meant


def _verdict(before: Number, after: Number, direction: Direction | None) -> Verdict | None:
    if direction is None or not (numbers.is_finite(before) and numbers.is_finite(after)):
        return None
    if directions.better(after, before, direction):
        return "better"
    return "worse" if directions.better(before, after, direction) else None


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Iterate over what differs between two mappings, by name."""
    for name in sorted({*before, *after}):
        if name not in before:
            yield Change(name, "added", None, after[name])
        elif name not in after:
            yield Change(name, "removed", before[name], None)
        elif not numbers.same(before[name], after[name]):
            yield Change(name, "changed", before[name], after[name])


def _schema(before: Annotation, after: Annotation) -> tuple[SchemaChange, ...]:
    """Return what differs between two schemas; nothing where either may have more than was read."""
    if before.schema == after.schema or any("schema" in it.unread for it in (before, after)):
        return ()
    from mreg.schemas import compare as schemas
    from mreg.schemas.model import ModelSchema

    none = ModelSchema()
    return schemas.changes(before.schema or none, after.schema or none)


_ELSEWHERE = frozenset(
    (
        *("metrics", "params", "inputs", "schema", "requirements"),
        *("sources", "files", "unread", "problems"),
    )
)
"""What of an annotation has a section of its own, or says nothing of the artifact."""


def _fields(annotation: Annotation) -> dict[str, Any]:
    said = {
        key: {part: text for part, text in it._asdict().items() if text is not None}
        if isinstance(it, Framework)
        else numbers.plain(it)
        for key, it in annotation._asdict().items()
        if key not in _ELSEWHERE and it
    }
    if annotation.schema and annotation.schema.example:
        said["schema"] = {"example": annotation.schema.example}
    return numbers.flat(said)


def _own_content(side: Side) -> dict[str, Kept]:
    """Return the content of the artifact itself, under one name wherever its path is."""
    content = _content(side, side.annotation.path if side.annotation else None)
    return {"artifact": content} if content else {}


def _content(side: Side, path: str | None) -> Kept | None:
    return None if path is None else side.contents.get(path, Kept(path, "absent"))


def _inputs(side: Side) -> dict[str, dict[str, Any]]:
    """Return the inputs by what they are, whichever version or content of it was taken."""
    found: dict[str, dict[str, Any]] = {}
    for it in side.annotation.inputs if side.annotation else ():
        name, count = input_name(it), 1
        while name in found:
            count += 1
            name = f"{input_name(it)} ({count})"
        found[name] = {key: value for key, value in it._asdict().items() if value is not None}
        if it.path is not None and (content := side.contents.get(it.path)):
            found[name]["content"] = content._asdict()
    return found


def input_name(it: Input) -> str:
    """Return what an input is, whichever version or content of it was taken."""
    what = it.path or it.url or re.split("[@#]", it.artifact or "")[0]
    return f"{it.repo} {what}" if it.repo else what


_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def requirements(side: Side) -> dict[str, Any]:
    """Return the requirements by package; of a file that is no list of them, its content."""
    if side.requirements is not None:
        return dict(_by_package(side.requirements))
    path = side.annotation.requirements if side.annotation else None
    content = _content(side, path) if isinstance(path, str) else None
    return {content.path: content._asdict()} if content else {}


def _by_package(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Iterate over requirements and their packages' names; what names none stands for itself.

    Of one package under several conditions, the requirements are told apart by these.
    """
    named: dict[str, list[str]] = {}
    for line in lines:
        found = _NAME.match(line)
        name = re.sub(r"[-_.]+", "-", found[1]).lower() if found else line
        named.setdefault(name, []).append(line)
    for name, several in named.items():
        for line in several:
            condition = line.partition(";")[2].strip()
            yield (name if len(several) == 1 else f"{name} ({condition or line})"), line


_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def requirement_lines(raw: bytes) -> tuple[str, ...]:
    """Read a requirements file of pip: its requirements and options, without comments.

    It is UTF-8, or UTF-16 if it begins so, as PowerShell writes it.

    Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    text = raw.decode("utf-16" if raw.startswith(_UTF_16) else "utf-8-sig", "replace")
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = (re.sub(r"(^|\s)#.*", "", line) for line in joined.splitlines())
    return tuple(" ".join(line.split()) for line in lines if line.strip())


def _rows(found: Diff) -> list[dict[str, Any]]:
    """Return the differences as rows of one table."""
    changes = {
        "param": found.params,
        "field": found.fields,
        "artifact": (found.artifact,) if found.artifact else (),
        "input": found.inputs,
        "requirement": found.requirements,
    }
    metrics = [{"section": "metric", **it._asdict()} for it in found.metrics]
    return (
        metrics
        + _schema_rows(found.schema)
        + [
            {"section": section, "name": it.name, "before": it.before, "after": it.after}
            for section, changed in changes.items()
            for it in changed
        ]
    )


def _schema_rows(changed: Iterable[SchemaChange]) -> list[dict[str, Any]]:
    return [
        {
            "section": "schema",
            "name": it.name,
            "before": it.was,
            "after": it.now,
            "verdict": "breaks callers" if it.breaks else None,
        }
        for it in changed
    ]
