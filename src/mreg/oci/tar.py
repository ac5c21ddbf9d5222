"""A layer as a tar archive of which every byte follows from names, sizes and modes.

Nobody's name, no times, no order of a file system: the same files make the same archive. Names that
do not fit and sizes of 8 GiB and more stand in headers of pax (POSIX.1-2001), as everybody reads.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence

from mreg.tuples import NamedTuple

_FILE, _PROGRAM, _FOLDER = 0o644, 0o755, 0o755
_BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * _BLOCK)
"""What ends an archive: two empty blocks, and no more."""


class TarEntry(NamedTuple):
    """A file or folder in an archive.

    Attributes:
        header: the bytes before it.
        size: how many bytes it has.
        number: which of the files it is; None for a folder.
    """

    header: bytes
    size: int
    number: int | None

    @property
    def padding(self) -> bytes:
        """The bytes behind it."""
        return bytes(-self.size % _BLOCK)


def entries(files: Sequence[tuple[str, int, bool]]) -> Iterator[TarEntry]:
    """Iterate over what stands in an archive: each file's folders before it.

    Args:
        files: of each file its path, its size, and whether it may be run.
    """
    made: set[str] = set()
    for number, (path, size, program) in sorted(enumerate(files), key=lambda it: it[1][0]):
        names = path.split("/")
        for end in range(1, len(names)):
            if (folder := "/".join(names[:end])) not in made:
                made.add(folder)
                yield TarEntry(_header(f"{folder}/", tarfile.DIRTYPE, _FOLDER), 0, None)
        header = _header(path, tarfile.REGTYPE, _PROGRAM if program else _FILE, size)
        yield TarEntry(header, size, number)


def length(files: Sequence[tuple[str, int, bool]]) -> int:
    """Return how many bytes the archive of some files has."""
    each = (len(it.header) + it.size + len(it.padding) for it in entries(files))
    return sum(each) + len(END)


def _header(name: str, kind: bytes, mode: int, size: int = 0) -> bytes:
    made = tarfile.TarInfo(name)
    made.type, made.mode, made.size = kind, mode, size
    return made.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
