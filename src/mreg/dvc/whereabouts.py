"""Where what stands at a path of a commit is kept: in Git, by who keeps contents for it, or not."""

from __future__ import annotations

from typing import Literal, TypeAlias

from mreg.annotations.document import YamlReader
from mreg.annotations.entry import is_url
from mreg.dvc import pointers, records
from mreg.dvc.pointers import BROKEN_DVC, DVC, KEEPERS, Damaged, Keeper, Pointer
from mreg.dvc.records import OutputRecord, Text
from mreg.tuples import NamedTuple

Where: TypeAlias = OutputRecord | Pointer | Damaged | Literal["git", "outside", "absent"]
"""What says where a content is kept; or else its place, as in `Kept`."""


class Kept(NamedTuple):
    """What stands at a path in a commit.

    Attributes:
        path: the path.
        place: where the content is: "git", the name of who keeps it (`mreg.dvc.pointers.KEEPERS`),
            "outside" of the repository, or nowhere: the pointer to it is "damaged", or the commit
            neither has the path nor a pointer to it ("absent").
        digest: what it is known by: "git:" and the id of a blob or tree, "sha256:..." of Git LFS,
            the hash in its key of git-annex, "md5:..." of DVC; None if there is none. Of a damaged
            pointer it is that of the pointer.
        size: its size in bytes; None if it is not known.
        files: of a folder that DVC keeps, how many files are in it; else None.
    """

    path: str
    place: str
    digest: str | None = None
    size: int | None = None
    files: int | None = None

    @property
    def keeper(self) -> Keeper | None:
        """Who keeps it, if that is not Git itself."""
        return KEEPERS.get(self.place)

    @property
    def has_pointer(self) -> bool:
        """Whether a pointer stands at the path itself, be it damaged."""
        return self.place == "damaged" or (self.keeper is not None and self.keeper.in_place)

    @property
    def content_digest(self) -> str | None:
        """The digest of the content itself: of a damaged pointer there is none."""
        return None if self.place == "damaged" else self.digest


def is_inside(path: str) -> bool:
    """Tell whether a path may be in the repository."""
    return not is_url(path) and not path.startswith(("/", "../")) and path not in ("", "..")


def is_asked_of_dvc(path: str, *, in_git: bool) -> bool:
    """Tell whether DVC's files say where a path is kept: Git's word counts before theirs."""
    return not in_git or path.endswith(DVC)


def where(path: str, text: Text, *, in_git: bool, reader: YamlReader | None = None) -> Where:
    """Tell where what stands at a path is kept; arguments as for `records.nearest`.

    `text` has DVC's files if they are asked, and a file at the path itself that may be a pointer.
    """
    if not is_inside(path):
        return "outside"
    if is_asked_of_dvc(path, in_git=in_git) and (it := records.nearest(path, text, reader)):
        return it
    if not in_git:
        return "absent"
    if (raw := text(path)) is None:
        return "git"
    return BROKEN_DVC if path.endswith(DVC) else pointers.read(raw) or "git"


def kept(path: str, found: Where, oid: str | None, size: int | None) -> Kept:
    """Return what stands at a path, of which Git knows an id and a size, if it has anything."""
    match found:
        case OutputRecord(item):
            return Kept(path, "dvc", item.digest, item.size, item.files)
        case Pointer():
            return Kept(path, found.keeper, found.digest, found.size)
        case "outside" | "absent":
            return Kept(path, found)
        case _:
            return Kept(path, "git" if found == "git" else "damaged", f"git:{oid}", size)
