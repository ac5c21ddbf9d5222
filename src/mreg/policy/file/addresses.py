"""Endpoints as `.mreg.yaml` names them: what their URLs, fields and headers may be.

What is sent that is a secret stands in an environment variable, whose name begins with
`MREG_ENDPOINT_`: a file can then not have any other variable sent to a host that it names.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mreg.policy.model import Endpoint

VARIABLE = re.compile(r"\$\{([^}]*)\}")
"""An environment variable in a header's value, as a pattern."""

PREFIX = "MREG_ENDPOINT_"
"""What the names of the variables begin with that may be sent."""

PLACEHOLDERS = ("name", "stage")
"""What stands in braces in a URL or a header's value for what is asked about."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OWN = re.compile(rf"{PREFIX}[A-Z0-9_]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2

_OURS = (
    *("accept-encoding", "connection", "content-length", "expect", "keep-alive"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
)
"""Headers that say how a message is sent, which is not for a file to decide."""

_SECRET = ("auth", "cookie", "key", "password", "secret", "token")
"""What the names of headers hold whose values are secrets."""

_DEEPEST = 32


class NoEndpoint(ValueError):
    """A part of an endpoint cannot be used: the message says which and why.

    Attributes:
        hint: what to write.
        code: the finding's code.
    """

    def __init__(self, message: str, hint: str = "", code: str = "MS015") -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


def url(text: str) -> str:
    """Return the URL of an endpoint if it can be asked.

    Raises:
        NoEndpoint: it cannot.
    """
    _check_placeholders(text, "the URL")
    try:
        parts = urlsplit(_PLACEHOLDER.sub("x", text))
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not match
        usable = False
    if not (usable and text.isascii() and text.isprintable()) or set(text) & set(' "<>\\^`|'):
        raise NoEndpoint("not a valid URL", "write http:// or https://, a host and a path")
    if "@" in parts.netloc:
        raise NoEndpoint(
            "a name or a password in the URL is readable by everyone",
            f'send it in a header instead: headers: {{Authorization: "Basic ${{{PREFIX}LOGIN}}"}}',
            code="MS016",
        )
    return text


def field(text: str) -> str:
    """Return where in an answer the version stands, if that can be a place: `model.version`.

    Raises:
        NoEndpoint: it cannot.
    """
    steps = text.split(".")
    if not all(steps) or len(steps) > _DEEPEST:
        raise NoEndpoint(
            f"{text!r} is not a valid path in an answer",
            "write a path such as model.version or versions.0",
        )
    return text


def header_name(text: str) -> str:
    """Return the name of a header if it can be one.

    Raises:
        NoEndpoint: it cannot.
    """
    if not _TOKEN.fullmatch(text):
        raise NoEndpoint(
            f"{text!r} is not a valid name of a header", "write a name such as X-Model-Version"
        )
    return text


def sent_name(text: str) -> str:
    """Return the name of a header that may be sent.

    Raises:
        NoEndpoint: it is none, or says how the message itself is sent.
    """
    if header_name(text).lower() in _OURS:
        raise NoEndpoint(f"a policy file cannot set {text}", "remove it")
    return text


def check(endpoint: Endpoint) -> None:
    """Check an endpoint as a whole.

    Raises:
        NoEndpoint: its parts do not go together, or a secret stands in it.
    """
    if endpoint.field and endpoint.header:
        raise NoEndpoint(
            "field and header cannot be used together", "set only the one that contains the version"
        )
    for name, value in endpoint.headers:
        _check_value(name, value)


def _check_value(name: str, value: str) -> None:
    if not (value.isascii() and value.isprintable()):
        raise NoEndpoint(
            f"the value of {name} contains characters that cannot be sent",
            "use letters, digits and punctuation of ASCII",
        )
    used = VARIABLE.findall(value)
    for variable in used:
        if not _OWN.fullmatch(variable):
            raise NoEndpoint(
                f"{name} uses the variable {variable!r}",
                f"use a variable whose name starts with {PREFIX}, such as ${{{PREFIX}TOKEN}}",
            )
    _check_placeholders(VARIABLE.sub("", value), name)
    if not used and any(it in name.lower() for it in _SECRET):
        raise NoEndpoint(
            f"the value of {name} is readable by everyone",
            f"put it into an environment variable, and write ${{{PREFIX}TOKEN}}",
            code="MS016",
        )


def _check_placeholders(text: str, what: str) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise NoEndpoint(f"{{{name}}} in {what} is not a placeholder", "use {name} or {stage}")
    if set(_PLACEHOLDER.sub("", text)) & set("{}"):
        raise NoEndpoint(f"a brace in {what} has no partner", "use {name} or {stage}")
