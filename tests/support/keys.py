"""Real keys for tests, and what they sign: those of ssh-keygen, gpg, and security keys."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
from pathlib import Path
from typing import NamedTuple


class Key(NamedTuple):
    """A pair of SSH keys.

    Attributes:
        file: the file of the private half; the public one stands beside it.
        public: the public half, without a comment.
    """

    file: Path
    public: str

    @property
    def fingerprint(self) -> str:
        """Return its fingerprint, as ssh-keygen shows it."""
        return _run("ssh-keygen", "-l", "-f", f"{self.file}.pub").decode().split(" ")[1]

    def sign(self, payload: bytes, *, namespace: str = "git", **options: str) -> bytes:
        """Return the armored signature of some bytes, as ssh-keygen makes it.

        That of an Ed25519 key is the same each time, and so is made without a process.
        """
        if options or not self.public.startswith("ssh-ed25519 "):
            return self.sign_by_program(payload, namespace=namespace, **options)
        from cryptography.hazmat.primitives.serialization import load_ssh_private_key

        private = load_ssh_private_key(self.file.read_bytes(), None)
        fields = string(namespace.encode()) + string(b"") + string(b"sha512")
        digest = string(hashlib.sha512(payload).digest())
        made = private.sign(b"SSHSIG" + fields + digest)  # type: ignore[call-arg]
        public = base64.b64decode(self.public.split(" ")[1])
        return armored(public, fields, string(b"ssh-ed25519") + string(made), width=70)

    def sign_by_program(self, payload: bytes, *, namespace: str = "git", **options: str) -> bytes:
        """Return the armored signature of some bytes, made by ssh-keygen."""
        more = [f"-O{name}={value}" for name, value in options.items()]
        command = ("ssh-keygen", "-q", "-Y", "sign", "-n", namespace, *more, "-f", str(self.file))
        return _run(*command, stdin=payload)

    def signed(self, payload: bytes) -> bytes:
        """Return bytes with their signature behind them, as Git signs a tag."""
        return payload + self.sign(payload)


def make_key(file: Path, *options: str, kind: str = "ed25519") -> Key:
    """Make a pair of keys in a file and the one beside it."""
    _run("ssh-keygen", "-q", "-t", kind, *options, "-N", "", "-C", "", "-f", str(file))
    return Key(file, Path(f"{file}.pub").read_text().strip())


def certify(authority: Key, key: Key) -> Key:
    """Return a key whose public half is a certificate of it."""
    _run("ssh-keygen", "-q", "-s", str(authority.file), "-I", "ann", "-n", "ann", f"{key.file}.pub")
    certificate = Path(f"{key.file}-cert.pub")
    return Key(certificate, certificate.read_text().strip())


def use(key: Key) -> dict[str, str]:
    """Return the Git settings by which every tag is signed with a key."""
    return {"tag.gpgSign": "true", "gpg.format": "ssh", "user.signingKey": f"{key.file}.pub"}


class SecurityKey:
    """A security key, played by openssl: how it signs stands in PROTOCOL.u2f of OpenSSH."""

    kind = b"sk-ssh-ed25519@openssh.com"
    application = b"ssh:"

    def __init__(self, file: Path) -> None:
        self._file = file
        _run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(file))
        encoded = _run("openssl", "pkey", "-in", str(file), "-pubout", "-outform", "DER")
        self._blob = string(self.kind) + string(encoded[-32:]) + string(self.application)

    @property
    def public(self) -> str:
        """The public half, without a comment."""
        return f"{self.kind.decode()} {base64.b64encode(self._blob).decode()}"

    def sign(self, payload: bytes, *, flags: int) -> bytes:
        """Return the armored signature of some bytes."""
        fields = string(b"git") + string(b"") + string(b"sha512")
        data = b"SSHSIG" + fields + string(hashlib.sha512(payload).digest())
        counted = bytes([flags]) + (1).to_bytes(4, "big")
        hashes = (hashlib.sha256(it).digest() for it in (self.application, data))
        source = self._file.with_name("source")
        source.write_bytes(counted.join(hashes))
        command = ("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(self._file))
        signature = string(self.kind) + string(_run(*command, "-in", str(source))) + counted
        return armored(self._blob, fields, signature)


def string(raw: bytes) -> bytes:
    """Return bytes as RFC 4251 writes a string."""
    return len(raw).to_bytes(4, "big") + raw


def armored(
    key: bytes, fields: bytes, signature: bytes, *, version: int = 1, width: int = 76
) -> bytes:
    """Return an armored signature put together from its parts."""
    parts = (b"SSHSIG", version.to_bytes(4, "big"), string(key), fields, string(signature))
    return armor(b"".join(parts), width)


def armor(blob: bytes, width: int = 76) -> bytes:
    """Return the armored form of a signature's bytes, in lines that are so wide."""
    text = base64.b64encode(blob)
    lines = b"".join(text[at : at + width] + b"\n" for at in range(0, len(text), width))
    return b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"-----END SSH SIGNATURE-----\n"


def blob_of(armored_signature: bytes) -> bytes:
    """Return the bytes of an armored signature."""
    return base64.b64decode(b"".join(armored_signature.splitlines()[1:-1]))


class Gnupg:
    """OpenPGP keys in a folder of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.chmod(0o700)

    def make(self, name: str, *options: str, expires: str = "never") -> str:
        """Make a key; return its fingerprint."""
        self._gpg(*options, "--quick-gen-key", name, "ed25519", "sign", expires)
        listed = self._gpg("--with-colons", "--list-keys", f"={name}").decode()
        return next(it.split(":")[9] for it in listed.splitlines() if it.startswith("fpr:"))

    def add_subkey(self, key: str) -> str:
        """Give a key one more key that signs for it; return its fingerprint."""
        self._gpg("--quick-add-key", key, "ed25519", "sign", "never")
        listed = self._gpg("--with-colons", "--list-keys", key).decode()
        return [it.split(":")[9] for it in listed.splitlines() if it.startswith("fpr:")][-1]

    def sign(self, payload: bytes, key: str, *options: str) -> bytes:
        """Return the armored signature of some bytes."""
        return self._gpg(*options, "-bsau", f"{key}!", stdin=payload)

    def revoke(self, key: str) -> None:
        """Revoke a key, by the certificate that gpg made along with it."""
        file = self.home / "openpgp-revocs.d" / f"{key}.rev"
        file.write_text(file.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self._gpg("--import", str(file))

    def forget(self, key: str) -> None:
        """Delete a key."""
        self._gpg("--yes", "--delete-secret-and-public-key", key)

    def end(self) -> None:
        """End the agent that gpg started for these keys."""
        _run("gpgconf", "--kill", "all", GNUPGHOME=str(self.home))

    def _gpg(self, *arguments: str, stdin: bytes = b"") -> bytes:
        quiet = ("--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase", "")
        return _run("gpg", *quiet, *arguments, stdin=stdin, GNUPGHOME=str(self.home))


def _run(*command: str, stdin: bytes = b"", **variables: str) -> bytes:
    environment = {**os.environ, **variables}
    done = subprocess.run(
        command, input=stdin, capture_output=True, check=False, env=environment, timeout=60
    )
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.decode()}")
    return done.stdout
