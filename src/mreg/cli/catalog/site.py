"""`mreg catalog site`: all registries as pages."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.catalog import shared
from mreg.cli.parameters import Argument, Option


def site(
    folder: Annotated[
        str, Argument("FOLDER", "The folder for the pages: empty, or an earlier site.")
    ],
    file: shared.File = "catalog.yaml",
    title: options.Title = None,
    base_url: Annotated[
        str | None, Option("--base-url", "URL", "The URL of the site, for its feeds.")
    ] = None,
    only: options.Only = None,
    exclude: options.Exclude = None,
    emails: options.Emails = False,
    json: options.Json = False,
) -> None:
    """Write all registries of the catalog as static pages, or update them.

    They show the registries as they are now. A registry that cannot be read keeps its earlier
    pages.

    Examples:
        mreg catalog site public
    """
    catalog = shared.opened(file)
    report = catalog.site(
        folder,
        network=online.network(),
        title=title or catalog.title or "Models",
        base_url=base_url,
        only=tuple(only or ()),
        exclude=tuple(exclude or ()),
        emails=emails,
        progress=output.counted("reading {} of {} models"),
    )
    output.site(report, json=json)
