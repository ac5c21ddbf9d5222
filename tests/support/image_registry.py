"""A small container registry for tests, on the loopback interface, that can be told to misbehave.

Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from remotes import listening

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest_of(raw: bytes) -> str:
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


@dataclass
class ImageRegistry:
    """A registry, and what became of it.

    Attributes:
        url: its URL.
        manifests: what it has, by tag and by digest.
        blobs: what it has, by digest.
        login: "name:password" that it wants; empty for none.
        bearer: whether it wants a token, which it gives out for the login.
        expires: whether a token is good for one request alone.
        realm: where tokens are given out instead of here.
        leads: where who asks for a token is led to.
        breaks: after how many bytes it breaks off an upload: one entry each.
        cuts: after how many bytes it breaks off a blob that it gives out: one entry each.
        refuses: what it answers to a method: the code and a text.
        rude: whether it refuses an upload without reading it.
        lies: what it gives out in place of a blob or a manifest, by what is asked for.
        claims: the digest that it says in its headers, in place of the true one.
        elsewhere: another registry to which it leads for blobs and uploads.
        endless: whether a manifest has no end.
        silent: whether it says no digests.
        seen: what it was asked: method, path, and the header that says who asks.
        ranges: the part of a blob that each upload says it is; empty for all of it.
    """

    url: str = ""
    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    login: str = ""
    bearer: bool = False
    expires: bool = False
    realm: str = ""
    leads: str = ""
    breaks: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)
    rude: bool = False
    lies: dict[str, bytes] = field(default_factory=dict)
    claims: str = ""
    elsewhere: str = ""
    endless: bool = False
    silent: bool = False
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Its host and port."""
        return urlsplit(self.url).netloc

    @property
    def image(self) -> str:
        """The address of a repository there."""
        return f"oci://{self.host}/team/churn"

    def put(self, raw: bytes) -> str:
        """Give it a blob; return its digest."""
        self.blobs[digest_of(raw)] = raw
        return digest_of(raw)

    def put_image(
        self,
        *layers: bytes,
        media_type: str = LAYER,
        plain: bytes | None = None,
        tag: str = "v1",
        **config: Any,
    ) -> str:
        """Give it an image of some layers; return its digest.

        The configuration has the digest of the `plain` archive where the layer is a packed one.
        """
        rootfs = {"diff_ids": [digest_of(plain if plain is not None else it) for it in layers]}
        said = self.put(json.dumps({"rootfs": rootfs, **config}).encode())
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": said, "size": len(self.blobs[said])},
            "layers": [
                {"mediaType": media_type, "digest": self.put(it), "size": len(it)} for it in layers
            ],
        }
        return self.put_manifest(document, tag)

    def put_manifest(self, document: Any, tag: str = "v1") -> str:
        """Give it a manifest; return its digest."""
        raw = json.dumps(document).encode()
        self.manifests[tag] = self.manifests[digest_of(raw)] = raw
        return digest_of(raw)


@contextmanager
def serving() -> Iterator[ImageRegistry]:
    """Serve a registry while the block lasts."""
    registry = ImageRegistry()
    with listening(type("Handler", (_Handler,), {"registry": registry})) as url:
        registry.url = url
        yield registry


class _Handler(BaseHTTPRequestHandler):
    registry: ImageRegistry
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        registry, path = self.registry, urlsplit(self.path).path
        registry.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        if path == "/token":
            self._token()
            return
        if self.command in registry.refuses:
            self._refuse(*registry.refuses[self.command])
        elif not self._admitted():
            return
        elif "/blobs/uploads/" in path:
            self._upload(path.rpartition("/")[2])
        elif "/manifests/" in path:
            self._manifest(path.rpartition("/")[2])
        else:
            self._blob(path.rpartition("/")[2])

    # Who asks

    def _token(self) -> None:
        if self.registry.leads:
            self._body()
            self._send(307, b"", ("Location", self.registry.leads))
            return
        asked = parse_qs(urlsplit(self.path).query)
        form = parse_qs(self._body().decode())
        known = self.headers.get("Authorization") == _basic(self.registry.login)
        if not known and form.get("refresh_token") != ["refresh"]:
            self._refuse(401, "who are you")
            return
        scope = (asked.get("scope") or form.get("scope") or [""])[0]
        token = base64.b64encode(f"{scope} {len(self.registry.tokens)}".encode()).decode()
        self.registry.tokens.append(token)
        self._send(200, json.dumps({"token": token}).encode())

    def _admitted(self) -> bool:
        registry = self.registry
        if not registry.login:
            return True
        said = self.headers.get("Authorization", "")
        if not registry.bearer:
            if said == _basic(registry.login):
                return True
            challenge = 'Basic realm="here"'
        else:
            token = said.removeprefix("Bearer ")
            if token in registry.tokens:
                if registry.expires:
                    registry.tokens[registry.tokens.index(token)] = ""
                return True
            realm = registry.realm or f"{registry.url}/token"
            challenge = f'Bearer realm="{realm}",service="here",scope="repository:x:pull"'
        self._body()
        self._send(401, b"{}", ("WWW-Authenticate", challenge))
        return False

    # What is there

    def _manifest(self, name: str) -> None:
        registry = self.registry
        if self.command == "PUT":
            raw = self._body()
            registry.manifests[name] = registry.manifests[digest_of(raw)] = raw
            self._send(201, b"", *self._digest(raw))
            return
        raw = registry.lies.get(name, registry.manifests.get(name, b""))
        if not raw or MANIFEST not in self.headers.get("Accept", ""):
            self._refuse(404, "manifest unknown", "MANIFEST_UNKNOWN")
        elif registry.endless:
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(b" " * (1 << 16))
        else:
            self._send(200, raw, ("Content-Type", MANIFEST), *self._digest(raw))

    def _blob(self, digest: str) -> None:
        registry = self.registry
        raw = registry.lies.get(digest, registry.blobs.get(digest))
        if registry.elsewhere and self.command == "GET":
            self._send(307, b"", ("Location", f"{registry.elsewhere}{self.path}"))
        elif raw is None:
            self._refuse(404, "blob unknown", "BLOB_UNKNOWN")
        else:
            span = self.headers.get("Range", "")
            first = int(span.removeprefix("bytes=").rstrip("-") or 0)
            extent = ("Content-Range", f"bytes {first}-{len(raw) - 1}/{len(raw)}")
            cut = registry.cuts.pop(0) if registry.cuts and self.command == "GET" else None
            self._send(206 if first else 200, raw[first:], *([extent] if first else []), cut=cut)

    # What is brought

    def _upload(self, name: str) -> None:
        registry = self.registry
        if self.command == "POST":
            name = f"u{len(registry.uploads)}"
            registry.uploads[name] = bytearray()
            self._body()
            self._send(202, b"", self._location(name))
        elif name not in registry.uploads and not registry.elsewhere:
            self._refuse(404, "no such upload", "BLOB_UPLOAD_UNKNOWN")
        elif self.command == "PATCH":
            self._patch(name, registry.uploads.setdefault(name, bytearray()))
        elif self.command == "PUT":
            raw = bytes(registry.uploads.pop(name, b"")) + self._body()
            asked = parse_qs(urlsplit(self.path).query)["digest"][0]
            if digest_of(raw) != asked:
                self._refuse(400, "another digest", "DIGEST_INVALID")
                return
            registry.blobs[asked] = raw
            self._send(201, b"", *self._digest(raw))
        else:
            extent = ("Range", f"0-{max(0, len(registry.uploads[name]) - 1)}")
            self._send(204, b"", extent, self._location(name))

    def _patch(self, name: str, there: bytearray) -> None:
        registry = self.registry
        span = self.headers.get("Content-Range", "")
        registry.ranges.append(span)
        length = int(self.headers["Content-Length"])
        if span and int(span.partition("-")[0]) != len(there):
            self._refuse(416, "another part")
        elif registry.breaks:
            there += self.rfile.read(min(length, registry.breaks.pop(0)))
            self.close_connection = True
        else:
            there += self.rfile.read(length)
            self._send(202, b"", ("Range", f"0-{len(there) - 1}"), self._location(name))

    def _location(self, name: str) -> tuple[str, str]:
        host = self.registry.elsewhere
        return "Location", f"{host}/v2/team/churn/blobs/uploads/{name}?_state=a%2Bb"

    def _digest(self, raw: bytes) -> list[tuple[str, str]]:
        if self.registry.silent:
            return []
        return [("Docker-Content-Digest", self.registry.claims or digest_of(raw))]

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _refuse(self, status: int, message: str, code: str = "DENIED") -> None:
        if not self.registry.rude:
            self._body()
        self.close_connection = True
        self._send(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode())

    def _send(
        self, status: int, body: bytes, *headers: tuple[str, str], cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True


def _basic(login: str) -> str:
    return f"Basic {base64.b64encode(login.encode()).decode()}"
