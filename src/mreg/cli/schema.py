"""`mreg schema`: the JSON Schema of artifacts.yaml."""

from __future__ import annotations

from mreg.cli import output


def schema() -> None:
    """Print the JSON Schema of artifacts.yaml.

    It serves editors and other checkers (draft 2020-12), and is also in docs/artifacts.schema.json.
    `mreg validate` checks more than a schema can.
    """
    from mreg.annotations import schema as models
    from mreg.render import json

    output.data(json.dumps(models.json_schema(), pretty=True))
