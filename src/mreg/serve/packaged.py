"""A version in a folder of its own, as `mreg package --as dockerfile` puts it into an image.

The folder holds `mreg.json`, which says what `mreg describe` says of the version, which files it
has and what each one's digest is; the files, in `model/`; and `example.json`, if the version has
an example. It is served without Git and without a network.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mreg.annotations.entry import Annotation, Framework
from mreg.errors import Mismatch, NotFound, Refused
from mreg.schemas.model import ModelSchema
from mreg.serve.versions import FetchedVersion, WantedVersion, parsed_example
from mreg.tuples import NamedTuple

RECORD = "mreg.json"
"""The file that says what the folder holds."""

MODEL = "model"
"""The folder in it that the version's files are in."""

FOLDER = "version"
"""The folder with all of that in what is built to an image."""

EXAMPLE = "example.json"
"""The file in it that holds the example of the version's schema."""

_FORM = 1
_LARGEST = 16 << 20
_CHUNK = 1 << 20
_HINT = "make such a folder with `mreg package NAME@VERSION --as dockerfile`"


class PackageRecord(NamedTuple):
    """What a packaged version's `mreg.json` says.

    Attributes:
        artifact: the artifact's name.
        version: the version.
        tag: the name of the tag that registered it.
        oid: the id of that tag object.
        commit: the id of its commit.
        created_at: when it was registered.
        source: the URL of the registry, without secrets; empty if it has none.
        digest: by what its bytes are known: "git:...", "sha256:..." or "md5:...".
        path: where its file or folder is, in this one.
        files: the SHA-256 of each file of it, and of the example, by the path in this folder.
        example: where its example is, in this folder; None if it has none.
        annotation: what its own commit says of it, as `mreg describe --json` has it.
    """

    artifact: str
    version: str
    tag: str
    oid: str
    commit: str
    created_at: str
    source: str
    digest: str
    path: str
    files: Mapping[str, str]
    example: str | None
    annotation: Mapping[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """What is written into the file."""
        return {"form": _FORM, **self._asdict()}


def is_folder(selector: str) -> bool:
    """Tell whether a selector is the path of a folder: an artifact's name begins with no "."."""
    return selector in (".", "..") or selector.startswith(("./", "../", "/"))


class PackagedSource:
    """A packaged version as what a server takes its version from: it never moves.

    Attributes:
        selector: the folder, as it was named.
        artifact: the artifact's name.
        moves: whether another version may be meant later.
    """

    moves = False

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Read what a folder says that it holds.

        Raises:
            NotFound: there is no such folder.
            Refused: it holds no packaged version.
        """
        self.selector = os.fspath(folder)
        self._folder = Path(folder)
        self._record = read(self._folder)
        self.artifact = self._record.artifact

    @property
    def name(self) -> str:
        """What people call the registry that the version is of; without passwords."""
        return self._record.source or self.selector

    def look(self) -> WantedVersion:
        """Return the version."""
        said = self._record
        return WantedVersion(said.artifact, said.version, said.tag, said.commit)

    def fetch(self, wanted: WantedVersion) -> FetchedVersion:
        """Return the version, its bytes held against their digests.

        Raises:
            Mismatch: a file is not what was packaged, or not there.
        """
        said = self._record
        verify(self._folder, said)
        path, example = said.example, None
        if path is not None:
            example = parsed_example((self._folder / path).read_bytes(), path)
        model = self._folder / said.path
        return FetchedVersion(wanted, model, said.digest, _annotation(said.annotation), example)

    def recall(self) -> FetchedVersion:
        """Return the version, which needs no remote."""
        return self.fetch(self.look())

    def remember(self, version: FetchedVersion) -> None:
        """Keep nothing: the folder is all there is to know."""


def read(folder: Path) -> PackageRecord:
    """Read what a folder says that it holds.

    Raises:
        NotFound: there is no such folder.
        Refused: it holds no packaged version, or one of another form.
    """
    try:
        with (folder / RECORD).open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        what = f"{folder} has no {RECORD}" if folder.is_dir() else f"there is no folder {folder}"
        packaged = folder / FOLDER
        hint = f"the version is in {packaged}" if (packaged / RECORD).is_file() else _HINT
        raise NotFound(what, hint=hint) from None
    except OSError as error:
        raise Refused(f"cannot read {folder / RECORD}: {error.strerror}") from None
    try:
        return _record(json.loads(raw if len(raw) <= _LARGEST else b""))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Refused(f"{folder / RECORD} does not describe a version", hint=_HINT) from None


def verify(folder: Path, said: PackageRecord) -> None:
    """Hold a packaged version's files against their digests.

    Raises:
        Mismatch: one is not what was packaged, or not there, or there is one more.
    """
    found = {it.relative_to(folder).as_posix() for it in _files(folder / MODEL)}
    if strange := sorted(found - said.files.keys()):
        raise Mismatch(f"{folder} has a file that was not packaged: {strange[0]}")
    whole = os.path.realpath(folder)
    for path, sha256 in said.files.items():
        place = f"{whole}/{path}"
        if os.path.realpath(place) != place or _sha256(folder / path) != sha256:
            raise Mismatch(
                f"{folder / path} is missing, or does not match the package",
                hint="package the version again",
            )


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder, and the links, wherever they lead."""
    found = [Path(at, it) for at, dirs, names in os.walk(folder) for it in (*dirs, *names)]
    return [it for it in found if it.is_symlink() or not it.is_dir()]


def _sha256(path: Path) -> str | None:
    hasher = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
    except OSError:
        return None
    return hasher.hexdigest()


def _record(found: Any) -> PackageRecord:
    """Return what a file says, if it is of the form that is known here.

    Raises:
        ValueError: it is not.
    """
    said = PackageRecord(**{it: found[it] for it in PackageRecord._fields if it in found})
    texts = (*said[:9], *said.files, *said.files.values())
    paths = [said.path, *said.files, *([said.example] if said.example is not None else [])]
    inside = all(
        it and posixpath.normpath(it) == it and it[0] not in "/." and "\0" not in it for it in paths
    )
    if (
        found.get("form") != _FORM
        or not all(isinstance(it, str) for it in texts)
        or not isinstance(said.annotation, dict)
        or not inside
        or not (said.example is None or said.example in said.files)
    ):
        raise ValueError
    _annotation(said.annotation)  # which fails if that is none
    return said


def _annotation(said: Mapping[str, Any]) -> Annotation:
    """Return what a server and its loaders ask of an annotation."""
    tool, schema = said.get("framework") or {}, said.get("schema")
    return Annotation(
        type=said.get("type"),
        path=said.get("path"),
        description=said.get("description"),
        framework=Framework(tool.get("name"), tool.get("version")) if tool else None,
        schema=_schema(schema) if schema else None,
        custom=said.get("custom"),
    )


def _schema(said: Mapping[str, Any]) -> ModelSchema:
    methods = tuple(said.get("methods") or ())
    return ModelSchema(said.get("input"), said.get("output"), methods, said.get("example"))
