"""Pointers: small files that stand in Git for contents that are kept elsewhere.

Sources: lfs/pointer.go of Git LFS 3.3.0 and its docs/spec.md; for git-annex 10.20230126
https://git-annex.branchable.com/internals/pointer_file/ and .../internals/key_format/;
https://dvc.org/doc/user-guide/project-structure/dvc-files.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable

from mreg.dvc import lockfile
from mreg.tuples import NamedTuple

LARGEST = 1024
"""A pointer of Git LFS or git-annex is no larger: Git LFS looks at no more of a file.

The start of a larger file its smudge filter takes for a pointer, and `git lfs pull` does not.
"""

LOOKED_AT = 4 * LARGEST
"""Who looks through many files opens none that is larger: what was a pointer once is found there,
lengthened by a conflict's marks or by blanks."""

_LFS_VERSIONS = (
    "https://git-lfs.github.com/spec/v1",
    "https://hawser.github.com/spec/v1",
    "http://git-media.io/v/2",
)
# Something that was a pointer once: one of its lines stands first, or a conflict's mark does.
_LIKE_LFS = (
    r"(?xm) \A\ufeff?\s*(?: version[ ]+https?://(?:git-lfs|hawser)\.github\.com\b"
    r" | version[ ]+https?://git-media\.io\b"
    r" | oid[ ]+sha256:[0-9A-Fa-f]{16}"
    r" | (?: <{7} | size[ ] | ext-\d-\w ) [^\0]*"
    r" ^version[ ]https?://(?:git-lfs|hawser|git-media)\. )"
)
_LFS_OID = r"sha256:[0-9a-f]{64}"
_LFS_SIZE = r"\+?[0-9]{1,19}"
_LFS_EXTENSION = r"ext-([0-9])-\w+"
_LFS_MOST_BYTES = 2**63 - 1
# What Go's bytes.TrimSpace takes away; str.strip takes away more.
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)

_ANNEX = "/annex/objects/"
_ANNEX_FOLDER = r"(?:(?:.*/)?\.git(?:/.*)?)?"
_ANNEX_KEY = (
    r"(?x) (?P<backend>[A-Z][A-Z0-9_]*) (?: -s(?P<size>[0-9]{1,18}) | -[mSC][0-9]+ )*"
    r" -- (?P<name>[^/\0\n]+)"
)
_ANNEX_HASHES = {
    "MD5": 32, "SHA224": 56, "SHA256": 64, "SHA384": 96, "SHA512": 128,
}  # fmt: skip
"""The backends whose keys mreg can check a content by, with E behind them or not, and how many
hexadecimal digits a key has."""

DVC = ".dvc"
"""How the names of DVC's pointers end."""


class Pointer(NamedTuple):
    """What a pointer says of a content.

    Attributes:
        keeper: who keeps it: one of `KEEPERS`.
        digest: what the content is known by, behind the name of the algorithm: "sha256:4f5...".
            Of git-annex, where its key holds no hash that can be checked, it is the key itself:
            "annex:WORM-s7...".
        size: its size in bytes; None if that is not said.
        key: git-annex's name for it.
        path: a file that has it, from the repository's root, where one is known.
        encoded: the pointer itself, where extensions of Git LFS made the object that it names:
            its own program alone can undo that. The digest is that of the content before.
    """

    keeper: str
    digest: str
    size: int | None = None
    key: str = ""
    path: str = ""
    encoded: bytes = b""

    @property
    def hex(self) -> str:
        """The hexadecimal digits of the digest."""
        return self.digest.partition(":")[2]


class Damaged(NamedTuple):
    """A file that was a pointer once, or is one that cannot be followed: it is no content.

    Attributes:
        keeper: whose: one of `KEEPERS`.
        why: what is wrong with it.
    """

    keeper: str
    why: str

    def __str__(self) -> str:
        return f"a pointer of {KEEPERS[self.keeper].title} that cannot be followed: {self.why}"


BROKEN_DVC = Damaged("dvc", "it has no entry that DVC tracks")
"""A `.dvc` file that points to nothing."""


def remedy(path: str) -> str:
    """Say what to do about a damaged pointer at a path: what DVC keeps, Git is not to have."""
    if path.endswith(DVC):
        return (
            f"run `dvc add {shlex.quote(path.removesuffix(DVC))}` to write it again, and commit it"
        )
    return "replace it with the file itself, and commit that"


def read(raw: bytes, path: str = "") -> Pointer | Damaged | None:
    """Tell what a file in Git stands for; None if it is a content itself.

    Args:
        raw: its bytes, or more than `LARGEST` of them from its start; of a symbolic link, where it
            leads: a file that git-annex has locked.
        path: where it is; a file of DVC's is known by its name.
    """
    if path.endswith(DVC):
        return None if lockfile.read_pointer(raw, path).outputs else BROKEN_DVC
    text = raw[:LARGEST].decode("utf-8", "surrogateescape")
    if len(raw) > LARGEST:
        return (
            Damaged("lfs", f"it is larger than {LARGEST:,} bytes")
            if re.search(_LIKE_LFS, text)
            else None
        )
    for it in KEEPERS.values():
        if it.read and (found := it.read(text)):
            return found
    return None


def _lfs(text: str) -> Pointer | Damaged | None:
    """Read a pointer as Git LFS does: what it takes is one, what it refuses is none."""
    if not re.search(_LIKE_LFS, text):
        return None
    values: dict[str, str] = {}
    extensions: dict[str, str] = {}
    wanted = ["version", "oid", "size"]
    for line in filter(None, text.strip(_BLANKS).replace("\r\n", "\n").split("\n")):
        key, _, value = line.partition(" ")
        if wanted and key == wanted[0]:
            values[wanted.pop(0)] = value
        elif wanted and (found := re.match(_LFS_EXTENSION, key)):
            if not re.fullmatch(_LFS_OID, value):
                return Damaged("lfs", f"the oid {value[:80]!r} of {key} is not a SHA-256")
            extensions[found[1]] = value
        else:
            what = f"where its {wanted[0]} should be" if wanted else "after its size"
            return Damaged("lfs", f"there is {line[:40]!r} {what}")
    if wanted:
        return Damaged("lfs", f"it has no {wanted[0]}")
    pointer = _of_values(**values)
    if extensions and isinstance(pointer, Pointer):
        raw = text.encode("utf-8", "surrogateescape")
        return Pointer("lfs", extensions[min(extensions)], encoded=raw)
    return pointer


def _of_values(version: str, oid: str, size: str) -> Pointer | Damaged:
    if version not in _LFS_VERSIONS:
        return Damaged("lfs", f"its version {version[:80]!r} is unknown")
    if not re.fullmatch(_LFS_OID, oid):
        return Damaged("lfs", f"its oid {oid[:80]!r} is not a SHA-256")
    if not re.fullmatch(_LFS_SIZE, size) or int(size) > _LFS_MOST_BYTES:
        return Damaged("lfs", f"its size {size[:40]!r} is invalid")
    return Pointer("lfs", oid, int(size))


def _annex(text: str) -> Pointer | Damaged | None:
    """Read a file that git-annex has unlocked, or where one leads that it has locked.

    On file systems without symbolic links the second kind is a file as well.
    """
    first, _, rest = text.partition("\n")
    folder, found, name = first.rstrip("\r").replace("\\", "/").partition(_ANNEX)
    if not found or not re.fullmatch(_ANNEX_FOLDER, folder):
        return None
    key = name.rpartition("/")[2]
    form = re.fullmatch(_ANNEX_KEY, key)
    if form is None:
        return Damaged("annex", f"{key[:80]!r} is not a key")
    if not all(it.startswith("/annex/") for it in rest.splitlines()):
        return Damaged("annex", "other text follows its key")
    digest = _digest_of_key(form["backend"], form["name"]) or f"annex:{key}"
    return Pointer("annex", digest, int(form["size"]) if form["size"] else None, key=key)


def _digest_of_key(backend: str, name: str) -> str | None:
    """Return the digest that a key of git-annex holds, if it is one that can be checked."""
    kind = backend.removesuffix("E")
    digits, _, _ = name.partition(".") if backend.endswith("E") else (name, "", "")
    known = re.fullmatch("[0-9a-f]+", digits) and len(digits) == _ANNEX_HASHES.get(kind)
    return f"{kind.lower()}:{digits}" if known else None


class Keeper(NamedTuple):
    """Who keeps contents outside of Git.

    Attributes:
        title: its name.
        pull: the command that brings a content into a clone; its path follows.
        read: reads a small file in Git; None if it is no pointer of this keeper. Without, its
            pointers are files of DVC's, beside the path.
    """

    title: str
    pull: str
    read: Callable[[str], Pointer | Damaged | None] | None = None

    @property
    def in_place(self) -> bool:
        """Whether its pointer stands at the path itself."""
        return self.read is not None


KEEPERS = {
    "lfs": Keeper("Git LFS", "git lfs pull --include", _lfs),
    "annex": Keeper("git-annex", "git annex get", _annex),
    "dvc": Keeper("DVC", "dvc pull"),
}
"""By the names that JSON has, and the modules of `mreg.content.sources` that fetch."""


def candidates(path: str) -> tuple[str, ...]:
    """Return the `.dvc` files that may point to a path, the nearest first.

    DVC may track the path itself, or a folder that it is in.
    """
    if path.endswith(DVC):
        return (path,)
    return tuple(f"{it}{DVC}" for it in (path, *folders(path)) if it.strip("/") not in ("", "."))


def folders(path: str) -> tuple[str, ...]:
    """Return the folders whose dvc.lock may name a path: its own, and those around it."""
    found = []
    while path.strip("/"):
        path = posixpath.dirname(path)
        found.append(path)
    return tuple(found)
