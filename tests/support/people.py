"""A registry that two people share through a real remote."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
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

    def copied(self, folder: Path) -> Shared:
        """Return a copy of what is shared over file:// in another folder."""
        url = f"{folder.as_uri()}/{self.remote.path.name}"
        remote, ann, bob = (
            remotes.copied(it, folder / it.path.name) for it in (self.remote, self.ann, self.bob)
        )
        for clone in (ann, bob):
            settings = clone.path / ".git" / "config"
            before = settings.read_text()
            assert self.url in before
            settings.write_text(before.replace(self.url, url))
        return Shared(url, remote, ann, bob)


def _tags(repository: Repository) -> dict[str, str]:
    start = "refs/tags/"
    return {
        ref[len(start) :]: oid for ref, oid in repository.refs().items() if ref.startswith(start)
    }


def share(make_repository: Maker, folder: Path, url: str) -> Shared:
    """Make a remote in a folder that is served at a URL, and two clones of it.

    Over file:// they are copies of those that were made first.
    """
    if url == folder.as_uri():
        return _first(make_repository.templates).copied(folder)
    return _share(make_repository, folder, url)


@cache
def _first(templates: Path) -> Shared:
    folder = templates / "shared"
    return _share(Maker(folder, templates), folder, folder.as_uri())


def _share(make_repository: Maker, folder: Path, url: str) -> Shared:
    source = make_repository(name="source")
    remote = remotes.bare(folder)
    source.git("push", "-q", str(remote.path), "main")
    at = f"{url}/{remote.path.name}"
    ann, bob = (remotes.clone(at, folder / who) for who in ("ann", "bob"))
    bob.git("config", "user.name", "Bob Sample")
    bob.git("config", "user.email", "bob@sample.org")
    commits = source.commits
    return Shared(at, remote, Repository(ann.path, commits), Repository(bob.path, commits))
