"""`mreg site`: the registry as pages."""

from __future__ import annotations

import os
from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Argument, Option


def site(
    folder: Annotated[
        str, Argument("FOLDER", "The folder for the pages: empty, or an earlier site.")
    ],
    repo: options.Repos = None,
    title: options.Title = None,
    base_url: Annotated[
        str | None, Option("--base-url", "URL", "The URL of the site, for its feeds.")
    ] = None,
    at: options.At = None,
    only: options.Only = None,
    exclude: options.Exclude = None,
    emails: options.Emails = False,
    candidates: options.Candidates = False,
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """Write the registry as static pages for any web host, or update them.

    Pages that have not changed are not written again. The pages show names, messages and
    metrics: publish them only to people who may read those.

    Examples:
        mreg site public
        mreg site public --title 'Our models' --only 'churn*'
    """
    from mreg.web import site as pages

    registries = [online.registry(it) for it in repo or [os.environ.get("MREG_REPO") or "."]]
    report = pages.build(
        folder,
        registries,
        title=title,
        base_url=base_url,
        at=options.moment(at, utc=utc),
        emails=emails,
        only=tuple(only or ()),
        exclude=tuple(exclude or ()),
        candidates=candidates,
        progress=output.counted("reading {} of {} models"),
    )
    output.site(report, json=json)
