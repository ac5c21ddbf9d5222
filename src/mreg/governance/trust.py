"""Trust: who made a tag object, by its signature and the policy that counts."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from mreg.core import tagobject
from mreg.git import signature, verification
from mreg.git.repository import Repository
from mreg.policy import keyring
from mreg.policy.case import Signer, Worth
from mreg.policy.keyring import Keyring, Signed
from mreg.policy.model import Governing
from mreg.signatures import ssh
from mreg.signatures.ssh import Malformed

_PRESUMED: tuple[Worth, ...] = ("unsigned", "untrusted", "unchecked")
"""What a signature may be worth, or be missing, for the tagger's address to say who it was: one
that is wrong says that somebody lied."""

UNLISTED = "its key is not in the policy"
"""What is said of a signature by a key that is nobody's."""


class Trust:
    """The keys of one policy, and what is known of the signatures that they made.

    Attributes:
        settings: the policy.
    """

    def __init__(self, repo: Repository, governing: Governing) -> None:
        self.settings = governing.settings
        self._repo = repo
        self._keys = Keyring.of(governing.settings)
        self._verified = _Verified(repo)
        self._known: dict[str, Signer] = {}

    def signer(self, oid: str, raw: bytes) -> Signer:
        """Return who made a tag object, as far as that is known; bytes of any kind are judged.

        Raises:
            GitError: the program that verifies such signatures is missing.
        """
        if oid not in self._known:
            self._known[oid] = self.judge(raw)
        return self._known[oid]

    def principal(self, signer: Signer) -> str | None:
        """Return as whom somebody's word counts; None if it counts for nobody's.

        Where the policy names no principals, everybody goes by their address.
        """
        if self.settings.principals or self.settings.signatures == "required":
            return signer.principal
        return signer.email.lower() or None if signer.signature in _PRESUMED else None

    def presumed(self, who: str) -> Signer:
        """Return who the user is who is about to make a tag object, as far as that can be told.

        Nothing is signed to find out: whose key Git would sign with, its settings say.
        `who` is "Name <email>", as Git has it.
        """
        claimed = Signer(*tagobject.identity(who.encode()))
        by_email = claimed._replace(principal=self.settings.by_email(claimed.email))
        if self.settings.signatures == "optional" and not signature.is_wanted(self._repo):
            return by_email
        key = keyring.fingerprint(signature.public_key(self._repo))
        if key is None:
            return by_email._replace(signature="unchecked")
        if key in self._keys.revoked:
            why = "the policy has revoked the key that Git signs with"
            return claimed._replace(signature="revoked", key=key, why=why)
        if owner := self._keys.owners.get(key):
            return claimed._replace(signature="unchecked", key=key, principal=owner)
        why = "the key that Git signs with is not in the policy"
        return by_email._replace(signature="untrusted", key=key, why=why)

    def judge(self, raw: bytes) -> Signer:
        """Return who made the bytes of a tag object, which may not be stored yet; as `signer`."""
        try:
            tagger = tagobject.parse(raw).tagger
        except tagobject.MalformedTag as error:
            return Signer("", "", "bad", why=str(error))
        claimed = Signer(*tagobject.identity(tagger or b""))
        try:
            signed = keyring.split(raw)
            found = claimed if signed is None else self._checked(claimed, signed, raw)
        except Malformed as error:
            found = claimed._replace(signature="bad", why=str(error))
        if found.signature in _PRESUMED and self.settings.signatures == "optional":
            return found._replace(principal=self.settings.by_email(found.email))
        return found

    def _checked(self, claimed: Signer, signed: Signed, raw: bytes) -> Signer:
        """Look up whose key signed; verify what a principal's key would have signed."""
        if signed.form == "ssh":
            return self._by_ssh(claimed, signed, raw)
        if signed.form == "openpgp":
            return self._by_openpgp(claimed, signed)
        why = "it is an X.509 signature, and a policy names SSH and OpenPGP keys"
        return claimed._replace(signature="untrusted", why=why)

    def _by_ssh(self, claimed: Signer, signed: Signed, raw: bytes) -> Signer:
        made = ssh.parse(signed.armor)
        claimed = claimed._replace(key=made.fingerprint)
        if made.certified:
            why = "it was made with a certificate, but a policy lists keys"
            return claimed._replace(signature="untrusted", why=why)
        found = self.owner(claimed)
        if found.signature != "good":
            return found
        digest = hashlib.sha256(raw).hexdigest()
        if digest in self._verified:
            return found
        if why := verification.ssh(made, signed.payload):
            return found._replace(signature="bad", principal=None, why=why)
        self._verified.add(digest)
        return found

    def _by_openpgp(self, claimed: Signer, signed: Signed) -> Signer:
        if not self._keys.has_openpgp:
            why = "it is an OpenPGP signature, but the policy lists no OpenPGP keys"
            return claimed._replace(signature="untrusted", why=why)
        verified = verification.gpg(signed.armor, signed.payload)
        claimed = claimed._replace(key=verified.key)
        if verified.why:
            worth: Worth = "untrusted" if verified.unknown else "bad"
            return claimed._replace(signature=worth, why=verified.why)
        return self.owner(claimed)

    def owner(self, signer: Signer) -> Signer:
        """Judge a signature by its key alone, as if it were right."""
        if signer.key in self._keys.revoked:
            return signer._replace(signature="revoked", why="the policy has revoked its key")
        if owner := self._keys.owners.get(signer.key):
            return signer._replace(signature="good", principal=owner)
        return signer._replace(signature="untrusted", why=UNLISTED)


class _Verified:
    """Tag objects whose SSH signatures were verified: a file in the repository's Git folder.

    It holds digests of the objects' bytes, a line each. That an object's signature is right does
    not depend on any policy: whose the key is, and whether it was revoked, is asked each time. So
    a line never grows old, and losing one costs a process and changes no answer. Who can write
    there can set up hooks, too, and so run programs as the user. OpenPGP signatures are not
    among them: they depend on what gpg knows of the key, and on the day.

    A line is added by one write, so that processes may add at the same time; the line feed in
    front ends what another process may have been killed while writing.
    """

    def __init__(self, repo: Repository) -> None:
        folder = repo.common_dir()
        self._file = folder / "mreg" / "verified" if folder else None
        self._digests: set[str] | None = None

    def __contains__(self, digest: str) -> bool:
        if self._digests is None:
            self._digests = set(self._read())
        return digest in self._digests

    def _read(self) -> list[str]:
        with suppress(OSError):
            return self._file.read_text("ascii", "replace").split() if self._file else []
        return []

    def add(self, digest: str) -> None:
        """Note that the signature of an object is right; where it cannot be, it is no loss."""
        if self._digests is not None:
            self._digests.add(digest)
        if self._file is None:
            return
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab", buffering=0) as file:
                file.write(f"\n{digest}\n".encode())
