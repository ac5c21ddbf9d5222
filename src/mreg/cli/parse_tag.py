"""`mreg parse-tag`: what a tag's name says by itself."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import options, output
from mreg.cli.parameters import Argument
from mreg.core import kinds
from mreg.errors import InvalidName
from mreg.registry import documents


def parse_tag(
    text: Annotated[str, Argument("TEXT", "A tag's name, or its full ref.")],
    json: options.Json = False,
) -> None:
    """Tell what a tag's name says; no repository is needed.

    A name that is not the registry's is an error, with exit code 1.
    """
    found = kinds.parse(text.removeprefix("refs/tags/"))
    if found is None:
        raise InvalidName(
            f"{text!r} is not the name of a registry tag",
            hint="registry tags look like churn@v1.2.0 and churn#prod#3; see docs/format.md",
        )
    values = documents.tag_name(found)
    if json:
        output.as_json(values)
    else:
        output.pairs([(key, str(value)) for key, value in values.items() if value is not None])
