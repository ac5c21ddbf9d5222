"""The bytes of versions, for MLflow: copies, since MLflow writes into what it is given."""

from __future__ import annotations

import hashlib
import posixpath
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mlflow.entities import FileInfo
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import ArtifactRepository

from mreg.errors import UsageError
from mreg.integrations import address
from mreg.integrations.address import VersionAddress
from mreg.integrations.mlflow.failures import absent, invalid, translated
from mreg.net.network import Network
from mreg.registry import Registry

_PIECE = 1 << 20
_MOST_KNOWN = 64
"""Of so many versions of a registry it is known what was copied, those that were used last."""


class MregArtifactRepository(ArtifactRepository):  # type: ignore[misc] # MLflow is not typed
    """The files of one version, or of all versions of a registry, as their URI says.

    A version that is one file looks like a folder that holds it. What is fetched is kept, and
    checked against what is recorded each time (docs/how-to/get.md).
    """

    def __init__(
        self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
    ) -> None:
        """Nothing is read yet."""
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        self._registry_uri = registry_uri or ""

    @translated()
    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """Return what is in a folder of the version; nothing of a file."""
        found, inner = self._fetched(path or "")
        if inner == "" and found.is_file():
            return [FileInfo(found.name, False, found.stat().st_size)]
        at = self._inner(found, inner)
        if not at.is_dir():
            return []
        return [
            FileInfo(
                posixpath.join(inner, it.name),
                it.is_dir(),
                None if it.is_dir() else it.stat().st_size,
            )
            for it in sorted(at.iterdir())
        ]

    @translated()
    def download_artifacts(self, artifact_path: str, dst_path: str | None = None) -> str:
        """Copy a file or a folder of the version into a folder, and return where it is.

        Without one it goes into a new folder.
        """
        folder = Path(tempfile.mkdtemp(prefix="mreg-")) if dst_path is None else Path(dst_path)
        if not folder.is_dir():
            raise absent(f"there is no folder {dst_path} to download to")
        wanted = self._wanted(artifact_path)
        if not wanted.path:
            registry = self._registry(wanted)
            deliveries(registry.path).deliver(registry, wanted, folder)
            return str(folder)
        found, inner = self._fetched(artifact_path)
        target = folder / inner
        _copy(self._inner(found, inner), target)
        return str(target)

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        with translated():
            found, inner = self._fetched(remote_file_path)
            _copy(self._inner(found, inner), Path(local_path))

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Refuse: a version does not change."""
        raise _unchanging()

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Refuse: a version does not change."""
        raise _unchanging()

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Refuse: a version does not change."""
        raise _unchanging()

    def _wanted(self, path: str) -> VersionAddress:
        """Return the version, and the path in it that is meant.

        Raises:
            UsageError: no version is named.
        """
        wanted = address.parse_version(self.artifact_uri, path)
        if wanted is None:
            raise UsageError(
                f"{self.artifact_uri} does not name a version",
                hint="write the address of the registry, followed by /NAME@v1.2.0",
            )
        return wanted

    def _registry(self, wanted: VersionAddress) -> Registry:
        """Open the registry of a version: by the address that MLflow has, it may hold a token."""
        known = address.parse(wanted.registry)
        if self._registry_uri.partition(":")[0] in address.SCHEMES:
            own = address.parse(self._registry_uri)
            if own.uri == known.uri:
                known = own
        return Registry.open(known.place, network=Network())

    def _fetched(self, path: str) -> tuple[Path, str]:
        """Return where the version is kept, and the path in it that is meant."""
        wanted = self._wanted(path)
        return _got(self._registry(wanted), wanted), wanted.path

    @staticmethod
    def _inner(found: Path, inner: str) -> Path:
        if found.is_file() and inner == found.name:
            return found
        within = Path(inner)
        at = found / within  # which is `within` alone where that is absolute
        if within.is_absolute() or ".." in within.parts or not at.exists():
            raise absent(f"there is no {inner} in {found.name}")
        return at


class _Delivered(NamedTuple):
    """A version that was checked and copied: as of which tags, from where, its files' SHA-256."""

    fingerprint: str
    kept: Path
    digests: dict[str, bytes]


class Deliveries:
    """What was copied of a registry: the same version is copied again without asking Git for it.

    The tags of its artifact have to be the same, and each file's bytes are looked at on their way.

    Attributes:
        place: where the registry is.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._known: dict[str, _Delivered] = {}

    def deliver(self, registry: Registry, wanted: VersionAddress, folder: Path) -> None:
        """Copy a version into a folder; if it is one file, that."""
        fingerprint = registry.tags_fingerprint(wanted.artifact)
        known = self._known.pop(wanted.selector, None)
        there = known and known.fingerprint == fingerprint and known.kept.exists()
        if known and there and _copied(known.kept, folder) == known.digests:
            self._known[wanted.selector] = known
            return
        kept = _got(registry, wanted)
        digests = _copied(kept, folder)
        if fingerprint:
            self._known[wanted.selector] = _Delivered(fingerprint, kept, digests)
            for it in [*self._known][:-_MOST_KNOWN]:
                self._known.pop(it, None)


deliveries = lru_cache(maxsize=16)(Deliveries)
"""What this process copied of a registry: MLflow makes an object of its own for each question."""


def _got(registry: Registry, wanted: VersionAddress) -> Path:
    """Return where a version is kept, fetched if it has to be, and checked."""
    with registry:  # one Git process for all of it
        return Path(registry.got(wanted.selector).path)


def _copied(kept: Path, folder: Path) -> dict[str, bytes]:
    """Copy what is kept into a folder; return the SHA-256 of each file, by its path there."""
    if kept.is_file():
        return {kept.name: _copy(kept, folder / kept.name)}
    files = sorted(it for it in kept.rglob("*") if it.is_file())
    paths = [it.relative_to(kept) for it in files]
    return {str(path): _copy(it, folder / path) for it, path in zip(files, paths, strict=True)}


def _copy(source: Path, target: Path) -> bytes:
    """Copy a file, or a folder with all that is in it; return the SHA-256 of the file.

    The copy is its owner's to change, unlike what is kept: no mode is copied.
    """
    if source.is_dir():
        for it in source.rglob("*"):
            if it.is_file():
                _copy(it, target / it.relative_to(source))
        return b""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as written:
        while piece := read.read(_PIECE):
            digest.update(piece)
            written.write(piece)
    return digest.digest()


def _unchanging() -> MlflowException:
    return invalid(
        "the files of a version cannot change",
        "commit the new files, and register that commit as a new version",
    )
