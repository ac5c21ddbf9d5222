"""Where the bytes of a version are: what stands at its annotation's path in its own commit."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mreg.annotations.document import YamlReader
from mreg.annotations.entry import is_url
from mreg.annotations.text import MAX_BYTES, Unreadable
from mreg.content import location
from mreg.content.location import (
    Content,
    DvcFolder,
    File,
    GitBlob,
    GitFolder,
    Member,
    OciImage,
    Outside,
    Place,
    UrlLocation,
)
from mreg.content.sources import Origin
from mreg.dvc import lockfile, pointers, records, whereabouts
from mreg.dvc.records import OutputRecord
from mreg.errors import NotFound, Refused, UsageError
from mreg.git import blobs, checkout
from mreg.git.blobs import TreeEntry
from mreg.git.files import Files
from mreg.git.repository import Repository
from mreg.net import urls
from mreg.oci import reference

_SHA256 = re.compile(r"sha256:(?P<sha256>[0-9a-f]{64})")


class Sought(NamedTuple):
    """A version whose bytes are sought.

    Attributes:
        label: how errors call it.
        name: the artifact's name, without its folder: what a version is called that has no other.
        path: where the annotation says that it is: from the repository's root, or a URL.
        digest: what was recorded of it when it was registered, or is said in its annotation.
        to_record: whether its digest is about to be computed, so that none need be recorded.
    """

    label: str
    name: str
    path: str
    digest: str | None = None
    to_record: bool = False


def find(sought: Sought, origin: Origin) -> Place:
    """Return where the bytes of a version are.

    Raises:
        NotFound: nothing is known of them: the path is not in the commit.
        Refused: it is a submodule or a symbolic link, nothing is recorded to check it against, or
            its name is not safe in every file system.
    """
    found = _find(sought, origin)
    location.check_paths([found.name])
    return found


def _find(sought: Sought, origin: Origin) -> Place:
    if reference.is_reference(sought.path):
        return _at_registry(sought)
    if is_url(sought.path):
        _refuse_local(sought, origin)
        return File(_name_in_url(sought), UrlLocation(sought.path, _sha256(sought)))
    if sought.path.startswith("/"):
        raise Refused(
            f"the path of {sought.label} is {sought.path}: an absolute path differs between "
            "machines",
            hint="annotate a path in the repository, or a URL: file:///...",
        )
    if not whereabouts.is_inside(sought.path):
        return _outside(sought, origin, made=False)
    repo = blobs.holder(origin.repo, origin.commit)
    found = blobs.at(repo, origin.commit, sought.path)
    texts, reader = _files_of_dvc(sought.path, origin, in_git=bool(found))
    where = whereabouts.where(sought.path, texts.get, in_git=bool(found), reader=reader)
    if isinstance(where, OutputRecord):
        return _by_dvc(sought, where)
    unread = records.unread(sought.path, lambda file: records.read(file, texts.get, reader))
    if unread and not found:
        raise Refused(
            f"{sought.label}: {unread}; it may record where {sought.path} is",
            hint="repair the file, commit it, and register a new version",
        )
    if isinstance(where, pointers.Damaged):
        raise Refused(f"{sought.path} is {where}", hint=_anew(sought.path))
    if found:
        return _in_git(sought, found, origin)
    _refuse_submodule(sought, repo, origin.commit)
    return _outside(sought, origin, made=records.is_made(sought.path, texts.get))


def _at_registry(sought: Sought) -> OciImage:
    """Return an image at a container registry, whose digest says what it holds.

    Raises:
        Refused: its address is none, or has no digest.
    """
    try:
        image = reference.parse(sought.path)
    except UsageError as error:
        raise Refused(f"{sought.label}: {error}", hint=error.hint) from None
    if not image.digest:
        raise Refused(
            f"{sought.label} is at {image}, and the content of a tag can change there",
            hint="annotate it by its digest, which `mreg package` and `mreg get` print: "
            "oci://HOST/REPOSITORY@sha256:...",
        )
    return OciImage(posixpath.basename(image.repository), image)


def _refuse_local(sought: Sought, origin: Origin) -> None:
    """Refuse a file of this machine to a registry of another one: it has no say about it."""
    mirror = origin.repo.mirror
    if sought.path.lower().startswith("file:") and mirror and mirror.url.transport != "file":
        raise Refused(
            f"{sought.label} is at {sought.path}: a registry read by URL cannot name files on "
            "your machine",
            hint="if you trust that file, run the command in a clone",
        )


def members(folder: GitFolder, origin: Origin) -> tuple[Member, ...]:
    """Return the files of a folder in Git.

    Raises:
        Refused: one of them is a submodule or a symbolic link.
    """
    repo = blobs.holder(origin.repo, origin.commit)
    found = blobs.inside(repo, folder.tree)
    locked = _locked(
        {posixpath.join(folder.path or folder.name, it.path): it for it in found}, origin
    )
    return tuple(
        Member(it.path, content or GitBlob(it.oid), it.mode == blobs.PROGRAM)
        for it, content in zip(found, locked, strict=True)
    )


def _anew(path: str) -> str:
    return f"{pointers.remedy(path)}, and register a new version"


def behind(raw: bytes, path: str) -> Content | None:
    """Return the content that a small file in Git stands for; None if it is a content itself.

    Args:
        raw: its bytes; of a symbolic link, where it leads.
        path: what errors call it.

    Raises:
        Refused: it is a pointer that cannot be followed, or says nothing to check a content by.
    """
    found = pointers.read(raw)
    if isinstance(found, pointers.Damaged):
        raise Refused(f"{path} is {found}", hint=_anew(path))
    if found is None:
        return None
    if found.digest == f"annex:{found.key}":
        raise Refused(
            f"git-annex stores {path} under {found.key}, which has no hash that mreg can check",
            hint=f"run `git annex migrate --backend=SHA256E {shlex.quote(path)}`, commit "
            "that, and register a new version",
        )
    return found._replace(path=path)


def _in_git(sought: Sought, found: TreeEntry, origin: Origin) -> Place:
    name = posixpath.basename(sought.path) if found.path != "." else sought.name
    [locked] = _locked({sought.path: found}, origin)
    if found.mode == blobs.FOLDER:
        return GitFolder(name, found.oid, sought.path)
    return File(name, locked or GitBlob(found.oid), found.mode == blobs.PROGRAM, sought.path)


def _locked(found: Mapping[str, TreeEntry], origin: Origin) -> list[Content | None]:
    """Return the contents of the files that git-annex has locked; None for all others.

    Raises:
        Refused: there is a submodule, or a symbolic link that leads elsewhere.
    """
    links = [it.oid for it in found.values() if it.mode == blobs.LINK]
    targets: dict[str, bytes | None] = {}
    if links:
        with Files(origin.repo) as reader:
            targets = dict(reader.read(links, limit=pointers.LARGEST))
    contents = []
    for path, it in found.items():
        target = targets.get(it.oid) if it.mode == blobs.LINK else None
        contents.append(behind(target, path) if target else None)
        if contents[-1] is None:
            _refuse_special(path, it)
    return contents


def _refuse_special(path: str, found: TreeEntry, inside: str = "") -> None:
    if found.mode == blobs.SUBMODULE:
        what = f"{inside} is in the submodule {path}" if inside else f"{path} is a submodule"
        raise Refused(
            f"{what}: its content is in another repository",
            hint="register the model in that repository, and get it from there with --repo",
        )
    if found.mode == blobs.LINK:
        raise Refused(
            f"{path} is a symbolic link, and mreg does not follow links",
            hint="annotate and commit the file that it points to",
        )


def _refuse_submodule(sought: Sought, repo: Repository, commit: str) -> None:
    """Refuse a path in a submodule or behind a symbolic link."""
    for folder in pointers.folders(sought.path):
        found = blobs.at(repo, commit, folder) if folder else None
        if found:
            _refuse_special(folder, found, sought.path)


def _by_dvc(sought: Sought, record: OutputRecord) -> Place:
    item, file = record.item, record.stage.file
    found = lockfile.MD5.fullmatch(item.digest or "")
    if not found:
        raise Refused(
            f"{file} has no MD5 for {item.path}, but {item.digest or 'nothing'}",
            hint="run `dvc commit` to record it, then register a new version",
        )
    inside = ""
    if not sought.path.endswith(pointers.DVC) and item.path != sought.path:
        inside = posixpath.relpath(sought.path, item.path or ".")
    content = record.content(found["md5"])
    name = posixpath.basename(inside or item.path) or sought.name
    if found["folder"]:
        return DvcFolder(name, content, inside)
    if inside:
        raise NotFound(
            f"{item.path} of {sought.label} is a file in DVC, not a folder with {inside} in it"
        )
    return File(name, content)


def _files_of_dvc(
    path: str, origin: Origin, *, in_git: bool
) -> tuple[dict[str, bytes], YamlReader | None]:
    """Return the files of DVC's that may say where a path is kept, and what reads them.

    Raises:
        Refused: two readers of YAML read one of them differently; others may be unreadable.
    """
    if not whereabouts.is_asked_of_dvc(path, in_git=in_git):
        return {}, None
    with Files(origin.repo) as files:
        oids = files.find((origin.commit, it) for it in records.files(path))
        read = dict(files.read(filter(None, oids.values()), limit=MAX_BYTES))
        reader = YamlReader(aliases=True, checked=True, readings=files.readings)
    found = ((file, read.get(oid or "")) for (_, file), oid in oids.items())
    texts = {file: raw for file, raw in found if raw is not None}
    for file, raw in texts.items():
        try:
            reader.load(raw)
        except Unreadable as error:
            if error.code == "MA016":
                raise Refused(f"{file}: {error}", hint=error.hint) from None
    return texts, reader


def _outside(sought: Sought, origin: Origin, *, made: bool) -> Place:
    """Return the file beside the repository, or in its work tree, that Git does not have.

    What a stage of DVC's has `made` is not to be committed to Git.
    """
    hint = (
        f"run `git ls-tree -r --name-only {origin.commit[:12]}` to list the files; for a new "
        "version, commit the file, or annotate another path"
    )
    if made:
        hint = (
            "a stage in dvc.yaml makes it, and no dvc.lock in that commit records it: run "
            "`dvc repro` and `dvc push`, commit dvc.lock, and register a new version"
        )
    absent = NotFound(
        f"{sought.label}: {sought.path} is not in its commit {origin.commit[:12]}", hint=hint
    )
    if origin.repo.mirror:
        raise absent
    file = checkout.root(origin.repo) / sought.path
    if sought.digest is None and not file.exists():
        raise absent
    sha256 = _sha256(sought, _SHARE)
    return File(posixpath.basename(sought.path), Outside(sought.path, sha256))


_RECORD = "register a new version with `mreg register --digest`, or annotate its SHA-256"
_SHARE = (
    "to give others the file, add it to Git (`git add -f` if Git ignores it) or to DVC, and"
    " register a new version; if they get it in another way, `mreg register --digest` records its"
    " SHA-256"
)


def _sha256(sought: Sought, remedy: str = _RECORD) -> str:
    """Return the recorded digest of what Git does not keep; empty if it is to be computed.

    Raises:
        Refused: there is none that could be checked.
    """
    found = _SHA256.fullmatch(sought.digest or "")
    if not found and sought.to_record:
        return ""
    if not found:
        raise Refused(
            f"{sought.label} is at {urls.mask(sought.path)}, and no SHA-256 is recorded, so "
            "mreg cannot check that it is still the same",
            hint=f"{remedy}; if you know the SHA-256, run `mreg get --sha256 HEX`",
        )
    return found["sha256"]


def _name_in_url(sought: Sought) -> str:
    name = posixpath.basename(unquote(urlsplit(sought.path).path).rstrip("/"))
    return name or sought.name
