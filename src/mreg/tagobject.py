"""The annotated tag object: its bytes read, and a message written.

Source of the format: `git help mktag` and Documentation/gitformat-signature in Git; trailers as
in `git help interpret-trailers`. Nothing here knows what a registry is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# The tagger line is optional: Git wrote tags without one until 2005, and other tools still do.
_HEADERS = re.compile(
    rb"""
    object \x20 (?P<target> [0-9a-f]{40} | [0-9a-f]{64} ) \n
    type   \x20 (?P<type> commit | tag | tree | blob ) \n
    tag    \x20 (?P<name> [^\n]* ) \n
    (?:
        tagger \x20 (?P<tagger> [^\n]* ) \x20
        (?P<time> -?[0-9]{1,20} ) \x20 (?P<zone> [+-][0-9]{4} ) \n
    )?
    (?: [^\n]+ \n )*+
    (?: \n | \Z )
    """,
    re.VERBOSE,
)
_WHO = re.compile(rb"(?P<name> [^<]* ) < (?P<email> [^>]* ) >?", re.VERBOSE)
_SIGNATURE = re.compile(rb"^-----BEGIN (?:PGP |SSH |SIGNED )(?:SIGNATURE|MESSAGE)-----", re.M)
_TRAILERS_ONLY = re.compile(
    rb"(?: [A-Za-z][A-Za-z0-9-]*+ :[ ] [^\n]*+ (?: \n | \Z ) )++", re.VERBOSE
)
_TRAILER = re.compile(r"(?P<key> [A-Za-z][A-Za-z0-9-]* ) : [ ] (?P<value> .* )", re.VERBOSE)


class Unreadable(ValueError):
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
        Unreadable: they do not begin with the headers of a tag object.
    """
    headers = _HEADERS.match(raw)
    if headers is None:
        raise Unreadable("it does not begin with the headers of a tag object")
    target, kind, name, tagger, time, zone = headers.groups()
    text = raw[headers.end() :]
    if tagger is None:
        return TagObject(target, kind, name, None, 0, b"", text)
    return TagObject(target, kind, name, tagger, int(time), zone, text)


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
        trailers: the values of the last paragraph, if that is made of trailers, by key.
    """

    subject: str
    body: str
    trailers: dict[str, str]


def message(text: bytes) -> Message:
    """Read the message out of a tag's text; a signature behind it is left out."""
    content, trailers = _split(text)
    subject, _, body = decode(content).replace("\r\n", "\n").strip().partition("\n")
    found = [_TRAILER.fullmatch(line) for line in decode(trailers).splitlines()]
    return Message(
        subject, body.strip(), {match["key"]: match["value"].strip() for match in found if match}
    )


def trailer(text: bytes, key: bytes) -> str | None:
    """Return the value of one trailer of a tag's text; None where there is none.

    The same as looking it up in what `message` returns, but quick: it runs for most tags of a
    registry.
    """
    start = b"\n" + key + b": "
    if start not in text:
        return None
    trailers = b"\n" + _split(text)[1]
    at = trailers.rfind(start)
    return None if at < 0 else decode(trailers[at + len(start) :].partition(b"\n")[0]).strip()


def _split(text: bytes) -> tuple[bytes, bytes]:
    """Split a tag's text into what comes before its trailers and the trailers.

    Trailers are the last paragraph, if it is not the first and all its lines are trailers.
    """
    if b"-----BEGIN " in text and (signature := _SIGNATURE.search(text)):
        text = text[: signature.start()]
    text = text.strip()
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    head, _, last = text.rpartition(b"\n\n")
    return (head, last) if head and _TRAILERS_ONLY.fullmatch(last) else (text, b"")


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
