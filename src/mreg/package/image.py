"""A version as a container image: one layer, an uncompressed archive with the files in `models/`.

That is the form in which containerd mounts an image as a volume, and KServe takes `oci://`: the
files of a folder stand in `models/` itself, as does the one file of a version that is a file.
"""

from __future__ import annotations

from mreg.oci import manifest, tar
from mreg.oci.manifest import Descriptor
from mreg.package import Packaged, PackageRequest, bundle, target
from mreg.package.bundle import Bundle, PackageBlob
from mreg.package.facts import VersionFacts, facts

FOLDER = "models"
"""The folder in the image that the files are in."""


def package(request: PackageRequest) -> Packaged:
    """Package a version as an image."""
    said = facts(request)
    return target.put(request, said, made(said))


def made(said: VersionFacts) -> Bundle:
    """Return the image of a version."""
    digest = bundle.hashed(bundle.archived(said.files, FOLDER))
    layer = Descriptor(manifest.LAYER, digest, tar.length(bundle.rows(said.files, FOLDER)))
    config = {
        "created": said.time,
        # The files are the same on all machines; a field that is missing is refused by some.
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": said.annotations},
        "rootfs": {"type": "layers", "diff_ids": [digest]},
        "history": [{"created": said.time, "created_by": "mreg package --as oci"}],
    }
    return bundle.bundle(
        bundle.document(manifest.written(config), manifest.CONFIG),
        [PackageBlob(layer, lambda: bundle.archived(said.files, FOLDER))],
        said,
    )
