"""Versions that stand ready in the cache under their own names, to be read where they are.

A content in the store has a digest for its name, and a folder's contents lie apart. What loads a
model wants a name with its suffix, and a folder. So each version that is read in place gets a
folder of links to its contents: views/KEY/NAME.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mreg.content import delivery, fetch
from mreg.content.fetch import Held
from mreg.content.location import Place
from mreg.content.store import Store, file_name
from mreg.errors import GitError
from mreg.system import cache


def shelved(place: Place, held: Sequence[Held], store: Store) -> Path:
    """Return the path at which a version can be read; what stands there is checked, or made anew.

    Its files are in the store, and were checked just now.
    """
    is_folder = fetch.is_folder(held)
    key = f"{file_name(fetch.key(place))}.{file_name(place.name)[:8]}"
    path = store.folder / "views" / key / place.name
    if delivery.is_delivered(held, path, is_folder=is_folder):  # which takes no lock
        return path
    try:
        with store.locked(f"view:{key}"):
            if not delivery.is_delivered(held, path, is_folder=is_folder):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not is_folder:
                    cache.place_of_file(path)
                delivery.deliver(
                    held, path, is_folder=is_folder, link=True, or_copy=True, force=True
                )
    except (GitError, PermissionError) as error:  # a cache that is read-only
        if is_folder:
            raise cache.unusable(error) if isinstance(error, OSError) else error from None
        return held[0].kept.path  # to be read where it is, by another name
    return path
