"""Who the user is to whoever reads what is recorded, and where that goes."""

from __future__ import annotations

from typing import NamedTuple

from mreg.git import remote, signature
from mreg.git.repository import Repository
from mreg.governance import settings
from mreg.governance.trust import Trust
from mreg.registry import record
from mreg.store import write


class Actor(NamedTuple):
    """Who the user is, and where what is recorded goes.

    Attributes:
        name: the name, as Git has it.
        email: the e-mail address, likewise.
        principal: as whom the policy knows the user; None where it knows no such person.
        signs: whether what is recorded is signed.
        key: the key for that: its fingerprint, where the policy names it, else how Git's settings
            name it; empty where an agent or gpg chooses.
        publishes_to: the remote to which it goes at once; empty where it is recorded here alone.
        remote: whether there is a remote to which it can go at all.
    """

    name: str
    email: str
    principal: str | None
    signs: bool
    key: str
    publishes_to: str
    remote: bool


def of(repo: Repository) -> Actor:
    """Return who the user is: see `Registry.identity`."""
    who = write.tagger(repo).who
    governing = settings.governing(repo)
    found = Trust(repo, governing).presumed(who)
    signs = signature.is_wanted(repo) or governing.settings.signatures == "required"
    peer = record.target(repo, None, None)
    return Actor(
        found.name,
        found.email,
        found.principal,
        signs,
        (found.key or signature.public_key(repo)) if signs else "",
        peer.name if peer else "",
        bool(repo.mirror or remote.settings(repo).remotes),
    )
