"""The bytes of versions, for MLflow: copies, since MLflow writes into what it is given."""

from __future__ import annotations

import posixpath
import shutil
import tempfile
from pathlib import Path

from mlflow.entities import FileInfo
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import ArtifactRepository

from mreg.errors import UsageError
from mreg.integrations.mlflow import address
from mreg.integrations.mlflow.address import VersionAddress
from mreg.integrations.mlflow.failures import absent, invalid, translated
from mreg.net.network import Network
from mreg.registry import Registry


class MregArtifactRepository(ArtifactRepository):  # type: ignore[misc] # MLflow is not typed
    """The files of one version, or of all versions of a registry, as their URI says.

    A version that is one file looks like a folder that holds it. What is fetched is kept, and
    checked against what is recorded each time (docs/get.md).
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
        found, inner = self._fetched(artifact_path)
        folder = Path(tempfile.mkdtemp(prefix="mreg-")) if dst_path is None else Path(dst_path)
        if dst_path is not None and not folder.is_dir():
            raise absent(f"there is no folder {dst_path} to download to")
        if inner == "" and found.is_file():
            _copy(found, folder / found.name)
            return str(folder)
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

    def _fetched(self, path: str) -> tuple[Path, str]:
        """Return where the version is kept, and the path in it that is meant."""
        wanted = address.parse_version(self.artifact_uri, path)
        if wanted is None:
            raise UsageError(
                f"{self.artifact_uri} names no version",
                hint="write the address of the registry, and /NAME@v1.2.0 behind it",
            )
        return Path(_open(wanted, self._registry_uri).got(wanted.selector).path), wanted.path

    @staticmethod
    def _inner(found: Path, inner: str) -> Path:
        if found.is_file() and inner == found.name:
            return found
        at = found / inner
        if ".." in Path(inner).parts or not at.exists():
            raise absent(f"there is no {inner} in {found.name}")
        return at


def _open(wanted: VersionAddress, registry_uri: str) -> Registry:
    """Open the registry of a version: by the address that MLflow has, which may hold a token."""
    known = address.parse(wanted.registry)
    if registry_uri.partition(":")[0] in address.SCHEMES:
        own = address.parse(registry_uri)
        if own.uri == known.uri:
            known = own
    return Registry.open(known.place, network=Network())


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder; the copy is its owner's to change, unlike what is kept."""
    if not source.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return
    target.mkdir(parents=True, exist_ok=True)  # shutil.copytree would make it read-only as well
    for it in source.iterdir():
        _copy(it, target / it.name)


def _unchanging() -> MlflowException:
    return invalid(
        "what a version holds does not change",
        "commit the new files, and register that commit as a new version",
    )
