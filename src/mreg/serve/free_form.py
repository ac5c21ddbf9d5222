"""A schema in no form that mreg knows: what JSON says is held against it by `jsonschema`.

Whoever wrote the schema is not trusted with the server's time. So a schema is refused that leads
elsewhere, or whose cost does not grow with its size and that of what is held against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mreg.serve.inputs import InputForm, TensorInput
from mreg.serve.loaders import CannotLoad
from mreg.serve.refusals import RequestRefused

_COSTLY = ("$ref", "$dynamicRef", "$recursiveRef", "pattern", "patternProperties", "uniqueItems")
_DATA = ("properties", "enum", "const", "default", "examples")
"""What stands behind these is data, or schemas by names."""


class FreeForm(InputForm):
    """What any other JSON Schema describes, handed on as JSON says it."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Take a schema.

        Raises:
            CannotLoad: it is no JSON Schema, or not one that requests can be held against.
        """
        from jsonschema import Draft202012Validator, SchemaError

        found = next((it for it in _keywords(schema) if it in _COSTLY), None)
        if found:
            raise CannotLoad(
                f"the schema of the input uses {found}, which the server cannot check",
                hint="describe a table or tensors, or remove it from schema.input",
            )
        try:
            Draft202012Validator.check_schema(schema)
        except (SchemaError, RecursionError) as error:
            raise CannotLoad(
                f"the schema of the input is not valid: {str(error)[:_MOST]}"
            ) from None
        self._validator = Draft202012Validator(schema)
        self.many = schema.get("type") == "array"

    def of_tensors(self, inputs: Sequence[TensorInput]) -> Any:
        """Return inputs of one value each as an object."""
        for it in inputs:
            if len(it.values) != 1:
                raise it.wrong("it must be a single value; for other data, use V1")
        found = {it.name: _plain(it.values[0]) for it in inputs}
        return self._checked(found, "inputs")

    def of_instances(self, instances: list[Any]) -> Any:
        """Return all instances, or each, as they are."""
        if self.many:
            return self._checked(instances, "instances")
        return [self._checked(it, f"instances[{place}]") for place, it in enumerate(instances)]

    def _checked(self, value: Any, where: str) -> Any:
        try:
            error = next(self._validator.iter_errors(value), None)
        except RecursionError:
            raise RequestRefused(f"{where}: it is nested too deeply") from None
        if error is not None:
            path = "".join(f"[{it!r}]" for it in error.absolute_path)
            raise RequestRefused(f"{where}{path[:_MOST]}: {error.message[:_MOST]}")
        return value


_MOST = 300


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise RequestRefused("inputs: bytes that are not UTF-8") from None
    return value.item() if hasattr(value, "item") else value


def _keywords(schema: Any) -> Iterator[str]:
    """Iterate over all keys at any depth that are no names of properties."""
    waiting = [schema]
    while waiting:
        it = waiting.pop()
        if isinstance(it, Mapping):
            yield from map(str, it)
            named = it.get("properties")
            waiting += (value for key, value in it.items() if key not in _DATA)
            waiting += named.values() if isinstance(named, Mapping) else ()
        elif isinstance(it, list):
            waiting += it
