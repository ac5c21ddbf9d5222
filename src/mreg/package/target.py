"""Putting an artifact where it is wanted: into a folder, or to a container registry."""

from __future__ import annotations

from pathlib import Path

from mreg.core.versions import image_tag
from mreg.errors import Refused, UsageError
from mreg.oci import manifest, reference
from mreg.oci.reference import ImageReference
from mreg.package import Packaged, PackageRequest, layout
from mreg.package.bundle import Bundle
from mreg.package.facts import VersionFacts
from mreg.package.progress import ByteTally
from mreg.registry import images


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
            "no target is given", hint="use --to FOLDER, --to oci://HOST/REPOSITORY, or --digest"
        )
    tally = ByteTally(made.size, request.report)
    if reference.is_reference(request.to):
        image = _push(request, said, made, tally)
        return found._replace(
            to=str(image), reference=str(image._replace(tag="", digest=made.digest))
        )
    notes = _about_folder(request.to)
    files = layout.write(Path(request.to), made, _tag(said), tally)
    return found._replace(to=request.to, files=files, notes=notes)


def _about_folder(to: str) -> tuple[str, ...]:
    """Return what to know of a new folder that has the name of an image.

    Raises:
        UsageError: it is a URL, and no folder.
    """
    scheme, separator, rest = to.partition("://")
    if separator:
        raise UsageError(f"cannot push to {scheme}://", hint=f"use --to {reference.SCHEME}{rest}")
    host, _, path = to.partition("/")
    is_host = host == "localhost" or "." in host.strip(".") or ":" in host
    if not (is_host and path) or Path(to).exists():
        return ()
    return (f"{to} is a new folder; to push to a container registry: --to {reference.SCHEME}{to}",)


def _push(
    request: PackageRequest, said: VersionFacts, made: Bundle, tally: ByteTally
) -> ImageReference:
    """Push an artifact, its manifest last: until that is there, nobody sees any of it."""
    image = reference.parse(request.to or "")
    if image.digest:
        raise UsageError(
            "a digest cannot be chosen when pushing", hint="omit @sha256:... from --to"
        )
    image = image._replace(tag=image.tag or _tag(said))
    network = request.registry.network
    registry = images.client(image, network, plain_http=request.plain_http)
    for blob in made.blobs:
        if registry.has_blob(blob.descriptor):
            tally.came(blob.descriptor.size)
        else:
            registry.push_blob(blob.descriptor, blob.chunks, tally.came)
    registry.push_manifest(image.tag, made.manifest, manifest.MANIFEST)
    return image


def _tag(said: VersionFacts) -> str:
    """Return the tag of a version's image.

    Raises:
        Refused: it would be too long.
    """
    if tag := image_tag(said.version):
        return tag
    raise Refused(
        f"{said.version} is longer than an image tag may be",
        hint="choose another tag: --to oci://HOST/REPOSITORY:TAG",
    )
