"""A version as an artifact of CNCF ModelPack: a layer each file, as it is.

Source: https://github.com/modelpack/model-spec, docs/spec.md and docs/config.md.
"""

from __future__ import annotations

import posixpath

from mreg.oci import manifest
from mreg.oci.manifest import FILEPATH, MODEL, MODEL_CONFIG, MODEL_LAYER, TITLE, Descriptor
from mreg.package import Packaged, PackageRequest, bundle, target
from mreg.package.bundle import Bundle, PackageBlob
from mreg.package.facts import PackagedFile, VersionFacts, facts

_KINDS = {
    "doc": (".md", ".rst", ".pdf", ".html"),
    "code": (".py", ".ipynb", ".sh"),
    "weight.config": (".json", ".yaml", ".yml", ".toml", ".txt", ".cfg", ".ini", ".jinja"),
}
"""What a file is by the end of its name; all others are weights."""


def package(request: PackageRequest) -> Packaged:
    """Package a version as a ModelPack."""
    said = facts(request)
    return target.put(request, said, made(said))


def made(said: VersionFacts) -> Bundle:
    """Return the ModelPack of a version."""
    layers = [_layer(it, alone=not said.is_folder) for it in said.files]
    descriptor = {
        "name": said.artifact,
        "version": said.version,
        "revision": said.commit,
        "createdAt": said.time,
        "sourceURL": said.source,
    }
    config = {
        "descriptor": {key: value for key, value in descriptor.items() if value},
        "config": {},
        "modelfs": {"type": "layers", "diffIds": [it.descriptor.digest for it in layers]},
    }
    return bundle.bundle(
        bundle.document(manifest.written(config), MODEL_CONFIG), layers, said, MODEL
    )


def _layer(file: PackagedFile, *, alone: bool) -> PackageBlob:
    end = posixpath.splitext(file.path)[1].lower()
    kind = next((kind for kind, ends in _KINDS.items() if end in ends), "weight")
    # Who reads one of these does not always read the other.
    said = {FILEPATH: file.path, TITLE: file.path}
    digest = bundle.hashed(bundle.read(file.where))
    media_type = f"{MODEL_LAYER}{'weight' if alone else kind}.v1.raw"
    return PackageBlob(
        Descriptor(media_type, digest, file.size, said), lambda: bundle.read(file.where)
    )
