"""How pages are called: names of files that no two things share, on whatever disk or host.

An artifact's name may hold "/" and ":", and differ from another's in its capitals alone; some file
systems do not tell "Churn" from "churn", and one does not take "con". So a file is named in lower
case: small letters, digits, "-", "_" and "." stand for themselves, "~a" stands for "A", and "~047"
for the byte 47, a slash. What is longer than a file's name may be goes by its digest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

INDEX = "index.html"

_LONGEST = 120
_OPEN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
# What Windows takes for a device, with whatever suffix.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


@lru_cache(maxsize=4096)
def file_name(name: str) -> str:
    """Return a name as that of a file or folder; no two names have the same."""
    raw = name.encode("utf-8", "surrogatepass")
    text = "".join(map(_character, raw))
    # Within a name "." says nothing; at its ends, and twice, it means something to disks and hosts.
    if text.startswith("-") or _DEVICES.fullmatch(text):
        text = f"~{raw[0]:03}{text[1:]}"
    if len(text) > _LONGEST:
        return f"{text[:60]}~~{hashlib.sha256(raw).hexdigest()[:32]}"
    return text


def _character(byte: int) -> str:
    if byte in _OPEN:
        return chr(byte)
    letter = chr(byte).lower()
    return f"~{letter}" if "a" <= letter <= "z" else f"~{byte:03}"


def model(repository: str, name: str) -> str:
    """Return the folder of a model's pages, from the site's root."""
    return f"m/{file_name(repository)}/{file_name(name)}"


def relative(target: str, page: str) -> str:
    """Return the link from one page to another, both from the site's root."""
    path, mark, anchor = target.partition("#")
    there, here = path.split("/"), page.split("/")[:-1]
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(there[:-1], here, strict=False))
    )
    return "/".join([*[".."] * (len(here) - same), *there[same:]]) + mark + anchor


def unique(wanted: Iterable[str]) -> list[str]:
    """Return names, in their order, of which no two are alike: "models", "models-2"."""
    found: list[str] = []
    for name in wanted:
        free = name or "registry"
        count = 1
        while free in found:
            count += 1
            free = f"{name or 'registry'}-{count}"
        found.append(free)
    return found
