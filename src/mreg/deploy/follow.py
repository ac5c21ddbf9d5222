"""Following a remote: which registry tags it has, and what each of them says."""

from __future__ import annotations

from collections.abc import Iterable

from mreg.core import kinds
from mreg.core.replay import State
from mreg.deploy import trigger
from mreg.deploy.summary import Report
from mreg.deploy.trigger import EventQuestion
from mreg.errors import GitError, RemoteError
from mreg.git import refs, upstream
from mreg.git.repository import Repository
from mreg.net import urls
from mreg.store import complete, publish
from mreg.store.remote import Peer


class WatchedSource:
    """What is watched: a repository's remote, or the repository itself where it has none.

    Attributes:
        name: what people call it; without passwords.
    """

    def __init__(self, repo: Repository, *, remote: str | None = None) -> None:
        """Find what is to be watched: a remote by name, or that which the repository came from.

        Raises:
            RemoteError: there is no such remote.
        """
        self._ground = _of_remote(repo, remote) if remote else trigger.ground(repo)
        self._url = trigger.address(self._ground)
        self._peer: Peer | None = None
        self.name = self._url or str(repo.path.resolve())

    def listing(self) -> dict[str, str]:
        """Return the object of each registry tag that is there now.

        Raises:
            GitError: it cannot be asked.
        """
        if self._url is None:
            return {tag: oid for tag, oid in refs.list_refs(self._ground) if kinds.parse(tag)}
        try:
            self._peer = self._peer or publish.connect(self._ground, None)
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
        return complete.read_state(self._ground, None if others else one)

    def report(self, tag: str, oid: str, present: int) -> Report:
        """Return what a tag says, as `mreg ci` does.

        Raises:
            MregError: that cannot be told now.
        """
        question = EventQuestion(tag, oid, self._url, present=present)
        return trigger.answer(self._ground, question)


def _of_remote(repo: Repository, remote: str) -> Repository:
    found = None if repo.mirror else upstream.lender(repo, remote)
    if found is None:
        raise RemoteError(
            f"there is no remote {urls.mask(remote)!r} in this repository",
            hint="choose a remote that `git remote` lists, or watch a URL: mreg watch --repo URL",
        )
    return found.repository
