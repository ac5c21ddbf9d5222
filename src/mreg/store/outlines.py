"""What is listed of all annotations of a commit; of the last one that was asked about it is kept.

It is a file in the repository's Git folder, under all that the answer depends on: the ids of the
files that annotate. To have it from there loads nothing that reads annotations.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from pathlib import Path

from mreg import __version__
from mreg.annotations.outline import DVC_FILE, Outline, Overview, is_source
from mreg.core.diagnostics import problem
from mreg.git import files, objects
from mreg.git.repository import Repository
from mreg.system import kept_file

_FORM = 2
"""To be raised where it is kept in another form, or worked out otherwise."""


def read(repo: Repository, rev: str) -> Overview:
    """Return every annotation of a commit; a session reads those of one commit once."""
    with repo.session.here as opened:
        (head,) = objects.headers(repo, [rev])
        name = f"outlines of {head.oid}"
        found: Overview | None = opened.kept.get(name)
        if found is None:
            found = _read(repo, rev)
            if head.oid and not found.problems:  # what could not be read may be there by now
                opened.kept[name] = found
        return found


def _read(repo: Repository, rev: str) -> Overview:
    tree = list(files.list_tree(repo, rev))
    listed = dict(sorted(it for it in tree if is_source(it[0])))
    # What a dvc.yaml says may be filled in out of other files.
    lasting = listed and not any(path.endswith(DVC_FILE) for path in listed)
    key, file = _key(listed), _file(repo) if lasting else None
    known = _kept(file, key, listed) if file else None
    if known is not None:
        return known
    from mreg.annotations import sources
    from mreg.store.versioned_files import VersionedFiles

    with VersionedFiles(repo) as contents:
        found = sources.overview(tree, contents)
    if file and not any(sources.DAMAGED in it.message for it in found.problems):
        _keep(file, key, found)
    return found


def _key(listed: Mapping[str, str]) -> bytes:
    said = (
        f"mreg {__version__} {marshal.version} {_FORM}",
        *(it for pair in listed.items() for it in pair),
    )
    return "\0".join(said).encode("utf-8", "surrogateescape")


def _file(repo: Repository) -> Path | None:
    folder = repo.common_dir()
    return folder and folder / "mreg" / "outlines"


def _kept(file: Path, key: bytes, listed: Mapping[str, str]) -> Overview | None:
    """Return what is kept under a key; None if that is nothing."""
    content = kept_file.read(file, key)
    if content is None:
        return None
    rows, problems = marshal.loads(content)  # noqa: S302 - see `kept_file`
    return Overview(
        {name: Outline(kind, path) for name, kind, path in rows},
        tuple(problem("MR019", *it) for it in problems),
        listed,
    )


def _keep(file: Path, key: bytes, found: Overview) -> None:
    """Keep an answer in the place of what is there."""
    rows = [(name, *it) for name, it in found.annotations.items()]
    problems = [(it.subject, it.message) for it in found.problems]
    kept_file.write(file, key, marshal.dumps((rows, problems)))
