"""Git LFS as Git's settings and its own program have it.

Sources: `git lfs help config`; docs/api/server-discovery.md in Git LFS's repository.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import unquote

from mreg.errors import RemoteError
from mreg.git import checkout, config, process, upstream
from mreg.git.files import Files
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository
from mreg.net import urls

_FILE = ".lfsconfig"
_LARGEST = 1 << 16


class Setup(NamedTuple):
    """Where a repository's LFS objects are.

    Attributes:
        folders: those on this machine in which they may lie, as in `.git/lfs/objects`.
        endpoint: the server; empty if the repository has no remote, or one on this machine.
        committed: whether the commit, and not a setting of the user's, names the server.
    """

    folders: tuple[Path, ...]
    endpoint: str = ""
    committed: bool = False


class Manners(NamedTuple):
    """How Git talks to a web server, by http.extraHeader and http.sslCAInfo.

    CI systems keep a token in the headers; without a file of authorities, the system's count.
    """

    headers: dict[str, str]
    authorities: Path | None


def setup(repo: Repository, commit: str) -> Setup:
    """Return where the LFS objects of a commit are.

    The commit's own .lfsconfig may name the server; settings of the user's count for more.

    Raises:
        GitError: the settings cannot be read.
    """
    settings = config.read(repo)
    values = {it.key: it.value for it in settings}
    folder = _own_folder(repo, values)
    own = (folder,) if folder else ()
    remote = upstream.remote_of(repo, settings)
    keys = ("lfs.url", f"remote.{remote}.lfsurl")
    if named := next((values[it] for it in keys if it in values), ""):
        return Setup(own, named)
    committed = _committed(repo, commit)
    if named := next((committed[it] for it in keys if it in committed), ""):
        return Setup(own, named, committed=True)
    if f"remote.{remote}.url" not in values:
        return Setup(own)
    address = process.run(repo, "ls-remote", "--get-url", "--end-of-options", remote).decode()
    return _of_remote(repo, address.rstrip("\n"), own)


def own_folder(repo: Repository) -> Path | None:
    """Return where a repository's own LFS objects are; None if that cannot be told."""
    return _own_folder(repo, {it.key: it.value for it in config.read(repo)})


def _own_folder(repo: Repository, values: Mapping[str, str]) -> Path | None:
    folder = repo.common_dir()
    return folder / values.get("lfs.storage", "lfs") / "objects" if folder else None


def pointer(sha256: str, size: int) -> bytes:
    """Return a pointer as Git LFS writes it (docs/spec.md in its repository)."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    ).encode()


def manners(repo: Repository, url: str) -> Manners:
    """Return how Git would talk to a web server."""
    listed = process.run(repo, "config", "--null", "--get-urlmatch", "http", url, ok=(0, 1))
    values = {it.key: it.value for it in config.parse(listed)}
    name, _, value = values.get("http.extraheader", "").partition(":")
    authorities = values.get("http.sslcainfo")
    return Manners(
        {name.strip(): value.strip()} if value else {},
        _expanded(authorities) if authorities else None,
    )


def derived(address: str) -> str:
    """Return the LFS server that belongs to a remote's URL; empty if the URL does not tell."""
    scheme, found, rest = address.partition("://")
    if not found or scheme not in ("http", "https", "git"):
        return ""
    scheme = "https" if scheme == "git" else scheme
    return f"{scheme}://{rest.rstrip('/').removesuffix('.git')}.git/info/lfs"


def has_program(repo: Repository) -> bool:
    """Tell whether Git LFS's own program is installed."""
    return process.succeeds(repo, "lfs", "version")


@contextmanager
def smudge(repo: Repository, pointer: bytes, server: Setup) -> Iterator[IO[bytes]]:
    """Let Git LFS's own program fetch the object of a pointer; hand it out as it comes.

    What the user's settings leave out of a checkout (lfs.fetchinclude, lfs.fetchexclude) it would
    hand back as the pointer, since it is told no path.

    Raises:
        RemoteError: it cannot be fetched.
    """
    named = ("-c", f"lfs.url={server.endpoint}") if server.committed else ()
    every = ("-c", "lfs.fetchinclude=", "-c", "lfs.fetchexclude=")
    silent = {} if repo.network.prompts else {"GIT_TERMINAL_PROMPT": "0"}
    environment = {"GIT_LFS_SKIP_SMUDGE": "0", **silent}
    with tempfile.TemporaryFile() as file:
        file.write(pointer)
        file.seek(0)
        try:
            with (
                repo.network.busy(""),
                process.stream(
                    repo, *named, *every, "lfs", "smudge", stdin=file, environment=environment
                ) as out,
            ):
                yield out
        except CommandFailed as error:
            raise RemoteError(
                f"git lfs cannot fetch the file: {urls.mask(error.stderr.strip())}",
                hint="run `git lfs env` to print its server, `git lfs ext` to list its extensions",
            ) from None


def _expanded(path: str) -> Path:
    return Path.home() / path[2:] if path.startswith("~/") else Path(path)


def _of_remote(repo: Repository, address: str, own: tuple[Path, ...]) -> Setup:
    """Return where a remote's LFS objects are, by its address alone."""
    if address.startswith("file://") or not urls.looks_like(address):
        path = unquote(address[7:]) if address.startswith("file://") else address
        there = checkout.root(repo) / path
        return Setup((*own, there / "lfs" / "objects", there / ".git" / "lfs" / "objects"))
    return Setup(own, derived(address) or address)


def _committed(repo: Repository, commit: str) -> dict[str, str]:
    """Return what the .lfsconfig of a commit says; nothing if there is none."""
    with Files(repo) as reader:
        oid = reader.find([(commit, _FILE)])[commit, _FILE]
        raw = dict(reader.read([oid] if oid else [], limit=_LARGEST)).get(oid or "")
    return _parsed(repo, raw) if raw else {}


def _parsed(repo: Repository, raw: bytes) -> dict[str, str]:
    try:
        listed = process.run_with_input(repo, raw, "config", "--file", "-", "--list", "--null")
    except CommandFailed as error:
        raise RemoteError(
            f"cannot read the commit's {_FILE}: {error.stderr.strip()}",
            hint="set the server in this clone: git config lfs.url URL",
        ) from None
    return {it.key: it.value for it in config.parse(listed)}
