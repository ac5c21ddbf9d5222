"""Push events as hosts of Git sign and post them, made independently of the program."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = b"correct horse battery staple"
KEY = bytes(range(32))
TOKEN = b"whsec_" + base64.b64encode(KEY)


def _hex(key: bytes, said: bytes) -> str:
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def signed(
    host: str,
    body: bytes,
    *,
    secret: bytes = SECRET,
    key: bytes = KEY,
    event: str = "",
    id_: str = "1",
    sent: int | None = None,
) -> dict[str, str]:
    """Return the headers with which a kind of host posts a body."""
    now = str(int(time.time()) if sent is None else sent)
    found = {"Content-Type": "application/json"}
    if host == "GitHub":
        found |= {"X-GitHub-Event": event or "push", "X-GitHub-Delivery": id_}
        found |= {"X-Hub-Signature-256": f"sha256={_hex(secret, body)}"}
    elif host == "Gitea":
        found |= {"X-Gitea-Event": event or "push", "X-Gitea-Delivery": id_}
        found |= {"X-GitHub-Event": event or "push", "X-GitHub-Delivery": id_}
        found |= {"X-Hub-Signature-256": f"sha256={_hex(secret, body)}"}
        found |= {"X-Gitea-Signature": _hex(secret, body)}
    elif host == "GitLab token":
        found |= {"X-Gitlab-Event": event or "Tag Push Hook", "Idempotency-Key": id_}
        found |= {"X-Gitlab-Token": secret.decode("latin-1"), "X-Gitlab-Event-UUID": "u"}
    elif host == "GitLab":
        found |= {"X-Gitlab-Event": event or "Push Hook", "Idempotency-Key": id_}
        made = hmac.new(key, f"{id_}.{now}.".encode() + body, hashlib.sha256).digest()
        said = f"v1,{base64.b64encode(made).decode()}"
        found |= {"webhook-id": id_, "webhook-timestamp": now, "webhook-signature": said}
    else:
        found |= {"X-Mreg-Timestamp": now, "Idempotency-Key": id_}
        found |= {"X-Mreg-Signature-256": f"sha256={_hex(secret, f'{now}.'.encode() + body)}"}
    return found


HOSTS = ("mreg", "GitHub", "Gitea", "GitLab", "GitLab token")


def push(host: str, url: str) -> bytes:
    """Return what a kind of host says of a push to the repository at a URL."""
    said: dict[str, Any] = {"ref": "refs/tags/scorer@v1.0.0", "repository": {"clone_url": url}}
    if host == "mreg":
        said = {"event": "register", "repository": url}
    elif host.startswith("GitLab"):
        said = {"object_kind": "tag_push", "project": {"git_http_url": url, "name": "x"}}
    return json.dumps(said).encode()
