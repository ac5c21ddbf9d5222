"""Signatures as their bytes say them: what is odd is refused in words, and raises nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures_of_policy import People
from keys import armor, armored, blob_of, string
from mreg.policy import keyring
from mreg.policy.keyring import Keyring
from mreg.policy.model import Principal, Settings
from mreg.signatures import openpgp, ssh
from mreg.signatures.ssh import Malformed

TAG = b"object %b\ntype commit\ntag churn@v1.0.0\ntagger A <a@b.c> 1 +0000\n\nA tag.\n" % (
    b"0" * 40
)
_FIELDS = string(b"git") + string(b"") + string(b"sha512")
_KEY = string(b"ssh-ed25519") + string(b"k" * 32)
_SIGNATURE = string(b"ssh-ed25519") + string(b"s" * 64)
GOOD = armored(_KEY, _FIELDS, _SIGNATURE)


def test_what_ssh_keygen_makes_is_read(people: People) -> None:
    signature = ssh.parse(people["ann"].sign(b"some bytes"))
    assert signature.kind == "ssh-ed25519"
    assert signature.public == people["ann"].public
    assert signature.fingerprint == people["ann"].fingerprint
    assert not signature.certified


def test_the_armor_that_is_verified_is_the_one_that_was_read(people: People) -> None:
    made = people["ann"].sign(b"some bytes")
    assert ssh.parse(made).armor.encode() == made
    assert ssh.parse(made.replace(b"\n", b"\r\n")).armor.encode() == made


@pytest.mark.parametrize(
    ("armored_signature", "why"),
    [
        (GOOD[:-10], "cut short"),
        (GOOD + b"and this\n", "text behind it"),
        (GOOD + GOOD, "text behind it"),
        (GOOD.replace(b"\n", b"\nVersion: 1\n", 1), "text behind it"),
        (GOOD.replace(b"U1NI", b"U1N="), "base64"),
        (armor(blob_of(GOOD)[:-5]), "cut short"),
        (armor(blob_of(GOOD) + b"x"), "bytes behind"),
        (armor(b""), "text behind it"),
        (armor(b"SSHSIG"), "cut short"),
        (armor(b"SSHSIH" + blob_of(GOOD)[6:]), "version 1"),
        (armored(_KEY, _FIELDS, _SIGNATURE, version=2), "version 1"),
        (armored(_KEY, string(b"file") + _FIELDS[7:], _SIGNATURE), "as 'file'"),
        (armored(_KEY, string(b"") + _FIELDS[7:], _SIGNATURE), "as ''"),
        (armored(_KEY, string(b"git\0") + _FIELDS[7:], _SIGNATURE), "signed as"),
        (armored(_KEY, string(b"git") + string(b"x") + string(b"sha512"), _SIGNATURE), "form"),
        (armored(_KEY, string(b"git") + string(b"") + string(b"md5"), _SIGNATURE), "form"),
        (armored(_KEY, _FIELDS, string(b"ssh-rsa") + string(b"s")), "kind 'ssh-rsa'"),
        (armored(_KEY, _FIELDS, _SIGNATURE + b"\1"), "bytes behind"),
        (armored(b"", _FIELDS, _SIGNATURE), "cut short"),
        (armored(string(b"ssh-rsa"), _FIELDS, string(b"ssh-rsa") + string(b"s")), "'ssh-rsa'"),
    ],
)
def test_what_is_odd_about_a_signature_is_said(armored_signature: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        ssh.parse(armored_signature)


@given(st.binary() | st.binary().map(armor) | st.binary().map(lambda it: armor(b"SSHSIG" + it)))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        ssh.parse(raw)


@given(st.integers(0, len(blob_of(GOOD)) - 1), st.integers(0, 255))
def test_a_signature_with_another_byte_is_read_or_refused(place: int, byte: int) -> None:
    blob = bytearray(blob_of(GOOD))
    blob[place] = byte
    try:
        found = ssh.parse(armor(bytes(blob)))
    except Malformed:
        return
    assert found.blob == blob


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
        (TAG + b"-----BEGIN PGP MESSAGE-----\n", "as Git signs"),
        (TAG.replace(b"\n\n", b"\n") + GOOD, "as Git signs"),
        (GOOD, "as Git signs"),
        (TAG + GOOD + b"\n" * keyring.LARGEST, "too large"),
    ],
)
def test_a_tag_that_git_would_not_have_signed_so_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        keyring.split(raw)


# What gpg says

_VALID = "VALIDSIG FPR 2026-01-01 1 0 4 0 22 {} 00 PRIMARY"


def status(*lines: str) -> openpgp.Verified:
    return openpgp.parse_status("".join(f"[GNUPG:] {it}\n" for it in lines).encode())


def test_a_good_signature_is_that_of_the_primary_key() -> None:
    assert status("NEWSIG", "GOODSIG X Ann", _VALID.format(8)) == ("PRIMARY", "", False)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "cannot check"),
        (("NEWSIG", "GOODSIG X Ann"), "cannot check"),
        (("NEWSIG", _VALID.format(8)), "cannot check"),
        (("NEWSIG", "BADSIG X Ann"), "not that of these bytes"),
        (("NEWSIG", "EXPKEYSIG X Ann", _VALID.format(8)), "key that made it has expired"),
        (("NEWSIG", "REVKEYSIG X Ann", _VALID.format(8)), "revoked"),
        (("NEWSIG", "EXPSIG X Ann", _VALID.format(8)), "signature has expired"),
        (("NODATA 4",), "no OpenPGP signature"),
        (("NEWSIG", "GOODSIG X Ann", _VALID.format(2)), "SHA-1"),
        (("NEWSIG", "GOODSIG X A", _VALID.format(8), "NEWSIG", "BADSIG X B"), "more than one"),
        (("NEWSIG", "GOODSIG X A", _VALID.format(8), "GOODSIG Y B", _VALID.format(8)), "more"),
    ],
)
def test_what_gpg_does_not_call_good_alone_is_not_good(lines: tuple[str, ...], why: str) -> None:
    found = status(*lines)
    assert why in found.why
    assert not found.unknown


def test_a_key_that_gpg_lacks_is_told_apart() -> None:
    found = status("NEWSIG", "ERRSIG 0123 22 8 00 1 9 -", "NO_PUBKEY 0123")
    assert (found.key, found.unknown) == ("0123", True)


def test_what_gpg_says_elsewhere_is_no_status() -> None:
    noise = b"gpg: [GNUPG:] GOODSIG X Ann\n [GNUPG:] VALIDSIG F\n"
    assert "cannot check" in openpgp.parse_status(noise).why
