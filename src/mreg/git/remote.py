"""Remotes: one function a Git command, each with the parser of what it prints.

Sources: `git help push` ("OUTPUT", --porcelain), `git help ls-remote`, `git help fetch`. Every
call over the network has a time limit. What a user typed is a full ref or stands behind
`--end-of-options`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mreg.errors import RemoteError
from mreg.git import config, process
from mreg.git.process import CommandFailed, Finished
from mreg.git.refs import PREFIX
from mreg.git.repository import Repository
from mreg.net import urls
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.git.pushed import Pushed


class Remote(NamedTuple):
    """A remote to publish to.

    Attributes:
        name: a configured remote's name, or a URL.
        address: what to ask and to fetch from: the same name; the URL that is pushed to where the
            settings give it one of its own.
        url: the URL that is pushed to.
        ssh: whether the settings leave it to mreg how ssh is called.
    """

    name: str
    address: str
    url: str
    ssh: bool = True

    @property
    def shown(self) -> str:
        """The name, without the password that a URL may hold."""
        return urls.mask(self.name)


def push(
    repo: Repository,
    remote: Remote,
    updates: Mapping[str, str],
    expected: Mapping[str, str],
    *,
    atomic: bool = True,
) -> Pushed:
    """Push objects to refs, all or none, creating each ref unless it is in `expected`.

    Args:
        repo: the repository.
        remote: where to.
        updates: the object's id for each full ref.
        expected: what refs that may be moved hold there now; nothing: they do not exist.
        atomic: whether the remote can do all or none.
    """
    arguments = [
        *("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"),
        *(["--atomic"] if atomic else []),
        *(f"--force-with-lease={ref}:{oid}" for ref, oid in expected.items()),
        *("--end-of-options", remote.name),
        *(f"{oid}:{ref}" for ref, oid in updates.items()),
    ]
    from mreg.git.pushed import Pushed, parse

    done = _run(repo, remote, arguments)
    return Pushed(done.returncode, parse(done.output), done.errors)


def list_refs(repo: Repository, remote: Remote, patterns: Sequence[str]) -> dict[str, str]:
    """Return the object that each of a remote's refs holds; in a pattern `*` crosses "/".

    Raises:
        RemoteError: it cannot be asked.
    """
    arguments = ["ls-remote", "--refs", "--quiet", "--end-of-options", remote.address, *patterns]
    done = _run(repo, remote, arguments)
    if done.returncode != 0:
        raise _explained(repo, remote, done)
    return dict(parse_refs(done.output))


def holds_none(repo: Repository, remote: Remote, starts: Sequence[str]) -> bool:
    """Tell whether a remote has no ref whose name begins in one of some ways, and no such is here.

    False means that there may be one. `git ls-remote` has all refs sent, of which it shows those
    that match; this costs half of that, and does not grow with what the remote has
    (`git help protocol-v2`, "ref-prefix").

    Raises:
        RemoteError: it cannot be asked.
    """
    patterns = process.lines(f"{it}*:{it}*" for it in starts)
    done = _run(repo, remote, _fetch_command(remote, "--dry-run", "--verbose"), patterns)
    if done.returncode != 0:
        raise _explained(repo, remote, done)
    return not (done.errors or done.output)  # a line for each that is found


def parse_refs(output: bytes) -> Iterator[tuple[str, str]]:
    """Read what `git ls-remote` prints: "OID TAB REF", a line a ref; return refs and ids."""
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        oid, found, ref = line.partition("\t")
        if found:
            yield ref, oid


_PORTION = 1000
"""How many refs one fetch asks for: Git compares each with all that the remote has."""

_MOST_NAMED = 50


def fetch(repo: Repository, remote: Remote, refs: Sequence[str]) -> None:
    """Fetch refs to refs of the same names, which are not here yet; nothing else is touched.

    Raises:
        RemoteError: the remote cannot be reached, or has one of them no longer.
    """
    if own := repo.mirror:
        # Git compares each with all that the remote has; patterns for many take no time.
        spaces = dict.fromkeys("/".join(it.split("/")[:2]) for it in refs)
        own.update(refs if len(refs) <= _MOST_NAMED else [f"{it}/*" for it in spaces])
        return
    for start in range(0, len(refs), _PORTION):
        portion = process.lines(f"{ref}:{ref}" for ref in refs[start : start + _PORTION])
        done = _run(repo, remote, _fetch_command(remote, "--quiet"), portion)
        if done.returncode != 0:
            raise _explained(repo, remote, done)


def fetch_objects(repo: Repository, remote: Remote, held: Mapping[str, str]) -> None:
    """Fetch what refs hold at a remote, by full ref, and let the refs here alone.

    Raises:
        RemoteError: the remote cannot be reached, or its refs hold something else by now.
    """
    if own := repo.mirror:
        own.update([*held])  # a mirror's refs are its remote's
        return
    source = process.lines(dict.fromkeys(held.values()))
    done = _run(repo, remote, _fetch_command(remote, "--quiet"), source)
    if done.returncode != 0:
        raise _explained(repo, remote, done)


def _fetch_command(remote: Remote, *options: str) -> list[str]:
    return [
        *("fetch", *options, "--no-tags", "--no-prune", "--no-prune-tags", "--refmap="),
        *("--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"),
        *("--stdin", "--end-of-options", remote.address),
    ]


def _run(
    repo: Repository, remote: Remote, arguments: Sequence[str], source: bytes = b""
) -> Finished:
    variables = process.manners(repo.network, urls.OF_REMOTES, ssh=remote.ssh)
    return process.run_bounded(repo, *arguments, environment=variables, source=source)


def _explained(repo: Repository, remote: Remote, done: Finished) -> RemoteError:
    from mreg.git import faults  # which nobody needs where all is well

    return faults.explain(remote.shown, done, repo.network.seconds)


class RemoteSettings(NamedTuple):
    """What a repository's settings say of remotes: the values of all settings, each in order.

    The current branch is empty if HEAD is detached.
    """

    values: Mapping[str, Sequence[str]]
    branch: str = ""
    bare: bool = False

    def last(self, key: str) -> str:
        """Return the value of a setting that counts; nothing if it has none."""
        return self.values.get(key, ("",))[-1]

    @property
    def remotes(self) -> list[str]:
        """The names of the remotes."""
        return config.remotes(self.values)

    @property
    def default(self) -> str:
        """The remote that the branch is pushed to; `origin` where nothing is said."""
        return (
            self.last(f"branch.{self.branch}.pushremote")
            or self.last("remote.pushdefault")
            or self.last(f"branch.{self.branch}.remote")
            or "origin"
        )


def settings(repo: Repository) -> RemoteSettings:
    """Read a repository's settings.

    Raises:
        RepositoryError: there is no usable repository.
    """
    # First, since `git config` itself does not mind where there is no repository.
    bare, branch = _head(repo)
    return RemoteSettings(_values(repo), branch.removeprefix("refs/heads/"), bare)


def _values(repo: Repository) -> Mapping[str, Sequence[str]]:
    values: dict[str, list[str]] = {}
    for it in config.read(repo):
        values.setdefault(it.key, []).append(it.value)
    return values


def deleting_tags(repo: Repository) -> Iterator[tuple[str, str]]:
    """Iterate over the remotes from which a plain `git fetch` deletes the tags that they lack.

    They are pairs of a remote's name and the command that ends it. Source: `git help fetch`,
    "PRUNING".
    """
    known = RemoteSettings(_values(repo))
    for name in known.remotes:
        prunes, tags = (
            config.is_true(known.last(f"remote.{name}.{key}") or known.last(f"fetch.{key}"))
            for key in ("prune", "prunetags")
        )
        into = (it.rpartition(":")[2] for it in known.values.get(f"remote.{name}.fetch", ()))
        mirrored = any(it.startswith((PREFIX, "refs/*")) for it in into)
        if prunes and (tags or mirrored):
            import shlex

            setting = "prune" if mirrored else "pruneTags"
            yield name, f"git config {shlex.quote(f'remote.{name}.{setting}')} false"


def _head(repo: Repository) -> tuple[bool, str]:
    """Return whether a repository is bare, and the full ref that HEAD is; empty if it is detached.

    Where its files do not tell, one process tells both where HEAD is a branch with a commit; else
    it may say "HEAD", or fail.
    """
    if repo.usual_top() and (usual := repo.branch()) is not None:
        return False, usual
    asked = ("rev-parse", "--is-bare-repository")
    with suppress(CommandFailed):
        said = process.run(repo, *asked, "--symbolic-full-name", "HEAD").decode().split()
        if said[1:] and said[1] != "HEAD":
            return said[0] == "true", said[1]
    bare = process.run(repo, *asked).strip() == b"true"
    branch = process.run(repo, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).decode().strip()
    return bare, branch


def choose(known: RemoteSettings, wanted: str | None) -> Remote:
    """Return the remote, URL or path that a user names; without a name, the branch's, or `origin`.

    Raises:
        RemoteError: there is no such remote.
        UsageError: mreg does not use such URLs.
    """
    name = known.default if wanted is None else wanted
    if not name or name.startswith("-") or not name.isprintable():
        raise RemoteError(
            f"{urls.mask(name)!r} is not a remote", hint="run `git remote` to list the remotes"
        )
    ours = known.last("core.sshcommand") == ""
    if name not in known.remotes:
        if not (urls.looks_like(name) or "/" in name or Path(name).is_dir()):
            raise _no_remote(known, name)
        return Remote(_checked(name), name, name, ours)
    pushed_to = known.values.get(f"remote.{name}.pushurl") or known.values[f"remote.{name}.url"]
    if len(pushed_to) > 1:
        raise RemoteError(
            f"{name} has {len(pushed_to)} URLs to push to, but mreg publishes to only one",
            hint=f"git config --get-regexp 'remote.{name}' lists them; choose one with --remote",
        )
    own = f"remote.{name}.pushurl" in known.values
    return Remote(name, pushed_to[0] if own else name, _checked(pushed_to[0]), ours)


def _no_remote(known: RemoteSettings, name: str) -> RemoteError:
    if not known.remotes:
        return RemoteError(
            "this repository has no remote to publish the registry to",
            hint="git remote add origin URL",
        )
    return RemoteError(
        f"there is no remote {name!r}",
        hint=f"pass --remote with {' or '.join(known.remotes)}, or with a URL",
    )


def _checked(url: str) -> str:
    """Return a URL or a path, unless it is reached over a transport that mreg does not use."""
    return urls.parse(url, urls.OF_REMOTES).secret if urls.looks_like(url) else url
