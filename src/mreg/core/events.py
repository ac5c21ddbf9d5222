"""An event: what one registry tag says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias

from mreg.core import tagobject
from mreg.core.times import moment
from mreg.tuples import NamedTuple

Action: TypeAlias = Literal["register", "deregister", "promote", "demote", "deprecate"]
"""What an event does; `mreg.core.kinds` says how each is written, said and replayed."""

VERSION_TRAILER = "Version"
REGISTRATION_TRAILER = "Registration"
PREVIOUS_TRAILER = "Previous"
REGISTRY_TRAILER = "Registry"
ROLLBACK_TRAILER = "Rollback"
DIGEST_TRAILER = "Digest"
IMPORT_TRAILER = "Imported-From"
NO_PREVIOUS = "none"
TRAILERS = (
    PREVIOUS_TRAILER,
    REGISTRATION_TRAILER,
    REGISTRY_TRAILER,
    ROLLBACK_TRAILER,
    DIGEST_TRAILER,
    IMPORT_TRAILER,
)
"""The trailers that mreg itself may write behind `Version:`."""


class Event(NamedTuple):
    """What one registry tag says: what was done to which artifact, when and by whom.

    The text stays as bytes until it is asked for: a registry has far more events than a question
    shows messages.

    Attributes:
        action: what kind of event it is; `mreg.core.kinds.KINDS` has its row.
        artifact: the artifact's name.
        version: for register and deregister the version in the tag's name; for promote and
            demote that of the `Version:` trailer, None where there is none.
        stage: the stage of a promote or demote; else None.
        number: the tag's `#N`; 0 where it has none.
        tag: the tag's name, without refs/tags/.
        oid: the id of the tag object.
        commit: the id of the commit.
        time: when, in seconds since 1970, as the tagger's clock had it.
        zone: the tagger's offset from UTC, such as "+0100".
        tagger: "Name <email>", undecoded.
        text: the tag's message and signature, undecoded.
    """

    action: Action
    artifact: str
    version: str | None
    stage: str | None
    number: int
    tag: str
    oid: str
    commit: str
    time: int
    zone: str
    tagger: bytes
    text: bytes

    @property
    def created_at(self) -> datetime:
        """When, with the tagger's offset."""
        return moment(self.time, self.zone)

    @property
    def author(self) -> str:
        """The tagger's name, as the tag claims it."""
        return identity(self.tagger).name

    @property
    def author_email(self) -> str:
        """The tagger's e-mail address, as the tag claims it."""
        return identity(self.tagger).email

    @property
    def trailers(self) -> dict[str, str]:
        """The trailers at the end of the message, by key."""
        return tagobject.message(self.text).trailers

    @property
    def previous(self) -> str | None:
        """The id of the event before it, or "none", as it says itself; None if it does not say."""
        return tagobject.trailer(self.text, PREVIOUS_TRAILER.encode())

    @property
    def rolled_back(self) -> str | None:
        """What a rollback takes out: a version, or a bare commit's id; None of anything else."""
        return tagobject.trailer(self.text, _ROLLBACK) if _ROLLBACK in self.text else None

    @property
    def message(self) -> str:
        """What whoever made the event said of it.

        mreg writes the subject itself (and a `Previous:` trailer, by which its tags are known):
        there the message is the body, or the subject if nothing more was said. Elsewhere it is
        the whole text.
        """
        content, trailers = tagobject.split(self.text)
        if PREVIOUS_TRAILER.encode() not in trailers:
            return tagobject.decode(content + b"\n\n" + trailers if trailers else content)
        subject, _, body = tagobject.decode(content).partition("\n")
        return body.strip() or subject


_BETWEEN = b"\x01"
_SIGNED = b"-----BEGIN "

# A message as mreg makes it: a subject, perhaps a line more, and trailers.
_PLAIN = rb"""(?x)
    \x01 ( \S [^\n]*+ ) \n
    (?: \n ( [^\n]++ ) \n )?
    (?: \n [A-Z][A-Za-z-]*+ : \x20 [^\n]*+ (?<= [!-~] ) )*?
    \n Previous: \x20 [0-9a-z]+ \n
    (?> (?: [A-Z][A-Za-z-]*+ : \x20 [^\n]*+ (?<= [!-~] ) \n )* )
    (?= \x01 | \Z )
"""


def messages_of(events: Sequence[Event]) -> list[str]:
    """Return the messages of events, for which they are asked in a fraction of the time."""
    texts = b"".join([_BETWEEN + it.text for it in events])
    found = re.findall(_PLAIN, texts)
    if len(found) == texts.count(_BETWEEN) == len(events) and _SIGNED not in texts:
        lines = tagobject.decode(b"\n".join(map(b"\n".join, found))).split("\n")
        if [*map(str.strip, lines)] == lines:
            return [more or subject for subject, more in zip(*[iter(lines)] * 2, strict=True)]
    return [it.message for it in events]


_ROLLBACK = ROLLBACK_TRAILER.encode()
identity = lru_cache(maxsize=1024)(tagobject.identity)
