"""The names of refs: what Git allows in them, and a listing of them read."""

from __future__ import annotations

import re
from collections.abc import Iterator


def fault(ref: str) -> str:
    """Say why Git would refuse the full ref name `ref`; empty if it would not.

    The rules are those of `git help check-ref-format`; the numbers are the manual's. Rule 2 (at
    least one "/") and the one-level exception do not arise for refs under `refs/`.
    """
    parts = ref.split("/")
    if any(part.startswith(".") for part in parts):
        return "a part of it begins with a dot"  # 1
    if any(part.endswith(".lock") for part in parts):
        return "a part of it ends in .lock"  # 1
    if ".." in ref:
        return "it contains two dots in a row"  # 3
    if bad := re.search(r"[\x00-\x20\x7f~^:?*\[\\]", ref):
        return f"it contains the character {bad[0]!r}"  # 4, 5, 10
    if "" in parts:
        return "it begins or ends with a slash, or contains two in a row"  # 6
    if ref.endswith("."):
        return "it ends with a dot"  # 7
    if "@{" in ref:
        return "it contains '@{'"  # 8
    return ""


def listed(lines: bytes) -> Iterator[tuple[str, str]]:
    """Iterate over lines "OID NAME" of a listing of refs: pairs of a name and an object's id.

    Bytes of a name that are not UTF-8 stand as surrogates.
    """
    for line in lines.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        oid, _, name = line.partition(" ")
        yield name, oid
