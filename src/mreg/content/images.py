"""Versions at container registries: images and ModelPacks read back into the store.

Of an image the files in `models/` are taken, of a ModelPack all. An archive is read by its headers
alone, and its files are copied out of it by their places: what is no plain file or folder (a link,
a device, a sparse file), leads elsewhere or goes beyond the archive's end is refused.
"""

from __future__ import annotations

import hashlib
import posixpath
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from mreg.content import location
from mreg.content.location import OciImage
from mreg.content.store import CachedContent, Sink, Store, Watch
from mreg.errors import Mismatch, Refused
from mreg.git import docker
from mreg.net.network import Network
from mreg.net.oci import RegistryClient
from mreg.oci import manifest
from mreg.oci.manifest import Descriptor
from mreg.oci.reference import ImageReference
from mreg.render.sizes import size as shown_size
from mreg.tuples import NamedTuple

FOLDER = "models/"
"""Where an image has a model's files."""

_CHUNK = 1 << 20
_MOST_LAYERS = 10_000
_MOST_MEMBERS = 100_000
_LARGEST_HEADER = 1 << 16
_LARGEST_CONFIG = 4 << 20
_PLAIN, _GZIPPED = ("tar",), ("tar+gzip", "tar.gzip")
_UNSUSPICIOUS, _MOST_TIMES = 1 << 30, 200
"""So large may an archive be whatever it was packed into, and so many times larger than that."""

_MAY_RUN = 0o100

FORM, TITLE = "dev.mreg.form", manifest.TITLE


class ImageFile(NamedTuple):
    """A file of an image, and its content in the store; its path is empty if it is all there is."""

    path: str
    executable: bool
    kept: CachedContent


class ImageContents(NamedTuple):
    """What an image says of itself, before its layers are fetched.

    Attributes:
        image: it, by its digest.
        manifest: its manifest.
        config: its configuration.
        kind: "oci" or "modelpack".
        said: what its manifest says of it, and its configuration where the manifest does not.
        layers: its layers.
    """

    image: ImageReference
    manifest: bytes
    config: Mapping[str, Any]
    kind: str
    said: Mapping[str, str]
    layers: tuple[Descriptor, ...]

    @property
    def name(self) -> str:
        """What its file or folder is called where nobody says otherwise."""
        said = self.said.get(TITLE, "")
        return said if said and "/" not in said else posixpath.basename(self.image.repository)


class _ArchivedFile(NamedTuple):
    """A file within a content of the store: from where, and how many bytes."""

    path: str
    kept: CachedContent
    offset: int
    size: int
    executable: bool


Watching = Callable[[str, int], Watch]
"""Returns what hears how a blob of a digest and a size comes."""


def client(image: ImageReference, network: Network, *, plain_http: bool = False) -> RegistryClient:
    """Return what asks an image's registry, with the user's own login there."""
    return RegistryClient(image, network, docker.login, plain_http=plain_http)


def described(client: RegistryClient, image: ImageReference, store: Store) -> ImageContents:
    """Return what an image says of itself; of one that its digest names, out of the store.

    Raises:
        NotFound: there is none.
        Refused: it is none that mreg reads.
        GitError: the registry cannot be asked.
    """
    digest, raw = _manifest(client, image, image.digest, store)
    document = manifest.parsed(raw) or {}
    if "manifests" in document and "layers" not in document:
        digest, raw = _manifest(client, image, _only(document, image), store)
        document = manifest.parsed(raw) or {}
    pinned = image._replace(digest=digest)
    config = manifest.descriptor(document.get("config"))
    layers = document.get("layers")
    if config is None or not isinstance(layers, list) or not 0 < len(layers) <= _MOST_LAYERS:
        raise _unreadable(
            pinned, "its manifest is neither that of an image nor that of an artifact with layers"
        )
    read = [manifest.descriptor(it) for it in layers]
    known = tuple(it for it in read if it)
    if len(known) < len(read):
        raise _unreadable(pinned, "its manifest names a layer without a digest, a size or a type")
    kind = _kind(pinned, config, known)
    said = _config(client, pinned, config, store)
    return ImageContents(pinned, raw, said, kind, _said(document, said), known)


def _manifest(
    client: RegistryClient, image: ImageReference, digest: str, store: Store
) -> tuple[str, bytes]:
    """Return the digest and the bytes of a manifest; without a digest, by the image's tag."""
    kept = store.find(digest) if digest else None
    if kept and kept.size <= manifest.LARGEST:
        return digest, kept.path.read_bytes()
    found = client.manifest(digest or image.tag or "latest")
    store.keep(found.digest, found.raw, what=str(image))
    return found.digest, found.raw


def fetch(
    client: RegistryClient,
    found: ImageContents,
    store: Store,
    watching: Watching,
    patterns: tuple[str, ...] = (),
) -> tuple[ImageFile, ...]:
    """Return an image's files, all of them in the store and checked.

    Raises:
        Mismatch: something has another digest than it should.
        Refused: something in it is not safe, or there is no room.
        NotFound: a pattern matches none of its files.
        GitError: something cannot be fetched.
    """
    _check_room(found, store)
    watches = [watching(it.digest, it.size) for it in found.layers]
    parts: dict[str, _ArchivedFile] = {}
    for number, (layer, watch) in enumerate(zip(found.layers, watches, strict=True)):
        kept = _layer(client, found, layer, store, watch)
        packed = _packing(layer)
        if packed == "":
            path = _path_of(found, layer)
            if path in parts:
                raise _unreadable(found.image, f"it has two files named {path!r}")
            parts[path] = _ArchivedFile(path, kept, 0, kept.size, executable=False)
            continue
        if packed in _GZIPPED:
            kept = _unpacked(found, number, kept, store)
        elif _diff_id(found, number) != layer.digest:
            raise _other_layer(found)
        parts |= {it.path: it for it in _members(found, kept)}
    if not parts:
        raise _unreadable(found.image, f"it has no file in {FOLDER}")
    location.check_paths(parts)
    place = OciImage(found.name, found.image, patterns)
    wanted = location.chosen(place, [it for _, it in sorted(parts.items())])
    if not patterns:
        wanted = _as_file(found, wanted)
    return tuple(_kept(it, found, store) for it in wanted)


def _only(index: Mapping[str, Any], image: ImageReference) -> str:
    """Return the digest of the one image that an index has.

    Raises:
        Refused: there are several, or none.
    """
    listed = index.get("manifests")
    found = [
        it.digest
        for raw in (listed if isinstance(listed, list) else [])
        if (it := manifest.descriptor(raw)) and not _is_about(raw)
    ]
    if len({*found}) == 1:
        return found[0]
    raise Refused(
        f"{image} is an index of {len({*found})} images, and mreg cannot choose one",
        hint="name one image by its digest: oci://HOST/REPOSITORY@sha256:...",
    )


def _is_about(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry of an index is about another one, as what builders attest is."""
    platform = entry.get("platform")
    return isinstance(platform, dict) and platform.get("os") == "unknown"


def _kind(image: ImageReference, config: Descriptor, layers: Sequence[Descriptor]) -> str:
    if config.media_type in (manifest.CONFIG, manifest.DOCKER_CONFIG):
        return "oci"
    if config.media_type == manifest.MODEL_CONFIG:
        return "modelpack"
    if all(it.media_type.startswith(manifest.MODEL_LAYER) for it in layers):
        return "modelpack"
    raise _unreadable(image, f"its configuration is {config.media_type[:100]!r}")


def _config(
    client: RegistryClient, image: ImageReference, config: Descriptor, store: Store
) -> Mapping[str, Any]:
    if config.size > _LARGEST_CONFIG:
        raise _unreadable(image, f"its configuration has {config.size} bytes")
    kept = store.find(config.digest) or store.ensure(
        config.digest, lambda sink: client.blob(config, sink), what=str(image)
    )
    return manifest.parsed(kept.path.read_bytes()) or {}


def _said(document: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """Return what is said of an image: some who copy one drop what its manifest says."""
    inner = config.get("config")
    labels = manifest.texts(inner.get("Labels") if isinstance(inner, dict) else None)
    described = manifest.texts(config.get("descriptor"))
    of_model = {
        ours: described[theirs] for theirs, ours in _OF_MODEL.items() if theirs in described
    }
    return {**of_model, **labels, **manifest.texts(document.get("annotations"))}


_OF_MODEL = {
    "name": "dev.mreg.artifact",
    "version": "org.opencontainers.image.version",
    "revision": "org.opencontainers.image.revision",
    "createdAt": "org.opencontainers.image.created",
    "sourceURL": "org.opencontainers.image.source",
}


def _packing(layer: Descriptor) -> str | None:
    """Return how a layer is packed; empty: it is a file as it is; None: as mreg cannot read it."""
    kind = layer.media_type
    if kind.startswith(manifest.MODEL_LAYER):
        end = kind.rpartition(".v1.")[2]
        return "" if end == "raw" else end if end in (*_PLAIN, *_GZIPPED) else None
    for start in (manifest.LAYER, manifest.DOCKER_LAYER):
        if kind.startswith(start):
            end = "tar" + kind.removeprefix(start)
            return end if end in (*_PLAIN, *_GZIPPED) else None
    return None


def _layer(
    client: RegistryClient, found: ImageContents, layer: Descriptor, store: Store, watch: Watch
) -> CachedContent:
    """Return a layer as it is at the registry."""
    if _packing(layer) is None:
        raise Refused(
            f"{found.image} has a layer of type {layer.media_type[:100]!r}, which mreg cannot read",
            hint="use plain or gzipped tar archives, or plain files, as layers",
        )
    return store.find(layer.digest) or store.ensure(
        layer.digest,
        lambda sink: client.blob(layer, sink),
        what=str(found.image),
        resumes=True,
        watch=watch,
    )


def _path_of(found: ImageContents, layer: Descriptor) -> str:
    """Return the path of a file that is a layer of its own."""
    said = layer.annotations
    path = said.get(manifest.FILEPATH) or said.get(TITLE)
    if not path and len(found.layers) == 1:
        path = found.name
    if not path:
        raise _unreadable(found.image, f"it does not name the file {layer.digest}")
    return path.removeprefix("./")


def _diff_id(found: ImageContents, number: int) -> str:
    """Return the digest that a layer's archive should have, unpacked, as the configuration says."""
    of_image, of_model = found.config.get("rootfs"), found.config.get("modelfs")
    for fs, key in ((of_image, "diff_ids"), (of_model, "diffIds"), (of_model, "diff_ids")):
        listed = fs.get(key) if isinstance(fs, dict) else None
        if isinstance(listed, list) and len(listed) == len(found.layers):
            return str(listed[number])
    raise _unreadable(found.image, "its configuration does not list its layers")


def _other_layer(found: ImageContents) -> Mismatch:
    return Mismatch(
        f"a layer of {found.image} does not match the image's configuration",
        hint="the image was changed or damaged; ask its owner",
    )


def _unpacked(
    found: ImageContents, number: int, packed: CachedContent, store: Store
) -> CachedContent:
    """Return the archive that a layer packed by gzip is of."""
    digest = manifest.checked(_diff_id(found, number))
    if digest is None:
        raise _unreadable(found.image, "its configuration does not list its layers")
    most = max(_UNSUSPICIOUS, packed.size * _MOST_TIMES)

    def unpack(sink: Sink) -> None:
        sink.begin()
        done = 0
        for chunk in _gunzipped(packed.path):
            done += len(chunk)
            if done > most:
                raise Refused(
                    f"a layer of {found.image} has {shown_size(packed.size)} and unpacks to "
                    f"more than {shown_size(most)}",
                    hint="this looks like an archive made to fill a disk; check where the "
                    "image comes from",
                )
            sink.write(chunk)

    try:
        return store.find(digest) or store.ensure(digest, unpack, what=str(found.image))
    except (zlib.error, EOFError):
        raise _unreadable(found.image, "its gzip data is damaged") from None


def _gunzipped(path: Path) -> Iterator[bytes]:
    """Iterate over what gzip has packed (RFC 1952), in pieces of a bounded size."""
    with path.open("rb", buffering=0) as file:
        inflater, chunk = zlib.decompressobj(wbits=31), b""
        while chunk or (chunk := file.read(_CHUNK)):
            if inflater.eof:  # another part follows
                inflater = zlib.decompressobj(wbits=31)
            if found := inflater.decompress(chunk, _CHUNK):
                yield found
            chunk = inflater.unconsumed_tail or inflater.unused_data
        while not inflater.eof and (found := inflater.decompress(b"", _CHUNK)):
            yield found
        if not inflater.eof:
            raise EOFError


class _Headers:
    """An archive's file as `tarfile` reads it: its headers, forward, and none that is large.

    Without that, a header may say that it has gigabytes, which are read into memory, and sizes
    below nothing send some releases round in circles.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._furthest = 0

    def read(self, count: int) -> bytes:
        if not 0 <= count <= _LARGEST_HEADER:
            raise tarfile.ReadError("a header is too large")
        return self._file.read(count)

    def seek(self, to: int) -> int:
        if not self._furthest <= to <= self._size:
            raise tarfile.ReadError("a header points back, or beyond the end")
        self._furthest = to
        return self._file.seek(to)

    def tell(self) -> int:
        return self._file.tell()


def _members(found: ImageContents, archive: CachedContent) -> Iterator[_ArchivedFile]:
    """Iterate over the files in an archive that belong to the model.

    Raises:
        Refused: one of them is no file, or the archive is damaged.
    """
    inside = FOLDER if found.kind == "oci" else ""
    try:
        with archive.path.open("rb") as file:
            headers: Any = _Headers(file, archive.size)
            opened: Any = tarfile.TarFile(fileobj=headers)
            count = 0
            while it := opened.next():
                opened.members, count = [], count + 1  # or it keeps them all
                if count > _MOST_MEMBERS:
                    raise _unreadable(found.image, f"it contains more than {_MOST_MEMBERS} files")
                name = it.name.removeprefix("./")
                if f"{name}/".startswith(inside) and name not in ("", "."):
                    yield from _part(found, it, name.removeprefix(inside), archive)
    except (tarfile.TarError, ValueError, OverflowError, UnicodeError) as error:
        raise _unreadable(found.image, f"an archive in it is damaged ({error})") from None


def _part(
    found: ImageContents, it: tarfile.TarInfo, path: str, archive: CachedContent
) -> Iterator[_ArchivedFile]:
    """Iterate over the one file that an entry of an archive is; over nothing for a folder."""
    if it.isdir():
        return
    is_folders_name = found.kind == "oci" and f"{path}/" == FOLDER
    if not it.isreg() or it.issparse() or is_folders_name:
        raise Refused(
            f"{found.image}: {path!r} is a link, a device or a sparse file, not a plain file",
            hint="use an image whose models/ folder contains plain files only",
        )
    if posixpath.basename(path).startswith(".wh."):
        raise Refused(
            f"{found.image}: a layer removes a file of another layer ({path!r})",
            hint="build the image with one layer, as `mreg package` does",
        )
    if not 0 <= it.size <= archive.size - it.offset_data:
        raise _unreadable(found.image, f"{path!r} extends beyond the end of its archive")
    yield _ArchivedFile(path, archive, it.offset_data, it.size, bool(it.mode & _MAY_RUN))


def _as_file(found: ImageContents, parts: tuple[_ArchivedFile, ...]) -> tuple[_ArchivedFile, ...]:
    """Let what is said to be one file have no path."""
    said = found.said
    alone = len(parts) == 1 and (said.get(FORM) == "file" or said.get(TITLE) == parts[0].path)
    return (parts[0]._replace(path=""),) if alone and "/" not in parts[0].path else parts


def _kept(part: _ArchivedFile, found: ImageContents, store: Store) -> ImageFile:
    """Return a file, copied out of what it lies in."""
    whole = part.offset == 0 and part.size == part.kept.size
    if whole and part.kept.digest.startswith("sha256:"):
        return ImageFile(part.path, part.executable, part.kept)
    hasher = hashlib.sha256()
    for chunk in _bytes_of(part):
        hasher.update(chunk)
    digest = f"sha256:{hasher.hexdigest()}"

    def copy(sink: Sink) -> None:
        sink.begin(part.size)
        for chunk in _bytes_of(part):
            sink.write(chunk)

    kept = store.find(digest) or store.ensure(digest, copy, what=f"{found.image}: {part.path}")
    return ImageFile(part.path, part.executable, kept)


def _bytes_of(part: _ArchivedFile) -> Iterator[bytes]:
    left = part.size
    with part.kept.path.open("rb", buffering=0) as file:
        file.seek(part.offset)
        while left and (chunk := file.read(min(left, _CHUNK))):
            yield chunk
            left -= len(chunk)


def _check_room(found: ImageContents, store: Store) -> None:
    """Refuse what cannot fit before any of it is fetched."""
    needed = sum(it.size for it in found.layers)
    around = next(it for it in (store.folder, *store.folder.parents) if it.exists())
    if needed > (free := shutil.disk_usage(around).free):
        raise Refused(
            f"not enough space for {found.image} in {store.folder}: it needs "
            f"{shown_size(needed)}, and {shown_size(free)} are free",
            hint="run `mreg cache prune`, or set MREG_CACHE_DIR to a folder on a larger disk",
        )


def _unreadable(image: ImageReference, why: str) -> Refused:
    return Refused(
        f"{image} is not a model that mreg can read: {why}",
        hint="make such an image with `mreg package --as oci` or `--as modelpack`",
    )
