"""What an endpoint is asked, and what its answer says runs there.

Without a `field` or a `header`, an answer is read as model metadata of the Open Inference Protocol
V2 (https://github.com/kserve/open-inference-protocol, "Model Metadata"): an object whose `versions`
hold the one that is served. `mreg serve` adds in `properties` the commit, which is compared, and
whether it fails to load another version. What a server says is anybody's text: it is a version, or
it is shown as what it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from mreg.net.probe import Asked, Reply
from mreg.policy.file.addresses import VARIABLE
from mreg.policy.model import Endpoint
from mreg.tuples import NamedTuple

_PLACEHOLDER = re.compile(r"\{(name|stage)\}")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # RFC 1123, section 2.1
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_LONGEST = 255
_SHOWN = 60


class CannotAsk(Exception):
    """An endpoint cannot be asked, or its answer says no version; the message says why.

    Attributes:
        absent: whether the server has nothing there.
    """

    def __init__(self, why: str, *, absent: bool = False) -> None:
        super().__init__(why)
        self.absent = absent


class Said(NamedTuple):
    """What an endpoint says that it runs.

    Attributes:
        version: the version, as it says it.
        commit: the id of the commit, where it says that, too.
        fails: whether it says that it should run another version, and cannot load it.
    """

    version: str
    commit: str | None = None
    fails: bool = False


def question(endpoint: Endpoint, artifact: str, stage: str, secrets: Mapping[str, str]) -> Asked:
    """Return what an endpoint is asked about an artifact in a stage.

    `secrets` are the environment variables that may be sent.

    Raises:
        CannotAsk: a variable is missing, or the artifact's name has no place in the URL.
    """
    words = {"name": artifact, "stage": stage}
    parts = urlsplit(endpoint.url)
    host = _filled(parts.netloc, words, _label)
    rest = (_filled(it, words, lambda text: quote(text, safe="")) for it in parts[2:4])
    headers = tuple((name, _sent(value, words, secrets)) for name, value in endpoint.headers)
    return Asked(urlunsplit((parts.scheme, host, *rest, "")), headers)


def _filled(text: str, words: Mapping[str, str], form: Callable[[str], str]) -> str:
    return _PLACEHOLDER.sub(lambda found: form(words[found[1]]), text)


def _label(text: str) -> str:
    """Return a name that stands in a host's name: it must not lead to another host."""
    if not _LABEL.fullmatch(text):
        raise CannotAsk(f"{text} cannot be part of a host name")
    return text


def _sent(value: str, words: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    def variable(found: re.Match[str]) -> str:
        secret = secrets.get(found[1], "").strip()
        if not secret:
            raise CannotAsk(f"{found[1]} is not set in the environment")
        if not (secret.isascii() and secret.isprintable()):
            raise CannotAsk(f"{found[1]} contains characters that a header cannot contain")
        return secret

    pieces = VARIABLE.split(value)  # what a variable holds has no placeholders
    found = [*VARIABLE.finditer(value)]
    texts = [_filled(it, words, str) for it in pieces[::2]]
    return texts[0] + "".join(
        variable(it) + text for it, text in zip(found, texts[1:], strict=True)
    )


def said(endpoint: Endpoint, reply: Reply) -> Said:
    """Return what an answer says.

    Raises:
        CannotAsk: there is none, or it says no version.
    """
    if reply.failure:
        raise CannotAsk(reply.failure, absent=reply.absent)
    if endpoint.header:
        return Said(_version(reply.headers.get(endpoint.header), f"the header {endpoint.header}"))
    found = _json(reply.body)
    if endpoint.field:
        return Said(_version(_at(found, endpoint.field), endpoint.field))
    return _served(found)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        what = "empty" if not body.strip() else "not JSON"
        raise CannotAsk(f"its answer is {what}") from None


def _at(value: Any, field: str) -> Any:
    """Return what stands at a place; nothing where there is no such place."""
    for step in field.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and re.fullmatch("[0-9]{1,4}", step):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def _served(found: Any) -> Said:
    """Read model metadata of the Open Inference Protocol, with what `mreg serve` adds."""
    if not isinstance(found, dict):
        raise CannotAsk("its answer is not model metadata: the JSON is not an object")
    own = next((it for key in _OWN if isinstance(it := found.get(key), dict)), {})
    versions = found.get("versions")
    if isinstance(versions, list) and len(versions) > 1 and "version" not in own:
        raise CannotAsk(
            f"it serves {len(versions)} versions, and its answer does not identify the active one"
        )
    listed = versions[0] if isinstance(versions, list) and versions else None
    named = next((it for it in (own.get("version"), found.get("version"), listed) if it), None)
    if named is None:
        raise CannotAsk(
            "its answer does not contain the version: versions is missing; if it is elsewhere, "
            "name the place with field or header in .mreg.yaml"
        )
    commit = own.get("commit", found.get("commit"))
    known = commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else None
    return Said(_version(named, "versions"), known, own.get("failing_since") is not None)


_OWN = ("properties", "parameters", "mreg")


def _version(value: Any, where: str) -> str:
    """Return a text that may be a version."""
    if value is None:
        raise CannotAsk(f"its answer does not contain the version: {where} is missing")
    if not isinstance(value, str):
        raise CannotAsk(f"{where} in its answer is not text")
    text = value.strip()
    if not text:
        raise CannotAsk(f"{where} in its answer is empty")
    if not (text.isascii() and text.isprintable()) or len(text) > _LONGEST:
        cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        raise CannotAsk(f"{where} in its answer is not a version: {cut!a}")
    return text
