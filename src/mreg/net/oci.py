"""Container registries: manifests and blobs fetched and pushed, streamed, each digest checked.

Sources: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md, and
https://distribution.github.io/distribution/spec/auth/token/ for tokens.

What is sent says who one is only to the registry's own host: neither a redirect nor the address of
an upload at another host gets that.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit

from mreg.errors import AccessDenied, Mismatch, NotFound, RemoteError
from mreg.net import http
from mreg.net.http import Answer, Answered, Client, Interrupted, StreamedBody, Taker, Waits
from mreg.net.logins import Login, Logins
from mreg.net.network import Network
from mreg.oci import manifest
from mreg.oci.manifest import Descriptor
from mreg.oci.reference import ImageReference
from mreg.tuples import NamedTuple

T = TypeVar("T")

Chunks: TypeAlias = Callable[[], Iterator[bytes]]
"""Reads a blob's bytes anew, from the first one on."""

Came: TypeAlias = Callable[[int], None]
"""Hears that so many more bytes were sent; fewer than none where some have to be sent again."""

MANIFESTS = (
    manifest.MANIFEST,
    manifest.DOCKER_MANIFEST,
    manifest.INDEX,
    manifest.DOCKER_INDEX,
)
"""The kinds of manifest that are asked for: without saying so some registries have none."""

_DIGEST = "Docker-Content-Digest"
_OK, _CREATED, _TAKEN, _NOTHING = 200, 201, 202, 204
_DENIED, _FORBIDDEN, _ABSENT, _TOO_LARGE, _FULL = 401, 403, 404, 413, 507
_PULL, _PUSH = "pull", "pull,push"
_LARGEST_TOKEN = 1 << 16
_MOST_SAID = 300
_PROGRESS = 1024
"""So many bytes more than before are progress: the tries are counted anew."""

# RFC 6750, section 2.1: nothing else may stand in a header.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_CHALLENGE = re.compile(r"(?i)[ \t]*(?P<scheme>Bearer|Basic)\b(?P<rest>.{0,4096})")
_PARAMETER = re.compile(r'([A-Za-z_]+)="([^"\\]*)"')
_SENT = re.compile(r"(?:bytes=)?0-([0-9]{1,18})")

_NO_LOGIN = "log in with `docker login`, or another program that writes ~/.docker/config.json"


class FetchedManifest(NamedTuple):
    """A manifest as a registry has it.

    Attributes:
        raw: its bytes, of which the digest was checked.
        digest: their digest.
        media_type: its media type, as it says itself or else the registry.
    """

    raw: bytes
    digest: str
    media_type: str


class RegistryClient:
    """Asks a container registry about one repository, from any number of threads."""

    def __init__(
        self, image: ImageReference, network: Network, logins: Logins, *, plain_http: bool = False
    ) -> None:
        """Nothing is asked yet.

        Args:
            image: the repository is that of this image.
            network: how long it may take.
            logins: tells who one is, when the registry wants to know.
            plain_http: whether it may be spoken to without TLS, if it is not on this machine.
        """
        self._image = image._replace(tag="", digest="")
        self._client = Client(network)
        self._network = network
        self._logins = logins
        scheme = "http" if plain_http or image.is_loopback else "https"
        self._registry = f"{scheme}://{image.server}/v2/"
        self.url = f"{self._registry}{image.repository}"
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}  # by what one wants to do: what says who one is

    # Reading

    def manifest(self, name: str) -> FetchedManifest:
        """Return the manifest that a tag or a digest names.

        Raises:
            NotFound: there is none.
            Mismatch: the registry gives out another one than it says, or than was asked for.
            RemoteError: it cannot be fetched.
        """
        sep = "@" if name.startswith("sha256:") else ":"
        url, accept = f"{self.url}/manifests/{name}", {"Accept": ", ".join(MANIFESTS)}
        try:
            raw, headers = self.call(url, _PULL, _whole, headers=accept)
        except Answered as answered:
            raise self._refused(answered, f"{self._image}{sep}{name}") from None
        digest = manifest.digest_of(raw)
        for said in (name, headers.get(_DIGEST, "")):
            if _differs(said, digest):
                raise self._lies(f"a manifest with the digest {digest} as {said}")
        document = manifest.parsed(raw) or {}
        kind = document.get("mediaType") or headers.get("Content-Type", "")
        return FetchedManifest(raw, digest, str(kind).partition(";")[0].strip())

    def blob(self, descriptor: Descriptor, into: Taker) -> None:
        """Fetch a blob into what holds it against its digest; one that broke off is gone on with.

        Raises:
            NotFound: the registry does not have it.
            RemoteError: it cannot be fetched.
        """
        url, size = f"{self.url}/blobs/{descriptor.digest}", descriptor.size

        def request(shown: Mapping[str, str]) -> None:
            self._client.download(url, into, headers=shown, size=size)

        try:
            self._as_known(url, _PULL, request)
        except Answered as answered:
            raise self._refused(answered, f"{self._image}: {descriptor.digest}") from None

    # Writing

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Tell whether a blob is there already.

        Raises:
            RemoteError: the registry cannot be asked.
        """
        url = f"{self.url}/blobs/{descriptor.digest}"
        try:
            size = self.call(url, _PUSH, lambda it: it.headers.get("Content-Length"), method="HEAD")
        except Answered as answered:
            if answered.status == _ABSENT:
                return False
            raise self._refused(answered, str(self._image)) from None
        return size in (None, str(descriptor.size))

    def push_blob(self, descriptor: Descriptor, chunks: Chunks, came: Came) -> None:
        """Push a blob; where that breaks off, it is gone on with as far as the registry has it.

        Raises:
            Mismatch: the bytes are not those of the digest, or the registry got others.
            RemoteError: it does not take it.
        """
        try:
            _Upload(self, descriptor, chunks, came).run()
        except Answered as answered:
            raise self._refused(answered, str(self._image), sent=True) from None

    def push_manifest(self, name: str, raw: bytes, media_type: str) -> str:
        """Push a manifest under a tag or its digest; return the digest.

        Raises:
            Mismatch: the registry says that it has another digest.
            RemoteError: it does not take it.
        """
        try:
            said = self.call(
                f"{self.url}/manifests/{name}",
                _PUSH,
                lambda it: it.headers.get(_DIGEST, ""),
                data=raw,
                headers={"Content-Type": media_type},
                method="PUT",
                accepted=(_OK, _CREATED, _TAKEN),
            )
        except Answered as answered:
            raise self._refused(answered, f"{self._image}:{name}", sent=True) from None
        digest = manifest.digest_of(raw)
        if _differs(said, digest):
            raise self._lies(f"{digest} under the digest {said}")
        if not said:
            self.manifest(digest)
        return digest

    # Asking

    def call(
        self,
        url: str,
        actions: str,
        take: Callable[[Answer], T],
        *,
        patient: bool = True,
        headers: Mapping[str, str] | None = None,
        **asked: Any,
    ) -> T:
        """Ask, and take what there is to know from the answer.

        Args:
            url: where to ask.
            actions: what one wants to do in the repository.
            take: takes it.
            patient: whether to try again where that may help.
            headers: what to send.
            asked: as for `mreg.net.http.Client.open`.

        Raises:
            Answered: the registry refuses.
            Interrupted: it may help to try again, which was not wanted.
            RemoteError: it cannot be asked.
        """

        def request(shown: Mapping[str, str]) -> T:
            sent = {**(headers or {}), **shown}
            with self._client.open(url, headers=sent, **asked) as answer:
                return take(answer)

        waits = Waits(url, "had")
        while True:
            try:
                return self._as_known(url, actions, request)
            except Interrupted as interrupted:
                if not patient:
                    raise
                self.wait(waits, interrupted)

    def wait(self, waits: Waits, interrupted: Interrupted) -> None:
        """Wait before another try.

        Raises:
            RemoteError: there were enough.
        """
        try:
            waits.after(interrupted, self._network)
        except RemoteError as error:
            raise RemoteError(f"{error}{_in_words(interrupted.said)}", hint=error.hint) from None

    def _as_known(self, url: str, actions: str, request: Callable[[Mapping[str, str]], T]) -> T:
        """Make a request with what says who one is, if the registry wants to know.

        Another server never sees that, and what .netrc has is for other kinds of servers.
        """
        if not http.same_origin(url, self._registry):
            return request({"Authorization": ""})
        known = self._known.get(actions, "")
        try:
            return request({"Authorization": known})
        except Answered as answered:
            # Another server, to which this one led, is not told who one is to this one.
            if answered.status != _DENIED or not http.same_origin(answered.url, self._registry):
                raise
            challenges = answered.headers.get_all("WWW-Authenticate") or []
        shown = self._logged_in(actions, known, challenges)
        try:
            return request({"Authorization": shown})
        except Answered as answered:
            if answered.status != _DENIED:
                raise
            raise AccessDenied(
                f"{self._image.host} does not allow you to {_WORDS[actions]} "
                f"{self._image.repository}",
                hint=_NO_LOGIN,
            ) from None

    def _logged_in(self, actions: str, failed: str, challenges: list[str]) -> str:
        """Return what says who one is; another thread may just have asked for it."""
        with self._lock:
            known = self._known.get(actions, "")
            if known in ("", failed):
                known = self._known[actions] = self._authorization(actions, challenges)
            return known

    def _authorization(self, actions: str, challenges: list[str]) -> str:
        host = self._image.host
        login = self._logins(host)
        found = [it for text in challenges if (it := _CHALLENGE.match(text))]
        for it in found:
            if it["scheme"].lower() == "bearer":
                if login and login.token:
                    return f"Bearer {_checked_token(login.token, host)}"
                parameters = dict(_PARAMETER.findall(it["rest"]))
                return f"Bearer {self._token(actions, parameters, login)}"
        if not found or login is None or not login.name:
            raise AccessDenied(
                f"{host} requires a login to {_WORDS[actions]} {self._image.repository}",
                hint=_NO_LOGIN,
            )
        return http.basic(login.name, login.password)["Authorization"]

    def _token(self, actions: str, parameters: Mapping[str, str], login: Login | None) -> str:
        """Return a token for what one wants to do, from where the registry says.

        Raises:
            AccessDenied: whoever gives them out does not accept the login.
            RemoteError: none can be had.
        """
        realm, host = self._checked_realm(parameters.get("realm", "")), self._image.host
        asked = {"scope": f"repository:{self._image.repository}:{actions}"}
        if service := parameters.get("service"):
            asked["service"] = service
        headers, data = {"Authorization": ""}, None
        if login and login.refresh:
            form = {**asked, "grant_type": "refresh_token", "refresh_token": login.refresh}
            data = urlencode({**form, "client_id": "mreg"}).encode()
        else:
            realm += ("&" if "?" in realm else "?") + urlencode(asked)
            headers = http.basic(login.name, login.password) if login and login.name else headers
        try:
            # What is posted holds a token that is for this address alone.
            raw = self._client.ask(
                realm, data=data, headers=headers, limit=_LARGEST_TOKEN, stay=bool(data)
            )
        except Answered as answered:
            if data or answered.status in (_DENIED, _FORBIDDEN):
                raise AccessDenied(
                    f"{host} does not accept the name and password, or the token",
                    hint=f"run `docker login {host}` again",
                ) from None
            raise RemoteError(f"cannot get a token for {host}: {answered}") from None
        said = manifest.parsed(raw) or {}
        return _checked_token(said.get("token") or said.get("access_token"), host)

    def _checked_realm(self, realm: str) -> str:
        """Return the address that gives out tokens, if it may hear who one is."""
        try:
            parts = urlsplit(realm)
        except ValueError:
            parts = urlsplit("")
        # Without TLS no further than the registry itself is spoken to without it.
        plainly = self._registry.startswith("http:") and parts.scheme == "http"
        near = plainly and parts.hostname == urlsplit(self._registry).hostname
        if not (parts.scheme == "https" or near) or not parts.hostname or "@" in parts.netloc:
            raise RemoteError(
                f"{self._image.host} does not name an https address that issues tokens",
                hint="ask the operator of the registry",
            )
        return realm.partition("#")[0]

    def _lies(self, what: str) -> Mismatch:
        return Mismatch(
            f"{self._image.host} delivered {what}: the registry, or a proxy in between, is "
            "not trustworthy",
            hint="nothing was kept",
        )

    def _refused(self, answered: Answered, what: str, *, sent: bool = False) -> Exception:
        """Return the error for a registry that does not do what was asked."""
        status, words = answered.status, _in_words(answered.said)
        if status in (_DENIED, _FORBIDDEN):
            allowed = "write to it" if sent else "read it"
            return AccessDenied(
                f"{what}: you have no permission to {allowed}{words}", hint=_NO_LOGIN
            )
        if status == _ABSENT and not sent:
            hint = "check the name, the tag and the digest"
            if what.endswith(":latest"):  # which is meant where no tag is named
                hint = "name the tag: `mreg package` uses the version, oci://HOST/REPOSITORY:v1.2.0"
            return NotFound(f"cannot find {what}{words}", hint=hint)
        if _code(answered.said) == "DIGEST_INVALID":
            return Mismatch(
                f"{what}: the registry received other bytes than were sent{words}",
                hint="run the command again",
            )
        if status in (_FULL, _TOO_LARGE):
            return RemoteError(
                f"{what}: the registry has no space for it{words}",
                hint="ask the operator of the registry",
            )
        said = f"{self._image.host} answers {status}"
        return RemoteError(f"{what}: {said}{words}", hint="ask the operator of the registry")


class _Upload:
    """One blob on its way, over as many connections as it takes."""

    def __init__(
        self, client: RegistryClient, blob: Descriptor, chunks: Chunks, came: Came
    ) -> None:
        self._client = client
        self._blob = blob
        self._chunks = chunks
        self._came = came
        self._location = ""
        self._offset = self._sent = 0

    def run(self) -> None:
        url = f"{self._client.url}/blobs/uploads/"
        waits, furthest = Waits(url, "pushed"), 0
        self._begin()
        while True:
            try:
                if self._offset < self._blob.size:
                    self._send()
                self._finish()
            except Interrupted as interrupted:
                self._client.wait(waits, interrupted)
                if self._is_done():
                    return
                if self._offset - furthest >= _PROGRESS:
                    waits, furthest = Waits(url, "pushed"), self._offset
            else:
                return

    def _begin(self) -> None:
        """Ask for the address of a new upload."""
        self._offset = 0
        self._count(0)
        self._location = self._client.call(
            f"{self._client.url}/blobs/uploads/",
            _PUSH,
            self._place,
            data=b"",
            accepted=(_TAKEN,),
        )

    def _send(self) -> None:
        """Send what is not there yet."""
        first, size = self._offset, self._blob.size
        headers = {"Content-Type": "application/octet-stream"}
        if first:
            headers["Content-Range"] = f"{first}-{size - 1}"
        self._location, there = self._client.call(
            self._location,
            _PUSH,
            lambda it: (self._place(it), _extent(it)),
            patient=False,
            data=StreamedBody(self._left, size - first),
            headers=headers,
            method="PATCH",
            accepted=(_OK, _CREATED, _TAKEN, _NOTHING),
        )
        if there not in (None, size) and size > 1:
            raise Interrupted(f"the registry accepted {there} of {size} bytes")
        self._offset = size

    def _left(self) -> Iterator[bytes]:
        """Iterate over the bytes that are not there yet, and hold all against their digest.

        Raises:
            Mismatch: they have another one.
        """
        hasher, skipped = hashlib.sha256(), 0
        self._count(self._offset)
        for chunk in self._chunks():
            hasher.update(chunk)
            begin = min(len(chunk), self._offset - skipped)
            skipped += begin
            if begin < len(chunk):
                yield chunk[begin:] if begin else chunk
                self._count(self._sent + len(chunk) - begin)
        if f"sha256:{hasher.hexdigest()}" != self._blob.digest:
            raise Mismatch(
                "the files changed while they were being pushed", hint="run the command again"
            )

    def _finish(self) -> None:
        """Say what the digest of all of it is."""
        join = "&" if "?" in self._location else "?"
        said = self._client.call(
            f"{self._location}{join}{urlencode({'digest': self._blob.digest})}",
            _PUSH,
            lambda it: it.headers.get(_DIGEST, ""),
            patient=False,
            data=b"",
            headers={"Content-Type": "application/octet-stream"},
            method="PUT",
            accepted=(_OK, _CREATED, _NOTHING),
        )
        if _differs(said, self._blob.digest):
            raise Mismatch(
                f"the registry reports the digest {said} for {self._blob.digest}",
                hint="the registry, or a proxy in between, is not trustworthy",
            )

    def _is_done(self) -> bool:
        """Find out how far the upload is; tell whether all of it is there."""
        try:
            self._location, there = self._client.call(
                self._location,
                _PUSH,
                lambda it: (self._place(it), _extent(it)),
                accepted=(_OK, _TAKEN, _NOTHING),
            )
        except Answered:
            there = None  # it is over, or cannot be asked about
            if self._client.has_blob(self._blob):
                return True
        # Several say "0-0" of nothing and of one byte.
        if there is None or not 1 < there <= self._blob.size:
            self._begin()
        else:
            self._offset = there
            self._count(there)
        return False

    def _place(self, answer: Answer) -> str:
        """Return the address at which an upload goes on."""
        said = answer.headers.get("Location")
        if said:
            return http.led_to(answer.url, said)
        if self._location:
            return self._location
        raise RemoteError(f"{http.shown(answer.url)} did not say where to upload to")

    def _count(self, there: int) -> None:
        """Tell how many bytes were sent."""
        self._came(there - self._sent)
        self._sent = there


_WORDS = {_PULL: "read", _PUSH: "write to"}


def _differs(said: str, digest: str) -> bool:
    """Tell whether a registry says another digest; one by another algorithm says nothing."""
    return said.startswith("sha256:") and said != digest


def _extent(answer: Answer) -> int | None:
    """Return how many bytes a registry says that an upload has; None if it does not say it."""
    found = _SENT.fullmatch(answer.headers.get("Range", ""))
    return int(found[1]) + 1 if found else None


def _whole(answer: Answer) -> tuple[bytes, Message]:
    """Return a manifest and the headers that came with it."""
    found = b""
    for chunk in answer.chunks():
        found += chunk
        if len(found) > manifest.LARGEST:
            raise RemoteError(
                f"{http.shown(answer.url)} is larger than {manifest.LARGEST >> 20} MiB, the "
                "limit for a manifest"
            )
    return found, answer.headers


def _checked_token(token: object, host: str) -> str:
    if isinstance(token, str) and _TOKEN.fullmatch(token):
        return token
    raise RemoteError(
        f"the token service of {host} did not issue a token",
        hint="ask the operator of the registry",
    )


def _errors(said: bytes) -> dict[str, Any]:
    """Return the first of the errors in a registry's answer."""
    found = (manifest.parsed(said) or {}).get("errors")
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, dict) else {}


def _code(said: bytes) -> str:
    return str(_errors(said).get("code", ""))


def _in_words(said: bytes) -> str:
    """Return what a registry says is wrong, as the end of a sentence; empty if nothing."""
    first = _errors(said)
    words = " ".join(f"{first.get('code', '')} {first.get('message', '')}".split())
    shown = "".join(it for it in words if it.isprintable())[:_MOST_SAID]
    return f" ({shown})" if shown else ""
