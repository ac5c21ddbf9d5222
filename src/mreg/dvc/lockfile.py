"""What DVC wrote down of a run: a dvc.lock, or a .dvc file.

Sources of the formats: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#dvclock-file
and https://dvc.org/doc/user-guide/project-structure/dvc-files. A dvc.lock of schema 2.0 has its
stages under `stages:`, one of schema 1.0 at its top. Reading is lenient: what is not as it should
be is left out, with a complaint, and the rest stands.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mreg.annotations import document
from mreg.annotations.entry import from_root
from mreg.annotations.text import Unreadable, line_and_column, shown
from mreg.tuples import NamedTuple

LOCK = "dvc.lock"

MD5 = re.compile(r"md5:(?P<md5>[0-9a-f]{32}(?P<folder>\.dir)?)")
"""A digest by which DVC's caches and remotes know a content; of a folder, its list."""

_NEW, _OLD = "files/md5/", ""
"""Where contents lie in a cache and in a remote: those of DVC 3, those of DVC 2."""

# The algorithms by which DVC names contents: `md5`, and what clouds call theirs.
_DIGESTS = ("md5", "etag", "checksum")


class Item(NamedTuple):
    """A dependency or an output.

    Attributes:
        path: from the repository's root; or a URL.
        digest: "md5:..." of its content; of a folder it ends in ".dir". None if it is not said.
        size: in bytes.
        files: how many files a folder has.
        repo: the URL of the Git repository that it was imported from.
        rev: the commit there.
        named: the name by which that commit was asked for there, such as a tag; None if there is
            none, or the commit itself is not said.
        remote: the name of the remote of DVC's that it is said to be at.
        hash: the algorithm of its digest, which DVC 3 writes down.
    """

    path: str
    digest: str | None = None
    size: int | None = None
    files: int | None = None
    repo: str | None = None
    rev: str | None = None
    remote: str | None = None
    hash: str | None = None
    named: str | None = None


class LockedStage(NamedTuple):
    """One step of a pipeline, as it was run.

    Attributes:
        name: its name; of a .dvc file its path.
        file: the file that says so, from the repository's root.
        command: what was run; lines, if several; empty for a .dvc file.
        params: the params that it used, by file.
    """

    name: str
    file: str
    command: str = ""
    deps: tuple[Item, ...] = ()
    params: tuple[tuple[str, dict[str, Any]], ...] = ()
    outs: tuple[Item, ...] = ()


class Read(NamedTuple):
    """What a file says, and what of it cannot be read: a stage of it, or all (the fault)."""

    stages: tuple[LockedStage, ...]
    complaints: tuple[str, ...] = ()
    fault: str = ""

    @property
    def outputs(self) -> tuple[tuple[Item, LockedStage], ...]:
        """The outputs of all stages, each with its stage."""
        return tuple((it, stage) for stage in self.stages for it in stage.outs)


def digests(raw: bytes) -> tuple[str, ...]:
    """Return what a content's digest is in DVC 3, and in DVC 2, which counts CR LF as LF."""
    import hashlib

    return tuple(
        f"md5:{hashlib.md5(it, usedforsecurity=False).hexdigest()}"
        for it in (raw, raw.replace(b"\r\n", b"\n"))
    )


def places(md5: str, *, legacy: bool) -> tuple[str, ...]:
    """Return where a content may lie, in a cache or a remote; the likelier place first.

    Args:
        md5: what DVC knows it by, with ".dir" behind it if it is the list of a folder.
        legacy: whether DVC 2 wrote that down.
    """
    layouts = (_OLD, _NEW) if legacy else (_NEW, _OLD)
    return tuple(f"{it}{md5[:2]}/{md5[2:]}" for it in layouts)


def read_list(raw: bytes) -> dict[str, str]:
    """Read DVC's list of a folder; return what it knows each file there by, by its path.

    It is JSON, [{"md5": ..., "relpath": ...}, ...]
    (https://dvc.org/doc/user-guide/project-structure/internal-files).

    Raises:
        ValueError: it is no such list.
    """
    import json

    try:
        found = {row["relpath"]: row["md5"] for row in json.loads(raw)}
        whole = all(re.fullmatch("[0-9a-f]{32}", it) for it in found.values())
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole or not all(isinstance(it, str) for it in found):
        raise ValueError("DVC's list of the folder is invalid")
    return found


def read_lock(
    raw: bytes | None,
    path: str,
    folders: Mapping[str, str | None],
    reader: document.YamlReader | None = None,
) -> Read:
    """Read a dvc.lock; its bytes are None if they cannot be had.

    The stages of the dvc.yaml beside it work in the folders. Without a reader, the fast reader's
    word counts.
    """
    content, fault = _load(raw, reader)
    if fault:
        return Read((), (fault,), fault)
    stages = content.get("stages") if "schema" in content else content
    if not isinstance(stages, dict):
        fault = "its stages are not a mapping" if stages is not None else ""
        return Read((), (fault,) if fault else (), fault)
    found, complaints = [], []
    for name, stage in stages.items():
        folder = folders.get(name, folders.get(name.partition("@")[0], "."))
        if not isinstance(stage, dict):
            complaints.append(f"the stage {name} is not a mapping")
        elif folder is None:
            complaints.append(f"the stage {name} has a working folder that only DVC can resolve")
        else:
            found.append(_stage(name, stage, path, folder))
    return Read(tuple(found), tuple(complaints))


def read_pointer(raw: bytes | None, path: str, reader: document.YamlReader | None = None) -> Read:
    """Read a .dvc file, as `read_lock` does: as a stage of that name."""
    content, fault = _load(raw, reader)
    if fault:
        return Read((), (fault,), fault)
    folder = content.get("wdir")
    return Read((_stage(path, content, path, folder if isinstance(folder, str) else "."),))


def _load(raw: bytes | None, reader: document.YamlReader | None) -> tuple[dict[str, Any], str]:
    """Return what a file holds, and why it cannot be read."""
    if raw is None:
        return {}, "the object is missing from Git or damaged"
    try:
        return (reader or document.YamlReader(aliases=True)).load(raw), ""
    except Unreadable as error:
        line, _ = line_and_column(shown(raw), error.offset)
        return {}, f"line {line}: {error}"


def _stage(name: str, stage: dict[str, Any], file: str, folder: str) -> LockedStage:
    base = posixpath.join(posixpath.dirname(file), folder)
    lines = stage.get("cmd")
    lines = lines if isinstance(lines, list) else [lines]
    command = "\n".join(it for it in lines if isinstance(it, str))
    deps, outs = (tuple(_items(stage.get(it), base)) for it in ("deps", "outs"))
    return LockedStage(name, file, command, deps, tuple(_params(stage.get("params"), base)), outs)


def _items(value: Any, base: str) -> Iterator[Item]:
    for it in value if isinstance(value, list) else ():
        if not isinstance(it, dict) or not isinstance(it.get("path"), str):
            continue
        item = Item(
            from_root(it["path"], base), _digest(it), _count(it, "size"), _count(it, "nfiles"),
            remote=_text(it.get("remote")), hash=_text(it.get("hash")),
        )  # fmt: skip
        yield _imported(item, it["path"], it["repo"]) if isinstance(it.get("repo"), dict) else item


def _imported(item: Item, path: str, repo: dict[str, Any]) -> Item:
    """Return what was imported: its path is that in the repository from which it came."""
    rev, named = _text(repo.get("rev_lock")), _text(repo.get("rev"))
    if rev is None or rev == named:
        rev, named = rev or named, None
    url = _text(repo.get("url")) or ""
    return item._replace(path=from_root(path, ""), repo=url, rev=rev, named=named)


def _digest(out: dict[str, Any]) -> str | None:
    named = ((name, _text(out.get(name))) for name in _DIGESTS)
    return next((f"{name}:{value}" for name, value in named if value is not None), None)


def _count(out: dict[str, Any], name: str) -> int | None:
    value = out.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _params(value: Any, base: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for file, values in value.items() if isinstance(value, dict) else ():
        if isinstance(values, dict):
            yield from_root(file, base), values
