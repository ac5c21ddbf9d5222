"""From what a person wants to say of an artifact to changes of its file. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict

from mreg.annotations import edit, entry, metrics, scalars
from mreg.annotations.edit import Edit, Path
from mreg.annotations.entry import AnnotationField, Framework, Input, Shape
from mreg.core.queries import parse_selector, suggestion
from mreg.errors import InvalidName, UsageError


class Wishes(TypedDict, total=False):
    """Changes to the annotation of an artifact; fields that are left out do not change.

    Attributes:
        labels: labels to add.
        framework: the name and version of the framework.
        metrics: numbers to set, by name, or the files that contain them.
        params: values to set, in the same form.
        inputs: inputs to add, as values or as they are typed (`parse_input`).
        schema: the parts to set, by name (`input`, `output`, `methods`, `example`); None removes a
            part.
        custom: values to set, by name.
        unset: fields to remove, such as "owner" or "metrics.accuracy".

    The others are those of an `Annotation`; paths are from the repository's root.
    """

    type: str | None
    path: str | None
    sha256: str | None
    description: str | None
    labels: Sequence[str]
    framework: tuple[str | None, str | None] | None
    owner: str | None
    license: str | None
    metrics: Mapping[str, entry.Number] | Sequence[str]
    params: Mapping[str, Any] | Sequence[str]
    inputs: Sequence[Input | str]
    schema: Mapping[str, Any]
    signature: Any
    requirements: str | Sequence[str] | None
    custom: Mapping[str, Any]
    unset: Sequence[str]


def of(wishes: Wishes, key: str, folder: str) -> list[Edit]:
    """Return the changes that wishes amount to; those that unset something come first.

    The artifact stands as `key` in its file, and paths there count from the file's folder.

    Raises:
        UsageError: what to unset is no field, or an input is none.
    """
    unset = [Edit((key, *_field(name)), remove=True) for name in wishes.get("unset", ())]
    return unset + [
        edit
        for name, value in wishes.items()
        if value is not None and name in entry.FIELDS
        for edit in _edits(entry.FIELDS[name].shape, value, (key, name), folder)
    ]


def _edits(shape: Shape, value: Any, at: Path, folder: str) -> list[Edit]:
    match shape:
        case "text" | "checksum" | "signature":
            return [Edit(at, value)]
        case "path":
            return [Edit(at, _from_file(value, folder))]
        case "texts":
            return [Edit(at, label, add=True) for label in value]
        case "tool":
            return [Edit(at, _said(Framework(*value)))]
        case "inputs":
            return [Edit(at, _said(_input(it, folder)), add=True) for it in value]
        case "schema":
            parts = {**value, "example": _example(value.get("example"), folder)}
            return [
                Edit((*at, name), _in_blocks(parts[name]), remove=parts[name] is None)
                for name in value
            ]
        case "requirements":
            return [Edit(at, _from_file(value, folder) if isinstance(value, str) else list(value))]
        case "numbers" | "values" | "anything":
            if isinstance(value, Mapping):
                return [Edit((*at, name), it) for name, it in value.items()]
            return [Edit(at, [_from_file(it, folder) for it in value])] if value else []


def _example(path: str | None, folder: str) -> str | None:
    return None if path is None else _from_file(path, folder)


def _in_blocks(value: Any) -> Any:
    """Return a JSON Schema in which what says little takes one line, as people write it."""
    if isinstance(value, Mapping):
        plain = {name: _in_blocks(it) for name, it in value.items()}
        brief = len(plain) <= _BRIEF and all(isinstance(it, (str, int)) for it in plain.values())
        return edit.OneLine(plain) if brief and "type" in plain else plain
    return [_in_blocks(it) for it in value] if isinstance(value, (list, tuple)) else value


_BRIEF = 3


def _input(value: Input | str, folder: str) -> Input:
    found = parse_input(value) if isinstance(value, str) else value
    return found if found.path is None else found._replace(path=_from_file(found.path, folder))


def _said(value: Framework | Input) -> dict[str, str]:
    return {name: text for name, text in value._asdict().items() if text is not None}


def _from_file(path: str, folder: str) -> str:
    """Return a path from the repository's root as it stands in a file of a folder."""
    if entry.is_url(path) or path.startswith("/") or not folder:
        return path
    return posixpath.relpath(path, folder)


# GTO's mark of a path that is not in the repository: nothing sets it any more.
_VIRTUAL = "virtual"


def _field(name: str) -> Path:
    """Read a field's name, and the name within it."""
    field, *rest = name.split(".", 1)
    if field not in (*entry.FIELDS, *entry.OLD_NAMES, _VIRTUAL):
        raise UsageError(
            f"{field!r} is not a field of an annotation",
            hint=suggestion(field, entry.FIELDS) or f"choose one of {', '.join(entry.FIELDS)}",
        )
    return (field, *rest)


_INPUT_KEY = re.compile(rf"({'|'.join(Input._fields)})=")
_INPUT_PARTS = re.compile(rf",(?=(?:{'|'.join(Input._fields)})=)")


def parse_input(text: str) -> Input:
    """Read an input as it is typed: a path, a selector or a URL, then ",role=training" and so on.

    A selector is taken for one if it names a version (`raw@v1.0.0`, `raw#prod`); "path=",
    "artifact=" or "url=" before it says which it is.

    Raises:
        UsageError: it is none.
    """
    first, *more = _INPUT_PARTS.split(text)
    found: dict[str, str] = {}
    for part in (first if _INPUT_KEY.match(first) else f"{_guess(first)}={first}", *more):
        key, _, value = part.partition("=")
        if not value:
            raise UsageError(f"the input {text!r} has no value for its {key}")
        found[key] = value
    if sum(key in found for key in ("path", "artifact", "url")) != 1:
        raise UsageError(
            f"the input {text!r} is not a single path, artifact or URL",
            hint="write it as data/train.csv,role=training or raw@v1.0.0 or https://...,sha256=...",
        )
    return Input(**found)


def _guess(text: str) -> str:
    if entry.is_url(text):
        return "url"
    try:
        return "path" if parse_selector(text).plain else "artifact"
    except InvalidName:
        return "path"


def parse(field: AnnotationField, said: str | Sequence[str]) -> Any:
    """Read what was typed of a field: the value of its option, or the values.

    Raises:
        UsageError: it is nothing, or nothing that the field holds.
    """
    if isinstance(said, str):
        if not said.strip():
            hint = f"to remove the {field.name}, pass --unset {field.name}"
            raise UsageError(f"--{field.option} is empty", hint=hint)
        name, _, version = said.partition("==")
        return (name or None, version or None) if field.shape == "tool" else said
    if field.may_be_files and (
        files := [it for it in said if "=" not in it and metrics.is_read(it)]
    ):
        hint = f"to name a file of {field.name}, pass --{field.name} {files[0]}"
        raise UsageError(f"{files[0]!r} is not a {field.option}: write NAME=VALUE", hint=hint)
    if field.shape == "numbers":
        return parse_numbers(said)
    if field.shape in ("values", "anything"):
        what = field.option if field.shape == "values" else f"{field.option} value"
        return parse_pairs(said, what=what)
    return said


def parse_files(field: AnnotationField, said: Sequence[str]) -> Sequence[str]:
    """Return the files of a field as they were typed, if none of them is a value.

    Raises:
        UsageError: one is a pair, "NAME=VALUE", and no file that mreg reads.
    """
    for it in said:
        if "=" in it and not metrics.is_read(it):
            hint = f"to set a single value, pass --{field.option} {it}"
            raise UsageError(f"{it!r} is not a file of {field.name}", hint=hint)
    return said


def parse_pairs(texts: Iterable[str], *, what: str) -> dict[str, Any]:
    """Read pairs as they are typed, "NAME=VALUE"; a value is a number, true, false or a text.

    What a number would not keep as it is typed (1.10, 007) is a text.

    Raises:
        UsageError: one is no pair.
    """
    typed = _pairs(texts, what)
    return {name: _kept(value, scalars.resolve(value)) for name, value in typed.items()}


def _pairs(texts: Iterable[str], what: str) -> dict[str, str]:
    found = {}
    for text in texts:
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise UsageError(f"{text!r} is not a {what}: write NAME=VALUE")
        found[name] = value
    return found


_ZERO_BEFORE = re.compile(r"[-+]?0[0-9]")


def _kept(text: str, value: scalars.Scalar) -> scalars.Scalar:
    """Return a value as it was typed; as a text if it is a number that would lose a digit of it.

    1e-3 and 0.001 say the same; 1.10 and 1.1 do not: the one may be a version.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    shown = edit.in_line(value)
    if shown == text:
        return value
    try:
        typed, kept = Decimal(text), Decimal(shown)
    except InvalidOperation:  # 0x1F, .Inf
        return text
    # The exponent of a decimal counts the places behind its point: -2 of 1.10, -1 of 1.1.
    fewer = int(typed.as_tuple().exponent) < int(kept.as_tuple().exponent)
    return text if typed != kept or fewer or _ZERO_BEFORE.match(text) else value


def parse_numbers(texts: Iterable[str]) -> dict[str, entry.Number]:
    """Read metrics as they are typed, "NAME=NUMBER".

    Raises:
        UsageError: one is no pair, or its value is no number.
    """
    found = {}
    for name, text in _pairs(texts, "metric").items():
        value = entry.as_metric(scalars.resolve(text))
        if value is None:
            raise UsageError(f"the metric {name} is {text!r}, not a number")
        found[name] = value
    return found
