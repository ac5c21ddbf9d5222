"""`mreg ui`: the registry as pages, live, to be looked at and acted from."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from typing import Annotated

from mreg.cli import failures, news, online, options, output, server
from mreg.cli.parameters import Flag
from mreg.errors import Refused
from mreg.registry import Registry

_SIGNING = 10.0
"""How many seconds a signature may take: nobody can be asked for a passphrase from a page."""


def ui(
    repo: options.Repos = None,
    port: server.Port = 0,
    browser: server.Browser = True,
    read_only: Annotated[bool, Flag("--read-only", "Do not allow actions from the pages.")] = False,
    every: news.Every = None,
    fetch: news.Fetch = True,
    key_file: server.KeyFile = None,
    title: options.Title = None,
    only: options.Only = None,
    exclude: options.Exclude = None,
    candidates: options.Candidates = False,
    emails: options.Emails = False,
) -> None:
    """Browse the registry in your browser, and promote or approve from there.

    The server listens on this machine only, and the printed address contains the key. Each
    action first shows a preview. Press Ctrl-C to stop.

    Examples:
        mreg ui
        mreg ui --read-only --port 8300 --no-browser
    """
    from mreg.web.read import Choice
    from mreg.web.ui.application import ServedPages
    from mreg.web.ui.connections import Server
    from mreg.web.ui.pages import LivePages

    gc.enable()  # it runs for long
    network = online.network()._replace(prompts=False, signing=_SIGNING)
    wanted = repo or [os.environ.get("MREG_REPO") or "."]
    registries = [Registry.open(it, network=network) for it in wanted]
    why = "--read-only was used" if read_only else _why_read_only(registries)
    if why:
        output.talk(f"These pages are read-only: {why}")
    choice = Choice(tuple(only or ()), tuple(exclude or ()), emails=emails, candidates=candidates)
    application = ServedPages(
        LivePages(registries, title=title, choice=choice),
        read_only=why,
        interval=news.interval(registries, every) if fetch else None,
        secrets=online.endpoint_secrets(),
    )
    server.run(
        Server(application, key=server.key(key_file), read_only=bool(why), bug=failures.report_bug),
        port,
        browser=browser,
    )


def _why_read_only(registries: Sequence[Registry]) -> str:
    """Return why nobody can act: Git does not know who the user is, say; else nothing."""
    for it in registries:
        try:
            it.identity()
        except Refused as error:
            return f"{error}; {error.hint}" if error.hint else str(error)
    return ""
