"""Sharing: what goes to a remote, and what comes from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mreg.core import queries
from mreg.core.queries import Record
from mreg.registry.opened import Opened

if TYPE_CHECKING:
    from mreg.store.publish import Fetched


class Sharing(Opened):
    """The requests that talk to a remote."""

    def push(self, name: str | None = None, *, remote: str | None = None) -> tuple[str, ...]:
        """Publish the registry tags that a remote lacks, in the order of their events.

        Args:
            name: of this artifact alone.
            remote: the remote; None: the branch's, or origin.

        Returns:
            The tags that were published.

        Raises:
            InvalidName: the name is malformed.
            Refused: the remote has another tag of such a name, or another event of such a number.
            RemoteError: the remote cannot be reached, or refuses.
        """
        from mreg.governance.branches import push_required
        from mreg.store import publish

        wanted = None if name is None else self._history(name).artifact
        peer = publish.connect(self.repository, remote)
        return publish.push(peer, wanted, prepare=push_required)

    def fetch(self, *, remote: str | None = None) -> Fetched:
        """Fetch the registry's tags and approvals; what is here stays as it is.

        Args:
            remote: the remote; None: the branch's, or origin.

        Raises:
            RemoteError: the remote cannot be reached.
        """
        from mreg.store import publish

        return publish.fetch(publish.connect(self.repository, remote))

    def undo(self, name: str, *, dry_run: bool = False) -> Record:
        """Remove the newest event of an artifact that no remote has.

        Args:
            name: the artifact.
            dry_run: find out which one may be removed, and leave it.

        Returns:
            The event that is gone.

        Raises:
            InvalidName, NotFound: as for `artifact`.
            Refused: a remote has every event, or had it.
            RemoteError: a remote cannot be asked.
        """
        from mreg.store import publish

        history = self._history(name)
        gone = publish.undo(self.repository, history, dry_run=dry_run)
        return next(it for it in queries.records([history]) if it.tag == gone.tag)
