"""A package as an artifact of the Open Container Initiative: its manifest, and its blobs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from io import RawIOBase
from pathlib import Path

from mreg.errors import Mismatch
from mreg.oci import manifest, tar
from mreg.oci.manifest import Descriptor
from mreg.package.facts import PackagedFile, VersionFacts
from mreg.tuples import NamedTuple

_CHUNK = 1 << 20


class PackageBlob(NamedTuple):
    """A blob, and what reads its bytes anew, piece by piece."""

    descriptor: Descriptor
    chunks: Callable[[], Iterator[bytes]]


class Bundle(NamedTuple):
    """An artifact that is to be written or pushed.

    Attributes:
        manifest: its manifest.
        blobs: its configuration and its layers; none of them twice.
        artifact_type: what it is, if it is no image.
    """

    manifest: bytes
    blobs: tuple[PackageBlob, ...]
    artifact_type: str = ""

    @property
    def digest(self) -> str:
        """The digest of its manifest."""
        return manifest.digest_of(self.manifest)

    @property
    def size(self) -> int:
        """How many bytes its blobs have."""
        return sum(it.descriptor.size for it in self.blobs)


def bundle(
    config: PackageBlob, layers: Sequence[PackageBlob], said: VersionFacts, artifact_type: str = ""
) -> Bundle:
    """Return an artifact of a version."""
    raw = manifest.manifest(
        config.descriptor, [it.descriptor for it in layers], said.annotations, artifact_type
    )
    blobs = {it.descriptor.digest: it for it in (config, *layers)}
    return Bundle(raw, tuple(blobs.values()), artifact_type)


def document(raw: bytes, media_type: str) -> PackageBlob:
    """Return a blob that is in memory."""
    return PackageBlob(manifest.described(raw, media_type), lambda: iter([raw]))


def hashed(chunks: Iterator[bytes]) -> str:
    """Return the digest of what comes in pieces."""
    hasher = hashlib.sha256()
    for it in chunks:
        hasher.update(it)
    return f"sha256:{hasher.hexdigest()}"


def read(path: Path) -> Iterator[bytes]:
    """Iterate over a file's bytes.

    Raises:
        Mismatch: it is gone, or cannot be read any more.
    """
    try:
        file = path.open("rb", buffering=0)
    except OSError:
        raise changed() from None
    with file:
        while chunk := _piece(file):
            yield chunk


def _piece(file: RawIOBase) -> bytes:
    try:
        return file.read(_CHUNK) or b""
    except OSError:
        raise changed() from None


def archived(files: Sequence[PackagedFile], folder: str) -> Iterator[bytes]:
    """Iterate over the bytes of an archive that has some files in a folder.

    Raises:
        Mismatch: one of them was changed meanwhile.
    """
    for entry in tar.entries(rows(files, folder)):
        yield entry.header
        if entry.number is not None:
            left = entry.size
            for chunk in read(files[entry.number].where):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
            if left:
                raise changed()
            yield entry.padding
    yield tar.END


def changed() -> Mismatch:
    """Return the error for a file that is another one than when its digest was computed."""
    return Mismatch(
        "a file of the version was changed or removed in the cache during packaging",
        hint="run the command again: mreg downloads damaged files again",
    )


def rows(files: Sequence[PackagedFile], folder: str) -> list[tuple[str, int, bool]]:
    """Return files as an archive lists them."""
    return [(f"{folder}/{it.path}", it.size, it.executable) for it in files]
