"""SSH signatures and public keys: their bytes read, to know whose a signature could be.

Whether the signature is right, `ssh-keygen` says; here nothing is computed but fingerprints.
Sources: PROTOCOL.sshsig, PROTOCOL.u2f and PROTOCOL.certkeys in OpenSSH; RFC 4253, section 6.6;
RFC 8332 for the signatures of RSA keys.
"""

from __future__ import annotations

import binascii
import hashlib
import re

from mreg.tuples import NamedTuple

NAMESPACE = "git"
"""What Git signs for; a signature for another purpose is none of a tag."""

_ARMOR = re.compile(
    rb"-----BEGIN\ SSH\ SIGNATURE-----\r?\n (?P<text> [A-Za-z0-9+/=\r\n]+ )"
    rb"\n-----END\ SSH\ SIGNATURE-----\s*",
    re.VERBOSE,
)
_KEY = re.compile(
    r"(?P<kind> [A-Za-z0-9.@-]+ ) [ \t]+ (?P<text> [A-Za-z0-9+/=]+ ) (?: \s.* )?", re.X
)
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = ("sha256", "sha512")
_LINE = 70
_CERTIFICATE = "-cert-v01@openssh.com"
_SECURITY_KEY = "sk-"
_TOUCHED = 1

_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""The kinds of signatures of a kind of key, where that is not the key's own name: plain "ssh-rsa"
is made with SHA-1, which can be forged."""


class Malformed(ValueError):
    """The bytes are no signature that a tag can have; why, is said in words."""


class SshSignature(NamedTuple):
    """An SSH signature, as it describes itself.

    Attributes:
        kind: the kind of its key, such as "ssh-ed25519".
        key: the public key's bytes.
        blob: the bytes of the whole signature.
    """

    kind: str
    key: bytes
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint, as `ssh-keygen -l` shows it."""
        return _fingerprint(self.key)

    @property
    def public(self) -> str:
        """The public key as a line of a file has it, without a comment."""
        return f"{self.kind} {_base64(self.key)}"

    @property
    def certified(self) -> bool:
        """Whether the key is a certificate, which names a key and who vouches for it."""
        return self.kind.endswith(_CERTIFICATE)

    @property
    def armor(self) -> str:
        """The signature as a file has it, and nothing else of what stood around it."""
        text = _base64(self.blob)
        lines = (text[start : start + _LINE] for start in range(0, len(text), _LINE))
        begin, end = (f"-----{word} SSH SIGNATURE-----" for word in ("BEGIN", "END"))
        return "\n".join([begin, *lines, end, ""])


def parse(armor: bytes) -> SshSignature:
    """Read a signature, from its first line to the end of what it stands in.

    Raises:
        Malformed: it is none, is not for Git, or is of a kind that proves nothing.
    """
    found = _ARMOR.fullmatch(armor)
    if found is None:
        raise Malformed("the SSH signature is cut short, or text follows it")
    blob = _decoded(found["text"])
    wire = _Wire(blob)
    if wire.take(len(_MAGIC)) != _MAGIC or wire.number() != _VERSION:
        raise Malformed("it is not an SSH signature of version 1")
    key, namespace, reserved, algorithm, signature = (wire.string() for _ in range(5))
    wire.end()
    if namespace != NAMESPACE.encode():
        raise Malformed(
            f"it was signed for {_text(namespace)!r}, but a tag must be signed for 'git'"
        )
    if reserved or _text(algorithm) not in _HASHES:
        raise Malformed("it is an SSH signature in an unknown format")
    kind = _text(_Wire(key).string())
    _check(kind, _Wire(signature))
    return SshSignature(kind, key, blob)


def _check(kind: str, signature: _Wire) -> None:
    """Refuse a signature that is not of its key's kind, or that nobody touched a key for."""
    made = _text(signature.string())
    plain = kind.replace(_CERTIFICATE, "@openssh.com" if kind.startswith(_SECURITY_KEY) else "")
    if made not in _SIGNATURES.get(plain, (plain,)):
        raise Malformed(f"its key is of the kind {kind!r}, and the signature of the kind {made!r}")
    signature.string()
    if kind.startswith(_SECURITY_KEY):
        if not signature.take(1)[0] & _TOUCHED:
            raise Malformed("it was made with a security key without a touch")
        signature.number()
    signature.end()


def fingerprint(line: str) -> str | None:
    """Return the fingerprint of a public key, "ssh-ed25519 AAAA... comment"; None if it is none.

    A certificate is none: it says who vouches for a key.
    """
    found = _KEY.fullmatch(line.strip())
    if found is None:
        return None
    try:
        key = _decoded(found["text"].encode())
        kind = _text(_Wire(key).string())
    except Malformed:
        return None
    return _fingerprint(key) if kind == found["kind"] and _CERTIFICATE not in kind else None


def strings(text: bytes) -> list[bytes]:
    """Return the strings that a public key's base64 text holds: its type, and what that is made of.

    Raises:
        Malformed: it holds something else.
    """
    wire, found = _Wire(_decoded(text)), []
    while wire.has_more:
        found.append(wire.string())
    return found


class _Wire:
    """Bytes in the form of RFC 4251, section 5, read from the front."""

    def __init__(self, raw: bytes) -> None:
        self._rest = raw

    def take(self, size: int) -> bytes:
        """Return the next bytes, if there are so many."""
        if len(self._rest) < size:
            raise Malformed("the SSH signature is cut short")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def number(self) -> int:
        """Return the next uint32."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """Return the next string."""
        return self.take(self.number())

    @property
    def has_more(self) -> bool:
        """Whether there are further bytes."""
        return bool(self._rest)

    def end(self) -> None:
        """Refuse further bytes."""
        if self._rest:
            raise Malformed("bytes follow the SSH signature")


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error:
        raise Malformed("the SSH signature is not valid base64") from None


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def _fingerprint(key: bytes) -> str:
    return f"SHA256:{_base64(hashlib.sha256(key).digest()).rstrip('=')}"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
