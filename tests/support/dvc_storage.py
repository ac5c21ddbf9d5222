"""What DVC keeps, made by hand: contents as its caches and remotes have them, and its settings."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

CONFIG = """\
[core]
    remote = storage
['remote "storage"']
    url = {}
"""


def md5(content: bytes) -> str:
    """Return what DVC knows a content by."""
    return hashlib.md5(content).hexdigest()


def listing(files: dict[str, bytes]) -> bytes:
    """Return DVC's list of a folder."""
    return json.dumps([{"md5": md5(it), "relpath": path} for path, it in files.items()]).encode()


def store(folder: Path, content: bytes, *, layout: str = "files/md5", name: str = "") -> Path:
    """Put a content where DVC would, by its MD5 or under another name."""
    name = name or md5(content)
    path = folder / layout / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def store_folder(folder: Path, files: dict[str, bytes]) -> str:
    """Put a folder where DVC would; return what DVC calls it."""
    for content in files.values():
        store(folder, content)
    name = f"{md5(listing(files))}.dir"
    store(folder, listing(files), name=name)
    return name


def lock(path: str, digest: str, *, of_dvc_3: bool = True) -> bytes:
    """Return a dvc.lock that names one output."""
    out = {"path": path, "md5": digest, **({"hash": "md5"} if of_dvc_3 else {})}
    return json.dumps({"schema": "2.0", "stages": {"test": {"cmd": "x", "outs": [out]}}}).encode()
