"""`${...}` in what a dvc.yaml says of artifacts and stages, filled in as DVC does.

A stage with `foreach` or `matrix` stands for several: each is a stage of its own then.

What they name stands in params.yaml beside the file, and in what its `vars:` list: files, keys of
files, or values. What DVC would refuse is not filled in, and it is said why.

Source: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#templating, and dvc/parsing
of DVC 3.67.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any, TypeAlias

from mreg.annotations import text
from mreg.tuples import NamedTuple

_DEFAULT = "params.yaml"
# What nothing closes in its line is taken in one piece: each `${` of many would search it again.
_TEMPLATE = re.compile(r"(?<!\\)\$\{(?:(?P<inner>[^}\n]*+)\}|[^}\n]++)")
_EXPRESSION = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^.\[\]]+\])*")

Values: TypeAlias = Mapping[str, Any] | str | None
"""What a file of values holds; a text says why it cannot be read, None that it does not exist."""


class _Unfilled(ValueError):
    """Why something cannot be filled in."""


class Filled(NamedTuple):
    """A dvc.yaml whose templates are filled in.

    Attributes:
        content: what it holds.
        unfilled: why fields of artifacts cannot be filled in, by artifact and field; they are as
            they were.
    """

    content: dict[str, Any]
    unfilled: dict[str, dict[str, str]]


def are_in(raw: bytes) -> bool:
    """Tell whether a dvc.yaml may have templates."""
    return b"${" in raw


def files(content: Mapping[str, Any]) -> list[str]:
    """Return the files that values may stand in, as seen from the folder of the dvc.yaml."""
    named = content.get("vars")
    listed = (it for it in named if isinstance(it, str)) if isinstance(named, list) else ()
    return list(dict.fromkeys((_DEFAULT, *(_file(it)[0] for it in listed))))


def fill(content: dict[str, Any], held: Mapping[str, Values]) -> Filled:
    """Fill in the templates; `held` is what each of the `files` holds, nested as it is there."""
    known: dict[str, Any] | _Unfilled
    try:
        known = _context(content.get("vars", []), held)
    except _Unfilled as error:
        known = error
    filler = _Filler(known)
    filled = dict(content)
    if isinstance(content.get("stages"), dict):
        filled["stages"] = dict(islice(_stages(content["stages"], filler), MOST_STAGES))
    for section in ("metrics", "params", "plots"):
        if isinstance(content.get(section), list):
            filled[section] = [filler.attempt(it)[0] for it in content[section]]
    artifacts, unfilled = content.get("artifacts"), {}
    if isinstance(artifacts, dict):
        filled["artifacts"] = made = {}
        for key, entry in artifacts.items():
            name = filler.attempt(key)[0]
            name = name if isinstance(name, str) else key
            made[name], faults = filler.entry(entry)
            if faults:
                unfilled[name] = faults
    return Filled(filled, unfilled)


MOST_STAGES = 1000
"""So many stages of a dvc.yaml are looked at: a matrix may stand for any number of them."""

_OF_STAGES = ("outs", "deps", "metrics", "params", "plots")


def _stages(said: dict[str, Any], filler: _Filler) -> Iterator[tuple[str, Any]]:
    """Iterate over the stages that a dvc.yaml stands for, by name, with their paths filled in."""
    for name, stage in said.items():
        if not isinstance(stage, dict):
            yield name, stage
            continue
        inner = stage.get("do", stage)
        for key, item in _items(stage, filler):
            own = filler.within(item)
            if isinstance(inner, dict):
                yield f"{name}@{key}" if key else name, _stage(inner, own)


def _items(stage: dict[str, Any], filler: _Filler) -> Iterator[tuple[str, dict[str, Any]]]:
    """Iterate over what a stage stands for: the names by which DVC knows them, and their values."""
    if "foreach" in stage:
        of_each, _ = filler.attempt(stage["foreach"])
        if isinstance(of_each, dict):
            yield from ((str(key), {"key": key, "item": it}) for key, it in of_each.items())
        elif isinstance(of_each, list):
            for at, it in enumerate(of_each):
                yield (str(at) if isinstance(it, dict | list) else _name(it)), {"item": it}
    elif isinstance(matrix := stage.get("matrix"), dict):
        sides = [filler.attempt(it)[0] for it in matrix.values()]
        if all(isinstance(it, list) for it in sides):
            for chosen in product(*(enumerate(it) for it in sides)):
                names = (
                    f"{key}{at}" if isinstance(it, dict | list) else _name(it)
                    for key, (at, it) in zip(matrix, chosen, strict=True)
                )
                values = (it for _, it in chosen)
                yield "-".join(names), {"item": dict(zip(matrix, values, strict=True))}
    else:
        yield "", {}


def _name(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _stage(said: dict[str, Any], filler: _Filler) -> dict[str, Any]:
    """Return a stage whose paths are filled in; those that cannot be are as they were."""
    found = {key: it for key, it in said.items() if key not in ("foreach", "matrix", "do")}
    for section in _OF_STAGES:
        if isinstance(said.get(section), list):
            found[section] = [filler.attempt(it)[0] for it in said[section]]
    if isinstance(said.get("wdir"), str):
        found["wdir"] = filler.attempt(said["wdir"])[0]
    return found


def _file(item: str) -> tuple[str, list[str]]:
    """Read an item of `vars`: a file, and the keys of it that are meant; none: all of them."""
    path, _, keys = item.partition(":")
    return posixpath.normpath(path), [it for it in keys.split(",") if it]


def _context(named: Any, held: Mapping[str, Values]) -> dict[str, Any]:
    """Return all values that templates may name, by their nested keys."""
    if not isinstance(named, list) or not all(isinstance(it, str | dict) for it in named):
        raise _Unfilled("vars is not a list of files and values")
    if any(map(_templates, _texts(named))):
        raise _Unfilled("vars contains a template")
    found: dict[str, Any] = {}
    loaded: dict[str, list[str]] = {}
    for item in ([_DEFAULT] if held.get(_DEFAULT) is not None else []) + named:
        if isinstance(item, dict):
            _merge(found, item)
            continue
        path, keys = _file(item)
        if path in loaded and not keys and not loaded[path]:
            continue  # all of a file may be named several times
        if path in loaded and not (keys and loaded[path] and {*keys}.isdisjoint(loaded[path])):
            raise _Unfilled(f"vars contains {item}, but {path} is already loaded")
        _merge(found, _part(path, keys, held.get(path)))
        loaded.setdefault(path, []).extend(keys)
    return found


def _templates(said: str) -> list[re.Match[str]]:
    return [it for it in _TEMPLATE.finditer(said) if it["inner"] is not None]


def _texts(value: Any) -> Iterator[str]:
    """Iterate over the texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        inner = (*value, *value.values()) if isinstance(value, dict) else value
        for it in inner:
            yield from _texts(it)


def _part(path: str, keys: list[str], values: Values) -> Mapping[str, Any]:
    if values is None or isinstance(values, str):
        raise _Unfilled(f"{path}: {values or 'it does not exist'}")
    if absent := [it for it in keys if it not in values]:
        raise _Unfilled(f"{path} has no {absent[0]}")
    return {it: values[it] for it in keys} if keys else values


def _merge(into: dict[str, Any], more: Mapping[str, Any], path: str = "") -> None:
    """Add values; only mappings may be said in several places."""
    for key, value in more.items():
        if key not in into:
            # What is merged into later must not be what a file holds.
            into[key] = _own(value)
        elif isinstance(into[key], dict) and isinstance(value, dict):
            _merge(into[key], value, f"{path}{key}.")
        else:
            raise _Unfilled(f"{path}{key} is set in two places")


def _own(value: Any) -> Any:
    return {key: _own(it) for key, it in value.items()} if isinstance(value, dict) else value


class _Filler:
    """Fills in templates, as many as there is room for: each may stand for a long text."""

    def __init__(self, known: dict[str, Any] | _Unfilled, room: list[int] | None = None) -> None:
        self._known = known
        self._room = room or [text.MAX_BYTES]

    def within(self, more: dict[str, Any]) -> _Filler:
        """Return what fills in further values, too, with as much room as is left here."""
        if not more:
            return self
        # DVC refuses `item` and `key` among vars where a stage stands for several.
        return _Filler(
            more if isinstance(self._known, _Unfilled) else self._known | more, self._room
        )

    def entry(self, said: Any) -> tuple[Any, dict[str, str]]:
        """Return an artifact's entry, and why fields of it cannot be filled in, by their keys."""
        if not isinstance(said, dict):
            return said, {}
        found, faults = {}, {}
        for key, value in said.items():
            found[key], why = self.attempt(value)
            if why:
                faults[key] = f"cannot resolve {key}: {why}"
        return found, faults

    def attempt(self, value: Any) -> tuple[Any, str]:
        """Return a value filled in; or as it is, and why it cannot be."""
        try:
            return self._filled(value), ""
        except _Unfilled as error:
            return value, str(error)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {str(self._filled(key)): self._filled(it) for key, it in value.items()}
        return [self._filled(it) for it in value] if isinstance(value, list) else value

    def _text(self, said: str) -> Any:
        found = _templates(said)
        if len(found) == 1 and found[0][0] == said:
            return self._value(found[0])
        parts, end = [], 0
        for it in found:
            parts += [said[end : it.start()], _shown(self._value(it), it[0])]
            end = it.end()
        return "".join((*parts, said[end:])).replace("\\${", "${")

    def _value(self, template: re.Match[str]) -> Any:
        """Return what a template names."""
        expression = template["inner"]
        if not _EXPRESSION.fullmatch(expression):
            raise _Unfilled(f"{template[0]} is not a DVC template")
        if isinstance(self._known, _Unfilled):
            raise self._known
        value: Any = self._known
        for step in expression.replace("[", ".").replace("]", "").split("."):
            try:
                value = value[int(step)] if isinstance(value, list) else value[step.strip()]
            except (LookupError, TypeError, ValueError):
                raise _Unfilled(f"there is no {expression} in {_DEFAULT} or vars") from None
        # Once there is no room left, a long value is not written out again for each template.
        self._room[0] -= len(str(value)) if self._room[0] >= 0 else 0
        if self._room[0] < 0:
            raise _Unfilled(f"the resolved templates have more than {text.MAX_BYTES} characters")
        return value


def _shown(value: Any, template: str) -> str:
    """Return a value within a text, as DVC writes it."""
    if isinstance(value, dict):
        raise _Unfilled(f"{template} is a mapping inside a string")
    return str(value).lower() if isinstance(value, bool) else str(value)
