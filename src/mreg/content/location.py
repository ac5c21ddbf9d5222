"""Where the bytes of a version are, as values.

A place is a file or a folder; what a file holds is a content, of one of a few kinds, each with the
digest that its bytes are checked against. Who fetches a kind stands in `mreg.content.sources`.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from mreg.dvc import lockfile
from mreg.dvc.pointers import Pointer
from mreg.dvc.records import DvcObject
from mreg.errors import NotFound, Refused
from mreg.oci.reference import ImageReference


class GitBlob(NamedTuple):
    """A content in Git's object store, by the id of its blob."""

    oid: str

    @property
    def digest(self) -> str:
        """What its bytes are checked against."""
        return f"git:{self.oid}"


class UrlLocation(NamedTuple):
    """A content somewhere on the network, or in a file by `file://`.

    Its digest, 64 hexadecimal digits, is empty while it is to be computed.
    """

    url: str
    sha256: str

    @property
    def digest(self) -> str:
        """What its bytes are checked against."""
        return f"sha256:{self.sha256}"


class Outside(NamedTuple):
    """A content in a file that Git does not have.

    Its path counts from the top of the work tree, and may begin with "../"; its digest, 64
    hexadecimal digits, is empty while it is to be computed.
    """

    path: str
    sha256: str

    @property
    def digest(self) -> str:
        """What its bytes are checked against."""
        return f"sha256:{self.sha256}"


Content: TypeAlias = GitBlob | Pointer | DvcObject | UrlLocation | Outside
"""What a file holds: where it is, and the digest of its bytes."""


class Member(NamedTuple):
    """A file of a version, with "/" between names in its path; empty if the version is the file."""

    path: str
    content: Content
    executable: bool = False


class File(NamedTuple):
    """A version that is one file.

    It has a name where nobody says otherwise, and a path from the root if it is in Git.
    """

    name: str
    content: Content
    executable: bool = False
    path: str = ""

    @property
    def digest(self) -> str:
        """What its bytes are checked against."""
        return self.content.digest


class GitFolder(NamedTuple):
    """A folder in Git, by its tree; what is in it has still to be listed.

    It has a name where nobody says otherwise, and a path from the root. If there are patterns, no
    more than the files that match one of them is meant.
    """

    name: str
    tree: str
    path: str = ""
    patterns: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """By what it is known as a whole."""
        return f"git:{self.tree}"


class DvcFolder(NamedTuple):
    """A folder that DVC keeps: its files stand in a list that has to be fetched first.

    It has a name where nobody says otherwise; a file or folder `inside` may be all that is meant,
    and of a folder the files that match one of some patterns.
    """

    name: str
    list: DvcObject
    inside: str = ""
    patterns: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """By what it is known as a whole."""
        return f"md5:{self.list.md5}{'/' * bool(self.inside)}{self.inside}"


class OciImage(NamedTuple):
    """What an image at a container registry holds, a file or a folder.

    It has a name where nobody says otherwise; of a folder the files that match one of some
    patterns may be all that is meant.
    """

    name: str
    image: ImageReference
    patterns: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """By what it is known as a whole."""
        return f"oci:{self.image.digest}"


Place: TypeAlias = File | GitFolder | DvcFolder | OciImage
"""Where the bytes of a version are."""


def narrowed(place: Place, patterns: Iterable[str], label: str) -> Place:
    """Return the part of a folder whose files match a pattern.

    A pattern is a shell's, matched against the path within the folder: `*` also takes "/", and a
    folder's name, or one that ends in "/", means all within.

    Raises:
        Refused: it is one file.
    """
    if isinstance(place, File):
        raise Refused(
            f"{label} is a single file, so --include does not apply",
            hint="omit --include",
        )
    return place._replace(patterns=tuple(sorted({*patterns})))


class _WithPath(Protocol):
    @property
    def path(self) -> str: ...


M = TypeVar("M", bound=_WithPath)


def chosen(place: GitFolder | DvcFolder | OciImage, members: Sequence[M]) -> tuple[M, ...]:
    """Return those of a folder's files that are meant.

    Raises:
        NotFound: a pattern matches none.
    """
    if not place.patterns:
        return tuple(members)
    taken: set[str] = set()
    for pattern in place.patterns:
        within = f"{pattern.rstrip('/')}/"
        matching = {
            it.path
            for it in members
            if it.path == pattern  # whatever a shell takes its characters for
            or it.path.startswith(within)
            or fnmatch.fnmatchcase(it.path, pattern)
        }
        if not matching:
            shown = ", ".join(it.path for it in members[:_SHOWN])
            raise NotFound(
                f"no file of {place.name} matches {pattern or repr(pattern)}",
                hint=f"choose from {shown}{', ...' * (len(members) > _SHOWN)}",
            )
        taken |= matching
    return tuple(it for it in members if it.path in taken)


_SHOWN = 8
"""So many files of a folder are named where none of them matches."""


def listed(place: DvcFolder, raw: bytes) -> tuple[Member, ...]:
    """Return what DVC's list says that a folder holds; of a single file in it, its path is empty.

    Args:
        place: the folder.
        raw: the list.

    Raises:
        Refused: it is no such list, or does not have what is meant.
    """
    entries = dict(_entries(place, raw))
    if place.inside in entries:
        return (Member("", entries[place.inside]),)
    start = f"{place.inside}/" if place.inside else ""
    members = tuple(
        Member(path.removeprefix(start), content)
        for path, content in sorted(entries.items())
        if path.startswith(start)
    )
    if not members and place.inside:
        raise Refused(f"the folder in DVC has no {place.inside}")
    return members


def _entries(place: DvcFolder, raw: bytes) -> Iterator[tuple[str, DvcObject]]:
    try:
        for path, md5 in lockfile.read_list(raw).items():
            yield path, place.list._replace(md5=md5, size=None)
    except ValueError:
        raise Refused(f"cannot read DVC's list of the folder {place.name}") from None


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?")
# Git's own folder, also as NTFS shortens it and as HFS+ reads it: without the characters that it
# does not see (is_hfs_dotgit in Git's utf8.c).
_GIT = re.compile(r"(?i)\.?git(?:~[0-9]+)?[ .]*")
_UNSEEN_BY_HFS = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


def check_paths(paths: Iterable[str]) -> None:
    """Refuse paths that would leave the folder they belong in, or fall on one another.

    Names are safe on all common file systems: two that are one where letter case does not count
    are refused, and so is what means something else to Windows.

    Raises:
        Refused: the first that is not safe, and why.
    """
    seen: dict[str, str] = {}
    files: set[str] = set()
    for path in paths:
        if why := next(filter(None, map(_fault, path.split("/"))), ""):
            raise Refused(f"the path {path!r} {why}", hint="rename it and register a new version")
        if path in files:
            raise Refused(f"the path {path!r} occurs twice")
        files.add(path)
        for around in _with_folders(path):
            twin = seen.setdefault(_folded(around), around)
            if twin != around:
                raise Refused(
                    f"{twin!r} and {around!r} differ only in letter case",
                    hint="rename one of them and register a new version",
                )
    for path in files:
        if inner := next((it for it in _with_folders(path) if it != path and it in files), None):
            raise Refused(f"{inner!r} is both a file and a folder that contains {path!r}")


def _with_folders(path: str) -> Iterator[str]:
    """Iterate over a path and the folders that it is in, the outermost first."""
    names = path.split("/")
    return ("/".join(names[:end]) for end in range(1, len(names) + 1))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _fault(name: str) -> str:
    """Say what is wrong with one name of a path; empty if nothing is."""
    if name in ("", ".", ".."):
        return "leads out of its folder" if name == ".." else "contains an empty name"
    if "\\" in name or _DRIVE.match(name):
        return "means another place on Windows"
    if _CONTROL.search(name):
        return "contains a control character"
    if _DEVICE.fullmatch(name):
        return "is the name of a device on Windows"
    if name.endswith((" ", ".")):
        return "contains a name that ends with a space or a dot, which Windows removes"
    if _is_git(name):
        return "is the name of Git's own folder"
    return ""


def _is_git(name: str) -> bool:
    seen = _UNSEEN_BY_HFS.sub("", name)
    return _GIT.fullmatch(seen) is not None and (seen.startswith(".") or "~" in seen)
