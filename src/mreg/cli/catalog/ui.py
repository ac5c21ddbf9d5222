"""`mreg catalog ui`: all registries as pages, live, on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mreg.cli import failures, options, output, server
from mreg.cli.catalog import shared
from mreg.core.tables import first_line
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.catalog.refresher import RefreshOutcome

EVERY = 60.0
READ_ONLY = "to record events, run `mreg ui` for one repository"


def ui(
    file: shared.File = "catalog.yaml",
    port: server.Port = 0,
    browser: server.Browser = True,
    every: Annotated[
        float,
        options.duration(
            "--every", "The interval for checking all repositories.", show_default="1m"
        ),
    ] = EVERY,
    key_file: server.KeyFile = None,
    title: options.Title = None,
    only: options.Only = None,
    exclude: options.Exclude = None,
    emails: options.Emails = False,
) -> None:
    """Browse the whole catalog in your browser.

    Only this machine can open the pages, and the printed address contains a key. mreg refreshes
    the catalog while it runs. To act, run the command that a model's page shows. Press Ctrl-C
    to stop.

    Examples:
        mreg catalog ui
    """
    from mreg.web.ui.connections import Server

    pages = shared.pages(
        shared.opened(file),
        every=every,
        report=_Warnings().refreshed,
        title=title,
        only=only,
        exclude=exclude,
        emails=emails,
        read_only=READ_ONLY,
        names_places=True,
    )
    made = Server(pages, key=server.key(key_file), read_only=True, bug=failures.report_bug)
    with pages:
        server.run(made, port, browser=browser)


class _Warnings:
    """Reports, once each, what keeps the pages from being current; they show everything else."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def refreshed(self, found: RefreshOutcome) -> None:
        """Report what is wrong now and was not before."""
        if found.report is None:
            wrong = [line(first_line(found.error))]
        else:
            wrong = [*map(shared.fault, found.report.faults)]
        for it in wrong:
            if it not in self._said:
                output.talk(f"warning: {it}")
        self._said = {*wrong}
