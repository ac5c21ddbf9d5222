"""Contents at URLs: http and https, file, and object stores with the extra `mreg[remote]`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mreg.content import clouds
from mreg.content.location import UrlLocation
from mreg.content.sources import Origin, Source, outside
from mreg.errors import Refused
from mreg.net import http
from mreg.net.http import Taker

_THIS_MACHINE = ("", "localhost")


class _Urls(Source[UrlLocation]):
    """Contents, each by its URL's scheme."""

    resumes = True
    at_once = 1

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def fetch(self, content: UrlLocation, into: Taker) -> None:
        scheme = content.url.partition("://")[0].lower()
        checked = bool(content.sha256)
        if scheme in http.SCHEMES:
            self._http.download(content.url, into, checked=checked)
        elif scheme == "file":
            outside.read(_path(content.url), into)
        elif scheme in clouds.PACKAGES:
            clouds.download(content.url, into, self._origin.repo.network, checked=checked)
        else:
            raise Refused(
                f"mreg does not fetch from {http.shown(content.url)}",
                hint=f"use {', '.join((*http.SCHEMES, 'file', *clouds.PACKAGES))}",
            )

    @cached_property
    def _http(self) -> http.Client:
        return http.Client(self._origin.repo.network)


def _path(url: str) -> Path:
    """Return the path in a `file://` URL (RFC 8089), unless it is another machine's."""
    parts = urlsplit(url)
    if parts.netloc.lower() not in _THIS_MACHINE:
        raise Refused(
            f"{url} is a file on the machine {parts.netloc}",
            hint="for a file on this machine, write file:///...",
        )
    return Path(unquote(parts.path))


source = _Urls
