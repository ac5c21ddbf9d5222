"""The door: which requests are let in, and what every answer tells the browser.

That the server listens on loopback only is not enough: any page in the same browser can send
requests there, through a name of its own that it points at 127.0.0.1, and so can any other user of
the machine. So a request must name one of three hosts and carry a secret that only whoever started
the server was given; and only a page of this very server can change anything.
Source: Fetch, "CORS protocol"; RFC 6265bis, "SameSite"; Fetch Metadata; CSP Level 3.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from http import HTTPStatus
from typing import NamedTuple

from mreg.web import frame
from mreg.web.ui.requests import BadRequest, HttpRequest

BYTES = 24
"""How many random bytes a key has: 192 bits."""

_ASKING = frame.POLICY.replace("connect-src 'none'", "connect-src 'self'")
POLICY = f"{_ASKING}; frame-ancestors 'none'"
"""That of a site's pages, which may ask this server; and no frames, as only a header can say."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer says: nothing inline, nothing from elsewhere, no frames, no caching."""


class Door(NamedTuple):
    """The door of a server for one person: requests need its name, and the key.

    Attributes:
        port: the port that is listened on.
        key: the secret in the address that opens the browser; a proxy may send it as a bearer's.
        session: the secret in the cookie that comes of it.
        ticket: a key that works once. It is what the browser is started with, since any user of the
            machine can see the arguments of a program.
        read_only: whether whatever would change something is refused.
        methods: the methods that are answered.
    """

    port: int
    key: str
    session: str
    ticket: str
    read_only: bool = False
    methods: tuple[str, ...] = ("GET", "POST")

    @classmethod
    def locked(cls, port: int, key: str | None = None, *, read_only: bool = False) -> Door:
        """Return a door with new secrets; the key may be one that somebody chose."""
        chosen, session, ticket = (secrets.token_urlsafe(BYTES) for _ in range(3))
        return cls(port, key or chosen, session, ticket, read_only)

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser may call this server."""
        return tuple(f"{it}:{self.port}" for it in ("127.0.0.1", "localhost", "[::1]"))

    @property
    def address(self) -> str:
        """The address that opens the pages, with the key."""
        return self._opened_with(self.key)

    @property
    def first_address(self) -> str:
        """The address that opens the pages once."""
        return self._opened_with(self.ticket)

    def _opened_with(self, key: str) -> str:
        return f"http://127.0.0.1:{self.port}/?key={key}"

    @property
    def cookie(self) -> str:
        """The header that lets a browser in from then on. Cookies know no ports; its name does."""
        return f"{self._name}={self.session}; Path=/; HttpOnly; SameSite=Strict"

    @property
    def _name(self) -> str:
        return f"mreg{self.port}"

    def check_host(self, request: HttpRequest) -> None:
        """Refuse a request that names any other host.

        Raises:
            BadRequest: it does.
        """
        if request.headers.get("host") not in self.hosts:
            raise BadRequest(
                HTTPStatus.MISDIRECTED_REQUEST, "this server does not have that host name"
            )

    def is_key(self, text: str) -> bool:
        """Tell whether a text is the key."""
        return _same(text, self.key)

    def is_ticket(self, text: str) -> bool:
        """Tell whether a text is the ticket."""
        return _same(text, self.ticket)

    def check(self, request: HttpRequest) -> None:
        """Refuse a request without the secret, or from another site's page.

        Raises:
            BadRequest: it is such.
        """
        if not self._knows(request):
            raise BadRequest(
                HTTPStatus.UNAUTHORIZED,
                "Open the address that `mreg ui` printed: it contains the key to these pages.",
            )
        _check_site(request)
        if request.method == "POST":
            self._check_act(request)

    def _knows(self, request: HttpRequest) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(token, self.key):
            return True
        cookies = (it.strip().partition("=") for it in request.headers.get("cookie", "").split(";"))
        return any(name == self._name and _same(it, self.session) for name, _, it in cookies)

    def _check_act(self, request: HttpRequest) -> None:
        """Refuse what would change something, unless a page of this server sends it as JSON."""
        origin = request.headers.get("origin", "")
        if origin != f"http://{request.headers['host']}":
            raise BadRequest(HTTPStatus.FORBIDDEN, "only pages of this server may request this")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be JSON")
        if self.read_only:
            raise BadRequest(HTTPStatus.FORBIDDEN, "these pages are read-only")


class OpenDoor(NamedTuple):
    """The door of a server that is open to anybody: requests need its name, and no key.

    Attributes:
        port: the port that is listened on.
        names: the host names it accepts, each with a port, or without one for any port. `localhost`
            and numeric addresses are accepted as well: a stranger's name is never one of these,
            wherever it points.
        address: the address of the pages, as people are given it.
        methods: the methods that are answered.
    """

    port: int
    names: frozenset[str] = frozenset()
    address: str = ""
    methods: tuple[str, ...] = ("GET", "HEAD", "POST")

    @property
    def first_address(self) -> str:
        """The same, since there is no key."""
        return self.address

    def check_host(self, request: HttpRequest) -> None:
        """Refuse a request that names any other host.

        Raises:
            BadRequest: it does.
        """
        given = request.headers.get("host", "").lower()
        host, colon, port = given.rpartition(":")
        if not colon or not port.isdigit():
            host = given
        if not ({given, host} & self.names or host == "localhost" or _is_address(host)):
            raise BadRequest(
                HTTPStatus.MISDIRECTED_REQUEST, "this server does not have that host name"
            )

    def check(self, request: HttpRequest) -> None:
        """Refuse a request from another site's page.

        Raises:
            BadRequest: it does.
        """
        _check_site(request)


def _is_address(host: str) -> bool:
    """Tell whether the host of a URL is a numeric address (RFC 3986, section 3.2.2)."""
    is_six = host.startswith("[") and host.endswith("]")
    try:
        return ipaddress.ip_address(host[1:-1] if is_six else host).version == (6 if is_six else 4)
    except ValueError:
        return False


def _check_site(request: HttpRequest) -> None:
    """Refuse what another site's page embeds or fetches; it may link to pages here.

    Raises:
        BadRequest: it is such.
    """
    here = request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    opens = request.headers.get("sec-fetch-mode") == "navigate" and request.method == "GET"
    if not (here or opens):
        raise BadRequest(HTTPStatus.FORBIDDEN, "pages of other sites may not request this")


def _same(given: str, secret: str) -> bool:
    """Tell whether two texts are the same; how long that takes gives nothing away."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
