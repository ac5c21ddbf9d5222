"""What a package says of a version, and the files that it is."""

from __future__ import annotations

import os
from datetime import UTC
from pathlib import Path

from mreg.errors import Refused
from mreg.net import urls
from mreg.package import PackageRequest
from mreg.tuples import NamedTuple


class PackagedFile(NamedTuple):
    """A file of a version.

    Attributes:
        path: its path within the version, with "/" between names; its name if it is the version.
        where: where its bytes are, checked just now.
        size: how many there are.
        executable: whether it may be run.
    """

    path: str
    where: Path
    size: int
    executable: bool


class VersionFacts(NamedTuple):
    """A version that is to be packaged.

    Attributes:
        artifact: the artifact's name.
        version: the version, "v1.2.0".
        tag: the name of the tag that registered it.
        oid: the id of that tag object.
        commit: the id of its commit.
        time: when it was registered, in UTC: "2026-03-03T14:30:00Z".
        source: the URL of the registry, without secrets; empty if it has none.
        digest: by what its bytes are known: "git:...", "sha256:..." or "md5:...".
        name: what its file or folder is called.
        is_folder: whether it is a folder.
        files: its files, by path.
    """

    artifact: str
    version: str
    tag: str
    oid: str
    commit: str
    time: str
    source: str
    digest: str
    name: str
    is_folder: bool
    files: tuple[PackagedFile, ...]

    @property
    def annotations(self) -> dict[str, str]:
        """What is said of it in the keys of the Open Container Initiative, and in mreg's own."""
        said = {
            "org.opencontainers.image.title": self.name,
            "org.opencontainers.image.version": self.version,
            "org.opencontainers.image.revision": self.commit,
            "org.opencontainers.image.created": self.time,
            "org.opencontainers.image.source": self.source,
            "dev.mreg.artifact": self.artifact,
            "dev.mreg.tag": self.tag,
            "dev.mreg.tag.oid": self.oid,
            "dev.mreg.digest": self.digest,
            "dev.mreg.form": "folder" if self.is_folder else "file",
        }
        return {key: value for key, value in said.items() if value}


def facts(request: PackageRequest) -> VersionFacts:
    """Return what is to be said of a version, with its files in the cache, checked.

    Raises:
        NotFound: there is no such version, or nothing says where it is.
        Refused: a bare commit holds the stage, or a name in it cannot be written down.
        GitError: it cannot be fetched.
    """
    with request.registry as registry:
        version = registry.resolve(request.selector)
        if version.version is None:
            raise Refused(
                f"the stage holds the bare commit {version.commit[:12]}, not a version",
                hint=f"run `mreg register {version.artifact} REV` to register it",
            )
        got = registry.got(f"{version.artifact}@{version.version}", report=request.report)
        oid = registry.check_ref(version.tag).oid
        source = registry.address if request.source is None else request.source
    path, name = Path(got.path), _utf8(got.name)
    is_folder = path.is_dir()
    # In a cache that is read-only, a file has neither its own name nor its mode.
    alone = () if is_folder else (PackagedFile(name, path, path.stat().st_size, got.executable),)
    return VersionFacts(
        version.artifact,
        version.version,
        version.tag,
        oid,
        version.commit,
        version.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        urls.without_secrets(source),
        got.digest,
        name,
        is_folder,
        alone or tuple(_files(path)),
    )


def _files(path: Path) -> list[PackagedFile]:
    found = [Path(folder, it) for folder, _, files in os.walk(path) for it in files]
    return sorted(_file(_utf8(it.relative_to(path).as_posix()), it) for it in found)


def _file(name: str, path: Path) -> PackagedFile:
    seen = path.stat()
    return PackagedFile(name, path, seen.st_size, bool(seen.st_mode & 0o100))


def _utf8(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Refused(
            f"the name {name!r} is not UTF-8, which a package requires",
            hint="rename it and register a new version",
        ) from None
    return name
