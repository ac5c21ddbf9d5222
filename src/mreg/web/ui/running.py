"""What really runs, for the pages that are served: asked in the background, now and then.

A page shows what was last heard, and waits for nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock, Thread
from types import MappingProxyType

from mreg.errors import MregError
from mreg.tuples import NamedTuple
from mreg.web.read import PageSource
from mreg.web.stages import AtEndpoint, RunningKey

EVERY = 60.0
"""So many seconds are between two times that endpoints are asked, while anybody looks."""

SECONDS = 5.0
"""So many seconds one may take to answer."""


class Heard(NamedTuple):
    """What was last heard.

    Attributes:
        said: what the endpoints of each model's stage say; of stages without, nothing.
        state: a text that changes whenever that does; empty where there is nothing.
    """

    said: Mapping[RunningKey, tuple[AtEndpoint, ...]] = MappingProxyType({})
    state: str = ""


class WhatRuns:
    """Asks the endpoints of registries, in a thread of its own, and keeps what they said."""

    def __init__(
        self,
        sources: Callable[[], Sequence[PageSource]],
        secrets: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare it; nobody is asked yet.

        Args:
            sources: returns the registries.
            secrets: the variables `MREG_ENDPOINT_...` that headers are made of.
            clock: tells the seconds since some moment.
        """
        self._sources = sources
        self._secrets = secrets
        self._clock = clock
        self._lock = Lock()
        self._asking: Thread | None = None
        self._next = float("-inf")
        self._wanted = False
        self._heard = Heard()

    @property
    def heard(self) -> Heard:
        """What was last heard; where that is a while ago and somebody looks, it is asked anew."""
        with self._lock:
            if self._wanted and self._asking is None and self._clock() >= self._next:
                self._asking = Thread(target=self._ask, daemon=True)
                self._asking.start()
            return self._heard

    def look(self) -> Heard:
        """Return the same for a page that shows it: from now on somebody looks."""
        self._wanted = True
        return self.heard

    def _ask(self) -> None:
        said: dict[RunningKey, tuple[AtEndpoint, ...]] = {}
        try:
            for it in self._sources():
                said |= self._of(it)
        finally:
            state = hashlib.sha256(repr(said).encode()).hexdigest()[:16] if said else ""
            with self._lock:
                self._heard = Heard(said, state)
                self._next = self._clock() + EVERY
                self._asking = None

    def _of(self, source: PageSource) -> dict[RunningKey, tuple[AtEndpoint, ...]]:
        registry = type(source.registry)(source.registry.repository)  # its session is ours alone
        try:
            with registry:
                if not registry.policy().settings.endpoints:
                    return {}
                found = registry.status(secrets=self._secrets, seconds=SECONDS, waiting=False)
        except MregError:  # what is wrong with the registry is said where it is shown
            return {}
        return {
            (source.name, it.artifact, it.stage): tuple(
                AtEndpoint(one.outcome, one.runs, one.reason, one.url) for one in it.endpoints
            )
            for it in found.stages
            if it.endpoints
        }
