"""OpenPGP signatures: what `gpg --status-fd` says of one.

Source: doc/DETAILS in GnuPG, "Format of the --status-fd output"; RFC 9580, section 9.5, for the
numbers of hashes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mreg.tuples import NamedTuple

_ARMOR = re.compile(
    rb"-----BEGIN\ PGP\ SIGNATURE-----\r?\n (?> (?: (?! -----(?:BEGIN|END)\ ) [^\n]*+ \n )* )"
    rb"-----END\ PGP\ SIGNATURE-----\s*",
    re.VERBOSE,
)
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
_STATUS = "[GNUPG:] "

_WEAK = MappingProxyType({"1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"})
"""The hashes that can be forged, or are about to be, by their numbers."""

_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "BADSIG": "the signature does not match the content",
        "EXPSIG": "the signature has expired",
        "EXPKEYSIG": "the key that made it has expired",
        "REVKEYSIG": "the owner of the key that made it has revoked the key",
        "NODATA": "it is not an OpenPGP signature",
        "UNEXPECTED": "it is not an OpenPGP signature",
    }
)

_FIELDS = 10
_HASH, _PRIMARY = 7, 9
"""Which fields of VALIDSIG are the number of the hash, and the fingerprint of the primary key."""


class Verified(NamedTuple):
    """What gpg says of a signature.

    Attributes:
        key: the fingerprint of the primary key that made it; if gpg does not have that key, the
            id or fingerprint that the signature names; empty if nothing is known.
        why: why it is worth nothing; empty if it is good.
        unknown: whether it could not be checked, because gpg does not have the key.
    """

    key: str
    why: str = ""
    unknown: bool = False


def is_whole(armor: bytes) -> bool:
    """Tell whether bytes are one armored signature, and nothing behind it."""
    return _ARMOR.fullmatch(armor) is not None


def fingerprint(text: str) -> str | None:
    """Return the fingerprint of a key, as gpg writes it without spaces; None if it is none."""
    found = re.sub(r"\s", "", text).upper().removeprefix("0X")
    return found if _FINGERPRINT.fullmatch(found) else None


def parse_status(output: bytes) -> Verified:
    """Read what `gpg --status-fd=1 --verify` prints."""
    lines = [
        line.removeprefix(_STATUS).split(" ")
        for line in output.decode("utf-8", "replace").splitlines()
        if line.startswith(_STATUS)
    ]
    words = [line[0] for line in lines]
    said = {line[0]: line[1:] for line in lines}
    key = _key(said)
    if any(words.count(it) > 1 for it in ("NEWSIG", "VALIDSIG")):
        return Verified(key, "there is more than one signature")
    for word, why in _FAULTS.items():
        if word in said:
            return Verified(key, why)
    if "NO_PUBKEY" in said:
        return Verified(key, f"gpg does not have the key {key}", unknown=True)
    return _good(said, key)


def _good(said: Mapping[str, list[str]], key: str) -> Verified:
    """Judge a signature of which gpg says nothing bad: it has to say something good, too."""
    valid = said.get("VALIDSIG", [])
    if "GOODSIG" not in said or len(valid) < _FIELDS:
        return Verified(key, "gpg cannot check it")
    if name := _WEAK.get(valid[_HASH]):
        return Verified(key, f"it was made with {name}, which can be forged")
    return Verified(key)


def _key(said: Mapping[str, list[str]]) -> str:
    valid = said.get("VALIDSIG", [])
    if len(valid) >= _FIELDS:
        return valid[_PRIMARY]
    for word in ("ERRSIG", "NO_PUBKEY", "BADSIG"):
        if fields := said.get(word):
            return fields[-1] if word == "ERRSIG" and fingerprint(fields[-1]) else fields[0]
    return ""
