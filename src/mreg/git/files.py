"""Reading files out of commits, however many, by the one process that answers for objects.

It turns "COMMIT:PATH" into the id of a blob, and a blob's id into its bytes. It stays open, so that
what one answer names (a metric file) can be asked for next without another process.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import filterfalse, islice
from typing import Any, Self

from mreg.errors import NotFound, RemoteError
from mreg.git import commits, objects, process, trees
from mreg.git.objects import Content, can_be_asked
from mreg.git.process import CommandFailed
from mreg.git.readings import Readings
from mreg.git.repository import Repository
from mreg.git.trees import FolderItem, Tree
from mreg.tuples import NamedTuple

# What Git says when it would have to fetch what a partial clone left out, and cannot.
_NO_PROMISE_KEPT = r"promisor remote|Could not read from remote repository"

_MANY = 50
"""So many paths are looked up by the folders that they are in; fewer, Git looks up as quickly."""

_PORTION = 200
"""In the folders of so many commits files are looked for at once."""

_MOST_EMPTY = 300_000
"""So many folders are known at the most to have no file that was looked for, until then."""

_ROOM = 32 << 20
"""How many bytes of folders that were read stay known."""

_OVERHEAD = 1000
"""About what a folder takes up besides its bytes, with the few entries that were asked for."""


class Files:
    """The files in a repository's commits; a context manager that keeps Git open meanwhile."""

    def __init__(self, repo: Repository) -> None:
        self.readings = Readings(repo)
        self._repo = repo
        self._found: dict[tuple[str, str], str | None] = {}
        self._absent: set[tuple[str, str]] = set()
        self._sizes: dict[str, int] = {}
        self._trees: dict[str, Tree] = {}
        self._room = _ROOM
        self._gone: set[str] = set()
        self.submodules: dict[tuple[str, str], str] = {}
        """Which submodule a place is, or is in, that was looked up through its folders."""
        self._stack = ExitStack()
        self._mirror = repo.mirror
        self._lender: Files | None = None
        self._unread: set[str] = set()
        self._is_damaged = False
        self._said = ""

    def __enter__(self) -> Self:
        self._stack.enter_context(self._repo.session.here)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def find(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        """Return the ids of the blobs at pairs of a commit's id and a path from the root.

        One is None where there is no such commit or no such file.
        """
        pairs = list(dict.fromkeys(wanted))
        new = [it for it in pairs if it not in self._found and can_be_asked(it[1]) and it[0]]
        if self._mirror:
            self._provide(commit for commit, _ in new)
            walked = dict(self._walk(new))
            self._found.update((it, _file(walked.get(it))) for it in new)
        else:
            self._look_up(new)
        return {pair: self._found.get(pair) for pair in pairs}

    def unsettled(self) -> set[str]:
        """Return commits of which something that was looked up is not decided by them alone.

        It may be another thing another time: an object is not here, or damaged.
        """
        if self._is_damaged:
            return {commit for commit, _ in self._found}
        unread = {it[0] for it, oid in self._found.items() if oid in self._unread}
        absent: dict[tuple[str, str], list[str]] = {}
        for (commit, path), oid in self._found.items():
            if oid is None and commit not in unread and (commit, path) not in self._absent:
                folder, name = posixpath.split(path)
                absent.setdefault((commit, folder), []).append(name)
        return unread | set(self._doubtful(absent))

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked about so far was here, and could be read."""
        return not (self._gone or self._unread or self._is_damaged or self._lender)

    def _doubtful(self, absent: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[str]:
        """Iterate over the commits that may have files, by folder, of which it was said otherwise.

        Git says the same of an object that is lost.
        """
        found = self._contents([_tree(*it) for it in absent])
        elsewhere: list[tuple[str, str]] = []
        for (commit, folder), it in zip(absent, found, strict=True):
            if it.kind != "tree" or it.raw is None:
                elsewhere.append((commit, folder))
                continue
            names = (name.encode("utf-8", "surrogateescape") for name in absent[commit, folder])
            if any(b" %b\0" % name in it.raw for name in names):
                yield commit
        yield from (commit for commit, it in elsewhere if not self._has_all_around(commit, it))

    def _has_all_around(self, commit: str, folder: str) -> bool:
        """Tell whether all trees are here that tell that there is no such folder."""
        tree = f"{commit}^{{tree}}"
        for name in folder.split("/"):
            [(_, found)] = self._read_trees([tree])
            if found is None:
                return False
            inner = found.entry(name.encode("utf-8", "surrogateescape"))
            if inner is None or not inner.is_folder:
                return True
            tree = inner.oid
        return False  # it is there, and it is not here

    def locate(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        """Look up files and folders, through the folders around them; no content is asked for.

        Otherwise as `find`; of a folder it is the tree's id.
        """
        pairs = list(dict.fromkeys(wanted))
        lacking = self._provide(commit for commit, _ in pairs)
        here = [it for it in pairs if it[0] not in lacking and can_be_asked(it[1])]
        found: dict[tuple[str, str], str | None] = {
            pair: None if it is None or it.is_submodule else it.oid for pair, it in self._walk(here)
        }
        if self._lender and lacking:
            found |= self._lender.locate(it for it in pairs if it[0] in lacking)
            self.submodules |= self._lender.submodules
        return {pair: found.get(pair) for pair in pairs}

    def search(
        self, commits: Iterable[str], names: Collection[str], *, limit: int = 1000
    ) -> dict[str, dict[str, str]]:
        """Look in commits for files by name, without folders; each distinct folder is read once.

        Returns:
            The ids of the blobs, by commit and path: of each commit as many as `limit` at the most.
        """
        asked = list(dict.fromkeys(commits))
        lacking = self._provide(asked)
        here = [it for it in asked if it not in lacking]
        wanted = sorted(it.encode() for it in names)
        empty = self._repo.session.here.kept.setdefault(f"folders without {wanted}", {})
        if len(empty) > _MOST_EMPTY:
            empty.clear()
        holding: dict[bytes, _Holding | None] = empty.copy()
        full: set[bytes] = set()
        found: dict[str, dict[str, str]] = {}
        for start in range(0, len(here), _PORTION):
            part = {it: f"{it}^{{tree}}" for it in here[start : start + _PORTION]}
            roots = self._look_for(part.values(), wanted, holding, full)
            for it, name in part.items():
                held = _held(roots[name], holding) if name in roots else ()
                found[it] = dict(islice(held, limit))
        if not self._gone:  # of what is not here, nothing is known
            empty.update(dict.fromkeys(holding.keys() - full) if full else holding)
        if self._lender and lacking:
            found |= self._lender.search(lacking, names, limit=limit)
        return found

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Read blobs, each distinct one once, in the order in which they are first named.

        Returns:
            Pairs of a blob's id and its bytes; None where there is no such blob or Git cannot read
            it. For one larger than `limit` there are `limit + 1` bytes, which need not be its own.
        """
        wanted = list(dict.fromkeys(oids))
        if self._mirror:
            self._mirror.fetch_objects(wanted)
        lent = {}
        if self._lender:
            lent = dict(self._lender.read(self._missing(wanted), limit=limit))
        larger = self._larger(wanted, limit)
        contents = self._blobs([it for it in wanted if it not in larger], limit)
        for oid in wanted:
            raw = bytes(limit + 1) if oid in larger else next(contents)
            raw = lent.get(oid) if raw is None else raw
            if raw is None:
                self._unread.add(oid)
            yield oid, raw

    def _larger(self, oids: Sequence[str], limit: int) -> set[str]:
        """Return those of some blobs that are not to be begun."""
        new = [it for it in oids if it not in self._sizes]
        self._weigh(new)
        return {it for it in oids if self._sizes.get(it, 0) > limit}

    def _weigh(self, oids: Sequence[str]) -> None:
        """Note how large those of some objects are that are blobs."""
        said = zip(oids, self._headers(oids), strict=True)
        self._sizes.update((oid, it.size) for oid, it in said if it.kind == "blob")

    def _blobs(self, oids: Sequence[str], limit: int) -> Iterator[bytes | None]:
        for it in self._contents(oids, limit):
            yield it.raw if it.kind == "blob" else None

    def small(self, oids: Iterable[str], *, limit: int) -> dict[str, bytes]:
        """Read those of some blobs that are not larger than a limit; no other is even begun.

        What a mirror or a partial clone would first have to fetch is left out.
        """
        if self._mirror or self._repo.is_partial():
            return {}
        read = self.read(oids, limit=limit)
        return {oid: raw for oid, raw in read if raw is not None and len(raw) <= limit}

    def inside(self, oids: Iterable[str], *, most: int) -> dict[str, dict[str, str]]:
        """List the files of folders, by the ids of their trees; those of blobs are passed over.

        Returns:
            The ids of the blobs, by the folder's id and the path in it; not many more than `most`
            of each folder.
        """
        wanted = list(dict.fromkeys(oids))
        headers = self._headers(wanted)
        found: dict[str, dict[str, str]] = {}
        for tree in (it for it, said in zip(wanted, headers, strict=True) if said.kind == "tree"):
            found[tree] = {}
            waiting = [("", tree)]
            while waiting and len(found[tree]) < most:
                path, name = waiting.pop()
                [(_, read)] = self._read_trees([name])
                for mode, inner, oid in read.entries() if read else ():
                    it = FolderItem(mode, oid.hex())
                    if it.is_folder:
                        waiting.append((_joined(path, inner), it.oid))
                    elif not it.is_submodule:
                        found[tree][_joined(path, inner)] = it.oid
        return found

    def _look_up(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._said = ""
        asked = pairs if len(pairs) < _MANY else self._look_through_trees(pairs)
        headers = self._headers([f"{commit}:{path}" for commit, path in asked])
        for pair, it in zip(asked, headers, strict=True):
            self._found[pair] = it.oid if it.kind == "blob" else None
        # Of what the folders of its commit do not have, all is known.
        absent = [it for it in pairs if self._found[it] is None and it not in self._absent]
        if absent and self._said:
            self._look_into_trees(absent)
            absent = [pair for pair in absent if self._found[pair] is None]
        if absent and (lacking := self._without_trees(it for it, _ in absent)):
            self._borrow(lacking)
            if self._lender:
                self._found.update(self._lender.find(it for it in absent if it[0] in lacking))

    def _look_through_trees(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Look up files, of which many are in the same folders: each of these is read once.

        To look a path up, Git reads each folder on its way, for every path once more.

        Returns:
            Those that Git has to be asked for all the same: what is here tells nothing of them.
        """
        walked = dict(self._walk([it for it in pairs if _is_plain(it[1])]))
        self._weigh(list(dict.fromkeys(it.oid for it in walked.values() if it)))
        left: list[tuple[str, str]] = []
        for pair in pairs:
            it = walked.get(pair)
            if it is not None and it.oid in self._sizes:
                self._found[pair] = it.oid
            elif it is None and pair in walked:
                self._found[pair] = None
                self._absent.add(pair)
            else:
                left.append(pair)
        return left

    def _look_into_trees(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Look up files that are said to be missing: some of them may be there, but damaged."""
        folders = list(dict.fromkeys((commit, posixpath.dirname(path)) for commit, path in pairs))
        found = self._contents([f"{commit}:{folder}" for commit, folder in folders])
        entries = {
            (commit, posixpath.join(folder, name.decode("utf-8", "surrogateescape"))): oid.hex()
            for (commit, folder), it in zip(folders, found, strict=True)
            if it.kind == "tree" and it.raw is not None
            for mode, name, oid in trees.entries(it.raw, id_size=len(it.oid) // 2)
            if mode.startswith(b"100")
        }
        self._found.update({pair: entries[pair] for pair in pairs if pair in entries})

    def _provide(self, commits: Iterable[str]) -> set[str]:
        """Return those of some commits whose trees are not here, and cannot be fetched to here."""
        absent = self._without_trees(commits)
        if absent and self._mirror:
            self._mirror.fetch_trees(absent)
            return set()
        if absent:
            self._borrow(absent)
        return {*absent}

    def _without_trees(self, commits: Iterable[str]) -> dict[str, None]:
        """Return those of some commits whose trees are not here."""
        lacking = self._missing(f"{it}^{{tree}}" for it in commits)
        return dict.fromkeys(it.removesuffix("^{tree}") for it in lacking)

    def _look_for(
        self,
        roots: Iterable[str],
        names: Collection[bytes],
        holding: dict[bytes, _Holding | None],
        full: set[bytes],
    ) -> dict[str, bytes]:
        """Note which folders, of some and of all in them, have files of some names in them: `full`.

        Returns:
            The ids of the trees at which that began, by their names.
        """
        ids: dict[str, bytes] = {}
        above: dict[bytes, list[bytes]] = {}
        seen: set[bytes] = set()
        waiting: list[bytes] = []
        level = [*roots]
        while level:
            below: set[bytes] = set()
            for name, tree in self._read_trees(level):
                if tree is None:
                    continue
                id_ = ids[name] = bytes.fromhex(tree.oid)
                if id_ in holding or id_ in seen:
                    continue
                seen.add(id_)
                inner = tree.folders()
                fresh = [*filterfalse(holding.__contains__, inner)]  # of a hundred folders, one
                below.update(fresh)
                for it in fresh:
                    above.setdefault(it, []).append(id_)
                if not full.isdisjoint(inner) or any(map(tree.entry, names)):
                    waiting.append(id_)
            level = [it.hex() for it in below - seen]
        holding.update(dict.fromkeys(seen))
        found = set(waiting)
        while waiting:
            new = {*above.get(waiting.pop(), ())} - found
            found |= new
            waiting += new
        full |= found
        for _, tree in self._read_trees(it.hex() for it in found):
            assert tree is not None
            holding[bytes.fromhex(tree.oid)] = _Holding.of(tree, names, found, holding)
        return ids

    def _walk(
        self, pairs: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[tuple[str, str], FolderItem | None]]:
        """Look up files and folders, whose contents may not be here; each folder is read once.

        What a folder has that is not here is left out.
        """
        level: dict[str, list[tuple[tuple[str, str], str]]] = {}
        for pair in pairs:
            level.setdefault(f"{pair[0]}^{{tree}}", []).append((pair, pair[1]))
        while level:
            deeper: dict[str, list[tuple[tuple[str, str], str]]] = {}
            for tree_name, tree in self._read_trees(level):
                for pair, path in level[tree_name] if tree else ():
                    first, inside, rest = path.partition("/")
                    it = tree.entry(first.encode("utf-8", "surrogateescape")) if tree else None
                    if it and it.is_submodule:
                        self.submodules[pair] = (
                            pair[1].removesuffix(f"/{rest}") if rest else pair[1]
                        )
                    if not inside:
                        yield pair, it
                    elif it and it.is_folder:
                        deeper.setdefault(it.oid, []).append((pair, rest))
                    else:
                        yield pair, None
            level = deeper

    def _read_trees(self, names: Iterable[str]) -> Iterator[tuple[str, Tree | None]]:
        """Read trees, each once; those that were read last are still known. None: it is not here.

        They come in any order.
        """
        asked = dict.fromkeys(names)
        known = {it: self._trees[it] for it in asked if it in self._trees}
        yield from known.items()
        new = [it for it in asked if it not in known]
        for name, it in zip(new, self._contents(new), strict=True):
            if it.kind == "tree" and it.raw is not None:
                tree = Tree(it.oid, it.raw)
                self._keep(name, tree)
                yield name, tree
            else:
                self._gone.add(name)
                yield name, None

    def _keep(self, name: str, tree: Tree) -> None:
        size = len(tree.raw) + _OVERHEAD
        if size > self._room:
            self._trees.clear()
            self._room = _ROOM
        if size <= self._room:
            self._trees[name] = tree
            self._room -= size

    def _missing(self, names: Iterable[str]) -> list[str]:
        """Return those of some objects' names that stand for nothing here."""
        with self._repo.session.here:
            found = commits.missing(self._repo, list(dict.fromkeys(names)))
            self._listen()
        return found

    def _borrow(self, commits: Iterable[str]) -> None:
        """Open the mirror of the remote, which has commits that are not here, if there is one."""
        from mreg.git import upstream

        if self._lender is None and (mirror := upstream.mirror_with(self._repo, [*commits])):
            self._lender = self._stack.enter_context(Files(mirror))

    def _headers(self, names: Sequence[str]) -> list[Content]:
        with self._repo.session.here:
            found = [*objects.headers(self._repo, names)]
            self._listen()
        return found

    def _contents(self, names: Sequence[str], limit: int | None = None) -> Iterator[Content]:
        with self._repo.session.here:
            for it in objects.contents(self._repo, names, limit=limit):
                if it.kind == "damaged":
                    self._listen()
                yield it
            self._listen()

    def _listen(self) -> None:
        """Refuse to go on where Git complained that it could not fetch what was left out.

        Before 2.39 it then goes on as if the object were nowhere.
        """
        if said := objects.heard(self._repo):
            self._is_damaged = True
            self._said += said
        if self._said and re.search(_NO_PROMISE_KEPT, self._said):
            raise RemoteError(
                "this is a partial clone, and mreg cannot read from its remote: "
                f"{self._said.strip()}",
                hint="try again when the remote can be reached",
            )


class _Holding(NamedTuple):
    """A folder that has what is looked for: such files in it, and the folders in it with such."""

    files: dict[bytes, str]
    folders: dict[bytes, bytes]

    @classmethod
    def of(
        cls,
        tree: Tree,
        names: Collection[bytes],
        found: Collection[bytes],
        known: Mapping[bytes, _Holding | None],
    ) -> Self:
        """Return it, given the folders that were just found to have such, and those known to."""
        files: dict[bytes, str] = {}
        folders: dict[bytes, bytes] = {}
        for mode, name, oid in tree.entries():
            it = FolderItem(mode, oid.hex())
            if it.is_folder:
                if oid in found or known.get(oid):
                    folders[name] = oid
            elif name in names and not it.is_submodule:
                files[name] = it.oid
        return cls(files, folders)


def _is_plain(path: str) -> bool:
    """Tell whether a path is that of a file from the root: Git reads more into some others."""
    return not {"", ".", ".."} & {*path.split("/")}


def _file(it: FolderItem | None) -> str | None:
    return None if it is None or it.is_folder or it.is_submodule else it.oid


def _tree(commit: str, folder: str) -> str:
    """Return how Git is asked for a folder of a commit."""
    return f"{commit}:{folder}" if folder else f"{commit}^{{tree}}"


def _joined(folder: str, name: bytes) -> str:
    return posixpath.join(folder, name.decode("utf-8", "surrogateescape"))


def _held(root: bytes, holding: Mapping[bytes, _Holding | None]) -> Iterator[tuple[str, str]]:
    """Iterate over the files that were looked for in a tree: pairs of a path and an id."""
    waiting = [("", root)]
    while waiting:
        path, tree = waiting.pop()
        found = holding.get(tree)
        if not found:
            continue
        for name, oid in sorted(found.files.items()):
            yield _joined(path, name), oid
        for name, inner in sorted(found.folders.items(), reverse=True):
            waiting.append((_joined(path, name), inner))


def list_tree(repo: Repository, rev: str = "HEAD") -> Iterator[tuple[str, str]]:
    """Iterate over the files of a commit: pairs of a path and a blob's id; none without commits.

    Bytes of a path that are not UTF-8 stand as surrogates.
    """
    found = trees.walk(repo, f"{rev}^{{tree}}")
    if found is None and (own := repo.mirror):
        with suppress(NotFound):
            own.fetch_trees([commits.resolve(repo, rev)])
            found = trees.walk(repo, f"{rev}^{{tree}}")
    if found is not None:
        yield from ((path, oid) for mode, oid, path in found if mode != trees.SUBMODULE)
        return
    # There are no commits, or Git has to say what is wrong.
    command = ("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", rev)
    try:
        output = process.run(repo, *command)
    except CommandFailed as error:
        if "Not a valid object name" in error.stderr:
            return
        raise
    yield from ((path, oid) for _, kind, oid, path in trees.listed(output) if kind == "blob")
