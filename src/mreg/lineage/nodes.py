"""The kinds of nodes, each made in one place: its id, what a person calls it, what is known of it.

`docs/how-to/lineage.md` has a table of them; a test holds the two together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from mreg.annotations.entry import Annotation, Input
from mreg.annotations.outline import DVC_FILE
from mreg.core.commits import Committed
from mreg.core.kinds import SHORT
from mreg.dvc.lockfile import Item, LockedStage
from mreg.lineage.graph import Node, NodeKind
from mreg.lineage.subjects import Subject
from mreg.tuples import NamedTuple


class LineageContent(NamedTuple):
    """What stands at a path of a commit.

    Attributes:
        path: the path, from the repository's root.
        oid: the id of the blob or tree, if it is in Git.
        digest: what DVC knows it by.
        size: in bytes, as DVC says.
        files: how many files a folder of DVC's has.
        pointer: the .dvc file that stands for it.
        within: the folder that DVC keeps as a whole, if it is one of the things in that. Then the
            digest is that of the folder.
        submodule: the submodule that it is, or is in.
    """

    path: str
    oid: str | None = None
    digest: str | None = None
    size: int | None = None
    files: int | None = None
    pointer: str | None = None
    within: str | None = None
    submodule: str | None = None

    @property
    def id(self) -> str:
        """The id of its node; the same for the same bytes at the same path."""
        if self.oid:
            return f"file:{self.path}@{self.oid}"
        if self.digest:
            return f"data:{self.path}@{self.digest}"
        return f"file:{self.path}"

    @property
    def is_known(self) -> bool:
        """Whether it is anywhere."""
        return bool(self.oid or self.digest)

    @property
    def absence(self) -> str:
        """Why nothing is known of it."""
        if self.submodule is None:
            return "is not in the commit"
        what = (
            "a submodule" if self.submodule == self.path else f"in the submodule {self.submodule}"
        )
        return f"is {what}: its contents are in another repository"


def version(
    it: Subject, annotation: Annotation | None, content: LineageContent | None, note: str
) -> Node:
    """Return the node of a version, with what stands at its path."""
    event = it.event
    facts = {
        "artifact": it.artifact,
        "version": it.version,
        "commit": event.commit,
        "active": it.active,
        "type": annotation.type if annotation else None,
        "created_at": event.created_at,
        "author": event.author,
        "author_email": event.author_email,
        "message": event.message,
        "path": annotation.path if annotation else None,
        **_of_content(content),
    }
    return Node(it.id, "version", version_label(it.artifact, it.version, it.key), facts, note=note)


def version_label(artifact: str, version: str | None, key: str) -> str:
    """Return what a person calls a version; of a bare commit, its artifact and id."""
    return f"{artifact}@{version}" if version else f"{artifact} commit {key[:SHORT]}"


def absent_version(text: str, note: str) -> Node:
    """Return the node of a version that there is not, by what was said of it."""
    return Node(f"version:{text}", "version", text, {}, missing=True, note=note)


def content(it: LineageContent) -> Node:
    """Return the node of a file, or of data that DVC keeps."""
    facts = {"path": it.path, **_of_content(it)}
    note = f"in {it.within}, which DVC tracks as a whole" if it.within else ""
    if not it.is_known:
        note = f"it {it.absence}"
    kind: NodeKind = "data" if it.digest and not it.oid else "file"
    return Node(it.id, kind, it.path, facts, missing=not it.is_known, note=note)


def _of_content(it: LineageContent | None) -> dict[str, Any]:
    it = it or LineageContent("")
    return {
        "oid": it.oid,
        "digest": it.digest,
        "size": it.size,
        "files": it.files,
        "pointer": it.pointer,
    }


def step(stage: LockedStage, sources: Iterable[str]) -> Node:
    """Return the node of a pipeline's stage: the same for the same run of the same command."""
    items = [it[:2] for it in (*stage.deps, *stage.outs)]
    run = [stage.file, stage.name, stage.command, *sources, *items]
    folder = stage.file.rpartition("/")[0]
    label = f"{folder}/{DVC_FILE}:{stage.name}" if folder else stage.name
    facts = {"name": stage.name, "file": stage.file, "command": stage.command}
    return Node(f"step:{stage.file}:{stage.name}@{_hash(run)}", "step", label, facts)


def params(path: str, values: Mapping[str, Any]) -> Node:
    """Return the node of the params that a step used out of a file."""
    facts = {"path": path, "values": dict(values)}
    return Node(f"params:{path}@{_hash(values)}", "params", path, facts)


def imported(it: Item) -> Node:
    """Return the node of what a .dvc file says was imported: from a URL, or a repository."""
    url = it.path if it.repo is None else it.repo
    inner = None if it.repo is None else it.path
    made = _url(url, inner, it.rev, it.digest)
    return made._replace(facts={**made.facts, "named": it.named})


def url(it: Input) -> Node:
    """Return the node of an input that was fetched from somewhere."""
    digest = f"sha256:{it.sha256.lower()}" if it.sha256 else None
    return _url(str(it.url), None, None, digest)


def of_url(address: str) -> Node:
    """Return the node of a path that is a URL."""
    return _url(address, None, None, None)


def _url(address: str, path: str | None, rev: str | None, digest: str | None) -> Node:
    facts = {"url": address, "path": path, "rev": rev, "named": None, "digest": digest}
    label = f"{address} {path}" if path else address
    said = "@".join(it for it in (path, rev, digest) if it)
    return Node(f"url:{address}" + (f"@{said}" if said else ""), "url", label, facts)


def foreign(it: Input) -> Node:
    """Return the node of a version of another registry; it is not asked."""
    facts = {"selector": it.artifact, "repo": it.repo}
    return Node(f"foreign:{it.repo}@{it.artifact}", "foreign", f"{it.artifact} of {it.repo}", facts)


def commit(it: Committed) -> Node:
    """Return the node of a commit."""
    return Node(f"commit:{it.commit}", "commit", it.commit[:SHORT], it._asdict())


def absent_commit(oid: str) -> Node:
    """Return the node of a commit that is not in this clone."""
    facts = {**dict.fromkeys(Committed._fields), "commit": oid}
    return Node(
        f"commit:{oid}",
        "commit",
        oid[:SHORT],
        facts,
        missing=True,
        note="it is not in this repository",
    )


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
