"""An opened registry: where it is, and how its parts reach what they work on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mreg.annotations import sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core import kinds, names, queries, times
from mreg.core.diagnostics import Diagnostic
from mreg.core.replay import History, State
from mreg.errors import InvalidTime, NotFound, RemoteError, RepositoryError, UsageError
from mreg.git import commits, files, refs
from mreg.git.repository import Repository
from mreg.net import urls
from mreg.net.network import QUIET, Network
from mreg.store import complete

if TYPE_CHECKING:
    from mreg.store.remote import Peer


class Opened:
    """What every part of the facade stands on.

    Attributes:
        repository: the repository.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    @property
    def path(self) -> Path:
        """A folder in the repository."""
        return self.repository.path

    @property
    def network(self) -> Network:
        """How to behave towards the network."""
        return self.repository.network

    @network.setter
    def network(self, network: Network) -> None:
        self.repository = self.repository._replace(network=network)

    @classmethod
    def at(cls, path: str | os.PathLike[str] = ".", *, network: Network = QUIET) -> Self:
        """Open the registry of the repository at or around a path.

        Nothing is read yet; the first question tells whether there is a repository. Which one is
        meant is settled here: neither the current folder nor GIT_DIR and its kin count later.

        Args:
            path: the path; or the URL of a repository, of which only what a question needs is
                fetched, into a cache (mreg.system.cache).
            network: how to behave towards the network: time limits, and whether Git may ask for a
                password.

        Raises:
            RepositoryError: there is no such folder.
            UsageError: mreg does not read from such a URL.
        """
        folder = Path(path)
        if not folder.is_dir():
            if urls.looks_like(str(path)):
                from mreg.git.mirror import Mirror

                return cls(Mirror(urls.parse(str(path)), network).repository)
            raise RepositoryError(
                f"there is no folder {path}", hint="name a folder inside a Git repository"
            )
        try:
            return cls(Repository.at(folder, network))
        except FileNotFoundError:
            raise RepositoryError(
                "the current folder is gone", hint="go into one that is there"
            ) from None

    def __repr__(self) -> str:
        return f"Registry.open({str(self.path)!r})"

    # For the parts

    def _peer(self, push: bool | None, remote: str | None) -> Peer | None:
        """Return the remote to publish to; None if nothing is to be published."""
        from mreg.store import publish

        if self.repository.mirror:
            if push is False or remote is not None:
                raise UsageError(
                    "what is recorded by URL is published to that URL",
                    hint="leave --no-push and --remote out, or work in a clone",
                )
            push = True
        if push is None and remote is None:
            return self._peer_of_settings()
        return None if push is False else publish.connect(self.repository, remote)

    def _peer_of_settings(self) -> Peer | None:
        """Return the remote to publish to where only the settings say whether to publish."""
        from mreg.governance import settings
        from mreg.store import publish

        if not settings.read(self.repository).push:
            return None
        try:
            return publish.connect(self.repository, None)
        except RemoteError as error:
            raise RemoteError(
                f"{settings.FILE} says to publish, and {error}",
                hint=f"{error.hint}; or record it here alone: --no-push",
            ) from None

    def _state(self, name: str | None = None, at: datetime | str | None = None) -> State:
        state = complete.read_state(self.repository, name)
        return state if at is None else state.at(seconds(at))

    def _commit(self, rev: str) -> str:
        """Return the id of the commit that a rev stands for."""
        complete.refresh(
            self.repository, () if rev == "HEAD" else (complete.BRANCHES, complete.TAGS)
        )
        return commits.resolve(self.repository, rev)

    def _history(self, name: str, at: datetime | str | None = None) -> History:
        """Return an artifact's history, of at least one event."""
        return self._present(self._state(names.artifact(name), at), name, at)

    def _present(self, state: State, name: str, at: datetime | str | None) -> History:
        """Return the history of an artifact that the state has."""
        if at is not None and name not in state.histories and name in self.names():
            raise NotFound(f"the artifact {name!r} had no event yet at that time")
        return self._known(state.history(name))

    def names(self) -> tuple[str, ...]:
        """Return the artifacts' names, sorted; only the tags' names are read."""
        complete.refresh(self.repository)
        found = (kinds.parse(tag) for tag, _ in refs.list_refs(self.repository))
        return tuple(sorted({name.artifact for name in found if name}))

    def _read_annotations(
        self, wanted: Sequence[Wanted], *, checked: bool = False
    ) -> list[Annotation | Diagnostic | None]:
        with files.Files(self.repository) as contents:
            return sources.read(wanted, contents, checked=checked)

    def _at_head(self) -> sources.Overview:
        """Return the annotations at HEAD."""
        with files.Files(self.repository) as contents:
            return sources.overview(files.list_tree(self.repository), contents)

    def _known(self, history: History) -> History:
        """Return a history if it has any event."""
        if not history.timeline:
            raise queries.unknown_artifact(history.artifact, self.names())
        return history


def seconds(at: datetime | str, *, edge: times.Edge = "end") -> int:
    """Return a time that the library's user named, in seconds since 1970."""
    if isinstance(at, str):
        return times.parse(at, now=times.now(), edge=edge)
    if at.tzinfo is None:
        raise InvalidTime(
            f"{at.isoformat()} has no time zone", hint="use an aware datetime, or a text"
        )
    return int(at.timestamp())
