"""Whether an image is the version that it claims to be.

Its manifest is computed anew from Git. If the digest is the same, so is every byte, and all that it
says. Programs that copy images pack them anew; then files are compared with files. The registry
that an image names is never asked for that: whoever verifies says which repository counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from mreg.errors import InvalidName, NotFound
from mreg.net import urls
from mreg.package import PackageRequest, bundle, image, modelpack
from mreg.package.bundle import Bundle
from mreg.package.facts import VersionFacts, facts
from mreg.registry import Registry, images
from mreg.tuples import NamedTuple

Verdict: TypeAlias = Literal["same", "same-files", "different", "unknown"]

_MAKERS: dict[str, Callable[[VersionFacts], Bundle]] = {
    "oci": image.made,
    "modelpack": modelpack.made,
}
_KEYS = {
    "artifact": "dev.mreg.artifact",
    "version": "org.opencontainers.image.version",
    "tag": "dev.mreg.tag",
    "tag_oid": "dev.mreg.tag.oid",
    "commit": "org.opencontainers.image.revision",
    "source": "org.opencontainers.image.source",
}


class VerifiedImage(NamedTuple):
    """What an image claims to be, and whether that is so.

    Attributes:
        image: its address, by digest.
        digest: the digest of its manifest.
        kind: "oci" or "modelpack".
        claims: what it says that it is: artifact, version, tag, tag_oid, commit, source. What it
            does not say is None.
        verdict: "same": all of it is what mreg makes of that version; "same-files": the files are
            those of that version, and it was packed anew; "different"; "unknown": it cannot be
            told.
        expected: the digest that mreg's own has; None if that is not known.
        findings: why it is not what it claims to be.
        notes: what else whoever asks should know.
        passed: whether it is what it claims to be.
    """

    image: str
    digest: str
    kind: str
    claims: dict[str, str | None]
    verdict: Verdict
    expected: str | None
    findings: tuple[str, ...]
    notes: tuple[str, ...]
    passed: bool


def verify(
    registry: Registry,
    address: str,
    *,
    plain_http: bool = False,
    report: Callable[[Any], None] | None = None,
) -> VerifiedImage:
    """Return what an image claims to be, and whether that is so as a registry has it.

    Raises:
        UsageError: that is no address of an image.
        NotFound: there is none.
        Refused: it is none that mreg reads, or something in it is not safe.
        GitError: it, or the version, cannot be fetched.
    """
    found = images.described(address, registry.network, plain_http=plain_http)
    claims = {name: found.said.get(key) for name, key in _KEYS.items()}
    made = VerifiedImage(
        str(found.image._replace(tag="")),
        found.image.digest,
        found.kind,
        claims,
        "unknown",
        None,
        (),
        (),
        passed=False,
    )
    if not claims["artifact"] or not claims["version"]:
        return made._replace(findings=("it does not name its model and version",))
    try:
        said = _facts(registry, claims, report)
    except NotFound as error:
        return made._replace(findings=(f"this registry does not have that version: {error}",))
    wanted = _MAKERS[found.kind](said)
    made = made._replace(expected=wanted.digest, notes=tuple(_notes(registry, claims)))
    findings = tuple(_differences(found.said, said.annotations))
    if wanted.digest == found.image.digest:
        return made._replace(verdict="same", passed=True)
    held = images.files(found, registry.network, plain_http=plain_http, report=report)
    theirs = {it.path or said.name: it.kept.digest for it in held}
    differing = _differing_files(theirs, said)
    if differing:
        return made._replace(verdict="different", findings=(*findings, *differing))
    notes = (*made.notes, _WRITTEN_ANEW)
    return made._replace(verdict="same-files", findings=findings, notes=notes, passed=not findings)


_WRITTEN_ANEW = (
    "it was rebuilt, or another release of mreg made it: its digest differs from the one "
    "that mreg package makes. Its files were compared byte by byte; its other content was not"
)


def _facts(
    registry: Registry,
    claims: Mapping[str, str | None],
    report: Callable[[Any], None] | None,
) -> VersionFacts:
    """Return the version that is claimed, with the source that is claimed.

    The source is part of the manifest, and is another one in each clone: whose URL it is, is told.
    """
    selector = f"{claims['artifact']}@{claims['version']}"
    request = PackageRequest(
        registry, selector, "oci", source=claims["source"] or "", report=report
    )
    try:
        return facts(request)
    except InvalidName:
        raise NotFound(f"{selector!r} is not the name of a version") from None


def _notes(registry: Registry, claims: Mapping[str, str | None]) -> list[str]:
    """Return what is to be said of the registry that an image names."""
    source, own = claims["source"], registry.address
    if not source:
        return ["it does not name its registry"]
    if not own:
        return [
            (
                f"it names the registry {source}, and this repository has no remote to "
                "compare it with"
            )
        ]
    if urls.spelled_alike(source) == urls.spelled_alike(own):
        return []
    return [f"it names the registry {source}, and was compared with {own}: {_TWO_SOURCES}"]


_TWO_SOURCES = (
    "this is another address of the same repository, or another repository with the same tag"
)


def _differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Return in which of its claims an image differs from a version."""
    return [
        f"its {key} is {theirs[key]}, but {value} in this registry"
        for key, value in ours.items()
        if key in theirs and theirs[key] != value
    ]


def _differing_files(theirs: Mapping[str, str], said: VersionFacts) -> list[str]:
    """Return in which files an image differs from a version."""
    ours = {it.path: bundle.hashed(bundle.read(it.where)) for it in said.files}
    found = [f"the file {path} is missing" for path in sorted(ours.keys() - theirs)]
    found += [
        f"it contains a file {path} that is not part of the version"
        for path in sorted(theirs.keys() - ours)
    ]
    for path in sorted(ours.keys() & theirs):
        if ours[path] != theirs[path]:
            found.append(f"the file {path} differs: {theirs[path]}, not {ours[path]}")
    if len(found) > _MOST_SHOWN:
        more = len(found) - _MOST_SHOWN
        found = [*found[:_MOST_SHOWN], f"{more} more files differ"]
    return found


_MOST_SHOWN = 20
