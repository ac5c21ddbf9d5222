"""What commands do for convenience (`push`, `types`), as .mreg.yaml says in the work tree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mreg.errors import NotFound, Refused, RepositoryError
from mreg.git import worktree
from mreg.git.repository import Repository
from mreg.policy.conveniences import FILE, FILES, GTO_FILE, Conveniences

if TYPE_CHECKING:
    from mreg.policy.model import Settings


def read(repo: Repository) -> Conveniences:
    """Read what commands do for convenience; what is not said has its default.

    It is that of the work tree. Where it is not checked out (in a bare repository, in one that is
    named by its URL, in a sparse checkout) it is that of HEAD's commit.

    Raises:
        Refused: it cannot be read.
        RemoteError: the repository is read by URL, and cannot be asked.
    """
    top = worktree.top(repo)
    raws = _in_work_tree(top) if top else {}
    if not raws and (top is None or worktree.leaves_out(repo.within(top), FILES)):
        raws = _at_head(repo)
    if not raws:
        return Conveniences()
    from mreg.annotations.text import Unreadable
    from mreg.git.readings import Readings
    from mreg.governance.settings import followed
    from mreg.policy.file import read as reading  # and with it all that YAML takes

    file, raw = next(iter(raws.items()))
    if file == GTO_FILE:
        return Conveniences(
            types=followed(reading.read_gto(raw, Readings(repo)), file, "here").types
        )
    try:
        return reading.read_conveniences(raw)
    except Unreadable as error:
        raise _unreadable(str(error)) from None


def read_for_annotations(repo: Repository) -> Conveniences:
    """Read what checking and editing annotations needs, for which no settings are fatal.

    Outside of a repository all have their defaults; those that cannot be read, too, and why is the
    complaint.
    """
    try:
        return read(repo)
    except RepositoryError:
        return Conveniences()
    except Refused as error:
        return Conveniences(complaint=str(error))


def differs(repo: Repository, counts: Settings) -> str:
    """Return the name of the settings file of the work tree, if its policy is not the one given.

    It is empty where it says the same, comments and conveniences aside, or where there is none.
    """
    from mreg.git.readings import Readings
    from mreg.policy.file import read as reading

    top = worktree.top(repo)
    for name, raw in (_in_work_tree(top) if top else {}).items():
        own = (reading.read_gto if name == GTO_FILE else reading.read)(raw, readings=Readings(repo))
        return name if own.errors or own.settings != counts else ""
    return ""


def _in_work_tree(top: Path) -> dict[str, bytes]:
    """Return the bytes of the settings files that are there."""
    found = {}
    for name in FILES:
        try:
            (top / name).lstat()  # most have neither, and load no reader for them
            from mreg.annotations.text import MAX_BYTES

            found[name] = worktree.read_start(top / name, MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise _unreadable(str(error)) from None
    return found


def _at_head(repo: Repository) -> dict[str, bytes]:
    """Return the bytes of the settings files of HEAD's commit."""
    from mreg.annotations.text import MAX_BYTES
    from mreg.git import commits
    from mreg.git.files import Files
    from mreg.store import complete

    complete.refresh(repo, ())
    try:
        head = commits.resolve(repo, "HEAD")
    except NotFound:
        return {}
    with Files(repo) as contents:
        oids = contents.find((head, name) for name in FILES)
        raws = dict(contents.read(filter(None, oids.values()), limit=MAX_BYTES))
    return {name: raw for (_, name), oid in oids.items() if oid and (raw := raws[oid]) is not None}


def _unreadable(why: str) -> Refused:
    return Refused(f"cannot read {FILE}: {why}", hint=f"fix {FILE}, or pass --push or --no-push")
