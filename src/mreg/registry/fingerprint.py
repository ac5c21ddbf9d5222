"""Fingerprints: whether what pages show of a registry, or of an artifact, is as it was.

They are made of the ids of what it is made from; so whoever keeps what was made of profiles reads
only those anew whose fingerprints are others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from mreg.dvc import experiments
from mreg.git import config, objects, refs
from mreg.git.branches import LOCAL, REMOTE
from mreg.git.repository import Repository
from mreg.governance import settings
from mreg.policy import approvals
from mreg.registry import profile, read
from mreg.store import complete, tag_digests
from mreg.store.read import patterns_of

_MIRRORED = (complete.TAGS, complete.BRANCHES, f"{approvals.PREFIX}*")
"""What is brought up to date in a mirror."""


def whole(repo: Repository) -> str | None:
    """Return a text that changes when anything of a registry may: see `Registry.fingerprint`.

    It is made of all refs that the registry and its policy may be read from, of HEAD, of where
    commits end, and of Git's settings. Tags are not even listed where the files that hold their
    refs tell as much.
    """
    complete.refresh(repo, _MIRRORED)
    if complete.asks_remote(repo):
        return None
    tags = refs.fingerprint_of_tags(repo)
    (head,) = objects.headers(repo, ["HEAD"])
    others = refs.list_links(repo, (LOCAL, REMOTE, approvals.PREFIX, experiments.PREFIX))
    settled = map(repr, (*others, *config.read(repo)))
    return _digest([tags.hex(), head.oid, str(repo.branch()), *_ends(repo), *settled])


def of_artifacts(repo: Repository, *, candidates: bool = False) -> dict[str, str]:
    """Return for each artifact a text that changes when its profile does: see `Registry`.

    It is made of the ids of the artifact's tags and approvals, of the policy and its branch, and
    of what HEAD says where that counts; with `candidates`, of where all branches and experiments
    stand. The profile of an artifact may hang on those of its inputs, too.
    """
    complete.refresh(repo, _MIRRORED)
    found: dict[str, list[str]] = {}
    if repo.shortage():  # what is read of it need not stand in the refs that are here
        for history in read.state(repo):
            held = (f"{it.event.oid} {it.tag}" for it in history.timeline)
            found[history.artifact] = sorted(held)
    for artifact, tags in tag_digests.of_each(repo).items():
        found.setdefault(artifact, []).append(tags)
    for ref, oid in refs.list_names(repo, [approvals.PREFIX]):
        if place := approvals.parse_ref(ref):
            found.setdefault(place.artifact, []).append(f"{oid} {ref}")
    at_head = read.at_head(repo).annotations
    early = [name for name in at_head if name not in found]
    for artifact, said in profile.said_at_head(repo, early).items():
        found[artifact] = [repr(said)]
    for artifact in at_head.keys() & found.keys():
        found[artifact].append("annotated at HEAD")
    common = _common(repo, candidates=candidates)
    return {artifact: _digest([common, *found[artifact]]) for artifact in sorted(found)}


def of_tags(repo: Repository, name: str | None = None) -> str | None:
    """Return a text that changes when any event does: see `Registry.tags_fingerprint`."""
    complete.refresh(repo, complete.mirror_patterns(name))
    if complete.asks_remote(repo):
        return None
    if name is not None:
        return _hashed(refs.listing(repo, patterns_of(name), refs.TAGS))
    return _hashed(refs.fingerprint_of_tags(repo))


def of_tags_of_each(repo: Repository) -> dict[str, str] | None:
    """Return what `of_tags` returns of each artifact, by one listing: see `Registry`."""
    complete.refresh(repo)
    if complete.asks_remote(repo):
        return None
    return tag_digests.of_each(repo)


def _common(repo: Repository, *, candidates: bool) -> str:
    """Return what bears on every profile: the policy, and branches where some are asked about."""
    governing = settings.governing(repo)
    gates = (governing.settings.stages or {}).values()
    named = any(it.branches for it in gates)
    listed = [*refs.list_names(repo, [LOCAL, REMOTE])] if named or candidates else []
    if candidates:
        found = refs.list_names(repo, [experiments.PREFIX])
        listed += ((ref, oid) for ref, oid in found if experiments.parse(ref))
        listed += ((f"HEAD {repo.branch()}", it.oid) for it in objects.headers(repo, ["HEAD"]))
    ends = _ends(repo) if named or candidates else []
    policy = (governing.blob, governing.branch if governing.blob else "")
    return _digest([*policy, *ends, *(f"{oid} {ref}" for ref, oid in listed)])


def _ends(repo: Repository) -> list[str]:
    """Return where commits end that have parents, or have others: what leads where hangs on it."""
    folder = repo.common_dir()
    places = [folder / it for it in ("shallow", "info/grafts")] if folder else []
    return [it.read_text("ascii", "replace") for it in places if it.is_file()]


def _digest(parts: Iterable[str]) -> str:
    return _hashed("\n".join(parts).encode("utf-8", "surrogateescape"))


def _hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
