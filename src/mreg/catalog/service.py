"""What `mreg catalog serve` serves: the pages, the state of the catalog, and its webhooks.

A push event only says that a repository may have changed. Which repositories there are, and where,
is up to the catalog's file: nothing is ever read from a place that an event names.
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
from mreg.web.ui.requests import JSON, BadRequest, HttpAnswer, HttpRequest, other_method

WEBHOOKS, STATUS = "webhooks", "status.json"
"""Where hosts post their events, and where the state of the catalog is."""

MOST_SEEN = 10_000
"""How many posts are remembered, the latest. An older one that is sent again costs one more reading
of a repository, which finds nothing new."""


class WebhookOutcome(NamedTuple):
    """The outcome of a post.

    Attributes:
        host: the kind of host; empty if unknown, as for a post that is not signed.
        name: the host's name for the event.
        status: the status of the answer.
        outcome: the outcome in words.
        repositories: the labels of the repositories that will be read.
    """

    host: str
    name: str
    status: int
    outcome: str
    repositories: tuple[str, ...] = ()


class CatalogService:
    """The application of `mreg catalog serve`."""

    def __init__(
        self,
        pages: CatalogPages,
        secrets: Sequence[bytes],
        report: Callable[[WebhookOutcome], None],
    ) -> None:
        """Prepare it.

        Args:
            pages: the pages.
            secrets: what hosts sign with; without any, every post is refused.
            report: called with the outcome of each post.
        """
        self._pages = pages
        self._secrets = secrets
        self._report = report
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def state(self) -> str:
        """Return a text that changes whenever a page may."""
        return self._pages.state()

    def catch_up(self) -> float | None:
        """Do nothing: refreshes bring what is new."""
        return None

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request."""
        if request.path == WEBHOOKS:
            return self._posted(request) if request.method == "POST" else other_method("POST")
        if request.method == "POST":
            return other_method("GET", "HEAD")
        if request.path == STATUS:
            return _json(HTTPStatus.OK, self._status())
        return self._pages.answer(request)

    def _status(self) -> Mapping[str, Any]:
        """Return the state of the catalog: docs/reference/json.md."""
        refresher = self._pages.refresher
        try:
            with CatalogIndex.reading(self._pages.index) as index:
                states = index.states()
        except MregError:  # it has not been read yet
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
        """Answer a host's post."""
        event = PushEvent("", "", "", False, False, ())
        try:
            event = self._received(request)
            status, outcome, labels = self._taken(event)
        except BadRequest as error:
            status, outcome, labels = error.status, str(error), ()
        self._report(WebhookOutcome(event.host, event.event, status, outcome, labels))
        return _json(status, {"outcome": outcome, "repositories": labels})

    def _received(self, request: HttpRequest) -> PushEvent:
        if not self._secrets:
            raise BadRequest(HTTPStatus.FORBIDDEN, "webhooks are off: no secret is set")
        now = int(times.now().timestamp())
        return pushes.received(request.headers, request.body, self._secrets, now)

    def _taken(self, event: PushEvent) -> tuple[HTTPStatus, str, tuple[str, ...]]:
        if event.is_ping:
            return HTTPStatus.OK, "pong", ()
        if not event.is_push:
            return HTTPStatus.ACCEPTED, "ignored: the event is not a push", ()
        if not event.urls:
            raise BadRequest(HTTPStatus.BAD_REQUEST, "the event names no repository")
        refresher = self._pages.refresher
        if refresher.members is None:  # all repositories are about to be read
            return HTTPStatus.ACCEPTED, "accepted: the first refresh starts soon", ()
        labels = tuple(places.meant(refresher.members.known, event.urls))
        if not labels:
            raise BadRequest(HTTPStatus.NOT_FOUND, "the catalog does not contain this repository")
        if self._came_before(event):
            return HTTPStatus.ACCEPTED, "ignored: it was received before", ()
        refresher.push(labels)
        return HTTPStatus.ACCEPTED, "accepted: read next", labels

    def _came_before(self, event: PushEvent) -> bool:
        """Tell whether a post has been received before, and remember it."""
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


def _json(status: HTTPStatus, value: Any) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(value).encode(), JSON)
