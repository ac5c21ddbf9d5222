"""Where an image is: `oci://HOST/REPOSITORY[:TAG][@DIGEST]`.

Source of the grammar: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md,
"Pulling manifests". Pure: text in, text out.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from mreg.errors import UsageError
from mreg.tuples import NamedTuple

SCHEME = "oci://"

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"
DIGEST = r"sha256:[0-9a-f]{64}"
"""The digests that are taken: nobody has ever had to use another algorithm."""

_LONGEST = 255
"""So long may host and repository be together: what many clients take."""

_HUB, _HUBS_REGISTRY = "docker.io", "registry-1.docker.io"
_FORM = "write oci://HOST/REPOSITORY:TAG, or oci://HOST/REPOSITORY@sha256:..."


class ImageReference(NamedTuple):
    """An image at a registry; by its digest, if that is said, whatever the tag.

    Attributes:
        host: the registry's host, with a port if one is named.
        repository: its repository there.
        tag: the tag; empty if none is named.
        digest: the manifest's digest, "sha256:...", empty if none is named.
    """

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag, digest = self.tag and f":{self.tag}", self.digest and f"@{self.digest}"
        return f"{SCHEME}{self.host}/{self.repository}{tag}{digest}"

    @property
    def name(self) -> str:
        """What it is asked for by: its digest, else its tag."""
        return self.digest or self.tag

    @property
    def server(self) -> str:
        """The host that is asked: Docker Hub's registry has another name than its images."""
        return _HUBS_REGISTRY if self.host == _HUB else self.host

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine, so that nothing need protect what is sent."""
        host = re.sub(r":[0-9]+$", "", self.host).strip("[]")
        if host == "localhost":
            return True
        import ipaddress  # which takes a while to load

        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def is_reference(text: str) -> bool:
    """Tell whether a text is meant for the address of an image."""
    return text[: len(SCHEME)].lower() == SCHEME


def parse(text: str) -> ImageReference:
    """Read an image's address.

    Raises:
        UsageError: it is none.
    """
    rest = text[len(SCHEME) :] if is_reference(text) else ""
    host, _, path = rest.partition("/")
    if "@" in host:
        raise UsageError(
            "the address of an image must not contain a name or password",
            hint="log in with `docker login`, or another program that writes ~/.docker/config.json",
        )
    path, at, digest = path.partition("@")
    repository, colon, tag = path.partition(":")
    shown = repr(quote(text, safe="!#$&'()*+,/:;=?@[]~ "))
    if not re.fullmatch(_HOST, host) or not _is_host(host) or not path:
        raise UsageError(f"{shown} is not the address of an image", hint=_FORM)
    if not re.fullmatch(_REPOSITORY, repository) or len(host) + len(repository) > _LONGEST:
        raise UsageError(
            f"{repository!r} is not the name of a repository in a container registry",
            hint="use lower-case letters and digits, with single . _ - between them, and / "
            f"between parts{_suggested(repository)}",
        )
    if colon and not re.fullmatch(_TAG, tag):
        raise UsageError(
            f"{tag!r} is not an image tag",
            hint="use letters, digits and . _ -, at most 128 characters; mreg writes the "
            '"+" of a version as "_"',
        )
    if at and not re.fullmatch(DIGEST, digest):
        raise UsageError(
            f"{digest!r} is not a digest", hint="write sha256: and 64 hexadecimal digits"
        )
    if host == _HUB and "/" not in repository:
        repository = f"library/{repository}"
    return ImageReference(host, repository, tag, digest)


def _is_host(host: str) -> bool:
    """Tell whether what stands in brackets, if anything does, is an address of IPv6."""
    inner, mark, _ = host.removeprefix("[").partition("]")
    if not mark:
        return True
    import ipaddress  # which takes a while to load

    try:
        ipaddress.IPv6Address(inner)
    except ValueError:
        return False
    return True


def _suggested(repository: str) -> str:
    """Return what a name could be instead, for a hint; empty if that is none either."""
    parts = (re.sub(r"[^a-z0-9]+", "-", it.lower()).strip("-") for it in repository.split("/"))
    name = "/".join(filter(None, parts))
    return f": {name}" if re.fullmatch(_REPOSITORY, name) else ""
