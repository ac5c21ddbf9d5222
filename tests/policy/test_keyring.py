"""Whose a key is, and where in a tag a signature begins."""

from __future__ import annotations

import pytest

from fixtures_of_policy import People
from keys import armor
from mreg.policy import keyring
from mreg.policy.keyring import Keyring
from mreg.policy.model import Principal, Settings
from mreg.signatures.ssh import Malformed

TAG = b"object %b\ntype commit\ntag churn@v1.0.0\ntagger A <a@b.c> 1 +0000\n\nA tag.\n" % (
    b"0" * 40
)
GOOD = armor(b"a signature")


@pytest.mark.parametrize(
    "form", ["ssh-ed25519 {}", "ssh-ed25519\t{} ann@laptop", " ssh-ed25519 {}\n"]
)
def test_a_public_key_has_the_fingerprint_of_ssh_keygen(form: str, people: People) -> None:
    text = form.format(people["ann"].public.split(" ")[1])
    assert keyring.fingerprint(text) == people["ann"].fingerprint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 ????",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
        "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t",
        "SHA256:short",
        "0123456789ABCDEF",
        "ann@example.com",
    ],
)
def test_what_is_no_key_has_no_fingerprint(text: str) -> None:
    assert keyring.fingerprint(text) is None


def test_the_fingerprints_of_openpgp_keys_are_taken_as_people_write_them() -> None:
    wanted = "0123456789ABCDEF0123456789ABCDEF01234567"
    spaced = "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"
    assert {keyring.fingerprint(it) for it in (wanted, wanted.lower(), spaced, f"0x{wanted}")} == {
        wanted
    }


def test_a_key_that_two_claim_is_the_first_ones(people: People) -> None:
    key = people["ann"].public
    known = {name: Principal(name, keys=(key,)) for name in ("ann", "bob")}
    assert Keyring.of(Settings(principals=known)).owners == {people["ann"].fingerprint: "ann"}


# Where a signature begins


def test_a_tag_is_split_as_git_splits_it() -> None:
    assert keyring.split(TAG) is None
    assert keyring.split(TAG + GOOD) == ("ssh", TAG, GOOD)


def test_the_signature_over_the_other_kind_of_ids_is_not_signed() -> None:
    header = b"gpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n -----END SSH SIGNATURE-----\n"
    with_header = TAG.replace(b"\n\n", b"\n" + header + b"\n", 1)
    assert keyring.split(with_header + GOOD) == ("ssh", TAG, GOOD)
    sha256 = with_header.replace(b"gpgsig", b"gpgsig-sha256")
    assert keyring.split(sha256 + GOOD) == ("ssh", TAG, GOOD)


def test_a_line_of_the_message_that_looks_like_a_header_is_signed() -> None:
    raw = TAG + b"gpgsig me\n more\n"
    assert keyring.split(raw + GOOD) == ("ssh", raw, GOOD)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (TAG + GOOD + GOOD, "more than one"),
        (TAG + GOOD + b"-----BEGIN PGP SIGNATURE-----\n", "more than one"),
        (TAG + b"-----BEGIN PGP MESSAGE-----\n", "in Git's format"),
        (TAG.replace(b"\n\n", b"\n") + GOOD, "in Git's format"),
        (GOOD, "in Git's format"),
        (TAG + GOOD + b"\n" * keyring.LARGEST, "too large"),
    ],
)
def test_a_tag_that_git_would_not_have_signed_so_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        keyring.split(raw)
