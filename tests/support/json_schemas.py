"""What checks JSON Schemas, loaded by the tests that ask it alone.

With jsonschema comes rfc3987-syntax, which makes 38 parsers as it is loaded, whatever is asked: a
second and a half of each worker that collects tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import Draft202012Validator


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Return what tells whether something is as a schema says, which has to be one itself."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def has_format(text: str, name: str) -> bool:
    """Tell whether a text has a format that JSON Schema names, such as "iri-reference"."""
    from jsonschema import FormatChecker

    assert name in FormatChecker().checkers
    return bool(FormatChecker().conforms(text, name))
