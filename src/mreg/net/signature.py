"""The headers of a post to a webhook: by them a receiver knows that it is genuine, fresh and new.

The signature is HMAC-SHA256 (RFC 2104) over the time in seconds since 1970, a full stop, and the
exact bytes of the body: a body that is replayed later is given away by its time. The idempotency
key (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) is the id of the
tag object, the same if it is posted twice. docs/watch.md shows how a receiver verifies them.
"""

from __future__ import annotations

import hmac

SIGNATURE = "X-Mreg-Signature-256"
TIMESTAMP = "X-Mreg-Timestamp"
KEY = "Idempotency-Key"

OLDEST = 300
"""How many seconds a post may have been under way, or the sender's clock be off."""


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the signature of a body that is sent at a time, in seconds since 1970."""
    return f"sha256={hmac.digest(secret, b'%d.' % timestamp + body, 'sha256').hex()}"


def is_right(given: str, secret: bytes, timestamp: str, body: bytes) -> bool:
    """Tell whether a signature is right for a body and its time, however long ago that was."""
    wanted = sign(secret, int(timestamp), body) if _is_time(timestamp) else ""
    return is_same(given, wanted.encode()) and bool(wanted)


def is_same(given: str, wanted: bytes) -> bool:
    """Tell whether a header is as wanted; how long that takes gives nothing away."""
    return hmac.compare_digest(given.encode("latin-1", "replace"), wanted)


def is_fresh(timestamp: str, now: int) -> bool:
    """Tell whether a time of sending, in seconds since 1970, is recent."""
    return _is_time(timestamp) and abs(now - int(timestamp)) <= OLDEST


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


_MOST_DIGITS = 12


def headers(body: bytes, *, key: str, timestamp: int, secret: bytes = b"") -> dict[str, str]:
    """Return the headers of one post; without a secret it is not signed.

    `key` is the id of the tag object; `timestamp` the time, in seconds since 1970.
    """
    found = {"Content-Type": "application/json", KEY: key, TIMESTAMP: str(timestamp)}
    return found | ({SIGNATURE: sign(secret, timestamp, body)} if secret else {})
