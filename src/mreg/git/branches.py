"""Branches: where each stands, what is at its tip, and how it came to be as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mreg.git import objects, process, refs, remote, trees
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository
from mreg.tuples import NamedTuple

LOCAL = "refs/heads/"
"""Where the repository's own branches are."""

REMOTE = "refs/remotes/"
"""Where the branches of remotes are, as they were when last fetched."""


class Branches(NamedTuple):
    """The branches that a repository knows.

    Attributes:
        tips: the id of the commit that each holds, by full ref; those of remotes, too.
        links: which ref a symbolic one stands for, such as refs/remotes/origin/HEAD.
        current: the full ref of the branch that HEAD is; empty if HEAD is detached.
        remote: the remote that the repository publishes to; empty if there is none.
        bare: whether the repository has no work tree.
    """

    tips: Mapping[str, str]
    links: Mapping[str, str]
    current: str
    remote: str
    bare: bool

    def under(self, prefix: str) -> list[str]:
        """Return the branches whose refs begin with a prefix."""
        return [ref for ref in self.tips if ref.startswith(prefix) and ref not in self.links]


def read(repo: Repository) -> Branches:
    """Read what a repository knows of branches.

    Raises:
        RepositoryError: there is no usable repository.
    """
    known = remote.settings(repo)
    listed = [*refs.list_links(repo, (LOCAL, REMOTE))]
    return Branches(
        tips={ref: oid for oid, ref, _ in listed},
        links={ref: link for _, ref, link in listed if link},
        current=f"{LOCAL}{known.branch}" if known.branch else "",
        remote=_remote(known),
        bare=known.bare,
    )


def _remote(known: remote.RemoteSettings) -> str:
    """Return the remote that is published to, or the only one."""
    remotes = known.remotes
    if known.default in remotes:
        return known.default
    return remotes[0] if len(remotes) == 1 else ""


class RootEntry(NamedTuple):
    """What a commit has under a name: its mode, such as "100644", and its id."""

    mode: str
    oid: str

    @property
    def fault(self) -> str:
        """What it is, if it is no plain file; empty if it is one."""
        return "" if self.mode.startswith("100") else _OTHERS.get(self.mode, f"a {self.mode}")


_OTHERS = {"040000": "a folder", "120000": "a symbolic link", "160000": "a submodule"}
"""What is no plain file, by its mode (`git help fast-import`, "filemodify")."""


def entries_at(repo: Repository, commit: str, names: Sequence[str]) -> dict[str, RootEntry]:
    """Return what a commit has at its root, by name.

    It is said of what is in the commit, even if Git does not have its bytes.
    """
    (root,) = objects.contents(repo, [f"{commit}^{{tree}}"])
    if root.kind == "tree" and root.raw is not None:
        wanted = {it.encode(): it for it in names}
        return {
            wanted[name]: RootEntry(mode.decode().zfill(6), oid.hex())
            for mode, name, oid in trees.entries(root.raw, id_size=len(root.oid) // 2)
            if name in wanted
        }
    # Git knows best how to say what is wrong there.
    output = process.run(repo, "ls-tree", "-z", "--full-tree", commit, "--", *names)
    return {name: RootEntry(mode, oid) for mode, _, oid, name in trees.listed(output)}


class ChangingCommit(NamedTuple):
    """A commit that changed some files, and the committer's time, in seconds since 1970."""

    time: int
    commit: str


def changes(repo: Repository, tip: str, paths: Sequence[str] = ()) -> list[ChangingCommit]:
    """Return the commits on a branch's first-parent line, from its tip down.

    With paths, seen from the repository's root, only those that changed one of these files.
    """
    output = process.run(
        repo,
        *("rev-list", "--first-parent", "--timestamp", "--end-of-options", tip, "--"),
        *(f":(top,literal){it}" for it in paths),
    )
    lines = (line.split(" ") for line in output.decode().splitlines())
    return [ChangingCommit(int(time), commit) for time, commit in lines]


def any_change(repo: Repository, paths: Sequence[str]) -> str:
    """Return a commit that any ref leads to and that changed one of some files; empty if none did.

    The files are seen from the repository's root.
    """
    output = process.run(
        repo,
        *("rev-list", "--all", "--full-history", "--ignore-missing", "--max-count=1", "--"),
        *(f":(top,literal){it}" for it in paths),
    )
    return output.decode().strip()


def names(repo: Repository, prefix: str, commit: str = "") -> frozenset[str]:
    """Return the names of the branches under a prefix, which ends with "/".

    Of a commit, only those are named from which it can be reached.
    """
    having = (f"--contains={commit}",) if commit else ()
    if not having:
        return frozenset(_names(refs.list_links(repo, (prefix,)), prefix))
    try:
        output = process.run(repo, "for-each-ref", *having, refs.LINKS, prefix)
    except CommandFailed as error:
        if "no such commit" in error.stderr or "malformed object name" in error.stderr:
            return frozenset()  # what is not here is in none of them, as far as is known
        raise
    return frozenset(_names(refs.parse_links(output), prefix))


def _names(listed: Iterable[tuple[str, str, str]], prefix: str) -> Iterator[str]:
    return (ref.removeprefix(prefix) for _, ref, link in listed if not link)
