"""Versions at container registries: got, and asked what they claim to be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mreg.content import delivery, fetch, images, layout, location, prune
from mreg.content.fetch import Held, Progress
from mreg.content.images import ImageContents
from mreg.content.location import OciImage
from mreg.content.store import Store, store
from mreg.net.network import QUIET, Network
from mreg.oci import reference
from mreg.oci.reference import ImageReference
from mreg.system import cache
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.net.oci import RegistryClient

_ATTEMPTS = 3
"""So often a content may vanish from the cache between its check and its use."""


class GotImage(NamedTuple):
    """What an image at a container registry holds, got.

    Attributes:
        path: where it is.
        image: its address, by digest.
        digest: the digest of its manifest.
        kind: "oci" for a container image, "modelpack" for a ModelPack.
        size: how many bytes its files have.
        files: how many files.
        from_cache: whether none of them had to be fetched.
        tag: the registry tag of the version that it claims to be; None if it says nothing.
    """

    path: str
    image: str
    digest: str
    kind: str
    size: int
    files: int
    from_cache: bool
    tag: str | None


def client(
    image: ImageReference, network: Network = QUIET, *, plain_http: bool = False
) -> RegistryClient:
    """Return what asks an image's registry, with the user's own login there."""
    return images.client(image, network, plain_http=plain_http)


def described(address: str, network: Network = QUIET, *, plain_http: bool = False) -> ImageContents:
    """Return what an image says of itself.

    Raises:
        UsageError: that is no address of one.
        NotFound: there is none.
        Refused: it is none that mreg reads.
        GitError: the registry cannot be asked.
    """
    image = reference.parse(address)
    return images.described(client(image, network, plain_http=plain_http), image, store())


def files(
    found: ImageContents,
    network: Network = QUIET,
    *,
    plain_http: bool = False,
    report: Callable[[Progress], None] | None = None,
) -> tuple[Held, ...]:
    """Return an image's files, all of them in the cache and checked.

    Raises:
        Refused: something in it is not safe, or there is no room.
        Mismatch: something has another digest than it should.
        GitError: something cannot be fetched.
    """
    asked, kept = client(found.image, network, plain_http=plain_http), store()
    held = fetch.fetch_image(asked, found, kept, report=report)
    fetch.remember(OciImage(found.name, found.image), held, kept)
    return held


def got(
    address: str,
    output: str | os.PathLike[str] | None = None,
    *,
    network: Network = QUIET,
    plain_http: bool = False,
    link: bool = False,
    force: bool = False,
    report: Callable[[Progress], None] | None = None,
    into_current: bool = False,
    include: tuple[str, ...] = (),
) -> GotImage:
    """Get what an image at a container registry holds, each file held against its digest.

    Args:
        address: `oci://HOST/REPOSITORY[:TAG][@DIGEST]`; without both the tag `latest` is meant.
        output: where to put it: its path, or a folder that is there. None: it stays in the cache.
        network: how to behave towards the network.
        plain_http: whether the registry of another machine may be spoken to without TLS.
        link: link it to the cache, read-only, in place of a copy.
        force: replace what is there.
        report: told how far it is, from any thread.
        into_current: put it into the current folder where no `output` says otherwise.
        include: of a folder the files alone that match one of these patterns.

    Raises:
        UsageError: that is no address of an image.
        NotFound: there is none.
        Refused: it is none that mreg reads, or something is there already.
        Mismatch: something has another digest than it should.
        GitError: it cannot be fetched.
    """
    image = reference.parse(address)
    asked, kept = client(image, network, plain_http=plain_http), store()
    found = images.described(asked, image, kept)
    location.check_paths([found.name])
    place = OciImage(found.name, found.image, tuple(sorted({*include})))
    path = None if output is None and not into_current else output or ""
    if path is not None:  # said before a gigabyte is fetched
        target = delivery.target(path, place.name)
        delivery.check_free(target, is_folder=True, force=force)
    for left in reversed(range(_ATTEMPTS)):
        held = fetch.fetch_image(asked, found, kept, patterns=place.patterns, report=report)
        try:
            out = _put(place, held, kept, path, link=link, force=force)
            break
        except FileNotFoundError:  # somebody has pruned the cache meanwhile
            if not left:
                raise
    fetch.remember(place, held, kept)
    if any(it.kept.fetched for it in held):
        prune.prune(kept, cache.limit(), spare={it.kept.path for it in held})
    return _told(found, held, out)


def _told(found: ImageContents, held: tuple[Held, ...], path: Path) -> GotImage:
    """Return what there is to say of an image that was got."""
    return GotImage(
        os.fspath(path),
        str(found.image._replace(tag="")),
        found.image.digest,
        found.kind,
        sum(it.kept.size for it in held),
        len(held),
        not any(it.kept.fetched for it in held),
        found.said.get("dev.mreg.tag"),
    )


def _put(
    place: OciImage,
    held: tuple[Held, ...],
    kept: Store,
    output: str | os.PathLike[str] | None,
    *,
    link: bool,
    force: bool,
) -> Path:
    """Put files where they are wanted; without a path, let them be read in the cache."""
    if output is None:
        return layout.shelved(place, held, kept)
    path = delivery.target(output, place.name)
    is_folder = fetch.is_folder(held)
    delivery.deliver(held, path, is_folder=is_folder, link=link, force=force)
    return path
