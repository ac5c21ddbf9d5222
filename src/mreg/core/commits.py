"""What a commit says of itself."""

from __future__ import annotations

from datetime import datetime

from mreg.tuples import NamedTuple


class Committed(NamedTuple):
    """What a commit says of itself.

    Attributes:
        commit: its id.
        author: who wrote it.
        author_email: that person's e-mail address.
        date: when it was written.
        subject: the first line of its message.
    """

    commit: str
    author: str
    author_email: str
    date: datetime
    subject: str
