"""`mreg catalog serve`: a catalog's pages for a team, always current."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from mreg.cli import failures, options, output, server, webhooks
from mreg.cli.catalog import shared
from mreg.cli.parameters import Flag, Option
from mreg.core import times
from mreg.core.tables import first_line
from mreg.errors import UsageError
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.catalog.refresher import RefreshOutcome
    from mreg.catalog.service import WebhookOutcome
    from mreg.web.ui.connections import Listening

PORT = 8480
EVERY = 300.0
READ_ONLY = "record events in the repositories themselves"

_SHORTEST = 16
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


Host: TypeAlias = Annotated[
    str | None,
    Option("--host", "ADDRESS", "The address to listen on.", show_default="loopback only"),
]
Port: TypeAlias = Annotated[
    int, Option("--port", "N", "The port to listen on; 0 means any free port.", min=0, max=65535)
]
Every: TypeAlias = Annotated[
    float,
    options.duration("--every", "The interval for checking all repositories.", show_default="5m"),
]
SecretFiles: TypeAlias = Annotated[
    list[Path] | None,
    Option(
        "--secret-file",
        "FILE",
        "A file with a secret that signs webhooks; the default is MREG_WEBHOOK_SECRET. Repeatable.",
    ),
]
AllowedHosts: TypeAlias = Annotated[
    list[str] | None,
    Option("--allowed-host", "NAME", "A host name that readers use. Repeatable."),
]
BaseUrl: TypeAlias = Annotated[
    str | None,
    Option("--base-url", "URL", "The address that readers use; its host name is allowed too."),
]
JsonLog: TypeAlias = Annotated[bool, Flag("--json", "Log in JSON, one object per line.")]


def serve(
    file: shared.File = "catalog.yaml",
    host: Host = None,
    port: Port = PORT,
    every: Every = EVERY,
    secret_file: SecretFiles = None,
    allowed_host: AllowedHosts = None,
    base_url: BaseUrl = None,
    title: options.Title = None,
    only: options.Only = None,
    exclude: options.Exclude = None,
    emails: options.Emails = False,
    json: JsonLog = False,
) -> None:
    """Serve the catalog's pages to a team, refreshed on a schedule and by webhooks.

    GitHub, GitLab, Gitea and `mreg notify` post pushes to /webhooks. Anyone who can reach the port
    can read the pages: put an authenticating proxy in front of it. Stop it with Ctrl-C or SIGTERM.

    Examples:
        mreg catalog serve --port 8300
    """
    from mreg.catalog.pushes import MOST
    from mreg.catalog.service import CatalogService
    from mreg.web.site import base_of
    from mreg.web.ui.connections import Bounds, Server

    base = base_of(base_url)
    secrets, listening = _secrets(secret_file or []), _listening(host, base, allowed_host or [])
    log = _Log(as_json=json)
    pages = shared.pages(
        shared.opened(file),
        every=every,
        report=log.refreshed,
        title=title,
        only=only,
        exclude=exclude,
        emails=emails,
        base=base,
        read_only=READ_ONLY,
    )
    if host is not None and not _is_loopback(host):
        where = f"{host}:{port}" if port else host
        log.say("note", f"anyone who can reach {where} can read the pages")
    if not secrets:
        log.say("note", "webhooks are off: no secret is set (--secret-file)")
    service = CatalogService(pages, secrets, log.posted)
    bounds = Bounds(body=MOST)
    with pages:
        made = Server(service, anybody=listening, bug=failures.report_bug, bounds=bounds)
        server.run(made, port)


class _Log:
    """A log on standard error, an event a line."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def say(self, event: str, text: str, **more: Any) -> None:
        """Write a line."""
        now = times.now().replace(microsecond=0)
        if self._as_json:
            from mreg.render import json

            said = more or {"message": text}
            output.talk(json.dumps({"time": now, "event": event, **said}))
        else:
            output.talk(line(f"{now.isoformat()} {event}: {text}"))

    def refreshed(self, found: RefreshOutcome) -> None:
        """Log a refresh."""
        report = found.report
        more: dict[str, Any] = {"reason": found.reason, "seconds": round(found.seconds, 2)}
        if report is None:
            self.say("refresh", f"failed: {first_line(found.error)}", **more, error=found.error)
            return
        why = "" if found.reason == "schedule" else f" ({found.reason})"
        text = f"{shared.counted(report)}{why} in {found.seconds:.1f} s"
        self.say("refresh", text, **more, **report._asdict())
        if not self._as_json:
            for it in report.faults:
                self.say("warning", shared.fault(it))

    def posted(self, found: WebhookOutcome) -> None:
        """Log a webhook."""
        host = f"{found.host} {found.name}".strip() or "unknown"
        told = f" ({', '.join(found.repositories)})" if found.repositories else ""
        self.say("webhook", f"{host}: {found.status} {found.outcome}{told}", **found._asdict())


def _secrets(files: list[Path]) -> tuple[bytes, ...]:
    found = [webhooks.secret(it) for it in files] or [webhooks.secret(None)]
    for it in filter(None, found):
        if len(it) < _SHORTEST:
            raise UsageError(
                f"a secret needs at least {_SHORTEST} characters",
                hint="make one with `openssl rand -hex 32`",
            )
    return tuple(filter(None, found))


def _listening(host: str | None, base: str, allowed: list[str]) -> Listening:
    """Return where to listen, and which host names to accept."""
    from urllib.parse import urlsplit

    from mreg.web.ui.connections import LOCAL, Listening

    names = [it.lower() for it in allowed]
    for it in names:
        if not _NAME.fullmatch(it):
            raise UsageError(f"{it!r} is not a host name", hint="--allowed-host models.acme.com")
    if base:
        names.append(urlsplit(base).netloc.rpartition("@")[2].lower())
    return Listening((host,) if host else LOCAL, frozenset(names), base)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
