"""The URLs of repositories: which are taken, and how they are shown without their passwords.

Source of the forms: `git help fetch`, "GIT URLS". Pure: text in, text out.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, unquote

from mreg.errors import UsageError
from mreg.tuples import NamedTuple

TRANSPORTS = ("https", "ssh", "git", "file")
"""How a repository may be reached by URL; `ext::`, which runs any command, is not among them."""

OF_REMOTES = (*TRANSPORTS, "http")
"""Those of a remote that is set up already: plain http is then the user's own choice."""

# Texts of patterns, which are compiled where a URL is met.
_WITH_SCHEME = r"(?xs) (?P<scheme> [A-Za-z][A-Za-z0-9+.-]* ) :// (?P<rest> .* )"
_HELPER = r"[A-Za-z0-9][A-Za-z0-9+.-]*::"
# "host:path" and "user@host:path": no slash before the first colon.
_SCP = r"(?xs) (?P<host> [^/:]*\[[^/]+\] | [^/:]+ ) : (?P<path> .+ )"

_WEB_USER = r"(?i)\b(https?://)[^/\s'\"]*@"
_LOGIN = r"(?i)\b([a-z][a-z0-9+.-]*://[^/\s:@]*):[^/\s'\"]*@"


class Url(NamedTuple):
    """Where a repository is.

    Attributes:
        secret: the URL as it was given; it may hold a password or a token.
        shown: the same without them: what may be written down and printed.
        transport: one of `TRANSPORTS`, or what else a remote's settings say.
    """

    secret: str
    shown: str
    transport: str


def looks_like(text: str) -> bool:
    """Tell whether a text is in the form of a URL rather than of a path."""
    found = re.fullmatch(_WITH_SCHEME, text) or re.match(_HELPER, text) or re.fullmatch(_SCP, text)
    return bool(found)


def parse(text: str, transports: tuple[str, ...] = TRANSPORTS) -> Url:
    """Return a URL that a user gave, over one of some transports.

    It is `https://...`, `ssh://...`, `user@host:path`, `git://...` or `file:///...`.

    Raises:
        UsageError: it is none of these.
    """
    if text.startswith("-") or not text.isprintable() or " " in text:
        raise UsageError(f"{mask(text)!r} is not the URL of a repository", hint=_hint(transports))
    found = re.fullmatch(_WITH_SCHEME, text)
    transport = found["scheme"].lower() if found else "ssh" if re.fullmatch(_SCP, text) else ""
    host = found["rest"].rpartition("@")[2] if found else text.partition(":")[0]
    if re.match(_HELPER, text) or transport not in transports or host.startswith("-"):
        raise UsageError(f"mreg cannot read from {mask(text)!r}", hint=_hint(transports))
    return Url(text, without_secrets(text), transport)


def mask(text: str) -> str:
    """Return a message with the passwords and tokens of all URLs in it made unreadable."""
    return re.sub(_LOGIN, r"\1:***@", re.sub(_WEB_USER, r"\1***@", text))


def without_secrets(url: str) -> str:
    """Return a URL without its password or token."""
    return re.sub(_LOGIN, r"\1@", re.sub(_WEB_USER, r"\1", url))


def spelled_alike(shown: str) -> str:
    """Return one spelling for those that a repository's URL may have, without a password.

    A final slash or `.git`, upper case in the host, the scheme's own port, `.` and `..`, escapes in
    a file's path and `user@host:path` for ssh say nothing of which repository it is. That holds
    for almost every server; it is for naming what is kept of it, not for reaching it.
    """
    found = re.fullmatch(_WITH_SCHEME, shown)
    if found:
        scheme, rest = found["scheme"].lower(), found["rest"]
    elif "[" not in shown and (scp := re.fullmatch(_SCP, shown)):
        scheme, rest = "ssh", f"{scp['host']}/{scp['path'].lstrip('/')}"
    else:
        return shown
    host, _, path = rest.partition("/")
    user, at, name = host.rpartition("@")
    name = name.lower().removesuffix(_PORTS.get(scheme, "\0"))
    path = posixpath.normpath(f"/{unquote(path) if scheme == 'file' else path}")
    return f"{scheme}://{user}{at}{name}/{path.lstrip('/').removesuffix('.git').rstrip('/')}"


def as_uri(shown: str) -> str:
    """Return a repository's address, a URL, `user@host:path` or a path, as a URI (RFC 3986)."""
    if re.fullmatch(_WITH_SCHEME, shown):
        return quote(shown, safe=_RESERVED)
    if scp := re.fullmatch(_SCP, shown):
        return f"ssh://{quote(scp['host'], safe=_RESERVED)}/{quote(scp['path'].lstrip('/'))}"
    return f"file://{quote(shown)}" if shown.startswith("/") else quote(shown)


_RESERVED = "%:/?#[]@!$&'()*+,;="

_PORTS = {"https": ":443", "http": ":80", "ssh": ":22", "git": ":9418"}


def _hint(transports: tuple[str, ...]) -> str:
    return f"use {', '.join(f'{it}://' for it in transports)} or user@host:path"
