"""Where versions come from: the registry, asked through its facade.

What a stage holds is asked for in each interval: of a registry that is read by URL, or of a clone
through the remote that it has. A bare repository, and a clone without a remote, answer themselves.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

from mreg.core import queries
from mreg.errors import GitError, MregError, NotFound, RemoteError
from mreg.registry import Registry
from mreg.schemas import examples
from mreg.serve.versions import FetchedVersion, WantedVersion, parsed_example
from mreg.system import cache, files


class VersionSource(Protocol):
    """Where a server takes its version from.

    Attributes:
        selector: what was asked for.
        artifact: the artifact's name.
        moves: whether another version may be meant later.
    """

    selector: str
    artifact: str
    moves: bool

    @property
    def name(self) -> str:
        """What people call the registry; without passwords."""

    def look(self) -> WantedVersion:
        """Return which version is wanted now; cheap where nothing has happened."""

    def fetch(self, wanted: WantedVersion) -> FetchedVersion:
        """Return a version's bytes, verified, with what is said of it."""

    def recall(self) -> FetchedVersion:
        """Return the version that was last known, without asking any remote."""

    def remember(self, version: FetchedVersion) -> None:
        """Keep which version is served, for a start without the remote."""


class RegistrySource:
    """A registry, and the selector of what is wanted of it.

    Not for several threads at once.

    Attributes:
        selector: what was asked for: "churn#prod".
        artifact: the artifact's name.
        moves: whether another version may be meant later.
    """

    def __init__(self, registry: Registry, selector: str, *, offline: bool = False) -> None:
        """Take a registry and a selector; nothing is asked yet.

        Args:
            registry: the registry.
            selector: a stage's holder or a version.
            offline: whether no remote is asked.

        Raises:
            InvalidName: it is no selector.
        """
        asked = queries.parse_selector(selector)
        self.selector = str(asked)
        self.artifact = asked.artifact
        self.moves = not asked.is_exact
        self._registry = registry
        self._offline = offline
        if offline:
            self._go_offline()
        self._mark: str | None = None
        self._known: WantedVersion | None = None

    def _go_offline(self) -> None:
        self._registry = Registry(self._registry.repository)
        self._registry.network = self._registry.network._replace(asking="never")

    @property
    def name(self) -> str:
        """What people call the registry; without passwords."""
        return self._registry.address or str(self._registry.path)

    def look(self) -> WantedVersion:
        """Ask which version is wanted now; cheap where nothing has happened.

        Raises:
            NotFound: there is none.
            GitError: it cannot be asked.
        """
        registry = self._registry
        if not self._offline and not registry.by_url and registry.address:
            registry.fetch()
        mark = registry.tags_fingerprint(self.artifact)
        if self._known is None or mark is None or mark != self._mark:
            found = registry.resolve(self.selector)
            promotion = found.promotion.event.tag if found.promotion else None
            self._known = WantedVersion(*found[:4], promotion)
            self._mark = mark
        return self._known

    def fetch(self, wanted: WantedVersion) -> FetchedVersion:
        """Return a version's bytes, verified, with what is said of it.

        Raises:
            Refused: the policy does not allow the promotion that brought it here, its bytes are not
                those that were recorded, or its example is none.
            NotFound: something of it is not there.
            GitError: it cannot be fetched.
        """
        exact = f"{self.artifact}@{wanted.version}" if wanted.version else self.selector
        self._check_policy(wanted)
        # `look` has just brought the tags: what is not here of that moment is fetched all the same.
        with self._asking("never") as registry:
            got = registry.got(exact)
            if got.commit != wanted.commit:
                raise NotFound(f"{self.selector} changed while it was being downloaded")
            version = registry.resolve(exact)
            annotation = registry.annotation(exact)
            path = annotation.schema.example if annotation.schema else None
            example = None
            if path:
                raw = registry.committed_file(version, path, examples.LIMIT)
                example = parsed_example(raw, path)
        return FetchedVersion(wanted, Path(got.path), got.digest, annotation, example)

    def _check_policy(self, wanted: WantedVersion) -> None:
        if wanted.promotion is None:
            return
        with self._asking("once") as registry:
            # It raises if the policy does not allow the promotion.
            registry.deployment(wanted.promotion, offline=self._offline)

    def _asking(self, how: Literal["once", "never"]) -> Registry:
        """Return the registry, whose remote is asked for its refs so often, and no more."""
        found = Registry(self._registry.repository)
        if self._registry.network.asking != "never":
            found.network = self._registry.network._replace(asking=how)
        return found

    # Without the remote

    def recall(self) -> FetchedVersion:
        """Return the version that was last known, out of the cache: no remote is asked.

        That is the stage's holder as it was last seen; else, if its bytes were never fetched, the
        version that was served last.

        Raises:
            MregError: nothing is known, or nothing of it is here.
        """
        before = self._registry, self._offline
        self._offline = True
        self._go_offline()
        try:
            try:
                self._known = None
                return self.fetch(self.look())
            except MregError:
                served = self._served()
                if served is None:
                    raise
                return self.fetch(served)
        finally:
            self._registry, self._offline = before
            self._mark = self._known = None

    def remember(self, version: FetchedVersion) -> None:
        """Keep which version is served, for a start without the remote."""
        text = json.dumps(version.wanted._asdict())
        with suppress(OSError):  # it can be done without
            self._record().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            files.replace(self._record(), text.encode())

    def _served(self) -> WantedVersion | None:
        try:
            return WantedVersion(**json.loads(self._record().read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def _record(self) -> Path:
        what = f"{self.name}\n{self.selector}".encode("utf-8", "surrogateescape")
        return cache.folder() / "served" / f"{hashlib.sha256(what).hexdigest()}.json"


def may_pass(error: Exception) -> bool:
    """Tell whether what failed may work a little later, and nobody has to do anything for it."""
    if isinstance(error, GitError):
        return isinstance(error, RemoteError) or type(error) is GitError
    return isinstance(error, OSError)
