"""Credentials for container registries, from where Docker and others keep them.

That is `config.json` in the folder DOCKER_CONFIG, else in `~/.docker`: a helper for a host
(`credHelpers`), one for all (`credsStore`), or what stands in the file (`auths`).

Sources: https://docs.docker.com/reference/cli/docker/login/ and
https://github.com/docker/docker-credential-helpers.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mreg.errors import Refused, RemoteError
from mreg.net.logins import Login
from mreg.system import command

_LARGEST = 1 << 20
_MOST_SAID = 1 << 16
_SECONDS = 30.0
_HELPER = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_TOKENS_NAME = "<token>"
"""The name by which a helper says that what it knows is a refresh token."""

_HUB = "docker.io"
_HUBS_NAMES = ("https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io")


def login(host: str) -> Login | None:
    """Return who the user is to the registry at a host; None if nobody says.

    Raises:
        Refused: the settings cannot be read.
        RemoteError: the helper that they name cannot be asked.
    """
    said = _settings(_file())
    names = [host, f"https://{host}", f"https://{host}/", f"https://{host}/v1/"]
    names += [f"https://{host}/v2/"] + (list(_HUBS_NAMES) if host == _HUB else [])
    helpers = _object(said, "credHelpers")
    helper = next((helpers[it] for it in names if it in helpers), said.get("credsStore"))
    if helper:
        # Docker asks for its own registry by the old address, and for others by the host alone.
        asked = _HUBS_NAMES[0] if host == _HUB else host
        if found := _helped(str(helper), asked):
            return found
    known = _object(said, "auths")
    return next((it for it in map(_entry, _objects(known, names)) if it), None)


def _file() -> Path | None:
    """Return where the settings are; None for a user without a home, as in many containers."""
    if folder := os.environ.get("DOCKER_CONFIG"):
        return Path(folder, "config.json")
    try:
        return Path.home() / ".docker" / "config.json"
    except RuntimeError:
        return None


def _settings(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST + 1)
        found = json.loads(raw) if len(raw) <= _LARGEST else None
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(
            f"cannot read {file}: it is not a JSON object",
            hint="fix or remove the file; `docker login` writes it again",
        )
    return found


def _object(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _objects(known: dict[str, Any], names: list[str]) -> Iterator[dict[str, Any]]:
    for it in names:
        if isinstance(known.get(it), dict):
            yield known[it]


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""


def _entry(said: dict[str, Any]) -> Login | None:
    """Return what the file itself says of a registry."""
    name, password = _text(said, "username"), _text(said, "password")
    if both := _text(said, "auth"):
        try:
            # Docker ends the password where a NUL stands.
            name, _, password = base64.b64decode(both, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        password = password.rstrip("\0")
    found = Login(name, password, _text(said, "identitytoken"), _text(said, "registrytoken"))
    return found if any(found) else None


def _helped(helper: str, server: str) -> Login | None:
    """Return what a helper knows of a server; None if that is nothing."""
    if not re.fullmatch(_HELPER, helper):
        raise Refused(
            f"Docker's settings contain an invalid credential helper: {helper!r}",
            hint="set it to NAME of a program that is called docker-credential-NAME",
        )
    program = f"docker-credential-{helper}"
    ran, raw = command.printed(
        [program, "get"], seconds=_SECONDS, most=_MOST_SAID, source=f"{server}\n".encode()
    )
    if ran.code is not None and ran.code > 0:
        return None  # which is how it says that it knows nothing of it
    if ran.reason:
        raise RemoteError(
            f"{program} returned no credentials for {server}: {ran.reason}",
            hint="install it, or remove it from credsStore and credHelpers in Docker's settings",
        )
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise RemoteError(f"the answer of {program} is not JSON")
    name, secret = _text(said, "Username"), _text(said, "Secret")
    if name == _TOKENS_NAME:
        return Login(refresh=secret)
    return Login(name, secret) if name or secret else None
