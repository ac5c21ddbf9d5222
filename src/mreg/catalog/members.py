"""Which repositories a catalog has at the moment: its sources, looked up."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mreg.catalog import labels
from mreg.catalog.settings import CatalogSettings, CatalogSource, SourceLines
from mreg.errors import MregError, RepositoryError
from mreg.net import urls
from mreg.system import command

if TYPE_CHECKING:
    from mreg.net.network import Network
    from mreg.registry import Registry

MOST = 50_000
"""At most so many repositories are taken from one source."""

_MOST_PRINTED = 16 * 1024 * 1024
"""How many bytes a command may print: some 300 for each of so many repositories."""

_SHOWN = 60
_MAGIC = "*?["


class CatalogMember(NamedTuple):
    """A repository of a catalog.

    Attributes:
        label: what it is called.
        address: its URL or folder; it may hold a password.
        source: the source that it is from, as people are told.
    """

    label: str
    address: str
    source: str

    @property
    def shown(self) -> str:
        """The address without a password."""
        return urls.without_secrets(self.address)


class CatalogFault(NamedTuple):
    """What keeps a source from being looked up, or one of its repositories from being read.

    Attributes:
        subject: the source, or the repository's label.
        reason: what is wrong.
        hint: what to do about it; may be empty.
    """

    subject: str
    reason: str
    hint: str = ""


class Members(NamedTuple):
    """The repositories of a catalog.

    Attributes:
        known: the repositories, by label.
        faults: what could not be looked up.
        silent: the sources that gave no answer: what was known of their repositories still counts.
    """

    known: tuple[CatalogMember, ...]
    faults: tuple[CatalogFault, ...]
    silent: frozenset[str]


def registry(it: CatalogMember, network: Network) -> Registry:
    """Open a repository's registry; a folder that is gone is found to be so when it is read."""
    from mreg.registry import Registry

    try:
        return Registry.open(it.address, network=network, around=False)
    except RepositoryError:
        return Registry.open(Path(it.address).as_uri(), network=network)


def members(settings: CatalogSettings, *, seconds: float) -> Members:
    """Look up the repositories of a catalog."""
    known: dict[str, CatalogMember] = {}
    faults: list[CatalogFault] = []
    silent: set[str] = set()
    lines = SourceLines(settings)
    for source in settings.sources:
        try:
            found = list(_members(source, Path(settings.file).parent, seconds))
        except MregError as error:
            hint = lines.hint(source.shown, error.hint)
            faults.append(CatalogFault(source.shown, urls.mask(str(error)), hint))
            silent.add(source.shown)
            continue
        for it in found:
            if not labels.is_label(it.label):
                hint = lines.hint(source.shown, f"give its source another label: {labels.RULE}")
                faults.append(CatalogFault(it.shown, f"{it.label!r} is not a valid label", hint))
            elif (other := known.setdefault(it.label, it)).address != it.address:
                reason = f"{other.shown} already has the label {it.label}"
                hint = 'give one of the sources another label, such as label: "{path}"'
                faults.append(CatalogFault(it.shown, reason, lines.hint(source.shown, hint)))
    return Members(tuple(known[it] for it in sorted(known)), tuple(faults), frozenset(silent))


def _members(source: CatalogSource, folder: Path, seconds: float) -> Iterator[CatalogMember]:
    if source.url:
        yield _member(source, source.url)
    elif source.path:
        yield from _in_folder(source, folder)
    else:
        for address in _printed(source, seconds):
            place = address if urls.looks_like(address) else os.path.join(folder, address)  # noqa: PTH118
            yield _member(source, place)


def _member(source: CatalogSource, address: str) -> CatalogMember:
    """Return a repository that is called after the end of its address, if nothing is said."""
    url = urls.without_secrets(address)
    rest = url.partition("://")[2].partition("/")[2] if "://" in url else url.rpartition(":")[2]
    return CatalogMember(labels.of(source.label or "{name}", rest), address, source.shown)


def _in_folder(source: CatalogSource, folder: Path) -> Iterator[CatalogMember]:
    """Iterate over the repositories at a path; those of a pattern are called by their paths in it.

    Raises:
        RepositoryError: there is none.
    """
    typed = os.path.join(folder, os.path.expanduser(source.path))  # noqa: PTH118, PTH111
    pattern = os.path.abspath(typed)  # noqa: PTH100 - which links it goes through is theirs
    if not any(it in pattern for it in _MAGIC):
        place = Path(pattern)
        _must_not_be_around_others(place, source.path)
        name = place.parent.name if place.name == ".git" else place.name
        yield CatalogMember(
            labels.of(source.label or "{name}", name), os.fspath(place), source.shown
        )
        return
    fixed = pattern[: min(pattern.find(it) for it in _MAGIC if it in pattern)].rpartition("/")[0]
    none = True
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - it is a whole path
    for it in islice(found, MOST):
        if _looks_like_one(it):
            none = False
            label = labels.of(source.label or "{path}", os.path.relpath(it, fixed or "/"))
            yield CatalogMember(label, it, source.shown)
    if none:
        raise RepositoryError(
            f"there is no repository at {source.path}",
            hint="write a pattern that matches folders: /srv/git/*.git",
        )


def _must_not_be_around_others(place: Path, typed: str) -> None:
    """Refuse a folder that is no repository, and contains some.

    Raises:
        RepositoryError: it is such a folder.
    """
    if place.name == ".git" or _looks_like_one(str(place)) or not place.is_dir():
        return
    with contextlib.suppress(OSError):
        if any(_looks_like_one(str(it)) for it in place.iterdir()):
            raise RepositoryError(
                f"there is no repository at {typed}, but there are some in it",
                hint=f"write a pattern: {typed.rstrip('/')}/*",
            )


def _looks_like_one(path: str) -> bool:
    """Tell whether a folder is meant to be a repository; one that is broken counts, too."""
    folder = Path(path)
    is_bare = folder.suffix == ".git" or (folder / "HEAD").exists()
    return folder.is_dir() and folder.name != ".git" and (is_bare or (folder / ".git").exists())


def _printed(source: CatalogSource, seconds: float) -> Iterator[str]:
    """Iterate over the lines that a source's command prints, without blanks and empty ones.

    Raises:
        RepositoryError: it failed, or printed none.
    """
    done, output = command.printed(source.command, seconds=seconds, most=_MOST_PRINTED)
    if done.reason:
        raise RepositoryError(f"the command {source.command[0]} failed: {done.reason}")
    text = output.decode("utf-8", "replace")
    lines = [it for it in map(str.strip, text.split("\n")) if it]
    if not lines:
        raise RepositoryError(f"the command {source.command[0]} printed no URL")
    if odd := next((it for it in lines if not it.isprintable() or "\ufffd" in it), None):
        raise RepositoryError(
            f"the command {source.command[0]} printed a line that is neither a URL nor a "
            f"path: {odd[:_SHOWN]!r}"
        )
    yield from lines[:MOST]
