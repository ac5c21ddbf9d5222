"""Remotes of DVC, each as something that a content can be read from by its place there.

Source of the options: https://dvc.org/doc/user-guide/data-management/remote-storage.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

from mreg.content import clouds
from mreg.content.clouds import Absent
from mreg.content.store import CHUNK, Sink
from mreg.dvc.config import DvcRemote
from mreg.errors import Refused, RemoteError
from mreg.net.http import SCHEMES, Answered, Client, basic, shown
from mreg.net.network import Network

_DENIED = (401, 403)
_NOT_THERE = (404, 410)
_YES = ("true", "1", "yes", "on")
_CLOUDS = {"s3": "s3", "gs": "gs", "gcs": "gs", "azure": "az"}
"""The clouds by DVC's names, and by those of `mreg.content.clouds`."""

_OPTIONS = {
    "s3": {
        "access_key_id": "key",
        "secret_access_key": "secret",
        "session_token": "token",
        "profile": "profile",
    },
    "gs": {"projectname": "project", "credentialpath": "token", "endpointurl": "endpoint_url"},
    "azure": {
        name: name
        for name in (
            *("connection_string", "sas_token", "account_name", "account_key"),
            *("tenant_id", "client_id", "client_secret"),
        )
    },
}
"""What DVC calls options of a cloud, and what fsspec does."""

KNOWN = ("", "file", *SCHEMES, *_CLOUDS)
"""The schemes of the remotes that are read without DVC's own program."""

_OF_PROGRAM = ("credentialpath", "configpath")
"""What only DVC's own program can use with s3."""


class Missing(Exception):
    """A remote has nothing at a place."""


class ContentReader(Protocol):
    """What reads contents from a remote."""

    def read(self, key: str, into: Sink) -> None:
        """Read a content by its place there, such as "files/md5/ab/cdef...".

        Raises:
            Missing: nothing is there.
            RemoteError: the remote cannot be read.
        """


def reader(remote: DvcRemote, folder: Path | None, network: Network) -> ContentReader | None:
    """Return what reads from a remote; None if only DVC's own program can.

    A path counts from the folder `.dvc`, if there is one.

    Raises:
        RemoteError: the remote is a path, and nothing that it could count from.
    """
    if remote.scheme in SCHEMES:
        return None if remote.options.get("auth") == "digest" else _Web(remote, network)
    if remote.scheme in _CLOUDS:
        needed = remote.scheme == "s3" and set(_OF_PROGRAM) & remote.options.keys()
        return None if needed else _Cloud(remote, network)
    if remote.scheme not in ("", "file"):
        return None
    path = Path(unquote(remote.url.partition("://")[2]) if remote.scheme else remote.url)
    if not path.is_absolute() and folder is None:
        raise RemoteError(
            f"the DVC remote {remote.name} is the path {remote.url}, which is relative to a "
            "clone, and there is no clone",
            hint="run the command in a clone of that repository, or give the project a "
            "remote with a URL",
        )
    # The folder that it counts from need not be there.
    return _Folder(Path(os.path.normpath((folder or Path()) / path)))


class _Folder:
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, key: str, into: Sink) -> None:
        try:
            file = (self._path / key).open("rb")
        except (FileNotFoundError, NotADirectoryError):
            raise Missing from None
        except OSError as error:
            raise RemoteError(f"cannot read {error.filename}: {error.strerror}") from None
        with file:
            into.begin(Path(file.name).stat().st_size)
            while chunk := file.read(CHUNK):
                into.write(chunk)


class _Web:
    """A web server."""

    def __init__(self, remote: DvcRemote, network: Network) -> None:
        self._remote = remote
        self._headers = _login(remote)
        authorities = remote.options.get("ssl_verify", "true")
        named = authorities.lower() not in (*_YES, "false", "0", "no", "off")
        self._client = Client(network, Path(authorities) if named else None)

    def read(self, key: str, into: Sink) -> None:
        url = f"{self._remote.url.rstrip('/')}/{quote(key)}"
        try:
            self._client.download(url, into, headers=self._headers)
        except Answered as answered:
            if answered.status in _NOT_THERE:
                raise Missing from None
            if answered.status in _DENIED:
                raise RemoteError(
                    f"the DVC remote {self._remote.name} denies access: {answered}",
                    hint=f"run `dvc remote modify --local {self._remote.name} password ...` to "
                    "set the password for its auth",
                ) from None
            raise


class _Cloud:
    """A store of a cloud."""

    def __init__(self, remote: DvcRemote, network: Network) -> None:
        self._url = f"{_CLOUDS[remote.scheme]}://{remote.url.partition('://')[2].rstrip('/')}"
        self._options = _for_fsspec(remote)
        self._network = network

    def read(self, key: str, into: Sink) -> None:
        system, path = self._system
        try:
            clouds.read(system, f"{path.rstrip('/')}/{key}", f"{self._url}/{key}", into)
        except Absent:
            raise Missing from None

    @cached_property
    def _system(self) -> tuple[Any, str]:
        return clouds.filesystem(self._url, self._network, **self._options)


def _login(remote: DvcRemote) -> dict[str, str]:
    """Return the headers that say who asks."""
    how, password = remote.options.get("auth", ""), remote.options.get("password")
    if how and password is None:
        raise Refused(
            f"the DVC remote {remote.name} needs a password, and none is set",
            hint=f"run `dvc remote modify --local {remote.name} password ...` to set it",
        )
    if how == "basic":
        return basic(remote.options.get("user", ""), password or "")
    if how == "custom":
        return {remote.options.get("custom_auth_header", "Authorization"): password or ""}
    return {}


def _for_fsspec(remote: DvcRemote) -> dict[str, Any]:
    """Return a cloud's options as fsspec takes them."""
    kind = "gs" if remote.scheme == "gcs" else remote.scheme
    said = remote.options
    options: dict[str, Any] = {
        ours: said[theirs] for theirs, ours in _OPTIONS[kind].items() if theirs in said
    }
    anonymous = said.get("allow_anonymous_login", "").lower() in _YES
    if kind == "gs":
        return {**options, "token": "anon"} if anonymous else options
    if kind == "azure":  # adlfs takes everybody for anonymous where it is not told
        return {**options, "anon": anonymous}
    client = {"endpoint_url": said.get("endpointurl"), "region_name": said.get("region")}
    return {
        **options,
        **({"anon": True} if anonymous else {}),
        "client_kwargs": {key: value for key, value in client.items() if value},
    }


def described(remote: DvcRemote) -> str:
    """Return how errors call a remote."""
    return f"the DVC remote {remote.name} ({shown(remote.url)})"
