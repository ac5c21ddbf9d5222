"""Keys as a policy names them: what is one, and the one form in which it is compared.

Sources: RFC 4253, section 6.6, RFC 5656, RFC 8709 and PROTOCOL.u2f in OpenSSH for what a public
key's bytes hold; RFC 9580, section 5.5.4, for the lengths of OpenPGP fingerprints.
"""

from __future__ import annotations

import re

from mreg.signatures import ssh
from mreg.signatures.ssh import Malformed

_PARTS = {
    "ssh-ed25519": (b"", 32),
    "ssh-rsa": (b"", 0, 0),
    "ecdsa-sha2-nistp256": (b"nistp256", 65),
    "ecdsa-sha2-nistp384": (b"nistp384", 97),
    "ecdsa-sha2-nistp521": (b"nistp521", 133),
    "sk-ssh-ed25519@openssh.com": (b"", 32, 0),
    "sk-ecdsa-sha2-nistp256@openssh.com": (b"nistp256", 65, 0),
}
"""What follows the type in a key's bytes: the name of its curve, if there is one, and the lengths
of the other parts; 0 is any length."""

TYPES = tuple(_PARTS)
"""The types of SSH keys that a policy may name."""

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_HEXADECIMAL = re.compile(r"[0-9A-F]+")
_OPENPGP = (40, 64)


class NoKey(ValueError):
    """A text is no key; why, is said in words.

    Attributes:
        hint: what to write instead; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def parse(text: str) -> str:
    """Return a key as it is compared: without comment and spaces.

    Args:
        text: "ssh-ed25519 AAAA... comment", as a .pub file has it; or the fingerprint of an
            OpenPGP key.

    Raises:
        NoKey: it is neither.
    """
    kind, _, rest = text.strip().partition(" ")
    if kind in _PARTS:
        blob = rest.strip().partition(" ")[0]
        _check(kind, blob)
        return f"{kind} {blob}"
    digits = re.sub(r"\s", "", text).upper().removeprefix("0X")
    if _HEXADECIMAL.fullmatch(digits) and len(digits) in _OPENPGP:
        return digits
    raise _no_key(text.strip(), kind, digits)


def parse_revoked(text: str) -> str:
    """Return a revoked key as it is compared; it may also be an SSH key's "SHA256:..." fingerprint.

    Raises:
        NoKey: it is none.
    """
    shown = text.strip()
    if shown.startswith("SHA256:"):
        if _FINGERPRINT.fullmatch(shown):
            return shown
        hint = "run `ssh-keygen -l -f KEY.pub` to print it: SHA256: and 43 characters"
        raise NoKey("is cut short, or is not a fingerprint", hint=hint)
    return parse(text)


def _no_key(text: str, kind: str, digits: str) -> NoKey:
    """Say what a text is, if it is no key."""
    if "PRIVATE KEY" in text:
        hint = "create a new key, and write the line of its .pub file here"
        return NoKey("is a private key, which must stay secret", hint=hint)
    if "PUBLIC KEY" in text:
        return NoKey("is a whole key block", hint="write the key's fingerprint, or its .pub line")
    if "-cert-v01@openssh.com" in kind:
        return NoKey("is a certificate", hint="write the key itself: the line of its .pub file")
    if kind == "ssh-dss":
        return NoKey("is a DSA key, which is no longer secure", hint="create an ed25519 key")
    if text.startswith("SHA256:"):
        return NoKey("is a fingerprint", hint="write the key itself: the line of its .pub file")
    if _HEXADECIMAL.fullmatch(digits):
        said = f"has {len(digits)} hexadecimal digits, but an OpenPGP fingerprint has 40 or 64"
        return NoKey(said, hint="run `gpg --fingerprint` to print the whole fingerprint")
    if any(f"{it} " in text for it in _PARTS):
        return NoKey("has text before the key's type", hint="begin with the type: ssh-ed25519")
    hint = "write the line of a .pub file (ssh-ed25519 AAAA...), or an OpenPGP fingerprint"
    if "@" in text:
        hint += "; an e-mail address is written as {emails: [ADDRESS]}"
    return NoKey("is not a key", hint=hint)


def _check(kind: str, text: str) -> None:
    """Check that the bytes of an SSH key are those of a key of its type, and nothing else."""
    hint = "copy the whole line of the .pub file"
    try:
        inner, *parts = ssh.strings(text.encode())
    except (Malformed, ValueError):
        raise NoKey("is cut short, or is not valid base64", hint=hint) from None
    if inner != kind.encode():
        named = inner.decode("ascii", "replace")
        raise NoKey(f"says {kind}, but contains a key of the type {named!r}", hint=hint)
    curve, *lengths = _PARTS[kind]
    if curve and parts[:1] == [curve]:
        parts = parts[1:]
    elif curve:
        raise NoKey(f"is not a key of the type {kind}")
    if len(parts) != len(lengths) or any(
        wanted not in (0, len(part)) or not part
        for part, wanted in zip(parts, lengths, strict=True)
    ):
        raise NoKey(f"is not a key of the type {kind}", hint=hint)
