"""`mreg schema`: the JSON Schema of artifacts.yaml, or of .mreg.yaml."""

from __future__ import annotations

from typing import Annotated, Any

from mreg.cli import output
from mreg.cli.parameters import Flag


def schema(
    settings: Annotated[bool, Flag("--settings", "The one of .mreg.yaml instead.")] = False,
) -> None:
    """Print the JSON Schema of artifacts.yaml, or of .mreg.yaml.

    It serves editors and other checkers (draft 2020-12), and is also in docs/artifacts.schema.json
    and docs/mreg.schema.json. `mreg validate` checks more than a schema can.
    """
    from mreg.render import json

    output.data(json.dumps(_schema(of_settings=settings), pretty=True))


def _schema(*, of_settings: bool) -> dict[str, Any]:
    if of_settings:
        from mreg.policy.file import schema as of_policy

        return of_policy.json_schema()
    from mreg.annotations import schema as of_annotations

    return of_annotations.json_schema()
