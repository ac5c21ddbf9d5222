"""Signatures of tag objects: where one begins, and whose keys the policy knows.

Source: gpg-interface.c (parse_signed_buffer) and commit.c (remove_signature) in Git.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from mreg.policy.model import Settings
from mreg.signatures import openpgp, ssh
from mreg.signatures.ssh import Malformed
from mreg.tuples import NamedTuple

Form = Literal["ssh", "openpgp", "x509"]

LARGEST = 1 << 16
"""How many bytes of a signature are looked at: the longest of those in use take a tenth of it."""

# Git takes the last such line for the beginning of the signature, and reading a message ends at the
# first (mreg.core.tagobject). Where there is more than one, what is signed would not be what is
# read.
_BEGIN = re.compile(rb"^-----BEGIN (PGP|SSH|SIGNED) (SIGNATURE|MESSAGE)-----", re.MULTILINE)

_FORMS: Mapping[bytes, Form] = {
    b"PGP SIGNATURE": "openpgp",
    b"SSH SIGNATURE": "ssh",
    b"SIGNED MESSAGE": "x509",
}

# Where a repository has object ids of two kinds, the signature over the other kind's bytes is a
# header, which no signature covers.
_OTHER_HASH = re.compile(rb"^gpgsig(?:-sha256)? [^\n]*\n(?: [^\n]*\n)*", re.MULTILINE)


class Signed(NamedTuple):
    """A signed tag object, split in the bytes that are signed and the signature, to its end."""

    form: Form
    payload: bytes
    armor: bytes


def is_signed(raw: bytes) -> bool:
    """Tell whether a tag object has anything that looks like a signature."""
    return _BEGIN.search(raw) is not None


def split(raw: bytes) -> Signed | None:
    """Split a tag object into what is signed and the signature; None if it is not signed.

    Raises:
        Malformed: it is not signed as Git signs.
    """
    begins = list(_BEGIN.finditer(raw))
    if not begins:
        return None
    if len(begins) > 1:
        raise Malformed("there is more than one signature")
    begin = begins[0]
    form = _FORMS.get(b" ".join(begin.groups()))
    headers = raw.find(b"\n\n") + 1
    if form is None or not 0 < headers < begin.start():
        raise Malformed("its signature is not in Git's format")
    if len(raw) - begin.start() > LARGEST:
        raise Malformed("the signature is too large")
    payload = _OTHER_HASH.sub(b"", raw[:headers]) + raw[headers : begin.start()]
    return Signed(form, payload, raw[begin.start() :])


def fingerprint(key: str) -> str | None:
    """Return the fingerprint of a key as a policy names it; None if it is no key.

    Args:
        key: "ssh-ed25519 AAAA... comment", "SHA256:...", or an OpenPGP key's fingerprint.
    """
    if re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", key.strip()):
        return key.strip()
    return openpgp.fingerprint(key) or ssh.fingerprint(key)


class Keyring(NamedTuple):
    """The keys that a policy knows, by their fingerprints.

    Attributes:
        owners: the principal of each key.
        revoked: the keys that count for nothing.
    """

    owners: Mapping[str, str]
    revoked: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> Keyring:
        """Return the keys of a policy; a key that two principals claim is the first one's."""
        owners: dict[str, str] = {}
        for principal in settings.principals.values():
            for found in filter(None, map(fingerprint, principal.keys)):
                owners.setdefault(found, principal.name)
        return cls(owners, frozenset(filter(None, map(fingerprint, settings.revoked))))

    @property
    def has_openpgp(self) -> bool:
        """Whether any of them is an OpenPGP key."""
        return any(not it.startswith("SHA256:") for it in (*self.owners, *self.revoked))
