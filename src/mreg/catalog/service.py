"""What `mreg catalog serve` serves: the pages, how the catalog stands, and where hosts post pushes.

A push event only says that a repository may have changed. Which ones there are stands in the
catalog's file, and what is read is what stands there: nothing that is posted is ever a place to
read from.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from http import HTTPStatus
from threading import Lock
from typing import Any, NamedTuple

from mreg.catalog import layout, places, pushes
from mreg.catalog.index import CatalogIndex
from mreg.catalog.live import CatalogPages
from mreg.catalog.pushes import PushEvent
from mreg.core import times
from mreg.errors import MregError
from mreg.render import json
from mreg.web.ui.requests import JSON, BadRequest, HttpAnswer, HttpRequest, plainly

WEBHOOKS, STATUS = "webhooks", "status.json"
"""Where hosts post their events, and where is told how the catalog stands."""

MOST_SEEN = 10_000
"""Of so many posts it is known that they came, the latest. One that comes again after that is one
reading more of a repository, which finds nothing new."""


class WebhookOutcome(NamedTuple):
    """What became of a post.

    Attributes:
        host: the kind of host; empty where that is not known, as of what is not signed.
        name: what it calls the event.
        status: the status of the answer.
        outcome: what became of it, in words.
        repositories: the labels of those that are read now.
    """

    host: str
    name: str
    status: int
    outcome: str
    repositories: tuple[str, ...] = ()


class CatalogService:
    """The application of `mreg catalog serve`."""

    def __init__(
        self, pages: CatalogPages, secrets: Sequence[bytes], told: Callable[[WebhookOutcome], None]
    ) -> None:
        """Prepare it.

        Args:
            pages: the pages.
            secrets: what hosts sign with; none: no post is taken.
            told: is told what became of each post.
        """
        self._pages = pages
        self._secrets = secrets
        self._told = told
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def state(self) -> str:
        """Return a text that changes whenever a page may."""
        return self._pages.state()

    def catch_up(self) -> float | None:
        """Ask nobody: what is new is read on a schedule."""
        return None

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request."""
        if request.path == WEBHOOKS:
            return self._posted(request) if request.method == "POST" else _other_method("POST")
        if request.method == "POST":
            return _other_method("GET, HEAD")
        if request.path == STATUS:
            return _json(HTTPStatus.OK, self._status())
        return self._pages.answer(request)

    def _status(self) -> Mapping[str, Any]:
        """Return how the catalog stands: docs/catalog.md."""
        refresher = self._pages.refresher
        try:
            with CatalogIndex.reading(self._pages.index) as index:
                states = index.states()
        except MregError:  # it was not read yet
            states = ()
        read = [it.read for it in states if it.read]
        return {
            "repositories": len(states),
            "failing": [layout.state(it) for it in states if it.failing],
            "read_at": times.moment(max(read)) if read else None,
            "waiting": refresher.waiting,
            "next_refresh_in": round(refresher.until_next),
            "webhooks": bool(self._secrets),
        }

    def _posted(self, request: HttpRequest) -> HttpAnswer:
        """Answer a post of a host."""
        event = PushEvent("", "", "", False, False, ())
        try:
            event = self._received(request)
            status, outcome, labels = self._taken(event)
        except BadRequest as error:
            status, outcome, labels = error.status, str(error), ()
        self._told(WebhookOutcome(event.host, event.event, status, outcome, labels))
        return _json(status, {"outcome": outcome, "repositories": labels})

    def _received(self, request: HttpRequest) -> PushEvent:
        if not self._secrets:
            raise BadRequest(HTTPStatus.FORBIDDEN, "no secret is set, so no webhook is taken")
        now = int(times.now().timestamp())
        return pushes.received(request.headers, request.body, self._secrets, now)

    def _taken(self, event: PushEvent) -> tuple[HTTPStatus, str, tuple[str, ...]]:
        if event.is_ping:
            return HTTPStatus.OK, "it is answered", ()
        if not event.is_push:
            return HTTPStatus.ACCEPTED, "it is no push, and nothing is done", ()
        if not event.urls:
            raise BadRequest(HTTPStatus.BAD_REQUEST, "it names no repository by a URL")
        refresher = self._pages.refresher
        if refresher.members is None:  # all of them are about to be read
            return HTTPStatus.ACCEPTED, "the catalog is being read", ()
        labels = tuple(places.meant(refresher.members.known, event.urls))
        if not labels:
            raise BadRequest(HTTPStatus.NOT_FOUND, "the catalog has no such repository")
        if self._came_before(event):
            return HTTPStatus.ACCEPTED, "it came before, and nothing is done", ()
        refresher.push(labels)
        return HTTPStatus.ACCEPTED, "it is read next", labels

    def _came_before(self, event: PushEvent) -> bool:
        """Tell whether a post came before, and note that it came."""
        if not event.id:
            return False
        key = blake2b(f"{event.host} {event.id}".encode(), digest_size=16).digest()
        with self._lock:
            known = key in self._seen
            self._seen[key] = None
            self._seen.move_to_end(key)
            if len(self._seen) > MOST_SEEN:
                self._seen.popitem(last=False)
        return known


def _other_method(allowed: str) -> HttpAnswer:
    found = plainly(HTTPStatus.METHOD_NOT_ALLOWED, f"one of {allowed}")
    return found._replace(headers={"Allow": allowed})


def _json(status: HTTPStatus, value: Any) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(value).encode(), JSON)
