"""Manifests: what an image or an artifact consists of.

Sources: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md and config.md;
https://github.com/modelpack/model-spec for `application/vnd.cncf.model.*`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mreg.oci.reference import DIGEST
from mreg.tuples import NamedTuple

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"

MODEL = "application/vnd.cncf.model.manifest.v1+json"
MODEL_CONFIG = "application/vnd.cncf.model.config.v1+json"
MODEL_LAYER = "application/vnd.cncf.model."
"""How the media types of a ModelPack's layers begin."""

LARGEST = 4 << 20
"""So many bytes a document may have: registries take no larger manifest."""

TITLE = "org.opencontainers.image.title"
FILEPATH = "org.cncf.model.filepath"


class Descriptor(NamedTuple):
    """What a manifest says of a blob.

    Attributes:
        media_type: its media type.
        digest: "sha256:..." of its bytes.
        size: how many bytes it has.
        annotations: what is said of it.
    """

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = {}

    @property
    def document(self) -> dict[str, Any]:
        """It as a manifest has it."""
        said = {"annotations": dict(self.annotations)} if self.annotations else {}
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size, **said}


def descriptor(said: Any) -> Descriptor | None:
    """Read what a manifest says of a blob; None if it is not said as it should be."""
    if not isinstance(said, dict):
        return None
    digest, size, kind = said.get("digest"), said.get("size"), said.get("mediaType")
    if not isinstance(digest, str) or not re.fullmatch(DIGEST, digest):
        return None
    if type(size) is not int or not 0 <= size < _MOST or not isinstance(kind, str):
        return None
    return Descriptor(kind, digest, size, texts(said.get("annotations")))


def checked(digest: str) -> str | None:
    """Return a digest, if it is one."""
    return digest if re.fullmatch(DIGEST, digest) else None


def texts(said: Any) -> dict[str, str]:
    """Return of what should be texts by name those that are."""
    found = said if isinstance(said, dict) else {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


_MOST = 1 << 50


def written(value: Any) -> bytes:
    """Return a document as JSON: the same bytes for the same value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def parsed(raw: bytes) -> dict[str, Any] | None:
    """Return a document that somebody else wrote; None if it is none, or too large."""
    if len(raw) > LARGEST:
        return None
    try:
        found = json.loads(raw)
        json.dumps(found, ensure_ascii=False).encode()  # half a character, which no file is called
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def digest_of(raw: bytes) -> str:
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def described(raw: bytes, media_type: str) -> Descriptor:
    """Return what a manifest says of a document."""
    return Descriptor(media_type, digest_of(raw), len(raw))


def manifest(
    config: Descriptor,
    layers: Sequence[Descriptor],
    annotations: Mapping[str, str],
    artifact_type: str = "",
) -> bytes:
    """Return a manifest; with an artifact type it is that of no image."""
    kind = {"artifactType": artifact_type} if artifact_type else {}
    return written(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            **kind,
            "config": config.document,
            "layers": [it.document for it in layers],
            "annotations": dict(annotations),
        }
    )
