"""The headers of a post to a webhook: by them a receiver knows that it is genuine, fresh and new.

The signature is HMAC-SHA256 (RFC 2104) over the time in seconds since 1970, a full stop, and the
exact bytes of the body: a body that is replayed later is given away by its time. The idempotency
key (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) is the id of the
tag object, the same if it is posted twice. docs/how-to/watch.md shows how a receiver verifies them.

A secret of the form `whsec_...`, a key in Base64, signs by https://www.standardwebhooks.com/ as
well: HMAC-SHA256 over id, time and body, with a full stop between each.
"""

from __future__ import annotations

import base64
import binascii
import hmac

from mreg.errors import UsageError

SIGNATURE = "X-Mreg-Signature-256"
TIMESTAMP = "X-Mreg-Timestamp"
KEY = "Idempotency-Key"

STANDARD_ID = "webhook-id"
STANDARD_TIMESTAMP = "webhook-timestamp"
STANDARD_SIGNATURE = "webhook-signature"
_STANDARD_SECRET = b"whsec_"
_MOST_SIGNATURES = 16

OLDEST = 300
"""How many seconds a post may have been under way, or the sender's clock be off."""


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the signature of a body that is sent at a time, in seconds since 1970."""
    return f"sha256={hmac.digest(secret, b'%d.' % timestamp + body, 'sha256').hex()}"


def is_right(given: str, secret: bytes, timestamp: str, body: bytes) -> bool:
    """Tell whether a signature is right for a body and its time, however long ago that was."""
    wanted = sign(secret, int(timestamp), body) if _is_time(timestamp) else ""
    return is_same(given, wanted.encode()) and bool(wanted)


def standard_key(secret: bytes) -> bytes:
    """Return the key of a secret `whsec_...`; nothing of a secret that is of another form.

    Raises:
        UsageError: what stands behind `whsec_` is no key in Base64.
    """
    if not secret.startswith(_STANDARD_SECRET):
        return b""
    try:
        key = base64.b64decode(secret.removeprefix(_STANDARD_SECRET), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise UsageError(
            "the secret begins with whsec_, but the rest is not a key in Base64",
            hint='make one with `echo "whsec_$(openssl rand -base64 32)"`',
        )
    return key


def sign_standard(key: bytes, name: str, timestamp: str, body: bytes) -> str:
    """Return the signature by Standard Webhooks of a post with an id and a time, both as sent."""
    said = f"{name}.{timestamp}.".encode("latin-1", "replace") + body
    return f"v1,{base64.b64encode(hmac.digest(key, said, 'sha256')).decode()}"


def is_right_standard(given: str, secret: bytes, name: str, timestamp: str, body: bytes) -> bool:
    """Tell whether one of some signatures, separated by spaces, is right by Standard Webhooks.

    With a secret that is not of the form `whsec_...`, none is.
    """
    try:
        key = standard_key(secret)
    except UsageError:
        return False
    wanted = sign_standard(key, name, timestamp, body).encode()
    return bool(key) and any(is_same(it, wanted) for it in given.split(" ")[:_MOST_SIGNATURES])


def is_same(given: str, wanted: bytes) -> bool:
    """Tell whether a header is as wanted; how long that takes gives nothing away."""
    return hmac.compare_digest(given.encode("latin-1", "replace"), wanted)


def is_fresh(timestamp: str, now: int) -> bool:
    """Tell whether a time of sending, in seconds since 1970, is recent."""
    return _is_time(timestamp) and abs(now - int(timestamp)) <= OLDEST


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


_MOST_DIGITS = 12


def headers(
    body: bytes, *, key: str, timestamp: int, secret: bytes = b"", kind: str = "application/json"
) -> dict[str, str]:
    """Return the headers of one post; without a secret it is not signed.

    `key` is the id of the tag object; `timestamp` the time, in seconds since 1970; `kind` the
    media type of the body.

    Raises:
        UsageError: as for `standard_key`.
    """
    found = {"Content-Type": kind, KEY: key, TIMESTAMP: str(timestamp)}
    if secret:
        found[SIGNATURE] = sign(secret, timestamp, body)
    if standard := standard_key(secret):
        found[STANDARD_ID], found[STANDARD_TIMESTAMP] = key, str(timestamp)
        found[STANDARD_SIGNATURE] = sign_standard(standard, key, str(timestamp), body)
    return found
