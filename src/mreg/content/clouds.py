"""Object stores, through fsspec and what it needs for each: the extra `mreg[remote]`.

Who may read there is settled by each store's own means: its environment variables, its files in the
user's home, the machine's role. mreg neither asks for credentials nor passes any on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mreg.errors import MregError, Refused, RemoteError
from mreg.net import http
from mreg.net.http import Taker
from mreg.net.network import Network
from mreg.system import distribution

CHUNK = 8 << 20
"""How many bytes are read at a time: with most stores, by a request of its own."""

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "hf": "huggingface_hub"}
"""The schemes of the stores, and the package that fsspec needs for each."""


class Absent(RemoteError):
    """A store has nothing at an address."""


def filesystem(url: str, network: Network, **options: Any) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the path in it.

    Options are what the file system takes beside, such as `endpoint_url` of s3.

    Raises:
        Refused: the scheme is none of `PACKAGES`, or a package is missing.
        RemoteError: the store cannot be used.
    """
    scheme = url.partition("://")[0].lower()
    if scheme not in PACKAGES or "::" in url:  # fsspec takes "::" for one system inside another
        raise Refused(f"mreg does not fetch from {http.shown(url)}")
    if scheme == "s3":
        seconds = {"connect_timeout": network.seconds, "read_timeout": network.seconds}
        options = {"config_kwargs": seconds, **options}
    with _explained(url):
        try:
            from fsspec.core import url_to_fs

            found: tuple[Any, str] = url_to_fs(
                f"{scheme}{url[len(scheme) :]}", skip_instance_cache=True, **options
            )
        except ImportError:
            raise Refused(
                f"downloading from {scheme}:// needs the package {PACKAGES[scheme]}, which is not"
                " installed",
                hint=f"run `{distribution.command('remote')}`",
            ) from None
    return found


def download(
    url: str, into: Taker, network: Network, *, checked: bool = True, **options: Any
) -> None:
    """Fetch a content, or of one that is there in part (`offset`) what is behind that.

    Unless it will be checked against its digest, it is asked afterwards whether it was the same all
    the time.

    Raises:
        Refused: as `filesystem`.
        RemoteError: it is not there, or cannot be fetched.
    """
    system, path = filesystem(url, network, **options)
    read(system, path, url, into, checked=checked)


def read(system: Any, path: str, url: str, into: Taker, *, checked: bool = True) -> None:
    """Fetch a content out of what `filesystem` returned; otherwise as `download`."""
    with _explained(url):
        said = system.info(path)
        before = system.ukey(path)
        if said.get("type") == "directory":
            raise Refused(
                f"{http.shown(url)} is a folder", hint="register an archive of the folder instead"
            )
        size = int(said["size"])
        file = system.open(path, "rb", block_size=CHUNK, cache_type="none")
    at = into.offset if into.offset <= size else 0
    into.begin(size, at=at)
    with file:
        for chunk in _chunks(url, file, at, size):
            into.write(chunk)
    if not checked:
        with _explained(url):
            system.invalidate_cache()
            if system.ukey(path) != before:
                raise RemoteError(f"{http.shown(url)} changed while it was being read")


def _chunks(url: str, file: Any, at: int, size: int) -> Iterator[bytes]:
    """Iterate over a file's bytes from one on."""
    while at < size:
        with _explained(url):
            file.seek(at)
            chunk: bytes = file.read(min(CHUNK, size - at))
        if not chunk:
            raise RemoteError(f"{http.shown(url)} ended after {at} of {size} bytes")
        yield chunk
        at += len(chunk)


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn what a store's package raises, each its own, into an error."""
    try:
        yield
    except MregError:
        raise
    except FileNotFoundError:
        raise Absent(
            f"cannot find {http.shown(url)}",
            hint="ask the person who registered the version for its current location",
        ) from None
    except Exception as error:  # whatever it is, it is the store's
        raise RemoteError(
            f"cannot download {http.shown(url)}: {str(error) or type(error).__name__}",
            hint="check the credentials for this storage, as its own tools expect them",
        ) from error
