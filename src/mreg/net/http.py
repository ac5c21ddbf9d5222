"""HTTP: streamed, bounded in time, and gone on with where it broke off.

The standard library's urllib does the talking; no other scheme is opened here. Proxies are what the
environment says (`http_proxy`, `https_proxy`, `no_proxy`; urllib reads them). A name and password
come out of the URL, or over https out of the user's `.netrc`, from the entry of that very host.

Source of the rules: RFC 9110, sections 13.1.5 (If-Range), 14 (ranges) and 15.4 (redirects).
"""

from __future__ import annotations

import base64
import http.client
import netrc
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol, TypeAlias
from urllib import error as errors
from urllib import request as requests
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from mreg import __version__
from mreg.errors import RemoteError
from mreg.net import backoff, urls
from mreg.net.network import Network
from mreg.tuples import NamedTuple

CHUNK = 1 << 18
"""How many bytes are read at a time."""

SCHEMES = ("http", "https")

AGENT = f"mreg/{__version__}"
"""What is sent as `User-Agent`."""

_CUT_AGAIN = 0.05
"""After how many seconds what has connected since the time was over is cut, too."""

_TRIES = 6
"""How often something is asked for without a byte coming, before that is an error."""

_REDIRECTS = (301, 302, 303, 307, 308)
_AS_ASKED = (307, 308)
"""The redirects that hold for what was sent, too."""

_MOST_REDIRECTS = 10
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""The answers by which a server says that another try may help."""

_PARTIAL, _UNSATISFIABLE = 206, 416
_ACCEPTED = (200, _PARTIAL)
_MOST_SAID = 4096
_DENIED, _GONE = (401, 403), (404, 410)
_SLOWEST = 1024
"""So many bytes come within a call's time limit, or the server is taken to hang."""

_IN_URLS = "!#$%&'()*+,/:;=?@[]~"
_RANGE = re.compile(r"bytes (?:(?P<first>[0-9]{1,18})-[0-9]{1,18}|\*)/(?P<size>[0-9]{1,18}|\*)")
_NUMBER = re.compile(r"[0-9]{1,18}")
_GZIPPED = re.compile(r"(?i)\.(?:gz|tgz)$")


class Answered(RemoteError):
    """A server answered, and not with what was asked for: it tells the status code.

    Attributes:
        status: the code.
        url: who answered, after all redirects.
        headers: the headers of the answer.
        said: how its body begins.
    """

    def __init__(
        self,
        message: str,
        status: int,
        *,
        hint: str = "",
        url: str = "",
        headers: Message | None = None,
        said: bytes = b"",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.url = url
        self.headers = headers or Message()
        self.said = said


class StreamedBody(NamedTuple):
    """What is sent that is too large for memory: how to read it anew, and how many bytes it has."""

    chunks: Callable[[], Iterator[bytes]]
    size: int


class Taker(Protocol):
    """What takes a content's bytes: `mreg.content.store.Sink` is one."""

    offset: int

    def begin(self, size: int | None = None, *, at: int = 0) -> None:
        """Hear of the whole size, if it is known, and from which byte on the content comes."""

    def write(self, chunk: bytes | bytearray | memoryview, /) -> None:
        """Take the next bytes."""


class Answer:
    """A server's answer, whose body is still to be read.

    Attributes:
        url: whose answer it is, after all redirects.
        status: the status code.
        headers: its headers.
        first: the number of the body's first byte in the whole content.
        size: how many bytes the whole content has; None if that is not said.
        validator: by what the server knows this very content (a strong ETag); empty without one.
    """

    def __init__(self, url: str, response: http.client.HTTPResponse, network: Network) -> None:
        self.url = url
        self.status = response.status
        self.headers = response.headers
        self.first, self.size = _extent(self.headers, self.status)
        etag = self.headers.get("ETag", "")
        self.validator = etag if etag.startswith('"') else ""
        self._response = response
        self._network = network

    def chunks(self) -> Iterator[bytes]:
        """Iterate over the body.

        Raises:
            Interrupted: it broke off before its end, or hardly anything comes.
        """
        chunked, length = self._response.chunked, self.headers.get("Content-Length")
        left = None if chunked else _number(length)  # without it, the body's end alone tells
        pace = _Pace(self._network.seconds)
        while left is None or left > 0:
            with _interrupted():
                chunk = self._response.read1(CHUNK if left is None else min(left, CHUNK))
            if not chunk and left:
                raise Interrupted(f"the connection broke {left} bytes before the end")
            if not chunk:
                return
            yield chunk
            left = None if left is None else left - len(chunk)
            pace.came(len(chunk))


class Interrupted(Exception):
    """What another try may mend, after as many seconds as the server asks to wait."""

    def __init__(self, why: str, seconds: float = 0, said: bytes = b"") -> None:
        super().__init__(why)
        self.seconds = seconds
        self.said = said


class Client:
    """Asks servers, from any number of threads.

    The network's `seconds` are how long one may take to answer at all, and to send something more.
    """

    def __init__(self, network: Network, authorities: Path | None = None) -> None:
        """Make a client that trusts the certificates in a file; without one, the system's.

        Raises:
            RemoteError: there are no certificates in the file.
        """
        self.network = network
        try:
            context = ssl.create_default_context(cafile=authorities)
        except OSError as error:
            raise RemoteError(
                f"cannot read certificates from {authorities}: {error.strerror or error}",
                hint="check the setting that names this file: http.sslCAInfo, or ssl_verify "
                "of a DVC remote",
            ) from None
        self._opener = opener(context)

    def download(
        self,
        url: str,
        into: Taker,
        *,
        headers: Mapping[str, str] | None = None,
        size: int | None = None,
        checked: bool = True,
    ) -> None:
        """Fetch a content; where it breaks off, it is gone on with.

        Args:
            url: where it is.
            into: takes it; with an `offset`, the server is asked for what is behind that.
            headers: what to send; a redirect to another host does not get it.
            size: how many bytes it has, if that is known.
            checked: whether what was fetched will be held against its digest. If not, pieces of
                it are only joined if the server vouches that they are of the same content.

        Raises:
            Answered: the server does not have it, or not for this user.
            RemoteError: it cannot be fetched.
        """
        _Download(self, url, into, headers or {}, size, checked).run()

    def ask(
        self,
        url: str,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = 16 << 20,
        stay: bool = False,
    ) -> bytes:
        """Return a short answer; data is sent by POST, and a redirected host gets no headers.

        One that is to `stay` at the server does not get to another at all.

        Raises:
            Answered: the server refuses.
            RemoteError: it cannot be asked, or says more bytes than the limit.
        """

        def once() -> bytes:
            found = b""
            with self.open(url, data=data, headers=headers, stay=stay) as answer:
                for chunk in answer.chunks():
                    found += chunk
                    if len(found) > limit:
                        raise RemoteError(f"{shown(url)} answered with more than {limit} bytes")
            return found

        waits = Waits(url)
        while True:
            try:
                return once()
            except Interrupted as interrupted:
                waits.after(interrupted, self.network)

    @contextmanager
    def open(
        self,
        url: str,
        *,
        data: bytes | StreamedBody | None = None,
        headers: Mapping[str, str] | None = None,
        first: int = 0,
        validator: str = "",
        method: str | None = None,
        accepted: tuple[int, ...] = _ACCEPTED,
        stay: bool = False,
    ) -> Iterator[Answer]:
        """Ask once, and follow redirects; the answer can be read within the block.

        Args:
            url: where to ask.
            data: what to send, by POST.
            headers: what to send; a redirect to another host does not get it. One that is empty is
                left out, also if it would be sent by itself.
            first: the first byte that is wanted; the answer tells from which it comes.
            validator: come from there only if the content is the one that has this `validator`.
            method: how to ask, where that is neither GET nor POST.
            accepted: the codes by which the server says that all is well.
            stay: whether to follow no redirect to another server.

        Raises:
            Interrupted: another try may help.
            Answered: the server refuses.
            RemoteError: it cannot be asked.
        """
        given = dict(headers or {})
        asked = {"Range": f"bytes={first}-"} if first else {}
        if first and validator:
            asked["If-Range"] = validator
        for _ in range(_MOST_REDIRECTS + 1):
            with self._once(url, data, {**given, **asked}, method) as response:
                target = response.headers.get("Location")
                if response.status not in _REDIRECTS or not target:
                    _check(url, response, accepted)
                    yield Answer(url, response, self.network)
                    return
            new = led_to(url, target)
            if data is not None and response.status not in _AS_ASKED:
                raise RemoteError(
                    f"{shown(url)} redirects a request with data to {shown(new)}, which "
                    "mreg does not follow"
                )
            if not same_origin(new, url):
                if stay:
                    raise RemoteError(f"{shown(url)} redirects to another server, {shown(new)}")
                given = {}
            url = new
        many = f"more than {_MOST_REDIRECTS} times"
        raise RemoteError(f"{shown(url)} redirects {many}")

    def _once(
        self,
        url: str,
        data: bytes | StreamedBody | None,
        headers: dict[str, str],
        method: str | None,
    ) -> http.client.HTTPResponse:
        """Send one request; return the answer, be it good or bad."""
        bare, authorization = _credentials(url)
        sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", **authorization, **headers}
        sent = {name: value for name, value in sent.items() if value}
        body: Any = data
        if isinstance(data, StreamedBody):
            body, sent["Content-Length"] = data.chunks(), str(data.size)
        with _explained(url), _interrupted():
            # The opener has handlers for http and https alone.
            request = requests.Request(bare, body, sent, method=method)  # noqa: S310
            response: http.client.HTTPResponse = self._opener.open(
                request, timeout=self.network.seconds
            )
        return response


class _Download:
    """One content on its way, over as many connections as it takes."""

    def __init__(
        self,
        client: Client,
        url: str,
        into: Taker,
        headers: Mapping[str, str],
        size: int | None,
        checked: bool,
    ) -> None:
        self._client = client
        self._url = url
        self._into = into
        self._headers = headers
        self._size = size
        self._expected = size
        self._checked = checked
        self._validator = ""
        self._begun = False
        self._there = into.offset
        self._furthest = self._there

    def run(self) -> None:
        waits = Waits(self._url)
        while True:
            try:
                self._go_on()
            except Interrupted as interrupted:
                if self._there - self._furthest >= _SLOWEST:
                    self._furthest = self._there
                    waits = Waits(self._url)
                waits.after(interrupted, self._client.network)
            else:
                return

    def _go_on(self) -> None:
        first = self._there if self._checked or self._validator else 0
        try:
            with self._client.open(
                self._url, headers=self._headers, first=first, validator=self._validator
            ) as answer:
                self._take(answer, first)
        except Answered as answered:
            if answered.status != _UNSATISFIABLE or not first:
                raise
            self._start_again("the server cannot resume the transfer")

    def _take(self, answer: Answer, wanted: int) -> None:
        if wanted and answer.status == _UNSATISFIABLE and answer.size == wanted:
            self._begin(answer, wanted)  # all of it was there
            return
        if answer.status == _UNSATISFIABLE or answer.first not in (0, wanted):
            self._start_again(f"{shown(self._url)} sent another part than the one requested")
        same = answer.validator == self._validator and self._size in (None, answer.size)
        if answer.first and self._begun and not same:
            self._start_again("the content has changed in the meantime")
        self._begin(answer, answer.first)
        for chunk in answer.chunks():
            self._there += len(chunk)
            if self._size is not None and self._there > self._size:
                raise RemoteError(f"{shown(self._url)} sent more than {self._size} bytes")
            self._into.write(chunk)
        if self._size is not None and self._there < self._size:
            raise Interrupted(f"the answer ended after {self._there} of {self._size} bytes")

    def _begin(self, answer: Answer, first: int) -> None:
        """Let the taker begin, unless it just goes on."""
        if self._expected is not None and answer.size not in (None, self._expected):
            raise RemoteError(
                f"{shown(self._url)} has {answer.size} bytes, but {self._expected} are recorded"
            )
        if not (self._begun and first == self._there):
            self._size = self._expected if answer.size is None else answer.size
            self._into.begin(self._size, at=first)
            self._there = first
            self._begun = True
        self._validator = answer.validator

    def _start_again(self, why: str) -> None:
        """Ask for all of it at the next try."""
        self._there, self._validator, self._begun = 0, "", False
        raise Interrupted(why)


class Waits:
    """The pauses between tries of one request."""

    def __init__(self, url: str, what: str = "fetched") -> None:
        self._url = url
        self._what = what
        self._left = backoff.waits(_TRIES)

    def after(self, interrupted: Interrupted, network: Network) -> None:
        """Wait before the next try, unless there were enough."""
        wait = next(self._left, None)
        if wait is None:
            raise RemoteError(
                f"{shown(self._url)} cannot be {self._what}: {interrupted}",
                hint="try again later: the transfer resumes if the server supports it",
            ) from interrupted
        time.sleep(max(wait, min(interrupted.seconds, network.seconds)))


class _Pace:
    """Tells a server that sends next to nothing from one that is slow."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = time.monotonic()
        self._count = 0

    def came(self, count: int) -> None:
        self._count += count
        now = time.monotonic()
        if now - self._since < self._seconds:
            return
        if self._count < _SLOWEST:
            raise Interrupted(f"received only {self._count} bytes in {self._seconds:g} s")
        self._since, self._count = now, 0


class _Hearing(http.client.HTTPConnection):
    """Hears what a server says that hangs up before all was sent: why it does not want it."""

    def request(self, *args: Any, **options: Any) -> None:
        try:
            super().request(*args, **options)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            if self.sock is None:
                raise


class _HearingSecurely(_Hearing, http.client.HTTPSConnection):
    """The same over https."""


Opened: TypeAlias = Callable[[http.client.HTTPConnection], object]
"""Hears of each connection."""


class _Handler(requests.HTTPHandler):
    """Opens http and https, with certificates checked."""

    def __init__(self, context: ssl.SSLContext, opened: Opened) -> None:
        super().__init__()
        self._secure = partial(_HearingSecurely, context=context)
        self._opened = opened

    def http_open(self, req: requests.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(self._connected, _Hearing), req)

    https_request = requests.HTTPHandler.http_request

    def https_open(self, req: requests.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(self._connected, self._secure), req)

    def _connected(
        self, connect: Callable[..., http.client.HTTPConnection], host: str, **options: Any
    ) -> http.client.HTTPConnection:
        made = connect(host, **options)
        self._opened(made)
        return made


def opener(context: ssl.SSLContext, opened: Opened = bool) -> requests.OpenerDirector:
    """Return what sends requests over http and https alone, and follows no redirect."""
    found = requests.OpenerDirector()
    for handler in (requests.ProxyHandler(), _Handler(context, opened)):
        found.add_handler(handler)
    return found


@contextmanager
def limited(
    seconds: float, context: ssl.SSLContext | None = None
) -> Iterator[requests.OpenerDirector]:
    """Open requests whose connections are cut when the time is over.

    A socket's own limit is for each byte: who sends one now and then would keep us for ever. What
    connects when the time is over already, as on a busy machine, is cut soon after. The context
    says which certificates are trusted; without one, those that the system trusts.
    """
    connections: list[http.client.HTTPConnection] = []

    def cut() -> None:
        for connection in connections:
            if connection.sock is not None:
                with suppress(OSError):  # it has ended by itself
                    connection.sock.shutdown(socket.SHUT_RDWR)

    done = Event()

    def watch() -> None:
        left = seconds
        while not done.wait(left):
            cut()
            left = _CUT_AGAIN

    Thread(target=watch, daemon=True).start()
    try:
        yield opener(context or ssl.create_default_context(), connections.append)
    finally:
        done.set()


def reason(error: Exception) -> str:
    """Say in a few words why there is no answer."""
    cause = error.reason if isinstance(error, errors.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__


def retry_after(text: str) -> float:
    """Return how many seconds a server asks us to wait: RFC 9110, section 10.2.3."""
    if found := _number(text):
        return float(found)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, aware.timestamp() - time.time())


def shown(url: str) -> str:
    """Return a URL as errors show it: without a password, and without what may hold a key."""
    return urls.mask(url.partition("?")[0])


def _extent(headers: http.client.HTTPMessage, status: int) -> tuple[int, int | None]:
    """Return from which byte an answer's body comes, and how many there are in all."""
    if status in (_PARTIAL, _UNSATISFIABLE):
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        return (int(found["first"] or 0), _number(found["size"])) if found else (-1, None)
    chunked = "Transfer-Encoding" in headers
    return 0, None if chunked else _number(headers.get("Content-Length"))


def _number(text: str | None) -> int | None:
    return int(text) if text and _NUMBER.fullmatch(text) else None


def _check(url: str, response: http.client.HTTPResponse, accepted: tuple[int, ...]) -> None:
    """Refuse an answer that is not what was asked for.

    Raises:
        Interrupted: the server says that another try may help.
        Answered: it does not have it.
        RemoteError: it sends another form of it.
    """
    status, headers = response.status, response.headers
    if status in _PASSING:
        seconds = retry_after(headers.get("Retry-After", ""))
        raise Interrupted(_said(status), seconds, _beginning(response))
    if status == _UNSATISFIABLE and "Content-Range" in headers:
        return
    if status not in accepted:
        said = _beginning(response)
        message, hint = f"{shown(url)}: {_said(status)}", _hint(status)
        raise Answered(message, status, hint=hint, url=url, headers=headers, said=said)
    encoding = headers.get("Content-Encoding", "identity").lower()
    # Some servers say so of a file that is called .gz, and mean the file.
    named = encoding in ("gzip", "x-gzip") and _GZIPPED.search(urlsplit(url).path)
    if encoding != "identity" and not named:
        raise RemoteError(
            f"{shown(url)} sent compressed data ({encoding}), which was not requested"
        )


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """Return how the body of a refusal begins; nothing if it does not come."""
    with suppress(OSError, http.client.HTTPException, ValueError):
        return response.read1(_MOST_SAID)
    return b""


def _said(status: int) -> str:
    return f"the server answered {status} {http.client.responses.get(status, '')}".rstrip()


def _hint(status: int) -> str:
    if status in _DENIED:
        return "put your name and password for that host into ~/.netrc (used for https only)"
    return (
        "ask the person who registered the version for its current location"
        if status in _GONE
        else ""
    )


def led_to(url: str, location: str) -> str:
    """Return the URL that one leads on to, if mreg goes there.

    Raises:
        RemoteError: it is of another scheme, or nothing protects it as the other was.
    """
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
    except ValueError:
        target, parts = location, urlsplit("")
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise RemoteError(f"{shown(url)} redirects to {shown(target)}, which mreg does not follow")
    if urlsplit(url).scheme == "https" and parts.scheme == "http":
        raise RemoteError(
            f"{shown(url)} redirects to {shown(target)}, which is not encrypted",
            hint="if that is intended, annotate that address",
        )
    return target


def same_origin(one: str, other: str) -> bool:
    """Tell whether two URLs are of one server: what it may see, another one may not."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    try:
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # a port that is none
        return parts.scheme, parts.netloc, None


_PORTS = {"http": 80, "https": 443}


def _credentials(url: str) -> tuple[str, dict[str, str]]:
    """Return a URL as it is asked for, and the header with the credentials for it, if any.

    Raises:
        RemoteError: it is no URL that can be asked.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:
        raise RemoteError(f"{shown(url)!r} is not a URL: {error}") from None
    if parts.scheme not in SCHEMES or not host:
        raise RemoteError(f"{shown(url)!r} is not an HTTP URL")
    around = f"[{host}]" if ":" in host else host
    address = f"{around}:{port}" if port else around
    path, query = (quote(it, safe=_IN_URLS) for it in (parts.path, parts.query))
    bare = urlunsplit((parts.scheme, address, path, query, ""))
    known = _named(parts) or (_in_netrc(host) if parts.scheme == "https" else None)
    return bare, basic(*known) if known else {}


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header that says a name and password (RFC 7617)."""
    encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def _named(parts: SplitResult) -> tuple[str, str] | None:
    """Return the name and password in a URL."""
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def _in_netrc(host: str) -> tuple[str, str] | None:
    """Return the name and password that the user's .netrc has for a host."""
    try:
        found = netrc.netrc().hosts.get(host)
    except FileNotFoundError:
        return None
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError) as error:
        raise RemoteError(f"cannot read ~/.netrc: {error}", hint="repair or remove it") from None
    return (found[0], found[2] or "") if found else None


@contextmanager
def _interrupted() -> Iterator[None]:
    """Turn what another try may mend into `Interrupted`."""
    try:
        yield
    except errors.URLError as error:
        final = isinstance(error.reason, (socket.gaierror, ssl.SSLError))
        final = final and not isinstance(error.reason, ssl.SSLEOFError)  # it hung up
        if final or not isinstance(error.reason, OSError):
            raise
        raise Interrupted(_why(error.reason)) from None
    except http.client.InvalidURL:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise Interrupted(_why(error)) from None


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return f"the connection broke ({type(error).__name__})"
    return f"the connection failed: {getattr(error, 'strerror', None) or error}"


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn what no other try mends into an error."""
    try:
        yield
    except errors.URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise RemoteError(
            f"cannot connect to {shown(url)}: {reason}",
            hint="check the address and your network connection",
        ) from None
    except (http.client.InvalidURL, UnicodeError, ValueError) as error:
        raise RemoteError(f"{shown(url)!r} is not a valid URL: {error}") from None
