"""Putting an artifact where it is wanted: into a folder, or to a container registry."""

from __future__ import annotations

from pathlib import Path

from mreg.core.versions import image_tag
from mreg.errors import Refused, UsageError
from mreg.oci import reference
from mreg.package import Packaged, PackageRequest, layout
from mreg.package.bundle import Bundle
from mreg.package.facts import VersionFacts
from mreg.package.progress import ByteTally


def put(request: PackageRequest, said: VersionFacts, made: Bundle) -> Packaged:
    """Put an artifact where it is wanted, or just tell its digest.

    Raises:
        UsageError: nobody says where.
    """
    found = Packaged(
        request.kind, said.artifact, said.version, said.tag, said.commit, None, made.digest
    )
    if request.digest:
        return found._replace(text=made.digest)
    if not request.to:
        raise UsageError(
            "where should it go?", hint="--to FOLDER, --to oci://HOST/REPOSITORY, or --digest"
        )
    if reference.is_reference(request.to):
        raise UsageError("pushing is not there yet", hint="--to FOLDER")
    tag = _tag(said)
    files = layout.write(Path(request.to), made, tag, ByteTally(made.size, request.report))
    return found._replace(to=request.to, files=files)


def _tag(said: VersionFacts) -> str:
    """Return the tag of a version's image.

    Raises:
        Refused: it would be too long.
    """
    if tag := image_tag(said.version):
        return tag
    raise Refused(
        f"{said.version} is longer than the tag of an image may be",
        hint="name another one: --to oci://HOST/REPOSITORY:TAG",
    )
