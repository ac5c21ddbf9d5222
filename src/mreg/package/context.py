"""A version as what a builder makes an image of: a Dockerfile, the requirements and the model.

The same version makes the same bytes. Nothing in it is fetched from the registry any more.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mreg.annotations import entry
from mreg.errors import Mismatch, NotFound, Refused, UsageError
from mreg.net import urls
from mreg.oci import reference
from mreg.package import Packaged, PackageRequest, dockerfile
from mreg.package.facts import VersionFacts, facts
from mreg.package.progress import ByteTally
from mreg.package.requirements import ImageRequirements, requirements
from mreg.render import json
from mreg.schemas import examples
from mreg.serve import packaged
from mreg.serve.loaders import CannotLoad, formats
from mreg.serve.packaged import PackageRecord
from mreg.serve.versions import parsed_example
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.registry.content import Environment

_CHUNK = 1 << 20
_WHEEL = re.compile(r"[A-Za-z0-9._+!-]+\.whl")


class _Wanted(NamedTuple):
    """What stands in the folder beside the version's files."""

    said: VersionFacts
    annotation: entry.Annotation
    environment: Environment | None
    example: bytes | None


def package(request: PackageRequest) -> Packaged:
    """Package a version as a folder that an image is built of.

    Raises:
        UsageError: no folder is named, or an option is not right.
        Refused: something is in the folder already, or a requirement cannot be met in an image.
    """
    if not request.to or reference.is_reference(request.to):
        raise UsageError(
            "no target folder is given for the Dockerfile",
            hint="use --to FOLDER, with a new folder",
        )
    wheel = _wheel(request.mreg)
    if request.base is not None:
        dockerfile.reference(request.base)
    wanted = _wanted(request)
    base = request.base or _base(wanted)
    needs = requirements(wanted.environment, request.mreg, wheel.name if wheel else None)
    said, folder = wanted.said, Path(request.to)
    with _made(folder) as made:
        tally = ByteTally(sum(it.size for it in said.files), request.report)
        _write_version(made / packaged.FOLDER, wanted, tally)
        _write_rest(made, base, said, needs)
        if wheel:
            _copy(wheel, made / dockerfile.WHEELS / wheel.name)
        files = _settled(made, said.time)
    return Packaged(
        request.kind,
        said.artifact,
        said.version,
        said.tag,
        said.commit,
        os.fspath(folder),
        files=files,
        notes=(*needs.notes, *_of_model(folder, wanted), *([] if said.source else [_NO_SOURCE])),
    )


def _of_model(folder: Path, wanted: _Wanted) -> Iterator[str]:
    """Say why the image's server cannot load the model, if it is in no format that it knows."""
    try:
        formats.recognize(folder / packaged.FOLDER / _top(wanted.said), wanted.annotation)
    except CannotLoad as error:
        yield f"the image's server cannot load the model: {error}; {error.hint}"


_NO_SOURCE = "the image does not say where the registry is; use --source URL to record it"


def _wanted(request: PackageRequest) -> _Wanted:
    said = facts(request)
    if request.source is None and _is_local(said.source):
        said = said._replace(source="")
    selector = f"{said.artifact}@{said.version}"
    with request.registry as registry:
        annotation = registry.annotation(selector)
        try:
            environment = registry.environment(selector)
        except NotFound:
            # A file of requirements that is named and not there is another thing than none at all.
            if annotation.requirements:
                raise
            environment = None
        path = annotation.schema.example if annotation.schema else None
        example = None
        if path:
            version = registry.resolve(selector)
            example = registry.committed_file(version, path, examples.LIMIT)
            parsed_example(example, path)
    return _Wanted(said, annotation, environment, example)


def _is_local(source: str) -> bool:
    """Tell whether an address is one of this machine, which says nothing to who gets the image."""
    return not urls.looks_like(source) or source.startswith("file:")


def _wheel(mreg: str | None) -> Path | None:
    """Return the file of a package, if that is what is named."""
    if mreg is None or not mreg.endswith(".whl") or "://" in mreg:
        return None
    path = Path(mreg)
    if not path.is_file():
        raise UsageError(
            f"there is no file {mreg}", hint="use --mreg with the path of a wheel, or a requirement"
        )
    if not _WHEEL.fullmatch(path.name):
        raise UsageError(f"{path.name!r} is not the name of a wheel")
    return path


def _base(wanted: _Wanted) -> str:
    """Return the image to begin with, where none is named.

    Raises:
        Refused: the version was made with a Python in which mreg does not run.
    """
    python = wanted.environment.python if wanted.environment else None
    if python and dockerfile.is_too_old(python):
        raise Refused(
            f"{wanted.said.artifact} {wanted.said.version} was made with Python {python}, but"
            " mreg's server needs 3.11",
            hint=f"use --base {dockerfile.IMAGE} for the Python of that image",
        )
    return dockerfile.image(python)


# The folder


@contextmanager
def _made(folder: Path) -> Iterator[Path]:
    """Make a folder beside another one, and put it in its place where the block ends well.

    Raises:
        Refused: something is there, or it cannot be written.
    """
    beside = folder.absolute().with_name(f".{folder.absolute().name}-{secrets.token_hex(8)}")
    try:
        if os.path.lexists(folder) and not (
            folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
        ):
            raise Refused(f"{folder} already exists", hint="choose a new or empty folder with --to")
        beside.mkdir(parents=True)
        try:
            yield beside
            beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise Refused(f"{error.filename or folder}: {error.strerror}") from None


def _top(said: VersionFacts) -> str:
    """Return where the version's file or folder is, in the folder of the version."""
    return f"{packaged.MODEL}/{said.name}"


def _write_version(folder: Path, wanted: _Wanted, tally: ByteTally) -> None:
    said = wanted.said
    top = _top(said)
    files: dict[str, str] = {}
    for it in said.files:
        path = f"{top}/{it.path}" if said.is_folder else top
        files[path] = _copy(it.where, folder / path, tally, executable=it.executable, size=it.size)
    if wanted.example is not None:
        files[packaged.EXAMPLE] = hashlib.sha256(wanted.example).hexdigest()
        (folder / packaged.EXAMPLE).write_bytes(wanted.example)
    record = PackageRecord(
        said.artifact,
        said.version,
        said.tag,
        said.oid,
        said.commit,
        said.time,
        said.source,
        said.digest,
        top,
        files,
        packaged.EXAMPLE if wanted.example is not None else None,
        entry.as_dict(wanted.annotation),
    )
    text = json.dumps(record.document, pretty=True)
    (folder / packaged.RECORD).write_text(text + "\n", encoding="utf-8")


def _write_rest(folder: Path, base: str, said: VersionFacts, needs: ImageRequirements) -> None:
    text = dockerfile.text(
        base,
        said.annotations,
        f"{said.artifact} {said.version}",
        hashed=needs.hashed,
        wheels=needs.wheel,
        git=needs.git,
    )
    for name, content in (
        ("Dockerfile", text),
        (dockerfile.REQUIREMENTS, needs.own),
        (dockerfile.SERVER, needs.server),
    ):
        (folder / name).write_text(content, encoding="utf-8")


def _copy(
    source: Path,
    target: Path,
    tally: ByteTally | None = None,
    *,
    executable: bool = False,
    size: int | None = None,
) -> str:
    """Copy a file; return its SHA-256.

    Raises:
        Mismatch: it has another size than it had.
    """
    hasher, done = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb", buffering=0) as file, target.open("xb", buffering=0) as made:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
            done += len(chunk)
            left = memoryview(chunk)
            while left:
                left = left[made.write(left) :]
            if tally:
                tally.came(len(chunk))
    if size not in (None, done):
        raise Mismatch(f"{source.name} changed while it was being read")
    if executable:
        target.chmod(0o755)
    return hasher.hexdigest()


def _settled(folder: Path, time: str) -> tuple[str, ...]:
    """Give files and folders the modes and the time by which images do not differ; list them."""
    when = datetime.fromisoformat(time).timestamp()
    found = []
    for at, _, names in os.walk(folder, topdown=False):
        for path in (Path(at, it) for it in names):
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
            os.utime(path, (when, when))
            found.append(path.relative_to(folder).as_posix())
        Path(at).chmod(0o755)
        os.utime(at, (when, when))
    return tuple(sorted(found))
