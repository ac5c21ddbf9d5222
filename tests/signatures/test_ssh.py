"""Signatures as their bytes say them: what is odd is refused in words, and raises nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures_of_policy import People
from keys import armor, armored, blob_of, string
from mreg.signatures import ssh
from mreg.signatures.ssh import Malformed

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
        (GOOD + b"and this\n", "text follows it"),
        (GOOD + GOOD, "text follows it"),
        (GOOD.replace(b"\n", b"\nVersion: 1\n", 1), "text follows it"),
        (GOOD.replace(b"U1NI", b"U1N="), "base64"),
        (armor(blob_of(GOOD)[:-5]), "cut short"),
        (armor(blob_of(GOOD) + b"x"), "bytes follow"),
        (armor(b""), "text follows it"),
        (armor(b"SSHSIG"), "cut short"),
        (armor(b"SSHSIH" + blob_of(GOOD)[6:]), "version 1"),
        (armored(_KEY, _FIELDS, _SIGNATURE, version=2), "version 1"),
        (armored(_KEY, string(b"file") + _FIELDS[7:], _SIGNATURE), "for 'file'"),
        (armored(_KEY, string(b"") + _FIELDS[7:], _SIGNATURE), "for ''"),
        (armored(_KEY, string(b"git\0") + _FIELDS[7:], _SIGNATURE), "signed for"),
        (armored(_KEY, string(b"git") + string(b"x") + string(b"sha512"), _SIGNATURE), "form"),
        (armored(_KEY, string(b"git") + string(b"") + string(b"md5"), _SIGNATURE), "form"),
        (armored(_KEY, _FIELDS, string(b"ssh-rsa") + string(b"s")), "kind 'ssh-rsa'"),
        (armored(_KEY, _FIELDS, _SIGNATURE + b"\1"), "bytes follow"),
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
