"""Following a remote: which registry tags it has, and what each of them says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mreg import kinds, sharing, triggering
from mreg.ci.summary import Report
from mreg.git import place, tags, whole
from mreg.network import QUIET, Network
from mreg.peer import Peer
from mreg.state import State
from mreg.triggering import Question


class Source:
    """What is watched: a repository's remote, or the repository itself where it has none.

    Attributes:
        name: what people call it; without passwords.
    """

    def __init__(self, repo: Path, network: Network = QUIET) -> None:
        self._ground = triggering.ground(repo, network)
        self._network = network
        own = place.mirrors.get(self._ground)
        self._url = own.url.shown if own else None
        self._peer: Peer | None = None
        self.name = self._url or str(repo.resolve())

    def listing(self) -> dict[str, str]:
        """Return the object of each registry tag that is there now.

        Raises:
            GitError: it cannot be asked.
        """
        if self._url is None:
            return {tag: oid for tag, oid in tags.list_refs(self._ground) if kinds.parse(tag)}
        if self._peer is None:
            self._peer = sharing.connect(self._ground, None, self._network)
        return self._peer.look().tags

    def state(self, artifacts: Iterable[str]) -> State:
        """Fetch what is new of some artifacts, and return the state of these, or of more.

        Raises:
            GitError: it cannot be asked.
        """
        one, *others = artifacts
        return whole.read_state(self._ground, None if others else one, self._network)

    def report(self, tag: str, oid: str, present: int) -> Report:
        """Return what a tag says, as `mreg ci` does.

        Raises:
            MregError: that cannot be told now.
        """
        question = Question(tag, oid, self._url, present=present)
        return triggering.answer(self._ground, question, self._network)
