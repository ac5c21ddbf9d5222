"""What was read of files' contents, kept in the repository's Git folder, so as to read it once.

A reading is kept under a digest of all that it depends on, the content first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mreg.git.repository import Repository
from mreg.system import kept_file

LARGEST = 1 << 18
"""The longest reading that is kept, in characters."""

MOST = 64
"""Of so many readings in one of 256 folders the next one takes the place."""


class Readings:
    """The readings that are kept in one repository."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo

    def get(self, key: str) -> str | None:
        """Return what is kept under a key of two hexadecimal digits or more; None if nothing is."""
        for file in self._file(key):
            reading = kept_file.read(file, key.encode())
            if reading is not None:
                return str(reading, "utf-8")
        return None

    def put(self, key: str, reading: str) -> None:
        """Keep something under a key; where it cannot be kept, nothing is lost but time."""
        for file in self._file(key) if len(reading) <= LARGEST else ():
            with suppress(OSError):
                _make_room(file.parent)
            kept_file.write(file, key.encode(), reading.encode())

    def _file(self, key: str) -> Iterator[Path]:
        """Iterate over the one file of a key; over none where there is no Git folder."""
        folder = self._repo.common_dir()
        if folder is not None:
            yield folder / "mreg" / "readings" / key[:2] / key[2:]


def _make_room(folder: Path) -> None:
    """Remove the readings of a folder that holds as many as it may."""
    held = list(folder.iterdir())
    for file in held if len(held) >= MOST else ():
        file.unlink()
