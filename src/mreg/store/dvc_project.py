"""A DVC project: which caches and remotes it has, as its settings say.

The settings of the work tree count first, with what the user keeps for himself in
`.dvc/config.local` and in DVC's own folder: they say where things are now. Then come those of the
version's commit. What only the user has, passwords above all, goes to no remote but those that the
settings in the work tree name: a commit may be anybody's.

Source: https://dvc.org/doc/command-reference/config.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mreg.dvc import config, lockfile
from mreg.dvc.config import DvcRemote, Sections
from mreg.dvc.pointers import folders
from mreg.errors import GitError
from mreg.git import checkout
from mreg.git.files import Files
from mreg.git.repository import Repository

_FOLDER, _CONFIG, _LOCAL = ".dvc", "config", "config.local"
_LARGEST = 1 << 20

_OF_USERS = ("credentialpath", "configpath", "keyfile")
"""The options of a remote that name files of the user's. A configuration of AWS may name a program
that is run for its credentials."""

_BEARER = ("gs", "gcs")
"""The schemes of stores that are shown a token as it is, which whoever is asked could use."""


class Project(NamedTuple):
    """A project.

    Attributes:
        folder: its folder `.dvc` in the work tree, from which paths count; None if there is none.
        caches: the folders of its caches.
        here: the settings in the work tree, and the user's own.
        committed: those of the commit.
    """

    folder: Path | None
    caches: tuple[Path, ...]
    here: Sections
    committed: Sections

    def remotes(self, name: str | None) -> tuple[DvcRemote, ...]:
        """Return the remotes that a name may mean; of None, the default ones."""
        found: dict[str, DvcRemote] = {}
        for settings in (self.here, self.committed):
            if remote := config.remote(settings, name):
                found.setdefault(remote.url, remote)
        return tuple(found.values())


def project(repo: Repository, commit: str, inside: str) -> Project:
    """Return the project that is nearest around a folder, which counts from the repository's root.

    Beside the settings of the work tree, those of the commit count.
    """
    around = (inside, *folders(inside))
    where, committed = _committed(repo, commit, around)
    committed = _without_identity(committed)
    user = _user_settings()
    if repo.mirror:
        return Project(None, _caches(None, user), {}, committed)
    root = checkout.root(repo)
    folder, here = _here(root, around, user)
    # Without a `.dvc` in the work tree, paths count from where it would be.
    return Project(folder or root / where / _FOLDER, _caches(folder, here), here, committed)


def caches(repo: Repository, inside: str) -> tuple[Path, ...]:
    """Return the caches of the project in the work tree that is nearest around a folder.

    Raises:
        GitError: its settings cannot be read.
    """
    user = _user_settings()
    if repo.mirror:
        return _caches(None, user)
    return _caches(*_here(checkout.root(repo), (inside, *folders(inside)), user))


def alike(repo: Repository, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return of commits, each with a folder in it, one whose settings are the same there.

    However many there are, they are asked about at once.
    """
    wanted = list(dict.fromkeys(places))
    files = {
        it: [posixpath.join(around, _FOLDER, _CONFIG) for around in (it, *folders(it))]
        for it in {inside for _, inside in wanted}
    }
    with Files(repo) as reader:
        oids = reader.find((commit, file) for commit, inside in wanted for file in files[inside])
    first: dict[tuple[str | None, ...], str] = {}
    return {
        (commit, inside): first.setdefault(
            (inside, *(oids[commit, file] for file in files[inside])), commit
        )
        for commit, inside in wanted
    }


def held(caches: Iterable[Path], md5: str, *, legacy: bool) -> Iterator[Path]:
    """Iterate over the files in caches that should hold a content; see `lockfile.places`."""
    for cache in caches:
        for place in lockfile.places(md5, legacy=legacy):
            if (file := cache / place).is_file():
                yield file


def _here(root: Path, around: tuple[str, ...], user: Sections) -> tuple[Path | None, Sections]:
    """Return the nearest `.dvc` in the work tree, and what it and the user have set."""
    found = (root / it / _FOLDER for it in around)
    folder = next((it for it in found if it.is_dir()), None)
    own = [_read(folder / it) for it in (_CONFIG, _LOCAL)] if folder else []
    return folder, config.merged(user, *own)


def _caches(folder: Path | None, settings: Sections) -> tuple[Path, ...]:
    named = settings.get("cache", {}).get("dir")
    if folder is None:
        absolute = Path(named) if named else None
        return (absolute,) if absolute and absolute.is_absolute() else ()
    return ((folder / named) if named else folder / "cache",)


def _committed(repo: Repository, commit: str, around: tuple[str, ...]) -> tuple[str, Sections]:
    """Return the project's folder and settings in a commit; no settings if it has none."""
    paths = {it: posixpath.join(it, _FOLDER, _CONFIG) for it in around}
    with Files(repo) as reader:
        found = reader.find((commit, path) for path in paths.values())
        where = next((it for it in around if found[commit, paths[it]]), "")
        oid = found.get((commit, paths.get(where, "")))
        raw = dict(reader.read([oid] if oid else [], limit=_LARGEST)).get(oid or "")
    return where, config.parse(raw or b"")


def _without_identity(settings: Sections) -> Sections:
    """Leave out which files of the user's are to be used, and to whom a token of his is shown."""
    found: Sections = {}
    for section, said in settings.items():
        bearer = said.get("url", "").partition("://")[0].lower() in _BEARER
        dropped = (*_OF_USERS, *(["endpointurl"] * bearer))
        found[section] = {key: value for key, value in said.items() if key not in dropped}
    return found


def _user_settings() -> Sections:
    """Return the user's own settings for all projects."""
    from platformdirs import user_config_path

    return _read(user_config_path("dvc", "iterative") / _CONFIG)


def _read(path: Path) -> Sections:
    try:
        return config.parse(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise GitError(f"cannot read DVC's settings: {path}: {error.strerror}") from None
