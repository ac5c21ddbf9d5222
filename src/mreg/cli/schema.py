"""`mreg schema`: the JSON Schema of artifacts.yaml, .mreg.yaml or catalog.yaml."""

from __future__ import annotations

from typing import Annotated, Any

from mreg.cli import options, output
from mreg.cli.parameters import Flag


def schema(
    settings: Annotated[
        bool, Flag("--settings", "Print the schema of .mreg.yaml instead.")
    ] = False,
    catalog: Annotated[
        bool, Flag("--catalog", "Print the schema of catalog.yaml instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of artifacts.yaml, .mreg.yaml or catalog.yaml.

    It is for editors and other checkers (draft 2020-12). `mreg validate` checks more than a schema
    can.

    Examples:
        mreg schema > artifacts.schema.json
        mreg schema --settings
    """
    options.exclusive(settings=settings, catalog=catalog)
    from mreg.render import json

    output.data(json.dumps(_schema(of_settings=settings, of_catalog=catalog), pretty=True))


def _schema(*, of_settings: bool, of_catalog: bool) -> dict[str, Any]:
    if of_catalog:
        from mreg.catalog import schema as of_catalogs

        return of_catalogs.json_schema()
    if of_settings:
        from mreg.policy.file import schema as of_policy

        return of_policy.json_schema()
    from mreg.annotations import schema as of_annotations

    return of_annotations.json_schema()
