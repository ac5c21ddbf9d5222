"""Who made a tag object: real signatures, judged by what a policy knows."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures_of_policy import People
from keys import Gnupg, Key, SecurityKey, armor, blob_of, certify, make_key, use
from mreg.errors import GitError
from mreg.git import verification
from mreg.governance.trust import Trust
from mreg.policy.case import Signer
from mreg.policy.model import Governing, Principal, Settings, Signatures
from mreg.signatures import ssh
from repositories import Maker, Repository, tag_bytes

TAG = tag_bytes("churn@v1.0.0", "0" * 40)


def policy(
    *revoked: str, signatures: Signatures = "required", **keys: str | tuple[str, ...]
) -> Governing:
    principals = {
        name: Principal(
            name,
            emails=(f"{name}@example.com",),
            keys=(theirs,) if isinstance(theirs, str) else theirs,
        )
        for name, theirs in keys.items()
    }
    return Governing(
        Settings(signatures=signatures, principals=principals, revoked=frozenset(revoked))
    )


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write down the programs that verification starts."""
    found: list[str] = []
    run = subprocess.run

    def noting(command: list[str], **options: object) -> object:
        if {"verify", "--verify"} & set(command):
            found.append(Path(command[0]).name)
        return run(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(verification.subprocess, "run", noting)  # type: ignore[attr-defined]
    return found


def judge(repo: Repository, governing: Governing, raw: bytes) -> Signer:
    return Trust(repo.opened, governing).signer("1" * 40, raw)


# SSH


def test_a_good_signature_names_its_principal(repo: Repository, people: People) -> None:
    found = judge(repo, policy(ann=people["ann"].public), people["ann"].signed(TAG))
    assert found == Signer(
        "Ann Example", "ann@example.com", "good", "ann", people["ann"].fingerprint
    )
    assert found.verified


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_what_git_signs_is_verified(
    object_format: str, make_repository: Maker, people: People
) -> None:
    repo = make_repository(object_format=object_format)
    for name, value in use(people["ann"]).items():
        repo.git("config", name, value)
    repo.git("tag", "-m", "A tag.", "churn@v1.0.0")
    raw = repo.git("cat-file", "tag", "churn@v1.0.0").encode()
    assert judge(repo, policy(ann=people["ann"].public), raw).principal == "ann"


@pytest.mark.parametrize(
    ("kind", "options"), [("rsa", ("-b", "2048")), ("ecdsa", ("-b", "384")), ("ed25519", ())]
)
def test_keys_of_each_kind_sign(
    kind: str, options: tuple[str, ...], repo: Repository, tmp_path: Path, people: People
) -> None:
    key = make_key(tmp_path / "key", *options, kind=kind)
    signature = key.sign_by_program(TAG)
    assert judge(repo, policy(ann=key.public), TAG + signature).verified
    if kind == "ed25519":
        assert key.sign(TAG) == signature
    else:
        assert judge(repo, policy(ann=key.public), key.signed(TAG)).verified


def test_a_tag_that_was_changed_is_bad(repo: Repository, people: People) -> None:
    raw = people["ann"].signed(TAG).replace(b"A tag.", b"B tag.")
    found = judge(repo, policy(ann=people["ann"].public), raw)
    assert (found.signature, found.principal) == ("bad", None)
    assert found.why == "the signature does not match the content"
    assert found.key == people["ann"].fingerprint


def test_a_key_that_is_nobodys_costs_no_process(
    repo: Repository, people: People, started: list[str]
) -> None:
    found = judge(repo, policy(ann=people["ann"].public), people["mallory"].signed(TAG))
    assert (found.signature, found.principal) == ("untrusted", None)
    assert "its key is not in the policy" in found.why
    assert judge(repo, Governing(), people["ann"].signed(TAG)).signature == "untrusted"
    assert started == []


@pytest.mark.parametrize("by", ["public", "fingerprint"])
def test_a_revoked_key_counts_for_nothing(
    by: str, repo: Repository, people: People, started: list[str]
) -> None:
    ann = people["ann"]
    governing = policy(getattr(ann, by), ann=ann.public)
    found = judge(repo, governing, ann.signed(TAG))
    assert (found.signature, found.principal) == ("revoked", None)
    assert started == []


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b"-----END", b"-----ENT", "cut short"),
        (b"SIGNATURE-----\n", b"SIGNATURE-----\nComment: x\n", "text follows it"),
        (b"", b"-----BEGIN SSH SIGNATURE-----\n", "more than one"),
    ],
)
def test_damaged_armor_is_bad(
    before: bytes, after: bytes, why: str, repo: Repository, people: People
) -> None:
    raw = people["ann"].signed(TAG)
    damaged = raw.replace(before, after, 1) if before else raw + after
    found = judge(repo, policy(ann=people["ann"].public), damaged)
    assert (found.signature, found.principal) == ("bad", None)
    assert why in found.why


def test_text_behind_the_signature_is_bad(repo: Repository, people: People) -> None:
    """Git would pass over it, and so call good what nobody signed."""
    raw = people["ann"].signed(TAG) + b"\nVersion: v9.9.9\n"
    assert judge(repo, policy(ann=people["ann"].public), raw).signature == "bad"


def test_armor_with_the_line_ends_of_windows_is_read(repo: Repository, people: People) -> None:
    signature = people["ann"].sign(TAG).replace(b"\n", b"\r\n")
    governing = policy(ann=people["ann"].public)
    assert judge(repo, governing, TAG + signature).verified
    assert not judge(repo, governing, TAG.replace(b"\n", b"\r\n") + signature).verified


def test_a_signature_for_another_purpose_is_bad(repo: Repository, people: People) -> None:
    raw = TAG + people["ann"].sign(TAG, namespace="file")
    found = judge(repo, policy(ann=people["ann"].public), raw)
    assert (found.signature, found.why) == (
        "bad",
        "it was signed for 'file', but a tag must be signed for 'git'",
    )


def test_either_hash_of_a_signature_is_taken(repo: Repository, people: People) -> None:
    raw = TAG + people["ann"].sign(TAG, hashalg="sha256")
    assert judge(repo, policy(ann=people["ann"].public), raw).verified


def test_a_certificate_is_no_key_of_a_policy(
    repo: Repository, people: People, tmp_path: Path, started: list[str]
) -> None:
    """Whom an authority vouches for may change without a change of the policy."""
    key = make_key(tmp_path / "key")
    certificate = certify(people["bob"], key)
    signature = Key(certificate.file, certificate.public).sign(TAG)
    found = judge(repo, policy(ann=key.public, bob=people["bob"].public), TAG + signature)
    assert found.signature == "untrusted"
    assert "certificate" in found.why
    assert started == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, to play a security key")
@pytest.mark.parametrize(("flags", "worth"), [(1, "good"), (5, "good"), (0, "bad"), (4, "bad")])
def test_a_security_key_has_to_be_touched(
    flags: int, worth: str, repo: Repository, tmp_path: Path, people: People
) -> None:
    key = SecurityKey(tmp_path / "security-key")
    raw = TAG + key.sign(TAG, flags=flags)
    found = judge(repo, policy(ann=key.public), raw)
    assert found.signature == worth, found.why


def test_a_signature_put_under_anothers_key_is_bad(repo: Repository, people: People) -> None:
    """The signature's own key decides who it was, and so it has to be the one that signed."""
    mine, theirs = people["mallory"], people["ann"]
    blob = blob_of(mine.sign(TAG))
    key, other = (ssh.parse(it.sign(TAG)).key for it in (mine, theirs))
    raw = TAG + armor(blob.replace(key, other))
    found = judge(repo, policy(ann=theirs.public, mallory=mine.public), raw)
    assert (found.signature, found.principal) == ("bad", None)


# Who it was, where no signature says so


@pytest.mark.parametrize(("signatures", "principal"), [("optional", "ann"), ("required", None)])
def test_an_address_counts_where_signatures_are_optional(
    signatures: Signatures, principal: str | None, repo: Repository, people: People
) -> None:
    governing = policy(signatures=signatures, ann=people["ann"].public)
    for raw in (TAG, people["mallory"].signed(TAG)):
        found = judge(repo, governing, raw)
        assert found.principal == principal
        assert not found.verified
        assert found.shown == "Ann Example <ann@example.com> (unverified)"


def test_who_signs_wrongly_is_nobody(repo: Repository, people: People) -> None:
    governing = policy(people["bob"].public, signatures="optional", ann=people["ann"].public)
    changed = people["ann"].signed(TAG).replace(b"A tag.", b"B tag.")
    assert judge(repo, governing, changed).principal is None
    assert judge(repo, governing, people["bob"].signed(TAG)).principal is None


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"object x\n", b"\xff" * 100, b"-----BEGIN SSH"])
def test_bytes_that_are_no_tag_are_nobodys(raw: bytes, repo: Repository) -> None:
    assert judge(repo, Governing(), raw).signature == "bad"


# Nothing of the repository's settings, or of its folders, has a say


def test_the_repository_has_no_say_in_who_is_trusted(
    repo: Repository, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = tmp_path / "signers"
    signers.write_text(f"ann@example.com {people['mallory'].public}\n")
    for program in ("ssh-keygen", "gpg"):
        planted = repo.path / program
        planted.write_text("#!/bin/sh\nexit 0\n")
        planted.chmod(0o755)
        repo.git("config", "gpg.program", str(planted))
        repo.git("config", "gpg.ssh.program", str(planted))
    repo.git("config", "gpg.ssh.allowedSignersFile", str(signers))
    raw, theirs = (people[name].signed(TAG) for name in ("ann", "mallory"))
    monkeypatch.setenv("PATH", f":.:{os.environ['PATH']}")
    monkeypatch.chdir(repo.path)
    governing = policy(ann=people["ann"].public)
    assert judge(repo, governing, theirs).signature == "untrusted"
    assert judge(repo, governing, raw.replace(b"A tag.", b"B tag.")).signature == "bad"
    assert judge(repo, governing, raw).verified


def test_without_ssh_keygen_nothing_is_called_good_or_bad(
    repo: Repository, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = people["ann"].signed(TAG)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="ssh-keygen is not installed") as caught:
        judge(repo, policy(ann=people["ann"].public), raw)
    assert caught.value.hint == "install OpenSSH 8.2 or newer, and add it to PATH"
    assert judge(repo, policy(ann=people["ann"].public), TAG).signature == "unsigned"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exec sleep 600", "ssh-keygen took more than 0.2 seconds"),
        ("echo 'no idea' >&2; exit 3", "ssh-keygen cannot verify it: no idea"),
        ("exit 4", "ssh-keygen cannot verify it: exit code 4"),
    ],
)
def test_a_program_that_fails_makes_nothing_good(
    script: str,
    why: str,
    repo: Repository,
    people: People,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = people["ann"].signed(TAG)
    program = tmp_path / "ssh-keygen"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(verification, "SECONDS", 0.2 if "sleep" in script else verification.SECONDS)
    found = judge(repo, policy(ann=people["ann"].public), raw)
    assert (found.signature, found.why) == ("bad", why)


# What is kept on disk


def test_a_signature_is_verified_once(repo: Repository, people: People, started: list[str]) -> None:
    governing = policy(ann=people["ann"].public)
    raw = people["ann"].signed(TAG)
    assert [judge(repo, governing, raw).verified for _ in range(3)] == [True] * 3
    assert started == ["ssh-keygen"]


def test_what_is_kept_may_be_lost_or_damaged(
    repo: Repository, people: People, started: list[str]
) -> None:
    governing = policy(ann=people["ann"].public)
    raw = people["ann"].signed(TAG)
    judge(repo, governing, raw)
    kept = repo.path / ".git" / "mreg" / "verified"
    kept.write_bytes(b"\xff\0" + kept.read_bytes()[:-10])  # as if killed while writing
    assert judge(repo, governing, raw).verified
    assert judge(repo, governing, raw).verified
    kept.unlink()
    kept.mkdir()  # nor can it be written
    assert judge(repo, governing, raw).verified
    assert started == ["ssh-keygen"] * 3


def test_what_is_kept_says_nothing_of_whose_a_key_is(repo: Repository, people: People) -> None:
    ann = people["ann"]
    raw = ann.signed(TAG)
    assert judge(repo, policy(ann=ann.public), raw).verified
    assert judge(repo, policy(ann.public, ann=ann.public), raw).signature == "revoked"
    assert judge(repo, policy(ann=people["bob"].public), raw).signature == "untrusted"
    assert judge(repo, policy(carl=ann.public), raw).principal == "carl"


def test_what_is_bad_is_not_kept_as_good(
    repo: Repository, people: People, started: list[str]
) -> None:
    governing = policy(ann=people["ann"].public)
    changed = people["ann"].signed(TAG).replace(b"A tag.", b"B tag.")
    assert [judge(repo, governing, changed).signature for _ in range(2)] == ["bad"] * 2
    assert started == ["ssh-keygen"] * 2


# OpenPGP


@pytest.fixture
def key(gnupg: Gnupg, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return an OpenPGP key that gpg knows; it is gone afterwards."""
    monkeypatch.setenv("GNUPGHOME", str(gnupg.home))
    made = gnupg.make("Ann Example <ann@example.com>")
    yield made
    gnupg.forget(made)


def test_an_openpgp_signature_names_its_principal(repo: Repository, gnupg: Gnupg, key: str) -> None:
    raw = TAG + gnupg.sign(TAG, key)
    found = judge(repo, policy(ann=key), raw)
    assert (found.signature, found.principal, found.key) == ("good", "ann", key)
    assert judge(repo, policy(bob="0" * 40), raw).signature == "untrusted"
    assert judge(repo, policy(key, ann=key), raw).signature == "revoked"


def test_a_subkey_signs_for_its_primary_key(repo: Repository, gnupg: Gnupg, key: str) -> None:
    raw = TAG + gnupg.sign(TAG, gnupg.add_subkey(key))
    found = judge(repo, policy(ann=key), raw)
    assert (found.signature, found.key) == ("good", key)


def test_a_tag_that_was_changed_has_a_bad_openpgp_signature(
    repo: Repository, gnupg: Gnupg, key: str
) -> None:
    raw = (TAG + gnupg.sign(TAG, key)).replace(b"A tag.", b"B tag.")
    found = judge(repo, policy(ann=key), raw)
    assert (found.signature, found.why) == ("bad", "the signature does not match the content")


@pytest.mark.parametrize(
    ("armored", "why"),
    [
        (b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n", "cut short"),
        (b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n", "OpenPGP"),
        (b"-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----\nmore\n", "text follows it"),
    ],
)
def test_what_is_no_openpgp_signature_is_bad(
    armored: bytes, why: str, repo: Repository, key: str
) -> None:
    found = judge(repo, policy(ann=key), TAG + armored)
    assert found.signature == "bad"
    assert why in found.why


def test_an_outdated_hash_is_bad(repo: Repository, gnupg: Gnupg, key: str) -> None:
    signature = gnupg.sign(TAG, key, "--digest-algo=SHA1", "--allow-weak-digest-algos")
    found = judge(repo, policy(ann=key), TAG + signature)
    assert (found.signature, found.why) == ("bad", "it was made with SHA-1, which can be forged")


def test_a_key_that_its_owner_revoked_is_bad(repo: Repository, gnupg: Gnupg, key: str) -> None:
    raw = TAG + gnupg.sign(TAG, key)
    assert judge(repo, policy(ann=key), raw).verified
    gnupg.revoke(key)
    found = judge(repo, policy(ann=key), raw)
    assert (found.signature, found.principal) == ("bad", None)
    assert "revoked" in found.why


def test_a_key_that_has_expired_is_bad(repo: Repository, gnupg: Gnupg, key: str) -> None:
    past = ("--faked-system-time=20200101T000000!",)
    old = gnupg.make("Old Ann <old@example.com>", *past, expires="2020-02-01")
    found = judge(repo, policy(ann=old), TAG + gnupg.sign(TAG, old, *past))
    assert (found.signature, found.why) == ("bad", "the key that made it has expired")


def test_a_key_that_gpg_lacks_is_not_trusted(
    repo: Repository, gnupg: Gnupg, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = TAG + gnupg.sign(TAG, key)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path))
    tmp_path.chmod(0o700)
    found = judge(repo, policy(ann=key), raw)
    assert (found.signature, found.key) == ("untrusted", key)
    assert "gpg does not have the key" in found.why


def test_without_an_openpgp_key_in_the_policy_gpg_is_not_asked(
    repo: Repository, people: People, started: list[str]
) -> None:
    raw = TAG + b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"
    found = judge(repo, policy(ann=people["ann"].public), raw)
    assert (found.signature, started) == ("untrusted", [])


def test_an_x509_signature_is_nobodys(repo: Repository, people: People) -> None:
    raw = TAG + b"-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n"
    found = judge(repo, policy(ann=people["ann"].public), raw)
    assert found.signature == "untrusted"
    assert "X.509" in found.why
