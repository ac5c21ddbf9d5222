"""Who Git takes the user for, and what time it is: as settings and environment say it.

What they do not say in so many words is left to Git: who a user without a name is, other forms of
dates, and characters that Git takes out.
Source: `git help commit`, "COMMIT INFORMATION"; ident.c and date.c in Git.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping

from mreg.git import config, process
from mreg.git.config import Setting
from mreg.git.repository import Repository

_CRUD = ".,:;<>\"\\'" + "".join(map(chr, range(33)))
"""What Git takes away from the ends of a name or an address."""

_DATE = r"@?(?P<seconds>[1-9][0-9]{8,9}) (?P<zone>[+-](?:0[0-9]|1[0-4])[0-5][0-9])"

_VAR = ("var", "GIT_COMMITTER_IDENT")


def committer(repo: Repository) -> str:
    """Return what `git var GIT_COMMITTER_IDENT` says: "NAME <EMAIL> SECONDS ZONE".

    Raises:
        Refused: Git knows no name or e-mail address.
        RepositoryError: there is no usable repository.
    """
    if said := stated(config.read(repo), os.environ):
        return said
    done = process.attempt(repo, b"", *_VAR)
    if not done.returncode:
        return done.output.decode("utf-8", "replace").strip()
    if "ident" in done.errors or "tell me who you are" in done.errors:
        raise process.no_identity("tag")
    raise process.failure(repo, _VAR, done.returncode, done.errors)


def stated(settings: Iterable[Setting], environment: Mapping[str, str]) -> str | None:
    """Return the same out of settings and an environment; None where they do not say it plainly."""
    known = {it.key: it.value for it in settings}
    name, email = (
        environment.get(f"GIT_COMMITTER_{it.upper()}", known.get(f"committer.{it}", ours))
        for it in ("name", "email")
        for ours in [known.get(f"user.{it}")]
    )
    if not (name and email and _is_plain(name) and _is_plain(email)):
        return None
    date = environment.get("GIT_COMMITTER_DATE")
    if date is None:
        return f"{name} <{email}> {_now()}"
    found = re.fullmatch(_DATE, date)
    return f"{name} <{email}> {found['seconds']} {found['zone']}" if found else None


def _is_plain(text: str) -> bool:
    """Tell whether Git takes a name or an address as it is."""
    return text.isprintable() and text.strip(_CRUD) == text and "<" not in text and ">" not in text


def _now() -> str:
    now = int(time.time())
    minutes = int(time.localtime(now).tm_gmtoff / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{now} {'-' if minutes < 0 else '+'}{hours:02}{rest:02}"
