"""The annotated tag object: its bytes read, and a message written.

Source of the format: `git help mktag` and Documentation/gitformat-signature in Git; trailers as
in `git help interpret-trailers`. Nothing here knows what a registry is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mreg.tuples import NamedTuple

# The tagger may be missing: Git wrote tags without one until 2005, and other tools still do. One
# that cannot be read counts as missing. Quantifiers are possessive, so that no bytes, however
# hostile, take more than linear time; this and `_TRAILERS` run for every tag of a registry. A
# group is repeated in an atomic group, (?> (?: ... )* ): a possessive quantifier after a group
# matches too much up to Python 3.11.4, and Debian 12 has 3.11.2
# (https://github.com/python/cpython/issues/106052).
_HEADERS = re.compile(
    rb"""
    object \x20 (?P<target> [0-9a-f]{40} | [0-9a-f]{64} ) \n
    type   \x20 (?P<type> commit | tag | tree | blob ) \n
    tag    \x20 (?P<name> [^\n]*+ ) \n
    (?> (?:
        tagger \x20 (?P<tagger> [^\n>]*+ >?+ ) \x20
        (?P<time> -?+ [0-9]{1,20} ) \x20 (?P<zone> [+-] [0-9]{4} ) \n
    )? )
    (?> (?: [^\n]++ \n )* )
    (?: \n | \Z )
    """,
    re.VERBOSE,
)
_WHO = re.compile(rb"(?P<name> [^<]* ) < (?P<email> [^>]* ) >?", re.VERBOSE)
_SIGNATURE = re.compile(rb"^-----BEGIN (?:PGP |SSH |SIGNED )(?:SIGNATURE|MESSAGE)-----", re.M)
_LINE = rb"(?: \n [A-Za-z][A-Za-z0-9-]*+ :[ ] [^\n]*+ )"
_TRAILERS = re.compile(rb"(?> %b+ )" % _LINE, re.VERBOSE)


MARK = b"\x01"
"""What stands before each tag object where many are read at once; hardly a text holds it."""

LARGEST = 1 << 20
"""How many bytes a tag object may have. Each is read whenever anything is asked, and none is ever
removed; those that mreg makes have a few hundred, and what somebody wrote."""


class MalformedTag(ValueError):
    """The bytes are no tag object."""


class TagObject(NamedTuple):
    """An annotated tag, split into its parts.

    Attributes:
        target: the object id that it points to.
        target_type: b"commit", b"tag", b"tree" or b"blob".
        name: what the object calls itself; the ref may say otherwise.
        tagger: "Name <email>", undecoded; None where the tag has no readable tagger line.
        time: seconds since 1970; 0 where there is no tagger.
        zone: the tagger's offset from UTC as it is written, such as b"+0100".
        text: the message and the signature, undecoded.
    """

    target: bytes
    target_type: bytes
    name: bytes
    tagger: bytes | None
    time: int
    zone: bytes
    text: bytes


def parse(raw: bytes) -> TagObject:
    """Split a tag object's bytes.

    Raises:
        MalformedTag: they do not begin with the headers of a tag object.
    """
    headers = _HEADERS.match(raw)
    if headers is None:
        raise MalformedTag("it does not begin with the headers of a tag object")
    target, kind, name, tagger, time, zone = headers.groups()
    return TagObject(target, kind, name, tagger, int(time or 0), zone or b"", raw[headers.end() :])


class Identity(NamedTuple):
    """Who made a tag, as the tag claims."""

    name: str
    email: str


def identity(tagger: bytes) -> Identity:
    """Split "Name <email>"; bytes that are not UTF-8 become U+FFFD."""
    found = _WHO.match(tagger)
    if found is None:
        return Identity(decode(tagger).strip(), "")
    return Identity(decode(found["name"]).strip(), decode(found["email"]).strip())


def decode(raw: bytes) -> str:
    """Decode bytes that should be UTF-8; what is not becomes U+FFFD."""
    return raw.decode("utf-8", "replace")


class Message(NamedTuple):
    """A tag's message.

    Attributes:
        subject: its first line.
        body: what stands between the subject and the trailers; may be empty.
        trailers: the values of the last paragraph, if that is made of trailers, by key; the
            first where a key stands twice.
    """

    subject: str
    body: str
    trailers: dict[str, str]


def message(text: bytes) -> Message:
    """Read the message out of a tag's text; a signature behind it is left out."""
    content, trailers = split(text)
    subject, _, body = decode(content).partition("\n")
    found: dict[str, str] = {}
    for line in decode(trailers).split("\n") if trailers else ():
        key, _, value = line.partition(": ")
        found.setdefault(key, value.strip())
    return Message(subject, body.strip(), found)


def trailer(text: bytes, key: bytes) -> str | None:
    """Return the value of one trailer of a tag's text; None where there is none.

    The same as looking it up in what `message` returns, but quick.
    """
    if key not in text:
        return None
    text = _without_signature(text)
    found = _trailer(key).fullmatch(text, text.rfind(b"\n\n") + 1)
    return decode(found[1]).strip() if found else None


@lru_cache(maxsize=8)
def _trailer(key: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a last paragraph, with its line feed, that holds the trailer `key`."""
    name = re.escape(key)
    return re.compile(
        rb"(?> (?: (?! \n %b: ) %b )* ) \n %b:[ ] ([^\n]*+) (?> %b* )" % (name, _LINE, name, _LINE),
        re.X,
    )


def split(text: bytes) -> tuple[bytes, bytes]:
    """Split a tag's text into what comes before its trailers, and the trailers.

    Trailers are the last paragraph, if it is not the first and all its lines are trailers. A
    signature behind them is left out.
    """
    text = _without_signature(text)
    start = text.rfind(b"\n\n")
    if start > 0 and _TRAILERS.fullmatch(text, start + 1):
        return text[:start].rstrip(), text[start + 2 :]
    return text, b""


def _without_signature(text: bytes) -> bytes:
    """Return the message alone, its lines ended by line feeds and no blank ones around them."""
    if b"-----BEGIN " in text and (signature := _SIGNATURE.search(text)):
        text = text[: signature.start()]
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    return text.strip()


def looks_signed(text: str) -> bool:
    """Tell whether a line of a text looks like the first of a signature, which ends a message."""
    return _SIGNATURE.search(text.encode("utf-8", "replace")) is not None


def compose(subject: str, body: str, trailers: dict[str, str]) -> str:
    """Return the message made of the parts; `message` takes it apart again.

    A body whose last paragraph looks like trailers does not mix with them: they stand in a
    paragraph of their own, the last.
    """
    parts = [
        subject,
        body.replace("\r\n", "\n").strip(),
        "\n".join(map(": ".join, trailers.items())),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
