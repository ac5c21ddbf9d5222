"""Where a clone that lacks something gets it from: the mirror of the remote that it came from.

The clone itself stays as it is: its refs, its depth and its settings are the user's
(docs/adr/0012-mirrors-and-what-a-clone-lacks.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from mreg.errors import GitError, Refused, RemoteError, UsageError
from mreg.git import checkout, config, process
from mreg.git.config import Setting
from mreg.git.mirror import Mirror
from mreg.git.repository import Repository
from mreg.net import urls

# By these a clone's own settings say how to reach its remote: actions/checkout keeps a token there.
_OF_TRANSPORT = re.compile(r"(?:http|credential|url|ssh|protocol)\.|core\.(?:sshcommand|gitproxy)$")
_OF_CLONE = ("local", "worktree", "command")


def lender(repo: Repository, named: str | None = None) -> Mirror | None:
    """Return the mirror of the remote that a repository came from, or of another that is named.

    It is None if there is no remote.

    Raises:
        RemoteError: the remote is reached in a way that mreg does not use.
    """
    settings = config.read(repo)
    name = named or remote_of(repo, settings)
    address = next((it.value for it in settings if it.key == f"remote.{name}.url"), None)
    if address is None:
        return None
    if not urls.looks_like(address) or (checkout.root(repo) / address).is_dir():
        address = f"file://{quote(str((checkout.root(repo) / address).absolute()))}"
    try:
        url = urls.parse(address, urls.OF_REMOTES)
    except UsageError as error:
        raise RemoteError(str(error), hint=error.hint) from None
    ours = [
        (it.key, it.value)
        for it in settings
        if it.scope in _OF_CLONE and _OF_TRANSPORT.match(it.key)
    ]
    return Mirror(url, repo.network, ours)


def mirror_with(repo: Repository, wanted: Sequence[str]) -> Repository | None:
    """Return a mirror that has the trees of commits that are not in a repository.

    It is None if there is no remote to have it from.

    Raises:
        Refused: the remote cannot be asked.
    """
    try:
        found = lender(repo)
        if found is not None:
            found.fetch_trees(wanted)
    except GitError as error:
        raise Refused(
            f"the commit {wanted[0][:12]} is not in this clone, and mreg cannot read from its "
            f"remote: {error}",
            hint=f"run `git fetch origin {wanted[0]}`, or try again later",
        ) from None
    return found.repository if found else None


def remote_of(repo: Repository, settings: Sequence[Setting]) -> str:
    """Return the name of the remote that the current branch follows, `origin`, or the only one."""
    head = repo.branch()
    if head is None:
        asked = ("symbolic-ref", "--quiet", "HEAD")
        head = process.run(repo, *asked, ok=(0, 1)).decode().strip()
    values = {it.key: it.value for it in settings}
    remotes = config.remotes(values)
    followed = values.get(f"branch.{head.removeprefix('refs/heads/')}.remote", "origin")
    return remotes[0] if len(remotes) == 1 else followed
