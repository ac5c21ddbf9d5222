"""A registry that two people share through a real remote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import remotes
from repositories import Maker, Repository, tag_bytes


@dataclass(frozen=True)
class Shared:
    """A remote and two clones of it, of three commits.

    Attributes:
        url: the remote's URL.
        remote: the bare repository that it serves.
        ann: the clone of one person.
        bob: that of another.
    """

    url: str
    remote: Repository
    ann: Repository
    bob: Repository

    def tags(self) -> dict[str, str]:
        """Return the object of each tag at the remote."""
        return _tags(self.remote)

    def in_step(self, *clones: Repository) -> bool:
        """Tell whether clones have the tags that the remote has."""
        return all(_tags(it) == self.tags() for it in clones)

    def move(self, tag: str) -> str:
        """Put another object in the place of a tag at the remote; return its id."""
        oid = self.remote.put_object(tag_bytes(tag, self.ann.commits[0]))
        self.remote.git("update-ref", f"refs/tags/{tag}", oid)
        return oid

    def lose(self, tag: str) -> None:
        """Delete a tag at the remote."""
        self.remote.git("update-ref", "-d", f"refs/tags/{tag}")

    def another(self, name: str) -> Repository:
        """Return one more clone."""
        return remotes.clone(self.url, self.remote.path.parent / name)


def _tags(repository: Repository) -> dict[str, str]:
    start = "refs/tags/"
    return {
        ref[len(start) :]: oid for ref, oid in repository.refs().items() if ref.startswith(start)
    }


def share(make_repository: Maker, folder: Path, url: str, name: str = "remote.git") -> Shared:
    """Make a remote in a folder that is served at a URL, and two clones of it."""
    source = make_repository(name="source")
    remote = remotes.bare(folder, name)
    source.git("push", "-q", str(remote.path), "main")
    ann, bob = (remotes.clone(f"{url}/{name}", folder / who) for who in ("ann", "bob"))
    bob.git("config", "user.name", "Bob Sample")
    bob.git("config", "user.email", "bob@sample.org")
    commits = source.commits
    return Shared(
        f"{url}/{name}", remote, Repository(ann.path, commits), Repository(bob.path, commits)
    )
