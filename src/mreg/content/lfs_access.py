"""Requests with the credentials that Git has: asked for when a server wants them, once a server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from mreg.errors import RemoteError
from mreg.git import credentials
from mreg.git.credentials import Credential
from mreg.git.repository import Repository
from mreg.net.http import Answered, shown

T = TypeVar("T")

Headers: TypeAlias = dict[str, str]

_UNKNOWN = 401


class Access:
    """What a server is shown by whoever asks it; for any number of threads."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._lock = threading.Lock()
        self._known: dict[str, Credential] = {}
        self._approved: set[str] = set()

    def call(self, url: str, request: Callable[[Headers], T]) -> T:
        """Make a request for a URL, with the headers that say who asks if the server wants them.

        Raises:
            Answered: the server refuses for another reason.
            RemoteError: Git has no credentials for it, or none that it takes.
        """
        server = "/".join(url.split("/", 3)[:3])
        known = self._known.get(server)
        try:
            return request(known.header if known else {})
        except Answered as answered:
            if answered.status != _UNKNOWN:
                raise
        credential = self._ask(url, server, known)
        try:
            done = request(credential.header)
        except Answered as answered:
            if answered.status == _UNKNOWN:
                self._reject(server, credential)
                raise RemoteError(
                    f"{shown(url)} does not accept the credentials that Git has for it",
                    hint="Git's credential helper has now discarded them; run the command "
                    "again with valid ones",
                ) from None
            raise
        self._approve(server, credential)
        return done

    def _ask(self, url: str, server: str, failed: Credential | None) -> Credential:
        """Return the credentials for a server; another thread may just have asked for them."""
        with self._lock:
            if (known := self._known.get(server)) and known != failed:
                return known
            if failed:
                credentials.reject(self._repo, failed)
            found = credentials.fill(self._repo, url)
            if found is None:
                raise RemoteError(
                    f"{shown(url)} requires a login, and Git has no credentials for it",
                    hint="set up a credential helper (`git help gitcredentials`), or run the "
                    "command in a terminal to be asked",
                )
            self._known[server] = found
            return found

    def _reject(self, server: str, credential: Credential) -> None:
        with self._lock:
            if self._known.get(server) == credential:
                del self._known[server]
                credentials.reject(self._repo, credential)

    def _approve(self, server: str, credential: Credential) -> None:
        with self._lock:
            if server not in self._approved:
                self._approved.add(server)
                credentials.approve(self._repo, credential)
