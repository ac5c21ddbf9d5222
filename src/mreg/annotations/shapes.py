"""What pydantic says of a value's shape, in our words: the border where files of YAML are checked.

Only checking and editing import this module, and with it pydantic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from mreg.annotations import entry
from mreg.annotations.findings import CODES, fault
from mreg.core.diagnostics import Diagnostic, Keys
from mreg.core.queries import suggestion

DIALECT = "https://json-schema.org/draft/2020-12/schema"

LIST, MAPPING, SCALAR = "<list>", "<mapping>", "<scalar>"
"""The tags of a union's forms. They stand in an error's location, where no key can be like them."""


class Strict(BaseModel):
    """A mapping with these keys and no others, whose values are of these types and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


def optional(about: str, **more: Any) -> Any:
    """Return a field that may be left out; what it says, for the JSON Schema."""
    return Field(None, description=about, **more)


def _number(value: Any) -> Any:
    if not entry.is_number(value):
        raise PydanticCustomError("MA021", "is not a number")
    return value


Number = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]


def form(value: Any) -> str:
    """Return the tag of a value's form, by which a union is told what the value is to be."""
    if isinstance(value, dict):
        return MAPPING
    return LIST if isinstance(value, list) else SCALAR


def one_of(*forms: str) -> Callable[[Any], str]:
    """Return what tells a value's form among those that a union has; else it is the first."""
    return lambda value: found if (found := form(value)) in forms else forms[0]


def read(
    model: type[BaseModel], value: Any, at: Keys = (), context: object = None
) -> tuple[Any, list[Diagnostic]]:
    """Read a value by a model; return what it becomes, or None and all that is wrong with it.

    It stands `at` a place of its file; the context is what the model's validators may ask.
    """
    try:
        return model.model_validate(value, context=context), []
    except ValidationError as error:
        return None, [_fault(at, it, model) for it in error.errors(include_url=False)]


def refusal(code: str, message: str, hint: str = "", *, at_key: bool = False) -> Exception:
    """Return what a validator raises of a value of the right shape; arguments as of `fault`."""
    return PydanticCustomError(code, code, {"message": message, "hint": hint, "at_key": at_key})


def brief(schema: Any) -> Any:
    """Leave out what pydantic says of each field and no editor needs: titles and null defaults."""
    if isinstance(schema, list):
        return [brief(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: brief(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and (key, value) != ("default", None)
    }


_SHORT = 60
_OF_KEY = "[key]"
_CHOICE = re.compile("'([^']*)'")

_WANTED = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "bool_type": "true or false",
    "int_type": "a whole number",
}


def _fault(at: Keys, error: ErrorDetails, model: type[BaseModel]) -> Diagnostic:
    """Put one of pydantic's errors in our words."""
    steps = tuple(it for it in error["loc"] if it not in (LIST, MAPPING, SCALAR))
    location: Keys = (*at, *steps)
    whole = _named(at) or "it"
    what = _named(steps) or whole
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        known = _fields_at(steps[:-1], model)
        hint = suggestion(str(steps[-1]), known) or f"the fields are {', '.join(known)}"
        owners = [it for it in known if steps[-1] in _fields_at((*steps[:-1], it), model)]
        if len(owners) == 1:
            hint = f"it belongs in the field {owners[0]}"
        return fault("MA020", location, f"unknown field {steps[-1]!r}", hint, at_key=True)
    if kind == "missing":
        owner = _named(steps[:-1]) or whole
        return fault("MA023", location[:-1], f"{owner} has no {steps[-1]}", at_key=True)
    if kind in CODES and (said := error.get("ctx", {})).get("message"):
        # Of a pair's key pydantic says that it is one behind the key itself.
        own = location[:-1] if said["at_key"] and location[-1] == _OF_KEY else location
        return fault(kind, own, **said)
    if kind in CODES:
        return fault(kind, location, f"{what} {error['msg']}")
    if kind in _WANTED:
        hint = "put it in quotes" if kind == "string_type" and form(value) == SCALAR else ""
        message = f"{what} is {shown(value)}, not {_WANTED[kind]}"
        return fault("MA021", location, message, hint)
    if kind == "literal_error":
        known = _CHOICE.findall(error["ctx"]["expected"])
        message = f"{what} is {shown(value)}, not one of {', '.join(known)}"
        return fault("MA021", location, message, suggestion(str(value), known))
    if kind == "greater_than_equal":
        return fault("MA021", location, f"{what} is {shown(value)}, less than {error['ctx']['ge']}")
    if kind == "too_short":
        return fault("MA021", location, f"{what} is an empty list")
    message = error["msg"]
    return fault("MA021", location, f"{what}: {message[:1].lower()}{message[1:]}")


def _named(steps: Keys) -> str:
    """Return a location as people write it: inputs[1].role."""
    parts = (f"[{it}]" if isinstance(it, int) else f".{it}" for it in steps)
    return "".join(parts).removeprefix(".")


def shown(value: Any) -> str:
    """Return a value as a message names it: large ones by their form alone."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return f"the string {value!r}" if len(value) <= _SHORT else "a string"
    return "nothing" if value is None else str(value).lower()


def _fields_at(steps: Keys, model: type[BaseModel]) -> list[str]:
    """Return the names of the fields that a mapping at a location may have."""
    types: list[Any] = [model]
    for step in steps:
        types = [inner for it in types for inner in _inside(it, step)]
    return [
        field.alias or name
        for it in types
        if isinstance(it, type) and issubclass(it, BaseModel)
        for name, field in it.model_fields.items()
    ]


def _inside(kind: Any, step: str | int) -> Iterator[Any]:
    """Iterate over the types of what a value of a type holds at a step."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if step == (field.alias or name):
                yield from _options(field.annotation)
    elif get_origin(kind) in (dict, list):
        yield from _options(get_args(kind)[-1])


def _options(kind: Any) -> Iterator[Any]:
    """Iterate over the types that a union stands for; annotations are taken off."""
    if get_origin(kind) in (dict, list, Literal) or not get_args(kind):
        yield kind
        return
    inner = get_args(kind)
    for it in inner[:1] if hasattr(kind, "__metadata__") else inner:
        yield from _options(it)
