"""What gpg says of a signature."""

from __future__ import annotations

import pytest

from mreg.signatures import openpgp

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
        (("NEWSIG", "BADSIG X Ann"), "does not match the content"),
        (("NEWSIG", "EXPKEYSIG X Ann", _VALID.format(8)), "key that made it has expired"),
        (("NEWSIG", "REVKEYSIG X Ann", _VALID.format(8)), "revoked"),
        (("NEWSIG", "EXPSIG X Ann", _VALID.format(8)), "signature has expired"),
        (("NODATA 4",), "not an OpenPGP signature"),
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
