"""Following a remote: which registry tags it has, and what each of them says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mreg.core import kinds
from mreg.core.replay import State
from mreg.deploy import trigger
from mreg.deploy.summary import Report
from mreg.deploy.trigger import Question
from mreg.errors import GitError, RemoteError
from mreg.git import refs, repository, upstream
from mreg.net import urls
from mreg.net.network import QUIET, Network
from mreg.store import complete, publish
from mreg.store.remote import Peer


class Source:
    """What is watched: a repository's remote, or the repository itself where it has none.

    Attributes:
        name: what people call it; without passwords.
    """

    def __init__(self, repo: Path, network: Network = QUIET, *, remote: str | None = None) -> None:
        """Find what is to be watched; nothing is asked yet.

        Args:
            repo: a folder in the repository.
            network: how to behave towards the network.
            remote: one of the repository's remotes; None: the one that it came from.

        Raises:
            RemoteError: there is no such remote.
        """
        self._ground = (
            _of_remote(repo, network, remote) if remote else trigger.ground(repo, network)
        )
        self._network = network
        own = repository.mirrors.get(self._ground)
        self._url = own.url.shown if own else None
        self._peer: Peer | None = None
        self.name = self._url or str(repo.resolve())

    def listing(self) -> dict[str, str]:
        """Return the object of each registry tag that is there now.

        Raises:
            GitError: it cannot be asked.
        """
        if self._url is None:
            return {tag: oid for tag, oid in refs.list_refs(self._ground) if kinds.parse(tag)}
        try:
            self._peer = self._peer or publish.connect(self._ground, None, self._network)
            return self._peer.look().tags
        except GitError:
            self._peer = None  # somebody may have cleared the cache: then the mirror is made anew
            raise

    def state(self, artifacts: Iterable[str]) -> State:
        """Fetch what is new of some artifacts, and return the state of these, or of more.

        Raises:
            GitError: it cannot be asked.
        """
        one, *others = artifacts
        return complete.read_state(self._ground, None if others else one, self._network)

    def report(self, tag: str, oid: str, present: int) -> Report:
        """Return what a tag says, as `mreg ci` does.

        Raises:
            MregError: that cannot be told now.
        """
        question = Question(tag, oid, self._url, present=present)
        return trigger.answer(self._ground, question, self._network)


def _of_remote(repo: Path, network: Network, remote: str) -> Path:
    found = None if repo in repository.mirrors else upstream.lender(repo, network, remote)
    if found is None:
        raise RemoteError(
            f"there is no remote {urls.mask(remote)!r} here",
            hint="name one that `git remote` lists, or watch a URL: mreg watch --repo URL",
        )
    return found.path
