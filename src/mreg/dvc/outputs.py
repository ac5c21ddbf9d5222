"""What DVC's files say of one output beside its digest.

Sources: https://dvc.org/doc/user-guide/project-structure/dvc-files and
https://dvc.org/doc/user-guide/project-structure/dvcyaml-files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, NamedTuple

from mreg.annotations.document import Reader
from mreg.annotations.entry import from_root
from mreg.annotations.text import Unreadable
from mreg.dvc import lockfile


class Out(NamedTuple):
    """An output.

    Attributes:
        remote: the name of the remote that it is said to be at; None for the default one.
        legacy: whether DVC 2 wrote it down, which hashes a text with CR LF as if they were LF.
        source: where it was imported from; empty if it was not.
    """

    remote: str | None = None
    legacy: bool = False
    source: str = ""


def described(path: str, file: str, raw: bytes, pipeline: bytes | None, reader: Reader) -> Out:
    """Return what is said of an output.

    Args:
        path: the output's path, from the repository's root.
        file: the `.dvc` file or dvc.lock that names it, from the repository's root.
        raw: that file's bytes.
        pipeline: those of the dvc.yaml beside a dvc.lock, if there is one.
        reader: what reads YAML.
    """
    if file.endswith(lockfile.POINTER):
        content = _loaded(raw, reader)
        rows = list(_rows(content.get("outs"), _base(file, content.get("wdir"))))
        sources = [it for it in map(_source, _dicts(content.get("deps"))) if it]
    else:
        content = _loaded(raw, reader)
        stages = content.get("stages") if "schema" in content else content
        folders = lockfile.folders(pipeline, reader)
        rows = [
            row
            for name, stage in _items(stages)
            for row in _rows(stage.get("outs"), _base(file, _folder(folders, name)))
        ]
        sources = []
    said = next((row for where, row in rows if where == path), {})
    remote = said.get("remote") or _remote_in(pipeline, path, file, reader)
    return Out(
        remote.lower() if isinstance(remote, str) else None,
        said.get("hash") is None,
        sources[0] if sources else "",
    )


def _remote_in(pipeline: bytes | None, path: str, file: str, reader: Reader) -> Any:
    """Return the remote that a dvc.yaml says an output is at: a dvc.lock does not say it."""
    held = pipeline if pipeline and b"remote" in pipeline else b""
    stages = _loaded(held, reader).get("stages")
    folders = lockfile.folders(pipeline, reader)
    for name, stage in _items(stages):
        inner = stage.get("do", stage)
        base = _base(file, _folder(folders, name))
        for it in _dicts(inner.get("outs") if isinstance(inner, dict) else None):
            for where, flags in _items(it):
                if from_root(where, base) == path:
                    return flags.get("remote")
    return None


def _folder(folders: dict[str, str | None], name: str) -> str | None:
    return folders.get(name, folders.get(name.partition("@")[0], "."))


def _base(file: str, folder: Any) -> str:
    return posixpath.join(posixpath.dirname(file), folder if isinstance(folder, str) else ".")


def _rows(outs: Any, base: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for it in _dicts(outs):
        if isinstance(it.get("path"), str):
            yield from_root(it["path"], base), it


def _source(dep: dict[str, Any]) -> str:
    """Return where an import is from; empty if a dependency is none."""
    repo, path = dep.get("repo"), dep.get("path")
    if isinstance(repo, dict):
        return f"{path} of {repo.get('url')}"
    return path if isinstance(path, str) and "://" in path else ""


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (it for it in (value if isinstance(value, list) else ()) if isinstance(it, dict))


def _items(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, it in value.items() if isinstance(value, dict) else ():
        if isinstance(name, str) and isinstance(it, dict):
            yield name, it


def _loaded(raw: bytes, reader: Reader) -> dict[str, Any]:
    try:
        return reader.load(raw)
    except Unreadable:
        return {}
