"""An artifact in a folder, as an OCI image layout.

Blobs come first and the index last, each by a rename: who reads the folder meanwhile, or after it
was cut short, finds what was there before. A layout may hold many artifacts, by their tags.

Source: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mreg.errors import Refused
from mreg.oci import manifest
from mreg.package.bundle import Bundle, PackageBlob, changed, document
from mreg.package.progress import ByteTally
from mreg.system import files

_MARK, _INDEX = "oci-layout", "index.json"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_REF = "org.opencontainers.image.ref.name"
_CHUNK = 1 << 20


def write(folder: Path, made: Bundle, tag: str, tally: ByteTally) -> tuple[str, ...]:
    """Write an artifact into a folder under a tag; return the paths in it that were written.

    Raises:
        Refused: something else is there, or it cannot be written.
        Mismatch: a file was changed while it was read.
    """
    index = _read_index(folder)
    try:
        with _new_or_there(folder):
            return tuple(_write(folder, index, made, tag, tally))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise Refused(
            f"cannot write {folder}: {error.strerror}",
            hint=("nothing incomplete was left in it; choose a folder on a larger disk with --to")
            if full
            else "choose another folder with --to",
        ) from None


def _write(
    folder: Path, index: dict[str, Any], made: Bundle, tag: str, tally: ByteTally
) -> Iterator[str]:
    (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    if not (folder / _MARK).exists():
        files.replace(folder / _MARK, _LAYOUT, mode=files.new_mode())
        yield _MARK
    itself = document(made.manifest, manifest.MANIFEST)
    for blob in (*made.blobs, itself):
        path = f"blobs/{blob.descriptor.digest.replace(':', '/')}"
        if not _is_there(folder / path, blob):
            _put(folder / path, blob, tally)
            yield path
    entry = itself.descriptor._replace(annotations={_REF: tag}).document
    if made.artifact_type:
        entry["artifactType"] = made.artifact_type
    others = [it for it in index["manifests"] if not _is_called(it, tag)]
    index = {**index, "manifests": [*others, entry]}
    files.replace(folder / _INDEX, manifest.written(index), mode=files.new_mode())
    yield _INDEX


def _is_called(entry: Any, tag: str) -> bool:
    said = entry.get("annotations") if isinstance(entry, dict) else None
    return isinstance(said, dict) and said.get(_REF) == tag


def _read_index(folder: Path) -> dict[str, Any]:
    """Return what a layout holds; of a folder that is empty or not there, nothing.

    Raises:
        Refused: something else is there.
    """
    try:
        if not os.path.lexists(folder) or not any(folder.iterdir()):
            return dict(_EMPTY)
        if not (folder / _MARK).is_file():
            raise Refused(
                f"{folder} contains other files",
                hint="choose a new folder, or one with an OCI layout, with --to",
            )
        with (folder / _INDEX).open("rb") as file:
            found = manifest.parsed(file.read(manifest.LARGEST + 1))
    except FileNotFoundError:  # one that was cut short
        return dict(_EMPTY)
    except OSError as error:
        raise Refused(f"cannot use {folder}: {error.strerror}") from None
    if found is None or not isinstance(found.get("manifests"), list):
        raise Refused(f"cannot read {folder / _INDEX}", hint="choose a new folder with --to")
    return found


_EMPTY: dict[str, Any] = {"schemaVersion": 2, "mediaType": manifest.INDEX, "manifests": []}


@contextmanager
def _new_or_there(folder: Path) -> Iterator[None]:
    """Make a folder, unless it is there; one that was made goes again if the block fails."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            _remove(folder)
        raise


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _is_there(path: Path, blob: PackageBlob) -> bool:
    """Tell whether a blob is there, whole."""
    if not path.is_file() or path.stat().st_size != blob.descriptor.size:
        return False
    hasher = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
    return f"sha256:{hasher.hexdigest()}" == blob.descriptor.digest


def _put(path: Path, blob: PackageBlob, tally: ByteTally) -> None:
    """Write a blob, if its bytes are those that its digest is of."""
    made = path.with_name(f".{secrets.token_hex(8)}")
    hasher = hashlib.sha256()
    try:
        with made.open("xb", buffering=0) as file:
            for chunk in blob.chunks():
                left = memoryview(chunk)
                hasher.update(left)
                while left:
                    left = left[file.write(left) :]
                tally.came(len(chunk))
        if f"sha256:{hasher.hexdigest()}" != blob.descriptor.digest:
            raise changed()
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
