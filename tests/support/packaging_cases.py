"""Repositories whose versions are packaged, and what is written where."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from repositories import Maker, Repository, Tag

WEIGHTS = b"weights\0" * 40_000
"""More than a small content has."""

FOLDER = {
    "config.json": b"{}\n",
    "a/weights.bin": b"\0\r\n\xff" * 100,
    "empty": b"",
    "run.sh": b"#",
}
TAGS = [Tag("churn@v1.0.0"), Tag("bert@v1.0.0+cuda12"), Tag("churn#prod#1", 0, 1)]
_ANNOTATED = b"churn:\n  path: models/churn.bin\nbert:\n  path: models/bert\n"


def model(make_repository: Maker) -> Repository:
    """Make a repository with a model that is a file, and one that is a folder."""
    files = {
        "artifacts.yaml": _ANNOTATED,
        "models/churn.bin": WEIGHTS,
        **{f"models/bert/{path}": content for path, content in FOLDER.items()},
    }
    return make_repository(TAGS, commits=[files])


def manifest_in(layout: Path, tag: str) -> Any:
    """Return the manifest of an image in a layout."""
    index = json.loads((layout / "index.json").read_bytes())
    (found,) = [
        it
        for it in index["manifests"]
        if it["annotations"]["org.opencontainers.image.ref.name"] == tag
    ]
    return json.loads(blob_in(layout, found["digest"]))


def blob_in(layout: Path, digest: str) -> bytes:
    """Return a blob in a layout."""
    return (layout / "blobs" / digest.replace(":", "/")).read_bytes()


def files_in(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds, by path."""
    return {
        it.relative_to(folder).as_posix(): it.read_bytes()
        for it in folder.rglob("*")
        if it.is_file()
    }


def entry(name: str, kind: bytes = tarfile.REGTYPE, **said: object) -> tarfile.TarInfo:
    """Return an entry of an archive."""
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in said.items():
        setattr(made, key, value)
    return made


def archive(
    *entries: tarfile.TarInfo, content: bytes = b"", format: int = tarfile.GNU_FORMAT
) -> bytes:
    """Return an archive; each plain file of a size has so much of the content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as made:
        for it in entries:
            made.addfile(it, io.BytesIO(content) if it.size else None)
    return out.getvalue()


def plain(path: str = "models/m.bin", content: bytes = b"weights") -> bytes:
    """Return an archive of one file."""
    return archive(entry(path, size=len(content)), content=content)
